/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "state/override.h"

#define ZEROS10  "0000000000"
#define ZEROS100 ZEROS10 ZEROS10 ZEROS10 ZEROS10 ZEROS10 ZEROS10 ZEROS10 ZEROS10 ZEROS10 ZEROS10
#define ZEROS600 ZEROS100 ZEROS100 ZEROS100 ZEROS100 ZEROS100 ZEROS100

struct atoi_case {
	const char *title;
	const char *text;
	bool is_number;
	int64_t number;
};

static const struct atoi_case integers[] = {
	{ "integer: 0", "0", true, 0 },
	{ "integer: digits", "1250", true, 1250 },
	{ "integer: plus", "+5", true, 5 },
	{ "integer: minus", "-50", true, -50 },
	{ "integer: minus 0", "-0", true, 0 },
	{ "integer: leading zeros are decimal", "0010", true, 10 },
	{ "integer: any number of them", ZEROS100 "7", true, 7 },
	{ "integer: the largest", "9223372036854775807", true, INT64_MAX },
	{ "integer: the smallest", "-9223372036854775808", true, INT64_MIN },
	{ "integer: too large", "9223372036854775808", false, 0 },
	{ "integer: too small", "-9223372036854775809", false, 0 },
	{ "integer: far too large", "99999999999999999999999999", false, 0 },
	{ "integer: empty", "", false, 0 },
	{ "integer: only a sign", "-", false, 0 },
	{ "integer: two signs", "+-5", false, 0 },
	{ "integer: a blank before", " 5", false, 0 },
	{ "integer: a blank after", "5 ", false, 0 },
	{ "integer: a blank behind the sign", "- 5", false, 0 },
	{ "integer: a newline", "5\n", false, 0 },
	{ "integer: an underscore", "1_000", false, 0 },
	{ "integer: hexadecimal", "0x10", false, 0 },
	{ "integer: a point", "5.0", false, 0 },
	{ "integer: an exponent", "1e3", false, 0 },
	{ "integer: a unit", "5ms", false, 0 },
	{ "integer: digits of another script", "\u0665", false, 0 },
};

static void test_atoi(void **state)
{
	const struct atoi_case *row = *state;
	int64_t number = 0;

	if (sp_go_atoi(row->text, &number) != row->is_number)
		fail_msg("\"%s\" is %s", row->text, row->is_number ? "refused" : "taken");
	if (row->is_number)
		assert_int_equal(number, row->number);
}

struct float_case {
	const char *title;
	const char *text;
	bool is_number;
	uint32_t bits;
};

