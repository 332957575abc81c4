/* SPDX-License-Identifier: Apache-2.0 */
#include "state/override.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_FLOAT = 512 };

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

/* Go's underscoreOK: an underscore stands between two digits, or between a prefix and a digit. */
static bool underscores_fit(const char *text, bool is_hex)
{
	const char *allowed = is_hex ? "0123456789abcdefABCDEF" : "0123456789";
	char before = is_hex ? '0' : '!'; /* the prefix counts as a digit */

	for (const char *at = text + (is_hex ? 2 : 0); *at; at++) {
		bool is_digit = strchr(allowed, *at) != NULL;

		if (*at == '_' && before != '0')
			return false;
		if (before == '_' && !is_digit)
			return false;
		before = *at == '_' ? '_' : is_digit ? '0' : '!';
	}
	return before != '_';
}

/* A mantissa of `digits` with at most one point, then an exponent of decimal digits, behind one of `marks`; needed where
 * `needs_exponent`. */
static bool is_float_syntax(const char *text, const char *digits, const char *marks, bool needs_exponent)
{
	size_t whole = strspn(text, digits);
	size_t fraction = 0;

	text += whole;
	if (*text == '.') {
		fraction = strspn(text + 1, digits);
		text += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*text == '\0')
		return !needs_exponent;
	if (!strchr(marks, *text))
		return false;
	text++;
	if (*text == '+' || *text == '-')
		text++;
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool is_infinity(const char *text)
{
	return strcasecmp(text, "inf") == 0 || strcasecmp(text, "infinity") == 0;
}

bool sp_go_parse_float(const char *text, float *number)
{
	char plain[LONGEST_FLOAT];
	bool negative = *text == '-';
	const char *magnitude = text + (*text == '+' || *text == '-');
	bool is_hex = magnitude[0] == '0' && (magnitude[1] | 0x20) == 'x';
	size_t length = 0;

	if (is_infinity(magnitude)) {
		*number = negative ? -INFINITY : INFINITY;
		return true;
	}
	if (strchr(magnitude, '_') && !underscores_fit(magnitude, is_hex))
		return false;
	for (const char *at = magnitude; *at && length < sizeof plain - 1; at++)
		if (*at != '_')
			plain[length++] = *at;
	plain[length] = '\0';
	if (length == sizeof plain - 1)
		return false;
	if (is_hex ? !is_float_syntax(plain + 2, "0123456789abcdefABCDEF", "pP", true) :
		     !is_float_syntax(plain, "0123456789", "eE", false))
		return false;
	*number = strtof(plain, NULL);
	if (negative)
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

/* Absent: the default, whatever the bounds. Out of bounds: the default if it is inside them, not on them, else the lower
 * one. That is what virt-handler does, to the letter. */
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
