/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/render.h"
#include "tests/unit/sample_plan.h"

#define SUMMARY "Plan: 2 to enable, 1 to disable, 0 to restore, 1 to tune, 1 to label, 1 unchanged, 1 blocked.\n"
#define HEADING                                           \
	"KubeVirt kubevirt/kubevirt from kubevirt.yaml\n" \
	"  selector  zone=a\n"                            \
	"  policy    static\n"                            \
	"  nodes     7 from nodes.yaml\n"                 \
	"\n"
#define CHANGES                                                                                       \
	"+ enable 2 nodes (selected): matches zone=a\n"                                               \
	"    sysfs       run                              0       -> 1\n"                             \
	"    annotation  kubevirt.io/ksm-handler-managed  \"false\" -> \"true\"\n"                    \
	"    label       kubevirt.io/ksm-enabled          absent  -> \"true\"\n"                      \
	"    nodes       alpha bravo\n"                                                               \
	"\n"                                                                                          \
	"- disable 1 node (deselected): does not match zone=a\n"                                      \
	"    sysfs       run                              unknown -> the recorded original, else 0\n" \
	"    annotation  kubevirt.io/ksm-handler-managed  \"true\"  -> \"false\"\n"                   \
	"    label       kubevirt.io/ksm-enabled          \"true\"  -> \"false\"\n"                   \
	"    node        charlie\n"                                                                   \
	"\n"                                                                                          \
	"~ tune 1 node (pressure-rose): 12% of memory is available\n"                                 \
	"    sysfs       sleep_millisecs  20  -> 10\n"                                                \
	"    sysfs       pages_to_scan    100 -> 1300\n"                                              \
	"    node        echo\n"                                                                      \
	"\n"                                                                                          \
	"~ label 1 node (metadata-only): does not match zone=a\n"                                     \
	"    annotation  kubevirt.io/ksm-handler-managed  absent -> \"false\"\n"                      \
	"    label       kubevirt.io/ksm-enabled          absent -> \"false\"\n"                      \
	"    node        delta\n"                                                                     \
	"\n"                                                                                          \
	"! blocked 1 node (ksm-unavailable): matches zone=a, but has no KSM\n"                        \
	"    label       kubevirt.io/ksm-enabled  \"true\" -> \"false\"\n"                            \
	"    node        golf\n"                                                                      \
	"\n"
#define UNCHANGED                                               \
	"  unchanged 1 node (in-sync): does not match zone=a\n" \
	"    node        foxtrot\n"                             \
	"\n"

static void assert_text(const struct sp_plan *plan, struct sp_render_options options, const char *expected)
{
	struct sp_text text = { 0 };

	sp_render_text(&text, plan, &options);
	assert_string_equal(sp_text_string(&text), expected);
	sp_text_free(&text);
}

static void assert_holds(const struct sp_plan *plan, struct sp_render_options options, const char *part)
{
	struct sp_text text = { 0 };

	sp_render_text(&text, plan, &options);
	if (!strstr(sp_text_string(&text), part))
		assert_string_equal(sp_text_string(&text), part); /* fails, and shows both */
	sp_text_free(&text);
}

static void test_verbosity(void **state)
{
	(void)state;
	assert_text(&sample_plan, (struct sp_render_options){ 0 }, HEADING CHANGES SUMMARY);
	assert_text(&sample_plan, (struct sp_render_options){ .verbosity = 1 }, HEADING CHANGES UNCHANGED SUMMARY);
	assert_text(&sample_plan, (struct sp_render_options){ .verbosity = -1 }, SUMMARY);
}

static void test_color(void **state)
{
	static const char *const parts[] = {
		"\033[1mKubeVirt kubevirt/kubevirt\033[0m from",
		"\033[32m+ enable 2 nodes\033[0m (selected)",
		"\033[31m- disable 1 node\033[0m (deselected)",
		"\033[33m~ tune 1 node\033[0m (pressure-rose)",
		"\033[33m~ label 1 node\033[0m (metadata-only)",
		"\033[35m! blocked 1 node\033[0m (ksm-unavailable)",
		"\n  unchanged 1 node (in-sync)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		assert_holds(&sample_plan, (struct sp_render_options){ .color = true, .verbosity = 1 }, parts[i]);
}

static void test_heading(void **state)
{
	static const struct {
		enum sp_selector_kind kind;
		const char *line;
	} cases[] = {
		{ SP_SELECTOR_ABSENT, "  selector  absent (no ksmConfiguration): selects no node\n" },
		{ SP_SELECTOR_NIL,
		  "  selector  nil (a ksmConfiguration without nodeLabelSelector): selects no node\n" },
		{ SP_SELECTOR_EMPTY, "  selector  empty (no requirements): selects every node\n" },
		{ SP_SELECTOR_REQUIREMENTS, "  selector  zone=a\n" },
	};
	struct sp_plan plan = sample_plan;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		plan.selector_kind = cases[i].kind;
		assert_holds(&plan, (struct sp_render_options){ 0 }, cases[i].line);
	}
	plan.policy = SP_POLICY_PRESSURE;
	plan.kubevirt.path = "-";
	plan.kubevirt.namespace = "";
	plan.facts_input.path = "facts/";
	plan.facts_input.count = 1;
	assert_holds(&plan, (struct sp_render_options){ 0 }, "KubeVirt kubevirt from stdin\n");
	assert_holds(&plan, (struct sp_render_options){ 0 },
		     "  policy    pressure\n  nodes     7 from nodes.yaml\n  facts     1 from facts/\n\n");
}