static const struct float_case floats[] = {
	{ "float: 0", "0", true, 0 },
	{ "float: minus 0", "-0", true, 0x80000000 },
	{ "float: the default", "0.2", true, 0x3E4CCCCD },
	{ "float: a half", "0.5", true, 0x3F000000 },
	{ "float: no digit before the point", ".5", true, 0x3F000000 },
	{ "float: no digit behind the point", "5.", true, 0x40A00000 },
	{ "float: plus", "+0.5", true, 0x3F000000 },
	{ "float: minus", "-0.5", true, 0xBF000000 },
	{ "float: an exponent", "5e-1", true, 0x3F000000 },
	{ "float: an exponent with plus, capital", "5E+0", true, 0x40A00000 },
	{ "float: an exponent with leading zeros", "50e-00000000002", true, 0x3F000000 },
	{ "float: leading zeros", "000.5", true, 0x3F000000 },
	{ "float: hexadecimal", "0x1p-2", true, 0x3E800000 },
	{ "float: hexadecimal, capitals", "0X.8P0", true, 0x3F000000 },
	{ "float: hexadecimal with a point", "-0x1.8p+1", true, 0xC0400000 },
	{ "float: hexadecimal 0", "0x0p0", true, 0 },
	{ "float: underscore in the fraction", "0.1_5", true, 0x3E19999A },
	{ "float: underscore in the whole part", "1_0", true, 0x41200000 },
	{ "float: underscore in the exponent", "1e1_0", true, 0x501502F9 },
	{ "float: underscore behind the prefix", "0x_1p0", true, 0x3F800000 },
	{ "float: underscore between hexadecimal digits", "0xa_bp-4", true, 0x412B0000 },
	{ "float: infinity", "inf", true, 0x7F800000 },
	{ "float: infinity in capitals", "INF", true, 0x7F800000 },
	{ "float: infinity in full, negative", "-iNfInItY", true, 0xFF800000 },

	{ "float: rounds down to 1", "1.00000001", true, 0x3F800000 },
	{ "float: rounds up from 1", "1.00000006", true, 0x3F800001 },
	{ "float: halfway goes to even", "1.000000059604644775390625", true, 0x3F800000 },
	{ "float: halfway goes to even, up", "1.000000178813934326171875", true, 0x3F800002 },
	{ "float: above halfway, rounded once", "1.000000059604644775390625" ZEROS10 "1", true, 0x3F800001 },
	{ "float: above halfway by the 624th digit", "1.000000059604644775390625" ZEROS600 "1", true, 0x3F800001 },
	{ "float: halfway with 600 zeros behind", "1.000000059604644775390625" ZEROS600, true, 0x3F800000 },
	{ "float: below halfway, rounded once", "1.000000059604644775390624999999999999", true, 0x3F800000 },
	{ "float: hexadecimal halfway", "0x1.000001p0", true, 0x3F800000 },
	{ "float: hexadecimal above halfway", "0x1.0000010000000001p0", true, 0x3F800001 },
	{ "float: hexadecimal, by the 607th digit", "0x1.000001" ZEROS600 "1p0", true, 0x3F800001 },
	{ "float: a hexadecimal subnormal, rounded up", "0x1.081001p-138", true, 0x00000841 },
	{ "float: a hexadecimal subnormal, to even", "0x1.081p-138", true, 0x00000840 },
	{ "float: 600 zeros in front", ZEROS600 "0.5", true, 0x3F000000 },
	{ "float: 600 zeros behind", "0.5" ZEROS600, true, 0x3F000000 },
	{ "float: 600 zeros and an exponent", "0." ZEROS600 "5e600", true, 0x3F000000 },
	{ "float: 600 digits and an exponent", "5" ZEROS600 "e-601", true, 0x3F000000 },
	{ "float: the largest", "3.4028235e38", true, 0x7F7FFFFF },
	{ "float: just not too large", "3.40282356e38", true, 0x7F7FFFFF },
	{ "float: the largest, hexadecimal", "0x1.fffffep127", true, 0x7F7FFFFF },
	{ "float: the smallest", "1e-45", true, 1 },
	{ "float: half of it is 0", "0x1p-150", true, 0 },
	{ "float: more than half of it is not", "0x1.000001p-150", true, 1 },
	{ "float: too small is 0", "1e-400", true, 0 },
	{ "float: far too small is 0", "1e-99999999999999999999", true, 0 },
	{ "float: hexadecimal, far too small", "-0x1p-99999999999999999999", true, 0x80000000 },
	{ "float: 0 with a large exponent", "0e99999999999999999999", true, 0 },

	{ "float: too large", "3.5e38", false, 0 },
	{ "float: just too large", "3.40282357e38", false, 0 },
	{ "float: just too large, hexadecimal", "0x1.ffffffp127", false, 0 },
	{ "float: beyond a double", "1e400", false, 0 },
	{ "float: far too large", "1e99999999999999999999", false, 0 },
	{ "float: hexadecimal, far too large", "0x1p99999999999999999999", false, 0 },
	{ "float: nan", "nan", false, 0 },
	{ "float: nan in capitals", "NaN", false, 0 },
	{ "float: nan with a sign", "+nan", false, 0 },
	{ "float: nan with a payload", "nan(1)", false, 0 },
	{ "float: empty", "", false, 0 },
	{ "float: only a sign", "-", false, 0 },
	{ "float: two signs", "--1", false, 0 },
	{ "float: only a point", ".", false, 0 },
	{ "float: two points", "0.2.0", false, 0 },
	{ "float: only an exponent", "e5", false, 0 },
	{ "float: no digits in the exponent", "1e", false, 0 },
	{ "float: only a sign in the exponent", "1e+", false, 0 },
	{ "float: a point in the exponent", "1e1.5", false, 0 },
	{ "float: a comma", "0,2", false, 0 },
	{ "float: a blank before", " 0.2", false, 0 },
	{ "float: a newline", "0.2\n", false, 0 },
	{ "float: percent", "20%", false, 0 },
	{ "float: a suffix of C", "0.2f", false, 0 },
	{ "float: hexadecimal without exponent", "0x1", false, 0 },
	{ "float: only the prefix", "0x", false, 0 },
	{ "float: prefix and exponent", "0xp1", false, 0 },
	{ "float: a binary exponent on decimal digits", "1p2", false, 0 },
	{ "float: a decimal exponent on hexadecimal digits", "0x1.8", false, 0 },
	{ "float: a cut infinity", "infinit", false, 0 },
	{ "float: more than infinity", "infinity1", false, 0 },
	{ "float: underscore first", "_1", false, 0 },
	{ "float: underscore last", "1_", false, 0 },
	{ "float: two underscores", "1__0", false, 0 },
	{ "float: underscore before the point", "1_.5", false, 0 },
	{ "float: underscore behind the point", "0._5", false, 0 },
	{ "float: underscore before the exponent", "1_e5", false, 0 },
	{ "float: underscore behind the exponent's mark", "1e_5", false, 0 },
	{ "float: underscore before the prefix", "_0x1p0", false, 0 },
	{ "float: underscore in the prefix", "0_x1p0", false, 0 },
	{ "float: underscore behind the sign", "-_1", false, 0 },
	{ "float: underscore in infinity", "in_f", false, 0 },
	{ "float: digits of another script", "\u0660.\u0662", false, 0 },
};

