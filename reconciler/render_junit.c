/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings and refusals as failed tests, for CI systems that show JUnit's XML. One test always stands for the plan, so that
 * a plan without either is a suite that passed. */
#include <string.h>

#include "reconciler/render.h"
#include "reconciler/wording.h"
#include "state/source.h"

static void add_attribute(struct sp_text *out, const char *name, const char *value)
{
	sp_text_format(out, " %s=\"", name);
	sp_wording_add_markup(out, value);
	sp_text_add_char(out, '"');
}

static void begin_test(struct sp_text *out, const char *class_name, const char *name)
{
	sp_text_add(out, "    <testcase");
	add_attribute(out, "classname", class_name);
	add_attribute(out, "name", name);
}

static void add_failure(struct sp_text *out, const char *type, const char *message, const char *help)
{
	sp_text_add(out, ">\n      <failure");
	add_attribute(out, "type", type);
	add_attribute(out, "message", message);
	sp_text_add(out, ">");
	sp_wording_add_markup(out, help ? help : message);
	sp_text_add(out, "</failure>\n    </testcase>\n");
}

static void add_warning(struct sp_text *out, const struct sp_plan_warning *warning)
{
	struct sp_text name = { 0 };

	sp_text_add(&name, warning->code);
	if (warning->place.source) {
		sp_text_add(&name, " ");
		sp_place_write(&name, warning->place);
	}
	begin_test(out, "samepage.warnings", name.bytes);
	if (warning->place.source)
		add_attribute(out, "file", sp_source_name(warning->place.source));
	if (warning->place.line > 0)
		sp_text_format(out, " line=\"%zu\"", warning->place.line);
	add_failure(out, "warning", warning->message, warning->help);
	sp_text_free(&name);
}

static void add_plan(struct sp_text *out, const struct sp_plan *plan)
{
	struct sp_text summary = { 0 };

	sp_wording_add_summary(&summary, plan);
	begin_test(out, "samepage", "plan");
	sp_text_add(out, ">\n      <system-out>");
	sp_wording_add_markup(out, summary.bytes);
	sp_text_add(out, "</system-out>\n    </testcase>\n");
	sp_text_free(&summary);
}

void sp_render_junit(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	size_t failures = plan->warning_count + plan->refusal_count;

	(void)options;
	sp_text_format(
		out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites tests=\"%zu\" failures=\"%zu\">\n"
		"  <testsuite name=\"samepage plan\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n",
		failures + 1, failures, failures + 1, failures);
	add_plan(out, plan);
	for (size_t i = 0; i < plan->warning_count; i++)
		add_warning(out, &plan->warnings[i]);
	for (size_t i = 0; i < plan->refusal_count; i++) {
		begin_test(out, "samepage.refusals", plan->refusals[i].code);
		add_failure(out, "refused", plan->refusals[i].message, plan->refusals[i].help);
	}
	sp_text_add(out, "  </testsuite>\n</testsuites>\n");
}
