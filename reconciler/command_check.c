/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "reconciler/command.h"
#include "reconciler/document.h"
#include "reconciler/findings.h"
#include "reconciler/command_shared.h"
#include "reconciler/load.h"
#include "reconciler/wording.h"
#include "state/source.h"

static const char *const options[] = { "kubevirt", "nodes",     "facts",     "facts-max-age", "selector", "output",
				       "lenient",  "max-input", "allow-all", "color",         "config",   "quiet",
				       "help",     NULL };

/* With a snapshot the plan is made as well, for what it warns of. */
static bool check(struct sp_run *run, struct sp_plan *plan)
{
	const struct sp_options *given = &run->options;
	struct sp_load_options load = {
		.kubevirt = given->kubevirt,
		.nodes = given->nodes,
		.selector = given->selector,
		.lenient = given->lenient,
		.allow_all = given->allow_all,
		.strict = true,
	};

	if (sp_shared_facts(run, &load) != SP_EXIT_DONE)
		return false;
	if (given->nodes)
		return sp_load_plan(&load, &run->arena, &run->inputs, plan, &run->report);
	return sp_load_kubevirt(&load, &run->arena, &run->inputs, &run->report) &&
	       sp_planner_finish(sp_planner_start(&run->arena, &run->inputs.kubevirt, SP_POLICY_STATIC),
				 &(struct sp_plan_inputs){ .kubevirt_path = given->kubevirt }, plan, &run->report);
}

static size_t count_selected(const struct sp_plan *plan)
{
	size_t selected = 0;

	for (size_t i = 0; i < plan->node_count; i++)
		selected += plan->nodes[i].selected;
	return selected;
}

static void write_text(struct sp_run *run, const struct sp_plan *plan)
{
	const char *meaning = sp_wording_selector(plan->selector_kind);

	if (run->options.quiet)
		return;
	sp_text_add_visible(&run->out, sp_wording_path(plan->kubevirt.path));
	sp_text_format(&run->out, ": %s ", plan->kubevirt.kind);
	if (plan->kubevirt.namespace[0])
		sp_text_add_visible(&run->out, plan->kubevirt.namespace), sp_text_add_char(&run->out, '/');
	sp_text_add_visible(&run->out, plan->kubevirt.name);
	sp_text_add(&run->out, " is valid\n  selector  ");
	sp_text_add_visible(&run->out, meaning ? meaning : plan->selector_text);
	sp_text_add_char(&run->out, '\n');
	if (!run->options.nodes)
		return;
	sp_text_add_visible(&run->out, sp_wording_path(plan->nodes_input.path));
	sp_text_format(&run->out, ": %zu of %zu nodes selected, all valid\n", count_selected(plan), plan->node_count);
}

/* 0 is no line and no column. */
static void describe_number(struct sp_document *document, const char *name, size_t number)
{
	if (number > 0)
		sp_document_number_field(document, name, number);
	else
		sp_document_field(document, name, NULL);
}

static void describe_diagnostics(struct sp_document *document, const char *name, const struct sp_report *report,
				 enum sp_severity severity)
{
	sp_document_key(document, name);
	sp_document_begin_list(document);
	for (size_t i = 0; i < report->count; i++) {
		const struct sp_diagnostic *diagnostic = &report->diagnostics[i];

		if (diagnostic->severity != severity)
			continue;
		sp_document_begin_map(document);
		sp_document_field(document, "code", diagnostic->code);
		sp_document_field(document, "message", diagnostic->message);
		sp_document_field(document, "help", diagnostic->help);
		sp_document_field(document, "file",
				  diagnostic->place.source ? sp_source_name(diagnostic->place.source) : NULL);
		describe_number(document, "line", diagnostic->place.line);
		describe_number(document, "column", diagnostic->place.column);
		sp_document_end_map(document);
	}
	sp_document_end_list(document);
}

/* Told where the check fails as well: it says itself that it did. */
static void write_json(struct sp_run *run, const struct sp_plan *plan, bool valid)
{
	struct sp_document *document = sp_document_start(&run->out, SP_DOCUMENT_JSON);

	sp_document_begin_map(document);
	sp_document_field(document, "apiVersion", "samepage.dev/v1");
	sp_document_field(document, "kind", "CheckResult");
	sp_document_key(document, "valid");
	sp_document_bool(document, valid);
	if (valid) {
		sp_document_key(document, "selector");
		sp_document_begin_map(document);
		sp_document_field(document, "kind", sp_selector_kind_name(plan->selector_kind));
		sp_document_field(document, "text", plan->selector_text);
		sp_document_end_map(document);
	}
	if (valid && run->options.nodes) {
		sp_document_key(document, "nodes");
		sp_document_begin_map(document);
		sp_document_number_field(document, "count", plan->node_count);
		sp_document_number_field(document, "selected", count_selected(plan));
		sp_document_end_map(document);
	}
	describe_diagnostics(document, "errors", &run->report, SP_ERROR);
	describe_diagnostics(document, "warnings", &run->report, SP_WARNING);
	sp_document_end_map(document);
	sp_document_finish(document);
}

/* The forms of CI systems: what is wrong is what they are for. NULL: another form. */
static void (*find_findings(const char *form))(struct sp_text *, const struct sp_findings *)
{
	if (strcmp(form, "github") == 0)
		return sp_findings_github;
	if (strcmp(form, "sarif") == 0)
		return sp_findings_sarif;
	return strcmp(form, "junit") == 0 ? sp_findings_junit : NULL;
}

static void write_result(struct sp_run *run, const struct sp_plan *plan, bool valid)
{
	const char *form = run->options.output ? run->options.output : "text";
	void (*write_findings)(struct sp_text *, const struct sp_findings *) = find_findings(form);

	if (write_findings) {
		struct sp_findings findings = sp_findings_of_report(&run->report,
								    sp_wording_path(run->options.kubevirt),
								    &run->arena);

		write_findings(&run->out, &findings);
	} else if (strcmp(form, "json") == 0) {
		write_json(run, plan, valid);
	} else if (valid) {
		write_text(run, plan);
	}
	run->print_anyway = strcmp(form, "text") != 0;
}

static enum sp_exit run_check(struct sp_run *run)
{
	struct sp_plan plan = { 0 };
	bool valid;

	if (sp_shared_no_arguments(run) != SP_EXIT_DONE)
		return SP_EXIT_USAGE;
	if (!run->options.kubevirt)
		return sp_usage(run, "-f FILE is missing: the KubeVirt custom resource");
	valid = check(run, &plan);
	write_result(run, &plan, valid);
	return valid ? SP_EXIT_DONE : SP_EXIT_ERROR;
}

const struct sp_command sp_command_check = {
	.name = "check",
	.arguments = "",
	.summary = "validate the CR, and the snapshot, as the API server would",
	.description =
		"Reads the CR, and the nodes where -n names some, as strictly as the API server does, and warns "
		"of traps. Errors make it exit with 1; warnings do not. -o json, github, sarif and junit tell of both.",
	.accepted = { options, "text|json|github|sarif|junit" },
	.run = run_check,
};
