/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reconciler/render.h"
#include "tests/unit/sample_plan.h"

static void assert_markdown(const struct sp_plan *plan, int verbosity, const char *expected)
{
	struct sp_text text = { 0 };

	sp_render_markdown(&text, plan, &(struct sp_render_options){ .verbosity = verbosity });
	assert_string_equal(sp_text_string(&text), expected);
	sp_text_free(&text);
}

/* The first two nodes of the sample, and no warning. */
static struct sp_plan small_plan(void)
{
	struct sp_plan plan = sample_plan;

	plan.node_count = 2;
	plan.warning_count = 0;
	for (size_t i = 0; i < SP_ACTION_COUNT; i++)
		plan.summary[i] = i == SP_ACTION_ENABLE ? 2 : 0;
	return plan;
}

static void test_group(void **state)
{
	struct sp_plan plan = small_plan();

	(void)state;
	assert_markdown(&plan, 0,
			"**Plan: 2 to enable, 0 to disable, 0 to restore, 0 to label, 0 unchanged.**\n"
			"\n"
			"- KubeVirt `kubevirt/kubevirt` from `kubevirt.yaml`\n"
			"- selector: `zone=a`\n"
			"- policy: static\n"
			"- 7 nodes from `nodes.yaml`\n"
			"\n"
			"| action | nodes | why | what changes |\n"
			"|---|---:|---|---|\n"
			"| enable | 2 | matches zone=a (selected) | sysfs `run`: 0 → 1<br>"
			"annotation `kubevirt.io/ksm-handler-managed`: \"false\" → \"true\"<br>"
			"label `kubevirt.io/ksm-enabled`: absent → \"true\" |\n"
			"\n"
			"<details>\n"
			"<summary>enable 2 nodes: matches zone=a</summary>\n"
			"\n"
			"`alpha`,\n"
			"`bravo`\n"
			"\n"
			"</details>\n");
	assert_markdown(&plan, -1, "**Plan: 2 to enable, 0 to disable, 0 to restore, 0 to label, 0 unchanged.**\n");
}

static void test_nothing(void **state)
{
	struct sp_plan plan = small_plan();

	(void)state;
	plan.node_count = 0;
	plan.summary[SP_ACTION_ENABLE] = 0;
	plan.selector_kind = SP_SELECTOR_ABSENT;
	plan.facts_input.path = "facts";
	assert_markdown(&plan, 0,
			"**Plan: 0 to enable, 0 to disable, 0 to restore, 0 to label, 0 unchanged.**\n"
			"\n"
			"- KubeVirt `kubevirt/kubevirt` from `kubevirt.yaml`\n"
			"- selector: absent (no ksmConfiguration): selects no node\n"
			"- policy: static\n"
			"- 7 nodes from `nodes.yaml`\n"
			"- facts of 0 nodes from `facts`\n");
}

/* Nothing in the input is taken for Markdown or HTML, mentions anybody, links anywhere, or breaks the table. */
static void test_hostile(void **state)
{
	struct sp_plan plan = small_plan();
	struct sp_plan_node node = sample_nodes[3];
	const struct sp_plan_warning warning = { .code = "code", .message = "<script>" };

	(void)state;
	node.name = "a`b";
	node.message = "</summary> | *x* `y` @you [z](https://example.org)\n# &amp;";
	node.annotation.before = "<b>|";
	node.label.changes = false;
	plan.nodes = &node;
	plan.node_count = 1;
	plan.warnings = &warning;
	plan.warning_count = 1;
	plan.kubevirt.name = "a|b";
	plan.kubevirt.path = " x ";
	plan.selector_text = "<i>";
	assert_markdown(
		&plan, 0,
		"**Plan: 2 to enable, 0 to disable, 0 to restore, 0 to label, 0 unchanged.**\n"
		"\n"
		"- KubeVirt <code>kubevirt/a&#124;b</code> from <code> x </code>\n"
		"- selector: `<i>`\n"
		"- policy: static\n"
		"- 7 nodes from `nodes.yaml`\n"
		"\n"
		"| action | nodes | why | what changes |\n"
		"|---|---:|---|---|\n"
		"| label | 1 | &#60;/summary&#62; &#124; &#42;x&#42; &#96;y&#96; <span>&#64;</span>you "
		"&#91;z&#93;(https<span>&#58;</span>//example.org)&#92;x0A&#35; &#38;amp; (metadata-only) | "
		"annotation `kubevirt.io/ksm-handler-managed`: \"&#60;b&#62;&#124;\" → \"false\" |\n"
		"\n"
		"Warnings:\n"
		"\n"
		"- &#60;script&#62; (code)\n"
		"\n"
		"<details>\n"
		"<summary>label 1 node: &#60;/summary&#62; &#124; &#42;x&#42; &#96;y&#96; <span>&#64;</span>you "
		"&#91;z&#93;(https<span>&#58;</span>//example.org)&#92;x0A&#35; &#38;amp;</summary>\n"
		"\n"
		"<code>a&#96;b</code>\n"
		"\n"
		"</details>\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
