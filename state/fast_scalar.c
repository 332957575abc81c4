/* SPDX-License-Identifier: Apache-2.0 */
#include "state/fast_scalar.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "state/scalar.h"
#include "state/utf8.h"

enum { LONGEST_ASKED = 64, LONGEST_INTEGER = 18 };

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

bool sp_fast_scalar_may_start(char first)
{
	return is_letter(first) || is_digit(first) || (first && strchr("./_+-($~\\;^=", first));
}

/* Those of YAML 1.1, in any case; more than there are, so that some strings are taken for words. */
static bool is_word(const char *text, size_t length)
{
	static const char *const words[] = { "y", "n", "yes", "no", "on", "off", "true", "false", "null" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == length && strncasecmp(words[i], text, length) == 0)
			return true;
	return false;
}

/* Whether a text may be a number at all, as YAML or Go writes one: most that begin with a digit are images or
 * versions. */
static bool may_be_number(const char *text, size_t length)
{
	static const char letters[] = "abcdefABCDEFxXoOinIN";

	for (size_t i = 0; i < length; i++)
		if (!is_digit(text[i]) && !strchr("+-._", text[i]) && !strchr(letters, text[i]))
			return false;
	return true;
}

/* The type that the full reader finds; SP_SCALAR_WRONG where the text is too long to ask. */
static enum sp_scalar_type type_of(const char *text, size_t length)
{
	char copy[LONGEST_ASKED + 1];
	struct sp_event event = { .type = SP_EVENT_SCALAR, .value = copy, .length = length, .plain = true };
	struct sp_arena arena = { 0 };
	enum sp_scalar_type type;

	if (length > LONGEST_ASKED)
		return SP_SCALAR_WRONG;
	memcpy(copy, text, length);
	copy[length] = '\0';
	type = sp_scalar_resolve(&event, &arena).type;
	sp_arena_free(&arena);
	return type;
}

bool sp_fast_scalar_is_string(const char *text, size_t length)
{
	if (length == 0)
		return false;
	if (is_letter(text[0]))
		return length > SP_FAST_SCALAR_LONGEST_WORD || !is_word(text, length);
	if (text[0] == '~' || text[0] == '=')
		return false;
	return !may_be_number(text, length) || type_of(text, length) == SP_SCALAR_STRING;
}

static bool is_short_integer(const char *text, size_t length)
{
	if (length > LONGEST_INTEGER)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_digit(text[i]))
			return false;
	return true;
}

bool sp_fast_scalar_is_finite(const char *text, size_t length)
{
	enum sp_scalar_type type;

	if (is_letter(text[0]) || is_short_integer(text, length) || !may_be_number(text, length))
		return true;
	type = type_of(text, length);
	return type != SP_SCALAR_NOT_FINITE && type != SP_SCALAR_WRONG && type != SP_SCALAR_MERGE;
}

bool sp_fast_scalar_is_key(const char *text, size_t length)
{
	return (is_letter(text[0]) || is_digit(text[0]) || text[0] == '.' || text[0] == '/' || text[0] == '_') &&
	       sp_fast_scalar_is_string(text, length);
}

static bool is_two_digits(const char *text, int least, int most)
{
	int number = (text[0] - '0') * 10 + (text[1] - '0');

	return is_digit(text[0]) && is_digit(text[1]) && number >= least && number <= most;
}

/* Days above 28 are left to the full reader, which knows the months. */
bool sp_fast_scalar_is_time(const char *text, size_t length)
{
	return length == 20 && is_two_digits(text, 19, 20) && is_two_digits(text + 2, 0, 99) && text[4] == '-' &&
	       is_two_digits(text + 5, 1, 12) && text[7] == '-' && is_two_digits(text + 8, 1, 28) && text[10] == 'T' &&
	       is_two_digits(text + 11, 0, 23) && text[13] == ':' && is_two_digits(text + 14, 0, 59) &&
	       text[16] == ':' && is_two_digits(text + 17, 0, 59) && text[19] == 'Z';
}

/* The code point of a valid sequence of `size` bytes. */
static uint32_t decode(const char *bytes, size_t size)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t point = (unsigned char)bytes[0] & masks[size];

	for (size_t i = 1; i < size; i++)
		point = point << 6 | ((unsigned char)bytes[i] & 0x3f);
	return point;
}

/* libyaml: what is above ASCII and neither C1, a line end, a byte order mark, nor no character. */
static bool is_plain_point(uint32_t point)
{
	return (point >= 0xa0 && point <= 0xd7ff && point != 0x2028 && point != 0x2029) ||
	       (point >= 0xe000 && point <= 0xfffd && point != 0xfeff) || point >= 0x10000;
}

bool sp_fast_scalar_is_text(const char *bytes, size_t length)
{
	const char *end = bytes + length;

	while (bytes < end) {
		size_t size;

		if (!((unsigned char)*bytes & 0x80)) {
			bytes++;
			continue;
		}
		size = sp_utf8_length(bytes, (size_t)(end - bytes));
		if (size < 2 || !is_plain_point(decode(bytes, size)))
			return false;
		bytes += size;
	}
	return true;
}
