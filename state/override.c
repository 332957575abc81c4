/* SPDX-License-Identifier: Apache-2.0 */
#include "state/override.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits behind these cannot move a float32, but for there being any: what lies halfway between two of them has 113 at
 * most, or 25 bits. */
enum { MOST_DIGITS = 128, MOST_HEX_DIGITS = 12 };

/* digits × 10^(scale + exponent), or in hexadecimal digits × 2^(4 × scale + exponent). */
struct float_text {
	bool is_hex;
	bool has_digits; /* zeros count */
	bool is_cut;     /* behind the digits kept there were others than 0 */
	size_t count;
	char digits[MOST_DIGITS + 2]; /* from the first that is not 0; one more stands for those that were cut */
	int64_t scale;
	int64_t exponent;
};

const char *const sp_override_annotations[SP_OVERRIDE_COUNT] = {
	"kubevirt.io/ksm-pages-boost-override",  "kubevirt.io/ksm-pages-decay-override",
	"kubevirt.io/ksm-pages-min-override",    "kubevirt.io/ksm-pages-max-override",
	"kubevirt.io/ksm-pages-init-override",   "kubevirt.io/ksm-sleep-ms-baseline-override",
	"kubevirt.io/ksm-free-percent-override",
};

enum { BOOST, DECAY, MIN, MAX, INIT, SLEEP, FREE };

static const char unparsable[] = "is no number";
static const char out_of_bounds[] = "is out of bounds";

bool sp_go_atoi(const char *text, int64_t *number)
{
	const char *digits = text + (*text == '+' || *text == '-');
	char *end;
	long long value;

	if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	*number = value;
	return errno == 0 && *end == '\0';
}

static bool is_digit_of(char character, bool is_hex)
{
	char small = (char)(character | 0x20);

	return (character >= '0' && character <= '9') || (is_hex && small >= 'a' && small <= 'f');
}

/* Go's underscoreOK: an underscore stands between two digits, or between a prefix and a digit. */
static bool underscores_fit(const char *text, bool is_hex)
{
	char before = is_hex ? '0' : '!'; /* the prefix counts as a digit */

	for (const char *at = text + (is_hex ? 2 : 0); *at; at++) {
		bool is_digit = is_digit_of(*at, is_hex);

		if (*at == '_' && before != '0')
			return false;
		if (before == '_' && !is_digit)
			return false;
		before = *at == '_' ? '_' : is_digit ? '0' : '!';
	}
	return before != '_';
}

static void take_digit(struct float_text *number, char digit, bool is_fraction)
{
	number->has_digits = true;
	if (number->count < (number->is_hex ? MOST_HEX_DIGITS : MOST_DIGITS)) {
		if (digit != '0' || number->count > 0)
			number->digits[number->count++] = digit;
		number->scale -= is_fraction;
	} else {
		number->is_cut |= digit != '0';
		number->scale += !is_fraction;
	}
}

/* Digits with at most one point. Returns what follows. */
static const char *read_mantissa(const char *text, struct float_text *number)
{
	bool is_fraction = false;

	for (; *text; text++) {
		if (*text == '.' && !is_fraction)
			is_fraction = true;
		else if (is_digit_of(*text, number->is_hex))
			take_digit(number, *text, is_fraction);
		else if (*text != '_')
			break;
	}
	return text;
}

/* The exponent and its mark, which only a decimal number may lack, up to the end. Like Go, stops counting at 10000. */
static bool read_exponent(const char *text, struct float_text *number)
{
	bool is_negative;

	if (*text == '\0')
		return !number->is_hex;
	if ((*text | 0x20) != (number->is_hex ? 'p' : 'e'))
		return false;
	text++;
	is_negative = *text == '-';
	if (*text == '+' || *text == '-')
		text++;
	if (!is_digit_of(*text, false))
		return false;
	for (; is_digit_of(*text, false) || *text == '_'; text++)
		if (*text != '_' && number->exponent < 10000)
			number->exponent = number->exponent * 10 + (*text - '0');
	if (is_negative)
		number->exponent = -number->exponent;
	return *text == '\0';
}

/* Rounds once, to nearest even. strtof is given no point, as that is the locale's. It is not asked about hexadecimal
 * digits, as glibc's loses bits of subnormals: a double takes all that were kept as they are. */