static void test_float(void **state)
{
	const struct float_case *row = *state;
	float number = 0;
	uint32_t bits;

	if (sp_go_parse_float(row->text, &number) != row->is_number)
		fail_msg("\"%.40s\" is %s", row->text, row->is_number ? "refused" : "taken");
	memcpy(&bits, &number, sizeof bits);
	if (row->is_number && bits != row->bits)
		fail_msg("\"%.40s\" is %08X, not %08X", row->text, bits, row->bits);
}

enum { BOOST, DECAY, MIN, MAX, INIT, SLEEP, FREE };

/* One annotation and what it comes to. A text for the number, as the effect shows it. */
struct read_case {
	const char *title;
	int annotation;
	const char *value;
	const char *problem; /* a part of it; NULL where there must be none */
	const char *effective;
};

#define BOUNDS "bounds"
#define NUMBER "number"

static const struct read_case reads[] = {
	{ "boost", BOOST, "500", NULL, "500" },
	{ "boost: lower bound", BOOST, "0", NULL, "0" },
	{ "boost: upper bound", BOOST, "9223372036854775807", NULL, "9223372036854775807" },
	{ "boost: below", BOOST, "-1", BOUNDS, "300" },
	{ "boost: no number", BOOST, "much", NUMBER, "300" },
	{ "boost: empty", BOOST, "", NUMBER, "300" },
	{ "decay", DECAY, "-20", NULL, "-20" },
	{ "decay: upper bound", DECAY, "0", NULL, "0" },
	{ "decay: lower bound", DECAY, "-9223372036854775808", NULL, "-9223372036854775808" },
	{ "decay: above, a sign forgotten", DECAY, "45", BOUNDS, "-50" },
	{ "minimum", MIN, "10", NULL, "10" },
	{ "minimum: below", MIN, "-1", BOUNDS, "64" },
	{ "maximum", MAX, "64", NULL, "64" },
	{ "maximum: below the minimum", MAX, "63", BOUNDS, "1250" },
	{ "beginning", INIT, "1250", NULL, "1250" },
	{ "beginning: above the maximum", INIT, "1251", BOUNDS, "100" },
	{ "beginning: below the minimum", INIT, "63", BOUNDS, "100" },
	{ "sleep", SLEEP, "1", NULL, "1" },
	{ "sleep: below", SLEEP, "0", BOUNDS, "100" },
	{ "sleep: beyond 64 bits", SLEEP, "18446744073709551615", NUMBER, "100" },
	{ "free percent", FREE, "0.5", NULL, "0.5" },
	{ "free percent: lower bound", FREE, "0", NULL, "0" },
	{ "free percent: upper bound", FREE, "1", NULL, "1" },
	{ "free percent: rounds to the bound", FREE, "1.00000001", NULL, "1" },
	{ "free percent: rounds beyond it", FREE, "1.00000006", BOUNDS, "0.2" },
	{ "free percent: below", FREE, "-0.1", BOUNDS, "0.2" },
	{ "free percent: as in percent", FREE, "20", BOUNDS, "0.2" },
	{ "free percent: infinity", FREE, "inf", BOUNDS, "0.2" },
	{ "free percent: too large for a float", FREE, "1e39", NUMBER, "0.2" },
	{ "free percent: nan", FREE, "nan", NUMBER, "0.2" },
};

