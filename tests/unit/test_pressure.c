/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reconciler/pressure.h"

/* A machine with 64 GiB, and what of it is available: plenty, or little. */
#define TOTAL  65680332
#define PLENTY 39207804
#define LITTLE 5183928

#define GIB16 16777216

/* The overrides: all as usual, or all but these. */
#define USUAL PAGES(300, -50, 64, 1250, 100)
#define PAGES(boost, decay, min, max, init)             \
	{                                               \
		boost, decay, min, max, init, 100, 0.2F \
	}
#define SLEEP(baseline)                                 \
	{                                               \
		300, -50, 64, 1250, 100, baseline, 0.2F \
	}
#define FREE(percent)                                 \
	{                                             \
		300, -50, 64, 1250, 100, 100, percent \
	}

/* The load: what there is, what of it is available, and pages_to_scan. */
#define ON(total, available, pages)           \
	{                                     \
		total, available, true, pages \
	}
#define OFF(total, available, pages)           \
	{                                      \
		total, available, false, pages \
	}

/* What comes of it: pages_to_scan and sleep_millisecs. */
#define ENDS                              \
	{                                 \
		false, false, 0, 0, false \
	}
#define RISES(pages, sleep)                     \
	{                                       \
		true, true, pages, sleep, false \
	}
#define EASES(pages, sleep)                      \
	{                                        \
		false, true, pages, sleep, false \
	}
#define RISES_CLAMPED(pages, sleep)            \
	{                                      \
		true, true, pages, sleep, true \
	}
#define EASES_CLAMPED(pages, sleep)             \
	{                                       \
		false, true, pages, sleep, true \
	}

struct tune_case {
	const char *title;
	struct sp_overrides overrides;
	struct sp_load load;
	struct sp_tuning tuning;
};

/* With the usual numbers. */
static const struct tune_case states[] = {
	{ "off, not short: off", USUAL, OFF(TOTAL, PLENTY, 100), ENDS },
	{ "off, short: begins", USUAL, OFF(TOTAL, LITTLE, 700), RISES(100, 27) },
	{ "on, short: faster", USUAL, ON(TOTAL, LITTLE, 100), RISES(400, 27) },
	{ "on, short: at most the maximum", USUAL, ON(TOTAL, LITTLE, 1000), RISES(1250, 27) },
	{ "on, short: stays at the maximum", USUAL, ON(TOTAL, LITTLE, 1250), RISES(1250, 27) },
	{ "on, short: comes down to the maximum", USUAL, ON(TOTAL, LITTLE, 9999), RISES(1250, 27) },
	{ "on, not short: slower", USUAL, ON(TOTAL, PLENTY, 400), EASES(350, 63) },
	{ "on, not short: down to the minimum", USUAL, ON(TOTAL, PLENTY, 114), EASES(64, 63) },
	{ "on, not short: below it, off", USUAL, ON(TOTAL, PLENTY, 113), ENDS },
	{ "on, not short: no upper limit", USUAL, ON(TOTAL, PLENTY, 9999), EASES(9949, 63) },
	{ "pages of 0", USUAL, ON(TOTAL, LITTLE, 0), RISES(300, 27) },
	{ "negative pages rise", USUAL, ON(TOTAL, LITTLE, -100), RISES(200, 27) },
	{ "negative pages end it", USUAL, ON(TOTAL, PLENTY, -100), ENDS },
	{ "negative pages do not matter while off", USUAL, OFF(TOTAL, LITTLE, -9), RISES(100, 27) },
};

