/* SPDX-License-Identifier: Apache-2.0 */
#include "state/scalar.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/utf8.h"

/* Numbers are looked for in texts up to this length; no longer one is a number that anybody writes. */
enum { LONGEST_NUMBER = 400 };

/* The words of YAML 1.1, each between blanks. */
static const struct {
	enum sp_scalar_type type;
	const char *list;
} words[] = {
	{ SP_SCALAR_BOOL, " y Y yes Yes YES true True TRUE on On ON n N no No NO false False FALSE off Off OFF " },
	{ SP_SCALAR_NULL, " ~ null Null NULL " },
	{ SP_SCALAR_NOT_FINITE, " .nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF " },
};

/* Asked for many scalars: the first letter and the length tell for nearly all that they are none of the words. */
static bool may_be_word(const char *text, size_t length)
{
	switch (text[0] | 0x20) {
	case '~':
		return length == 1;
	case 'y':
	case 'o':
		return length <= 3;
	case 'n':
		return length <= 2 || (length == 4 && (text[1] | 0x20) == 'u');
	case 't':
		return length == 4 && (text[1] | 0x20) == 'r';
	case 'f':
		return length == 5;
	default:
		return false;
	}
}

static bool find_word(const char *text, size_t length, enum sp_scalar_type *type)
{
	char word[8] = " ";

	if (length > 5 || memchr(text, ' ', length) || memchr(text, '\0', length))
		return false;
	memcpy(word + 1, text, length);
	word[length + 1] = ' ';
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strstr(words[i].list, word)) {
			*type = words[i].type;
			return true;
		}
	}
	return false;
}

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

/* Go's strconv.ParseInt and ParseUint with base 0, on a text without underscores. */
static bool parse_integer(const char *text, enum sp_scalar_type *type)
{
	bool has_sign = text[0] == '+' || text[0] == '-';
	const char *digits = text + has_sign;
	int base = 10;
	unsigned long long magnitude;
	char *end;

	if (digits[0] == '0' && digits[1] != '\0') {
		int letter = digits[1] | 0x20;

		base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
		digits += letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1;
	}
	/* strtoull would take blanks, signs and prefixes of its own */
	if (!is_digit(*digits) && !(base == 16 && ((*digits | 0x20) >= 'a' && (*digits | 0x20) <= 'f')))
		return false;
	if (base == 16 && (digits[1] | 0x20) == 'x')
		return false;
	errno = 0;
	magnitude = strtoull(digits, &end, base);
	if (*end != '\0' || errno == ERANGE)
		return false;
	*type = SP_SCALAR_INTEGER;
	if (text[0] == '-')
		return magnitude <= (unsigned long long)INT64_MAX + 1;
	if (magnitude > INT64_MAX)
		*type = SP_SCALAR_UNSIGNED;
	return magnitude <= INT64_MAX || !has_sign;
}

static const char *skip_digits(const char *text)
{
	while (is_digit(*text))
		text++;
	return text;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(const char *text)
{
	const char *digits;

	if (*text == '+' || *text == '-')
		text++;
	digits = text;
	text = skip_digits(text);
	if (*text == '.') {
		const char *fraction = ++text;

		text = skip_digits(text);
		if (digits + 1 == fraction && text == fraction)
			return false;
	} else if (text == digits) {
		return false;
	}
	if (*text == 'e' || *text == 'E') {
		text++;
		if (*text == '+' || *text == '-')
			text++;
		digits = text;
		text = skip_digits(text);
		if (text == digits)
			return false;
	}
	return *text == '\0';
}

/* Go's strconv.ParseFloat fails where the value is too large for a double. */
static bool parse_float(const char *text)
{
	return looks_like_float(text) && isfinite(strtod(text, NULL));
}

/* Copies the text without its underscores; false where it is too long to be a number. */
static bool without_underscores(const char *text, size_t length, char plain[LONGEST_NUMBER + 1])
{
	size_t count = 0;

	if (length > LONGEST_NUMBER)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\0')
			return false;
		if (text[i] != '_')
			plain[count++] = text[i];
	}
	plain[count] = '\0';
	return true;
}

/* Whether a text is a number as nearly all are written: digits, of which 18 fit 64 bits for sure. */
static bool is_simple_integer(const char *text, size_t length)
{
	size_t at = 0;

	if (length > 18 || (text[0] == '0' && length > 1))
		return false;
	while (at < length && is_digit(text[at]))
		at++;
	return at == length;
}

/* The type of a text that begins as a number does. */
static enum sp_scalar_type type_of_number(const char *text, size_t length)
{
	char plain[LONGEST_NUMBER + 1];
	enum sp_scalar_type type;

