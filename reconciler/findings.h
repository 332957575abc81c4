/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody should look at (an error, a warning, a refusal) in the forms that CI systems read. Pure. */
#ifndef SAMEPAGE_RECONCILER_FINDINGS_H
#define SAMEPAGE_RECONCILER_FINDINGS_H

#include "reconciler/plan.h"
#include "state/report.h"
#include "state/text.h"

enum sp_finding_kind { SP_FINDING_WARNING, SP_FINDING_REFUSAL, SP_FINDING_ERROR };

struct sp_finding {
	enum sp_finding_kind kind;
	const char *code;
	const char *message;
	const char *help; /* what to do, or NULL */
	struct sp_place place;
};

struct sp_findings {
	const char *verb;    /* what was done: "plan" */
	const char *summary; /* a line of what came of it */
	const char *path;    /* the file that it is about: the place of what has none */
	struct sp_finding *entries;
	size_t count;
};

/* The warnings and the refusals of a plan; the errors and the warnings of a report. Owned by `arena`, the texts by
 * whoever owns them. */
struct sp_findings sp_findings_of_plan(const struct sp_plan *plan, struct sp_arena *arena);
struct sp_findings sp_findings_of_report(const struct sp_report *report, const char *path, struct sp_arena *arena);

/* Workflow commands for a GitHub runner, one a line: a warning or an error beside the line that it is about. */
void sp_findings_github(struct sp_text *out, const struct sp_findings *findings);

/* One workflow command. */
void sp_findings_github_command(struct sp_text *out, const char *command, const char *message);

void sp_findings_sarif(struct sp_text *out, const struct sp_findings *findings); /* SARIF 2.1.0 */

/* JUnit's XML: each a failed test, and one test that stands for the verb, so that there is one where nothing is
 * found. */
void sp_findings_junit(struct sp_text *out, const struct sp_findings *findings);

#endif