/* The comparison, in single precision. */
static const struct tune_case thresholds[] = {
	{ "at the threshold it is short", USUAL, OFF(1000, 200, 0), RISES(100, 2097152) },
	{ "just above it is not", USUAL, OFF(1000, 201, 0), ENDS },
	{ "rounded up: exactly it would not be short", USUAL, OFF(TOTAL, 13136067, 0), RISES(100, 31) },
	{ "one more is not short", USUAL, OFF(TOTAL, 13136068, 0), ENDS },
	{ "above 16 GiB: 1 KiB too much is lost", USUAL, OFF(167772160, 33554433, 0), RISES(100, 12) },
	{ "above 16 GiB: a tie goes to even", USUAL, OFF(167772160, 33554434, 0), RISES(100, 12) },
	{ "above 16 GiB: 3 KiB too much is not", USUAL, OFF(167772160, 33554435, 0), ENDS },
	{ "nothing is available", USUAL, OFF(GIB16, 0, 0), RISES(100, 100) },
	{ "all of 64 bits", USUAL, OFF(UINT64_MAX, 0, 0), RISES(100, 10) },
	{ "free percent 0, nothing available", FREE(0), OFF(GIB16, 0, 0), RISES(100, 100) },
	{ "free percent 0, 1 KiB available", FREE(0), OFF(GIB16, 1, 0), ENDS },
	{ "free percent -0", FREE(-0.0F), OFF(GIB16, 0, 0), RISES(100, 100) },
	{ "free percent 1", FREE(1), OFF(GIB16, GIB16 - 1, 0), RISES(100, 1677721600) },
};

/* sleep_millisecs. */
static const struct tune_case sleeps[] = {
	{ "16 GiB in use: the baseline", USUAL, ON(GIB16, 0, 100), RISES(400, 100) },
	{ "twice as much: half of it", USUAL, ON(2 * GIB16, 0, 100), RISES(400, 50) },
	{ "rounded down", USUAL, ON(GIB16 + 1, 0, 100), RISES(400, 99) },
	{ "at least a tenth", USUAL, ON(100UL * GIB16, 0, 100), RISES(400, 10) },
	{ "a tenth, rounded down", SLEEP(19), ON(100UL * GIB16, 0, 100), RISES(400, 1) },
	{ "below 10 it may be 0", SLEEP(9), ON(10UL * GIB16, 0, 100), RISES(400, 0) },
	{ "the least in use", USUAL, ON(1, 0, 100), RISES(400, 1677721600) },
	{ "the kernel's most", SLEEP(UINT32_MAX), ON(GIB16, 0, 100), RISES(400, UINT32_MAX) },
	{ "one more is clamped", SLEEP(1L << 32), ON(GIB16, 0, 100), RISES_CLAMPED(400, UINT32_MAX) },
	{ "where virt-handler wraps to 0", SLEEP(1L << 40), ON(1L << 40, 0, 100), RISES_CLAMPED(400, UINT32_MAX) },
	{ "the largest baseline", SLEEP(INT64_MAX), ON(1, 0, 100), RISES_CLAMPED(400, UINT32_MAX) },
	{ "its tenth", SLEEP(INT64_MAX), ON(UINT64_MAX, 0, 100), RISES_CLAMPED(400, UINT32_MAX) },
};