	if (is_simple_integer(text, length))
		return SP_SCALAR_INTEGER;
	if (!is_digit(text[0]) && find_word(text, length, &type))
		return type;
	if (!without_underscores(text, length, plain))
		return SP_SCALAR_STRING;
	/* behind a leading dot Go wants each underscore between two digits; such a text is a string or a number in
	 * which nobody will see the difference, and taking it for a number refuses it where a string is asked for */
	if (text[0] != '.' && parse_integer(plain, &type))
		return type;
	if (parse_float(plain))
		return SP_SCALAR_FLOAT;
	return SP_SCALAR_STRING;
}

static bool may_begin_number(char first)
{
	return is_digit(first) || first == '+' || first == '-' || first == '.';
}

static enum sp_scalar_type type_of(const char *text, size_t length)
{
	enum sp_scalar_type type;

	if (length == 0)
		return SP_SCALAR_NULL;
	if (may_begin_number(text[0]))
		return type_of_number(text, length);
	return may_be_word(text, length) && find_word(text, length, &type) ? type : SP_SCALAR_STRING;
}

enum sp_scalar_type sp_scalar_type_of(const char *text, size_t length)
{
	return length == 2 && memcmp(text, "<<", 2) == 0 ? SP_SCALAR_MERGE : type_of(text, length);
}

/* The part of a tag behind "tag:yaml.org,2002:", or NULL for a tag of someone's own. */
static const char *known_tag(const char *tag)
{
	static const char prefix[] = "tag:yaml.org,2002:";

	return strncmp(tag, prefix, sizeof prefix - 1) == 0 ? tag + sizeof prefix - 1 : NULL;
}

static int base64_digit(char character)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *digit = character ? strchr(digits, character) : NULL;

	return digit ? (int)(digit - digits) : -1;
}

/* What is no UTF-8 becomes U+FFFD, byte by byte, as it does on its way through Go's JSON. */
static void replace_invalid(struct sp_scalar *scalar, struct sp_arena *arena)
{
	char *valid = sp_arena_alloc(arena, 3 * scalar->length + 1);
	size_t count = 0;
	size_t length;

	for (size_t at = 0; at < scalar->length;) {
		length = sp_utf8_length(scalar->text + at, scalar->length - at);
		memcpy(valid + count, length > 0 ? scalar->text + at : "\xEF\xBF\xBD", length > 0 ? length : 3);
		count += length > 0 ? length : 3;
		at += length > 0 ? length : 1;
	}
	scalar->text = valid;
	scalar->length = count;
}

/* Standard base64 with padding, line ends ignored, as Go's base64.StdEncoding takes it. */
static bool decode_base64(struct sp_scalar *scalar, struct sp_arena *arena)
{
	unsigned char *bytes = sp_arena_alloc(arena, scalar->length + 1);
	size_t count = 0;
	size_t digits = 0;
	size_t padding = 0;
	uint32_t group = 0;

	for (size_t i = 0; i < scalar->length; i++) {
		char character = scalar->text[i];
		int digit = base64_digit(character);

		if (character == '\n' || character == '\r')
			continue;
		if (character == '=' && digits % 4 >= 2) {
			padding++;
		} else if (digit < 0 || padding > 0) {
			return false;
		}
		group = group << 6 | (uint32_t)(digit < 0 ? 0 : digit);
		if (++digits % 4 == 0) {
			bytes[count++] = (unsigned char)(group >> 16);
			bytes[count++] = (unsigned char)(group >> 8);
			bytes[count++] = (unsigned char)group;
			group = 0;
		}
	}
	if (digits % 4 != 0 || padding > 2)
		return false;
	bytes[count - (count > 0 ? padding : 0)] = '\0';
	scalar->text = (const char *)bytes;
	scalar->length = count - (count > 0 ? padding : 0);
	replace_invalid(scalar, arena);
	return true;
}

/* YYYY-M-D, and what may follow it; only an explicit !!timestamp asks. */
static bool is_timestamp(const char *text, size_t length)
{
	int year = 0;
	int month = 0;
	int day = 0;
	int end = 0;

	if (length < 8 || text[4] != '-' || sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3)
		return false;
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
	       (text[end] == '\0' || strchr("Tt ", text[end]) != NULL);
}

