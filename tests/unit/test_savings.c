/* SPDX-License-Identifier: Apache-2.0 */
/* What KSM saves, and why it saves nothing: one row a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/savings.h"
#include "reconciler/status.h"

/* The knobs of a machine on which KSM runs; the rest are absent. */
#define ON                 \
	{                  \
		"run", "1" \
	}
#define SCAN                            \
	{ "pages_to_scan", "100" },     \
	{                               \
		"sleep_millisecs", "20" \
	}
#define SCANNED                          \
	{ "full_scans", "4" },           \
	{                                \
		"pages_scanned", "40000" \
	}

struct row {
	const char *name;
	struct sp_knob knobs[12];
	struct sp_process process; /* none where it has no pid */
	size_t unreadable;
	const char *hugepages;
	const char *findings; /* codes, each followed by a blank */
};

static const struct row rows[] = {
	{ "off", { { "run", "0" }, SCAN }, { 0 }, 0, "always", "" },
	{ "merges", { { "full_scans", "3" }, { "pages_sharing", "5" }, ON }, { 0 }, 0, "always", "" },
	{ "zero pages are merged, too",
	  { { "ksm_zero_pages", "5" }, { "pages_sharing", "0" }, ON },
	  { 0 },
	  0,
	  NULL,
	  "" },
	{ "nothing to merge",
	  { { "full_scans", "9" }, { "pages_sharing", "0" }, ON },
	  { 0 },
	  0,
	  "always",
	  "no-mergeable-memory " },
	{ "nothing that can be seen", { { "pages_sharing", "0" }, ON }, { 0 }, 7, NULL, "no-mergeable-memory " },
	{ "the first scan",
	  { { "full_scans", "0" }, { "pages_sharing", "0" }, { "pages_volatile", "9" }, ON, SCAN },
	  { .pid = 1, .is_mergeable = true, .rmap_items = 100 },
	  0,
	  NULL,
	  "first-scan " },
	{ "a slow scan",
	  { { "full_scans", "1" }, { "pages_scanned", "100000000" }, { "pages_sharing", "0" }, ON, SCAN },
	  { .pid = 1, .is_mergeable = true },
	  0,
	  NULL,
	  "slow-scan " },
	{ "all of it changes",
	  { { "pages_sharing", "0" }, { "pages_unshared", "3" }, { "pages_volatile", "9" }, ON, SCANNED, SCAN },
	  { .pid = 1, .is_mergeable = true },
	  0,
	  NULL,
	  "volatile-memory " },
	{ "all of it differs",
	  { { "pages_sharing", "0" }, { "pages_unshared", "9" }, { "pages_volatile", "3" }, ON, SCANNED, SCAN },
	  { .pid = 1, .is_mergeable = true },
	  0,
	  "madvise",
	  "nothing-equal " },
	{ "hugepages",
	  { { "pages_sharing", "0" }, { "pages_unshared", "9" }, ON, SCANNED, SCAN },
	  { .pid = 1, .is_mergeable = true },
	  0,
	  "always",
	  "nothing-equal hugepages " },
};

static int compare_knobs(const void *left, const void *right)
{
	return strcmp(((const struct sp_knob *)left)->name, ((const struct sp_knob *)right)->name);
}

/* A machine with these knobs, which are sorted as a machine's are. */
static struct sp_host host_with(struct sp_knob *knobs, size_t most)
{
	size_t count = 0;

	while (count < most && knobs[count].name)
		count++;
	qsort(knobs, count, sizeof *knobs, compare_knobs);
	return (struct sp_host){ .knobs = { knobs, count }, .page_size = 4096 };
}

static void test_findings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct row row = rows[i];
		struct sp_host host = host_with(row.knobs, 12);
		struct sp_processes processes = {
			&row.process, row.process.pid > 0, 9, row.unreadable, true, false, 0
		};
		struct sp_savings savings = sp_savings_of(&host, &processes);
		struct sp_arena arena = { 0 };
		struct sp_text codes = { 0 };
		size_t count;
		const struct sp_finding *findings = sp_savings_diagnose(&savings, &processes, row.hugepages, &arena,
									&count);

		print_message("%s\n", row.name);
		for (size_t at = 0; at < count; at++) {
			sp_text_format(&codes, "%s ", findings[at].code);
			assert_true(findings[at].message[0] && findings[at].help[0]);
		}
		assert_string_equal(sp_text_string(&codes), row.findings);
		sp_text_free(&codes);
		sp_arena_free(&arena);
	}
}