/* Where nothing is in use, and where the kernel's numbers end. */
static const struct tune_case edges[] = {
	{ "all is available, off", USUAL, OFF(1000, 1000, 100), ENDS },
	{ "all is available, on", USUAL, ON(1000, 1000, 400), EASES(350, 1677721600) },
	{ "all is available, on, ends", USUAL, ON(1000, 1000, 100), ENDS },
	{ "all is available, free percent 1", FREE(1), OFF(1000, 1000, 100), ENDS },
	{ "more than all is available, off", USUAL, OFF(1000, 1001, 100), ENDS },
	{ "more than all is available, on", USUAL, ON(1000, UINT64_MAX, 400), EASES(350, 1677721600) },
	{ "more than all, the same when rounded", FREE(1), OFF(GIB16, GIB16 + 1, 0), ENDS },
	{ "no memory at all", USUAL, OFF(0, 0, 100), ENDS },
	{ "all is available, a large baseline", SLEEP(1000), ON(9, 9, 400), EASES_CLAMPED(350, UINT32_MAX) },
	{ "boost does not wrap", PAGES(INT64_MAX, -50, 64, 1250, 100), ON(TOTAL, LITTLE, 200), RISES(1250, 27) },
	{ "boost does not wrap, no maximum", PAGES(INT64_MAX, -50, 64, INT64_MAX, 100), ON(TOTAL, LITTLE, 200),
	  RISES_CLAMPED(UINT32_MAX, 27) },
	{ "decay does not wrap", PAGES(300, INT64_MIN, 64, 1250, 100), ON(TOTAL, PLENTY, -1), ENDS },
	{ "the kernel's most pages", PAGES(300, -50, 64, UINT32_MAX, 100), ON(TOTAL, LITTLE, UINT32_MAX),
	  RISES(UINT32_MAX, 27) },
	{ "one more is clamped", PAGES(300, -50, 64, INT64_MAX, 100), ON(TOTAL, LITTLE, UINT32_MAX - 299L),
	  RISES_CLAMPED(UINT32_MAX, 27) },
	{ "too large a beginning", PAGES(300, -50, 64, INT64_MAX, INT64_MAX), OFF(TOTAL, LITTLE, 0),
	  RISES_CLAMPED(UINT32_MAX, 27) },
	{ "too many while not short", USUAL, ON(TOTAL, PLENTY, INT64_MAX), EASES_CLAMPED(UINT32_MAX, 63) },
	{ "still negative after the boost", USUAL, ON(TOTAL, LITTLE, -1000), RISES_CLAMPED(0, 27) },
	{ "the most negative pages", USUAL, ON(TOTAL, LITTLE, INT64_MIN), RISES_CLAMPED(0, 27) },
	{ "no boost", PAGES(0, -50, 64, 1250, 100), ON(TOTAL, LITTLE, 100), RISES(100, 27) },
	{ "no decay", PAGES(300, 0, 64, 1250, 100), ON(TOTAL, PLENTY, 100), EASES(100, 63) },
	{ "a minimum of 0 ends below it", PAGES(300, -50, 0, 1250, 100), ON(TOTAL, PLENTY, 49), ENDS },
	{ "a minimum of 0 allows 0", PAGES(300, -50, 0, 1250, 100), ON(TOTAL, PLENTY, 50), EASES(0, 63) },
	{ "a maximum below the minimum, begins", PAGES(300, -50, 5000, 1250, 100), OFF(TOTAL, LITTLE, 0),
	  RISES(100, 27) },
	{ "a maximum below the minimum, rises", PAGES(300, -50, 5000, 1250, 100), ON(TOTAL, LITTLE, 9000),
	  RISES(1250, 27) },
	{ "a maximum below the minimum, ends", PAGES(300, -50, 5000, 1250, 100), ON(TOTAL, PLENTY, 1250), ENDS },
};

static void test_tune(void **state)
{
	const struct tune_case *row = *state;
	struct sp_tuning tuning = sp_tune(&row->overrides, &row->load);

	assert_int_equal(tuning.is_short, row->tuning.is_short);
	assert_int_equal(tuning.run, row->tuning.run);
	assert_int_equal(tuning.pages_to_scan, row->tuning.pages_to_scan);
	assert_int_equal(tuning.sleep_millisecs, row->tuning.sleep_millisecs);
	assert_int_equal(tuning.is_clamped, row->tuning.is_clamped);
}

static const struct {
	const struct tune_case *cases;
	size_t count;
} tables[] = {
	{ states, sizeof states / sizeof *states },
	{ thresholds, sizeof thresholds / sizeof *thresholds },
	{ sleeps, sizeof sleeps / sizeof *sleeps },
	{ edges, sizeof edges / sizeof *edges },
};

enum { CASES = (sizeof states + sizeof thresholds + sizeof sleeps + sizeof edges) / sizeof(struct tune_case) };

int main(void)
{
	struct CMUnitTest tests[CASES];
	size_t count = 0;

	for (size_t table = 0; table < sizeof tables / sizeof *tables; table++)
		for (size_t i = 0; i < tables[table].count; i++)
			tests[count++] = (struct CMUnitTest){ tables[table].cases[i].title, test_tune, NULL, NULL,
							      (void *)&tables[table].cases[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