static void resolve_tagged(struct sp_scalar *scalar, const char *tag, struct sp_arena *arena)
{
	enum sp_scalar_type found = type_of(scalar->text, scalar->length);
	bool is_number = found == SP_SCALAR_INTEGER || found == SP_SCALAR_UNSIGNED;

	if (strcmp(tag, "binary") == 0)
		scalar->type = decode_base64(scalar, arena) ? SP_SCALAR_STRING : SP_SCALAR_WRONG;
	else if (strcmp(tag, "null") == 0)
		scalar->type = found == SP_SCALAR_NULL ? found : SP_SCALAR_WRONG;
	else if (strcmp(tag, "bool") == 0)
		scalar->type = found == SP_SCALAR_BOOL ? found : SP_SCALAR_WRONG;
	else if (strcmp(tag, "int") == 0)
		scalar->type = is_number ? found : SP_SCALAR_WRONG;
	else if (strcmp(tag, "float") == 0)
		scalar->type = is_number                                                 ? SP_SCALAR_FLOAT :
			       found >= SP_SCALAR_FLOAT && found <= SP_SCALAR_NOT_FINITE ? found :
											   SP_SCALAR_WRONG;
	else if (strcmp(tag, "timestamp") == 0)
		scalar->type = is_timestamp(scalar->text, scalar->length) ? SP_SCALAR_STRING : SP_SCALAR_WRONG;
	else if (strcmp(tag, "merge") == 0 && scalar->length == 2 && memcmp(scalar->text, "<<", 2) == 0)
		scalar->type = SP_SCALAR_MERGE;
}

struct sp_scalar sp_scalar_resolve_tagged(const struct sp_event *event, struct sp_arena *arena)
{
	struct sp_scalar scalar = { SP_SCALAR_STRING, event->value, event->length };
	const char *tag = known_tag(event->tag);

	if (tag)
		resolve_tagged(&scalar, tag, arena);
	return scalar;
}

/* Go's strconv.FormatFloat(value, 'g', -1, 32): the fewest digits that give the same single-precision value, with an
 * exponent below 10^-4 and from 10^6 on. */
static const char *format_float(const char *text, struct sp_arena *arena)
{
	char plain[LONGEST_NUMBER + 1];
	char *formatted = NULL;
	float value;
	int precision = 0;
	int exponent;

	if (!without_underscores(text, strlen(text), plain))
		return text;
	value = strtof(plain, NULL);
	if (isinf(value))
		return value < 0 ? "-.inf" : ".inf";
	do {
		formatted = sp_arena_format(arena, "%.*e", precision, (double)value);
	} while (strtof(formatted, NULL) != value && ++precision < 9);
	exponent = atoi(strchr(formatted, 'e') + 1);
	if (exponent < -4 || exponent >= 6)
		return formatted;
	return sp_arena_format(arena, "%.*f", precision > exponent ? precision - exponent : 0, (double)value);
}

static const char *format_integer(const char *text, struct sp_arena *arena)
{
	char plain[LONGEST_NUMBER + 1];
	const char *digits;
	int base = 10;
	bool negative;
	unsigned long long magnitude;

	if (!without_underscores(text, strlen(text), plain))
		return text;
	negative = plain[0] == '-';
	digits = plain + (negative || plain[0] == '+');
	if (digits[0] == '0' && digits[1] != '\0') {
		int letter = digits[1] | 0x20;

		base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
		digits += letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1;
	}
	magnitude = strtoull(digits, NULL, base);
	return sp_arena_format(arena, "%s%llu", negative && magnitude > 0 ? "-" : "", magnitude);
}

static bool is_true(const char *text)
{
	return strchr("yYtT", text[0]) != NULL || strcmp(text, "on") == 0 || strcmp(text, "On") == 0 ||
	       strcmp(text, "ON") == 0;
}

const char *sp_scalar_key(const struct sp_scalar *scalar, struct sp_arena *arena, size_t *length)
{
	const char *key;

	switch (scalar->type) {
	case SP_SCALAR_STRING:
		*length = scalar->length;
		return scalar->text;
	case SP_SCALAR_BOOL:
		key = is_true(scalar->text) ? "true" : "false";
		break;
	case SP_SCALAR_INTEGER:
		key = format_integer(scalar->text, arena);
		break;
	case SP_SCALAR_FLOAT:
		key = format_float(scalar->text, arena);
		break;
	case SP_SCALAR_NOT_FINITE:
		key = strchr("nN", scalar->text[1]) ? ".nan" : scalar->text[0] == '-' ? "-.inf" : ".inf";
		break;
	default:
		return NULL;
	}
	*length = strlen(key);
	return key;
}

const char *sp_scalar_type_name(enum sp_scalar_type type)
{
	switch (type) {
	case SP_SCALAR_NULL:
		return "null";
	case SP_SCALAR_BOOL:
		return "a boolean";
	case SP_SCALAR_STRING:
		return "a string";
	default:
		return "a number";
	}
}
