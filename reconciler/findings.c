/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/findings.h"

#include "reconciler/wording.h"

struct sp_findings sp_findings_of_plan(const struct sp_plan *plan, struct sp_arena *arena)
{
	size_t count = plan->warning_count + plan->refusal_count;
	struct sp_finding *entries = sp_arena_array(arena, count, sizeof *entries);
	struct sp_text summary = { 0 };
	struct sp_findings findings = { "plan", NULL, plan->kubevirt.path, entries, count };

	for (size_t i = 0; i < plan->warning_count; i++) {
		const struct sp_plan_warning *warning = &plan->warnings[i];

		*entries++ = (struct sp_finding){ SP_FINDING_WARNING, warning->code, warning->message, warning->help,
						  warning->place };
	}
	for (size_t i = 0; i < plan->refusal_count; i++) {
		const struct sp_plan_refusal *refusal = &plan->refusals[i];

		*entries++ = (struct sp_finding){
			.kind = SP_FINDING_REFUSAL,
			.code = refusal->code,
			.message = refusal->message,
			.help = refusal->help,
		};
	}
	sp_wording_add_summary(&summary, plan);
	findings.summary = sp_arena_string(arena, summary.bytes);
	sp_text_free(&summary);
	return findings;
}

struct sp_findings sp_findings_of_report(const struct sp_report *report, const char *path, struct sp_arena *arena)
{
	struct sp_finding *entries = sp_arena_array(arena, report->count, sizeof *entries);
	size_t warnings = 0;

	for (size_t i = 0; i < report->count; i++) {
		const struct sp_diagnostic *from = &report->diagnostics[i];
		bool is_error = from->severity == SP_ERROR;

		entries[i] = (struct sp_finding){ is_error ? SP_FINDING_ERROR : SP_FINDING_WARNING, from->code,
						  from->message, from->help, from->place };
		warnings += !is_error;
	}
	return (struct sp_findings){
		.verb = "check",
		.summary = sp_arena_format(arena, "Check: %zu error%s, %zu warning%s.", report->errors,
					   report->errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s"),
		.path = path,
		.entries = entries,
		.count = report->count,
	};
}
