/* SPDX-License-Identifier: Apache-2.0 */
/* The plan for a GitHub workflow's log: what asks for attention becomes an annotation beside its line. */
#include "reconciler/findings.h"
#include "reconciler/render.h"

/* The plan itself goes into a part of the log that is folded. No line of it can be a command: none begins with "::". */
void sp_render_github(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_render_options plain = { .verbosity = options->verbosity };
	struct sp_arena arena = { 0 };
	struct sp_findings findings = sp_findings_of_plan(plan, &arena);

	sp_findings_github(out, &findings);
	sp_findings_github_command(out, "notice title=samepage", findings.summary);
	sp_findings_github_command(out, "group", "samepage plan");
	sp_render_text(out, plan, &plain);
	sp_findings_github_command(out, "endgroup", "");
	sp_arena_free(&arena);
}