static void test_figures(void **state)
{
	struct sp_knob knobs[] = {
		{ "general_profit", "-4096" },
		{ "ksm_zero_pages", "24" },
		{ "pages_shared", "100" },
		{ "pages_sharing", "1000" },
		{ "pages_unshared", "500" },
		{ "pages_volatile", NULL },
		{ "run", "1" },
		{ "full_scans", "2" },
		{ "pages_scanned", "20000" },
		{ "pages_to_scan", "100" },
		{ "sleep_millisecs", "20" },
		{ NULL, NULL },
	};
	struct sp_host host = host_with(knobs, 12);
	struct sp_processes none = { 0 };
	struct sp_savings savings = sp_savings_of(&host, &none);

	(void)state;
	assert_true(savings.has_saved && savings.saved == 1024 * 4096);
	assert_true(savings.has_profit && savings.profit == -4096);
	assert_true(savings.sharing.is_known && savings.sharing.value == 10);
	assert_true(savings.unshared.is_known && savings.unshared.value == 0.5);
	assert_true(savings.full_scan_seconds.is_known && savings.full_scan_seconds.value == 2);
	assert_false(savings.counters[SP_COUNTER_VOLATILE].is_known);
	assert_false(savings.counters[SP_COUNTER_SKIPPED].is_known);
}

/* Numbers that are none, or that are too large, are unknown and never wrapped. */
static void test_hostile_counters(void **state)
{
	struct sp_knob knobs[] = {
		{ "general_profit", "much" },
		{ "pages_shared", "-1" },
		{ "pages_sharing", "18446744073709551615" },
		{ "pages_to_scan", "0" },
		{ "run", "1" },
		{ "sleep_millisecs", "" },
		{ NULL, NULL },
	};
	struct sp_host host = host_with(knobs, 7);
	struct sp_processes none = { 0 };
	struct sp_savings savings = sp_savings_of(&host, &none);

	(void)state;
	assert_false(savings.has_saved);
	assert_false(savings.has_profit);
	assert_false(savings.counters[SP_COUNTER_SHARED].is_known);
	assert_false(savings.sharing.is_known);
	assert_false(savings.full_scan_seconds.is_known);
}

static void test_best(void **state)
{
	struct sp_process items[] = {
		{ .pid = 1, .merging_pages = 1, .profit = -5 }, { .pid = 2, .profit = 99 },
		{ .pid = 3, .merging_pages = 2, .profit = 7 },  { .pid = 4, .merging_pages = 3, .profit = 7 },
		{ .pid = 5, .zero_pages = 1, .profit = 8 },
	};
	struct sp_processes processes = { .items = items, .count = 5 };
	struct sp_arena arena = { 0 };
	size_t count;
	const struct sp_process *best = sp_savings_best(&processes, 3, &arena, &count);

	(void)state;
	assert_int_equal(count, 3);
	assert_int_equal(best[0].pid, 5);
	assert_int_equal(best[1].pid, 4);
	assert_int_equal(best[2].pid, 3);
	sp_arena_free(&arena);
}

static void assert_bytes(double bytes, const char *expected)
{
	struct sp_text text = { 0 };

	sp_status_add_bytes(&text, bytes);
	assert_string_equal(text.bytes, expected);
	sp_text_free(&text);
}

static void test_bytes(void **state)
{
	(void)state;
	assert_bytes(0, "0 B");
	assert_bytes(1023, "1023 B");
	assert_bytes(-4096, "-4.0 KiB");
	assert_bytes(264560000, "252.3 MiB");
	assert_bytes(1.5 * 1024 * 1024 * 1024 * 1024 * 1024, "1536.0 TiB");
}

static void assert_chart(const double *values, size_t count, size_t width, bool unicode, const char *expected)
{
	struct sp_text text = { 0 };

	sp_status_add_chart(&text, values, count, width, unicode);
	assert_string_equal(sp_text_string(&text), expected);
	sp_text_free(&text);
}

static void test_chart(void **state)
{
	static const double values[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	static const double nothing[] = { 0, 0 };

	(void)state;
	assert_chart(values, 8, 80, true, "▁▂▃▄▅▆▇█");
	assert_chart(values, 8, 80, false, "_.:-=+*#");
	assert_chart(values, 8, 2, false, "*#");
	assert_chart(nothing, 2, 80, false, "__");
	assert_chart(values, 0, 80, true, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_hostile_counters),
		cmocka_unit_test(test_best),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_chart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
