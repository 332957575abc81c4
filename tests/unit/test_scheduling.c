/* SPDX-License-Identifier: Apache-2.0 */
/* What the table of tests/e2e/test_scheduling.py cannot reach: labels whose next value is unknown, and the keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/scheduling.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const on[] = { "true" };
static const char *const both[] = { "true", "false" };
static const char *const zone[] = { "a" };

static const struct sp_requirement wants_on[] = { { SP_LABEL_ENABLED, SP_OPERATOR_IN, on, 1 } };
static const struct sp_requirement wants_any[] = { { SP_LABEL_ENABLED, SP_OPERATOR_IN, both, 2 } };
static const struct sp_requirement wants_zone[] = { { "zone", SP_OPERATOR_EQUALS, zone, 1 },
						    { SP_LABEL_ENABLED, SP_OPERATOR_EQUALS, on, 1 } };
static const struct sp_node_term terms[] = { { .labels = { wants_on, 1 } }, { .labels = { wants_zone, 2 } } };

static const struct sp_workload items[] = {
	{ .kind = "VirtualMachine", .namespace = "", .name = "any", .nodes = { .labels = { wants_any, 1 } } },
	{ .kind = "VirtualMachine", .namespace = "", .name = "on", .nodes = { .labels = { wants_on, 1 } } },
	{ .kind = "VirtualMachine", .namespace = "", .name = "zone", .nodes = { .labels = { wants_zone, 2 } } },
	{ .kind = "VirtualMachine",
	  .namespace = "",
	  .name = "terms",
	  .nodes = { .has_terms = true, .terms = terms, .term_count = 2 } },
};
static const struct sp_workloads workloads = { items, COUNT(items), COUNT(items), 0 };

struct unknown_case {
	const char *before;                      /* the label as the node has it, or NULL */
	struct sp_impact expected[COUNT(items)]; /* only the numbers */
};

/* One node in zone b, whose label will be "true" or "false", and nobody knows which. */
static const struct unknown_case cases[] = {
	{ "true",
	  { { .before = 1, .after = 1 }, { .before = 1, .unknown = 1 }, { 0 }, { .before = 1, .unknown = 1 } } },
	{ NULL, { { .after = 1, .gained = 1 }, { .unknown = 1 }, { 0 }, { .unknown = 1 } } },
};

static void test_unknown(void **state)
{
	const struct sp_label label[] = { { "zone", "b" }, { SP_LABEL_ENABLED, "true" } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_arena arena = { 0 };
		struct sp_report report = { .arena = &arena };
		struct sp_node node = { .name = "node", .labels = { label, cases[i].before ? 2 : 1 } };
		struct sp_change change = { true, cases[i].before, NULL };
		struct sp_scheduling *scheduling = sp_scheduling_start(&arena, &workloads);
		struct sp_plan plan = { 0 };

		sp_scheduling_add(scheduling, &node, &change);
		sp_scheduling_finish(scheduling, &plan, &report);
		assert_int_equal(plan.impact_count, COUNT(items));
		for (size_t at = 0; at < COUNT(items); at++) {
			const struct sp_impact *found = &plan.impacts[at];
			const struct sp_impact *expected = &cases[i].expected[at];

			assert_string_equal(found->name, items[at].name);
			assert_int_equal(found->before, expected->before);
			assert_int_equal(found->after, expected->after);
			assert_int_equal(found->lost, expected->lost);
			assert_int_equal(found->gained, expected->gained);
			assert_int_equal(found->unknown, expected->unknown);
		}
		/* only the machine in another zone is sure to have no node */
		assert_int_equal(report.count, 1);
		assert_string_equal(report.diagnostics[0].code, "vm-without-node");
		assert_non_null(strstr(report.diagnostics[0].message, "VirtualMachine zone "));
		sp_arena_free(&arena);
	}
}

static void test_keys(void **state)
{
	struct sp_arena arena = { 0 };
	struct sp_workloads none = { 0 };
	size_t count;
	const char *const *keys = sp_workloads_keys(&workloads, &arena, &count);

	(void)state;
	assert_int_equal(count, 2);
	assert_string_equal(keys[0], SP_LABEL_ENABLED);
	assert_string_equal(keys[1], "zone");
	sp_workloads_keys(&none, &arena, &count);
	assert_int_equal(count, 0);
	sp_arena_free(&arena);
}

static void test_copy(void **state)
{
	struct sp_arena arena = { 0 };
	struct sp_node_selector copy = sp_node_selector_copy(&items[3].nodes, &arena);
	const struct sp_label label[] = { { SP_LABEL_ENABLED, "true" } };
	const struct sp_labels labels = { label, 1 };
	const struct sp_labels none = { 0 };

	(void)state;
	assert_ptr_not_equal(copy.terms, terms);
	assert_ptr_not_equal(copy.terms[1].labels.requirements[0].key, wants_zone[0].key);
	assert_true(sp_node_selector_matches(&copy, "node", &labels, NULL));
	assert_false(sp_node_selector_matches(&copy, "node", &none, NULL));
	assert_true(sp_node_selector_matches(&copy, "node", &none, SP_LABEL_ENABLED));
	sp_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