static void test_read(void **state)
{
	const struct read_case *row = *state;
	struct sp_label item = { sp_override_annotations[row->annotation], row->value };
	struct sp_labels annotations = { &item, 1 };
	struct sp_override_effect effects[SP_OVERRIDE_COUNT];
	const struct sp_override_effect *effect = &effects[row->annotation];

	sp_overrides_read(&annotations, effects);
	assert_string_equal(effect->annotation, item.key);
	assert_string_equal(effect->value, row->value);
	if (!effect->problem != !row->problem || (row->problem && !strstr(effect->problem, row->problem)))
		fail_msg("\"%s\": \"%s\"", row->value, effect->problem ? effect->problem : "(no problem)");
	if (strncmp(effect->effective, row->effective, strlen(row->effective)) != 0)
		fail_msg("\"%s\": %s, not %s", row->value, effect->effective, row->effective);
	for (int i = 0; i < SP_OVERRIDE_COUNT; i++)
		if (i != row->annotation && (effects[i].value || effects[i].problem))
			fail_msg("%s is not there", effects[i].annotation);
}

/* Bounds that hang together: the values of pages-min, -max and -init, NULL where they are absent. */
struct bounds_case {
	const char *title;
	const char *values[3];
	int64_t numbers[3];
};

static const struct bounds_case bounds[] = {
	{ "bounds: none is there", { NULL, NULL, NULL }, { 64, 1250, 100 } },
	{ "bounds: all three", { "10", "20", "15" }, { 10, 20, 15 } },
	{ "bounds: all the same", { "10", "10", "10" }, { 10, 10, 10 } },
	{ "bounds: an absent default is not checked", { "5000", NULL, NULL }, { 5000, 1250, 100 } },
	{ "bounds: nor against the maximum", { NULL, "70", NULL }, { 64, 70, 100 } },
	{ "bounds: maximum below, the default inside", { "1000", "900", NULL }, { 1000, 1250, 100 } },
	{ "bounds: maximum below, the default on the bound", { "1250", "900", NULL }, { 1250, 1250, 100 } },
	{ "bounds: maximum below, the default too", { "5000", "900", NULL }, { 5000, 5000, 100 } },
	{ "bounds: beginning below, the default on the bound", { "100", NULL, "50" }, { 100, 1250, 100 } },
	{ "bounds: beginning below, the default too", { "200", NULL, "50" }, { 200, 1250, 200 } },
	{ "bounds: beginning above, the default on the bound", { NULL, "100", "500" }, { 64, 100, 64 } },
	{ "bounds: beginning above, the default too", { NULL, "80", "500" }, { 64, 80, 64 } },
	{ "bounds: no number fits", { "5000", NULL, "3000" }, { 5000, 1250, 5000 } },
	{ "bounds: unparsable is not checked", { "5000", "x", "y" }, { 5000, 1250, 100 } },
	{ "bounds: a bad minimum counts as its default", { "x", "63", NULL }, { 64, 1250, 100 } },
};

