/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings and refusals as failed tests. */
#include "reconciler/findings.h"
#include "reconciler/render.h"

void sp_render_junit(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_arena arena = { 0 };
	struct sp_findings findings = sp_findings_of_plan(plan, &arena);

	(void)options;
	sp_findings_junit(out, &findings);
	sp_arena_free(&arena);
}