static float round_to_float(struct float_text *number)
{
	char plain[MOST_DIGITS + 32];
	int64_t exponent;
	double exact;

	if (number->count == 0)
		return 0;
	if (number->is_cut) {
		number->digits[number->count++] = '1';
		number->scale--;
	}
	number->digits[number->count] = '\0';
	if (!number->is_hex) {
		snprintf(plain, sizeof plain, "%se%" PRId64, number->digits, number->scale + number->exponent);
		return strtof(plain, NULL);
	}
	exponent = 4 * number->scale + number->exponent;
	exact = (double)strtoull(number->digits, NULL, 16);
	exact = ldexp(exact, exponent < -9999 ? -9999 : exponent > 9999 ? 9999 : (int)exponent);
	return exact >= 0x1.ffffffp127 ? INFINITY : (float)exact;
}

/* Whether `text` is `word`, which has small letters only, in any case and any locale. */
static bool is_word(const char *text, const char *word)
{
	while (*word != '\0' && (*text | 0x20) == *word) {
		text++;
		word++;
	}
	return *word == '\0' && *text == '\0';
}

bool sp_go_parse_float(const char *text, float *number)
{
	bool is_negative = *text == '-';
	const char *magnitude = text + (*text == '+' || *text == '-');
	struct float_text parts = { .is_hex = magnitude[0] == '0' && (magnitude[1] | 0x20) == 'x' };
	const char *rest;

	if (is_word(magnitude, "inf") || is_word(magnitude, "infinity")) {
		*number = is_negative ? -INFINITY : INFINITY;
		return true;
	}
	if (strchr(magnitude, '_') && !underscores_fit(magnitude, parts.is_hex))
		return false;
	rest = read_mantissa(magnitude + (parts.is_hex ? 2 : 0), &parts);
	if (!parts.has_digits || !read_exponent(rest, &parts))
		return false;
	*number = round_to_float(&parts);
	if (is_negative)
		*number = -*number;
	return !isinf(*number);
}

static const char *annotation_of(const struct sp_labels *annotations, struct sp_override_effect *effect, int index)
{
	effect->annotation = sp_override_annotations[index];
	effect->value = sp_labels_get(annotations, sp_override_annotations[index]);
	effect->problem = NULL;
	return effect->value;
}

/* What is not taken gives way to the default or the lower bound (see the header), as in virt-handler, to the letter. */
static int64_t read_integer(const struct sp_labels *annotations, struct sp_override_effect *effect, int index,
			    int64_t usual, int64_t low, int64_t high)
{
	const char *value = annotation_of(annotations, effect, index);
	int64_t number = usual;

	if (value && !sp_go_atoi(value, &number)) {
		effect->problem = unparsable;
		number = usual;
	} else if (value && (number < low || number > high)) {
		effect->problem = out_of_bounds;
		number = usual > low && usual < high ? usual : low;
	}
	snprintf(effect->effective, sizeof effect->effective, "%" PRId64, number);
	return number;
}

static float read_free_percent(const struct sp_labels *annotations, struct sp_override_effect *effect)
{
	const float usual = 0.2F;
	const char *value = annotation_of(annotations, effect, FREE);
	float number = usual;

	if (value && !sp_go_parse_float(value, &number)) {
		effect->problem = unparsable;
		number = usual;
	} else if (value && (number < 0 || number > 1)) {
		effect->problem = out_of_bounds;
		number = usual;
	}
	snprintf(effect->effective, sizeof effect->effective, "%.6g", (double)number);
	return number;
}

struct sp_overrides sp_overrides_read(const struct sp_labels *annotations,
				      struct sp_override_effect effects[SP_OVERRIDE_COUNT])
{
	struct sp_override_effect unseen[SP_OVERRIDE_COUNT];
	struct sp_override_effect *seen = effects ? effects : unseen;
	struct sp_overrides numbers;

	numbers.pages_boost = read_integer(annotations, &seen[BOOST], BOOST, 300, 0, INT64_MAX);
	numbers.pages_decay = read_integer(annotations, &seen[DECAY], DECAY, -50, INT64_MIN, 0);
	numbers.pages_min = read_integer(annotations, &seen[MIN], MIN, 64, 0, INT64_MAX);
	numbers.pages_max = read_integer(annotations, &seen[MAX], MAX, 1250, numbers.pages_min, INT64_MAX);
	numbers.pages_init = read_integer(annotations, &seen[INIT], INIT, 100, numbers.pages_min, numbers.pages_max);
	numbers.sleep_ms_baseline = read_integer(annotations, &seen[SLEEP], SLEEP, 100, 1, INT64_MAX);
	numbers.free_percent = read_free_percent(annotations, &seen[FREE]);
	return numbers;
}