static void test_nothing(void **state)
{
	struct sp_plan plan = sample_plan;

	(void)state;
	plan.node_count = 0;
	plan.nodes_input.count = 0;
	plan.nodes_input.total = 0;
	for (size_t i = 0; i < SP_ACTION_COUNT; i++)
		plan.summary[i] = 0;
	assert_text(&plan, (struct sp_render_options){ 0 },
		    "KubeVirt kubevirt/kubevirt from kubevirt.yaml\n"
		    "  selector  zone=a\n"
		    "  policy    static\n"
		    "  nodes     0 from nodes.yaml\n"
		    "\n"
		    "Plan: 0 to enable, 0 to disable, 0 to restore, 0 to label, 0 unchanged.\n");
}

/* A plan of 25 nodes that all change alike. */
static void test_names(void **state)
{
	enum { COUNT = 25 };
	char names[COUNT][16];
	struct sp_plan_node nodes[COUNT];
	struct sp_plan plan = sample_plan;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof names[i], "worker-%02zu", i);
		nodes[i] = sample_nodes[3];
		nodes[i].name = names[i];
	}
	plan.nodes = nodes;
	plan.node_count = COUNT;
	assert_holds(&plan, (struct sp_render_options){ 0 },
		     "    nodes       worker-00 worker-01 worker-02 worker-03 worker-04 worker-05\n"
		     "                worker-06 worker-07 worker-08 worker-09 worker-10 worker-11\n"
		     "                worker-12 worker-13 worker-14 worker-15 worker-16 worker-17\n"
		     "                worker-18 worker-19\n"
		     "                and 5 more (-v shows all)\n");
	assert_holds(&plan, (struct sp_render_options){ .verbosity = 1 },
		     "                worker-18 worker-19 worker-20 worker-21 worker-22 worker-23\n"
		     "                worker-24\n\n");
}

/* Nodes are grouped only where everything agrees, and groups of one action come by message. */
static void test_groups(void **state)
{
	struct sp_plan_node nodes[5];
	struct sp_plan plan = sample_plan;
	static const char *const names[] = { "a", "b", "c", "d", "e" };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		nodes[i] = sample_nodes[3];
		nodes[i].name = names[i];
	}
	nodes[0].message = "z";
	nodes[1].label.before = "no";
	nodes[2].annotation.after = NULL;
	plan.nodes = nodes;
	plan.node_count = 5;
	assert_holds(&plan, (struct sp_render_options){ 0 },
		     "~ label 2 nodes (metadata-only): does not match zone=a\n"
		     "    annotation  kubevirt.io/ksm-handler-managed  absent -> \"false\"\n"
		     "    label       kubevirt.io/ksm-enabled          absent -> \"false\"\n"
		     "    nodes       d e\n");
	assert_holds(&plan, (struct sp_render_options){ 0 },
		     "    annotation  kubevirt.io/ksm-handler-managed  absent -> unknown\n"
		     "    label       kubevirt.io/ksm-enabled          absent -> \"false\"\n"
		     "    node        c\n");
	assert_holds(&plan, (struct sp_render_options){ 0 },
		     "    label       kubevirt.io/ksm-enabled          \"no\"   -> \"false\"\n"
		     "    node        b\n");
	assert_holds(&plan, (struct sp_render_options){ 0 }, "    node        a\n\nPlan: ");
}

/* What the input holds can neither move the cursor nor pass for something else. */
static void test_hostile(void **state)
{
	struct sp_plan_node node = sample_nodes[3];
	struct sp_plan plan = sample_plan;

	(void)state;
	node.name = "evil\nPlan: 0 to enable";
	node.message = "\033[2Jgone";
	node.annotation.before = "x\" -> \"y\\\r";
	node.label.before = "0123456789012345678901234567890123456789too long";
	plan.nodes = &node;
	plan.node_count = 1;
	plan.kubevirt.name = "a\nb";
	plan.selector_text = "\xff";
	assert_holds(&plan, (struct sp_render_options){ 0 }, "KubeVirt kubevirt/a\\x0Ab from");
	assert_holds(&plan, (struct sp_render_options){ 0 }, "  selector  \\xFF\n");
	assert_holds(&plan, (struct sp_render_options){ 0 }, "(metadata-only): \\x1B[2Jgone\n");
	assert_holds(&plan, (struct sp_render_options){ 0 }, "\"x\\\" -> \\\"y\\\\\\x0D\"  ");
	assert_holds(&plan, (struct sp_render_options){ 0 },
		     "\"0123456789012345678901234567890123456789...\" -> \"false\"\n");
	assert_holds(&plan, (struct sp_render_options){ 0 }, "    node        evil\\x0APlan: 0 to enable\n");
}

static void test_names_form(void **state)
{
	struct sp_text text = { 0 };

	(void)state;
	sp_render_find("names")(&text, &sample_plan, &(struct sp_render_options){ 0 });
	assert_string_equal(sp_text_string(&text), "alpha\nbravo\ncharlie\ndelta\necho\ngolf\n");
	sp_text_free(&text);
}

static void test_find(void **state)
{
	(void)state;
	assert_ptr_equal(sp_render_find("text"), sp_render_text);
	assert_ptr_equal(sp_render_find("json"), sp_render_json);
	assert_ptr_equal(sp_render_find("yaml"), sp_render_yaml);
	assert_ptr_equal(sp_render_find("markdown"), sp_render_markdown);
	assert_null(sp_render_find("Text"));
	assert_null(sp_render_find(""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verbosity), cmocka_unit_test(test_color),      cmocka_unit_test(test_heading),
		cmocka_unit_test(test_nothing),   cmocka_unit_test(test_names),      cmocka_unit_test(test_groups),
		cmocka_unit_test(test_hostile),   cmocka_unit_test(test_names_form), cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