static void test_bounds(void **state)
{
	const struct bounds_case *row = *state;
	struct sp_label items[3];
	struct sp_labels annotations = { items, 0 };
	struct sp_overrides overrides;

	for (int i = 0; i < 3; i++)
		if (row->values[i])
			items[annotations.count++] = (struct sp_label){ sp_override_annotations[MIN + i],
									row->values[i] };
	overrides = sp_overrides_read(&annotations, NULL);
	assert_int_equal(overrides.pages_min, row->numbers[0]);
	assert_int_equal(overrides.pages_max, row->numbers[1]);
	assert_int_equal(overrides.pages_init, row->numbers[2]);
}

static void assert_numbers(const struct sp_overrides *found, const struct sp_overrides *wanted)
{
	assert_int_equal(found->pages_boost, wanted->pages_boost);
	assert_int_equal(found->pages_decay, wanted->pages_decay);
	assert_int_equal(found->pages_min, wanted->pages_min);
	assert_int_equal(found->pages_max, wanted->pages_max);
	assert_int_equal(found->pages_init, wanted->pages_init);
	assert_int_equal(found->sleep_ms_baseline, wanted->sleep_ms_baseline);
	assert_true(found->free_percent >= wanted->free_percent && found->free_percent <= wanted->free_percent);
}

/* Each annotation reaches its own number, and the defaults are what they are. */
static void test_names(void **state)
{
	static const struct sp_label items[] = {
		{ "kubevirt.io/ksm-free-percent-override", "0.25" },   { "kubevirt.io/ksm-pages-boost-override", "1" },
		{ "kubevirt.io/ksm-pages-decay-override", "-2" },      { "kubevirt.io/ksm-pages-init-override", "5" },
		{ "kubevirt.io/ksm-pages-max-override", "6" },         { "kubevirt.io/ksm-pages-min-override", "4" },
		{ "kubevirt.io/ksm-sleep-ms-baseline-override", "7" },
	};
	struct sp_overrides numbers = sp_overrides_read(&(struct sp_labels){ items, 7 }, NULL);

	(void)state;
	assert_numbers(&numbers, &(struct sp_overrides){ 1, -2, 4, 6, 5, 7, 0.25F });
	numbers = sp_overrides_read(&(struct sp_labels){ NULL, 0 }, NULL);
	assert_numbers(&numbers, &(struct sp_overrides){ 300, -50, 64, 1250, 100, 100, 0.2F });
}

enum {
	INTEGERS = sizeof integers / sizeof *integers,
	FLOATS = sizeof floats / sizeof *floats,
	READS = sizeof reads / sizeof *reads,
	BOUND_CASES = sizeof bounds / sizeof *bounds,
};

int main(void)
{
	struct CMUnitTest tests[INTEGERS + FLOATS + READS + BOUND_CASES + 1];
	size_t count = 0;

	for (size_t i = 0; i < INTEGERS; i++)
		tests[count++] = (struct CMUnitTest){ integers[i].title, test_atoi, NULL, NULL, (void *)&integers[i] };
	for (size_t i = 0; i < FLOATS; i++)
		tests[count++] = (struct CMUnitTest){ floats[i].title, test_float, NULL, NULL, (void *)&floats[i] };
	for (size_t i = 0; i < READS; i++)
		tests[count++] = (struct CMUnitTest){ reads[i].title, test_read, NULL, NULL, (void *)&reads[i] };
	for (size_t i = 0; i < BOUND_CASES; i++)
		tests[count++] = (struct CMUnitTest){ bounds[i].title, test_bounds, NULL, NULL, (void *)&bounds[i] };
	tests[count++] = (struct CMUnitTest){ "names and defaults", test_names, NULL, NULL, NULL };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
