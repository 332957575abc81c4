/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as bytes: one function for each form, all with one signature. Pure. */
#ifndef SAMEPAGE_RECONCILER_RENDER_H
#define SAMEPAGE_RECONCILER_RENDER_H

#include <stdbool.h>

#include "reconciler/checksum.h"
#include "reconciler/document.h"
#include "reconciler/plan.h"
#include "state/text.h"

struct sp_render_options {
	bool color;         /* escape sequences for a terminal (text only) */
	int verbosity;      /* -1 with -q, 0, 1 with -v */
	size_t most_bytes;  /* Markdown: what does not fit is left out, row by row, and counted; 0: no limit */
	const char *marker; /* Markdown: a hidden first line by which a bot finds its comment, or NULL */
};

typedef void sp_render_function(struct sp_text *out, const struct sp_plan *plan,
				const struct sp_render_options *options);

sp_render_function sp_render_text;     /* for people; the last line is stable */
sp_render_function sp_render_json;     /* plan.json */
sp_render_function sp_render_yaml;     /* the same document as YAML */
sp_render_function sp_render_names;    /* the names of the nodes that change, one a line */
sp_render_function sp_render_markdown; /* for a review comment, and the README.md of an emitted folder */

sp_render_function sp_render_github; /* workflow commands: a warning or an error beside the line that it is about */
sp_render_function sp_render_sarif;  /* SARIF 2.1.0: warnings and refusals */
sp_render_function sp_render_html;   /* one page with all of it, to look around in */
sp_render_function sp_render_junit;  /* JUnit's XML: warnings and refusals as failures */

/* Parts of the forms, for who shows nodes of a plan otherwise. */
void sp_render_text_groups(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options);
void sp_render_text_scheduling(struct sp_text *out, const struct sp_plan *plan,
			       const struct sp_render_options *options);
void sp_render_markdown_groups(struct sp_text *out, const struct sp_plan *plan,
			       const struct sp_render_options *options);
void sp_render_markdown_scheduling(struct sp_text *out, const struct sp_plan *plan,
				   const struct sp_render_options *options);
void sp_render_markdown_remarks(struct sp_text *out, const struct sp_plan *plan,
				const struct sp_render_options *options); /* refusals and warnings */
void sp_render_markdown_code(struct sp_text *out, const char *string);
/* `checksum` is the plan's; NULL: it is to be made. */
void sp_render_document_plan(struct sp_document *document, const struct sp_plan *plan,
			     const struct sp_checksum *checksum);
void sp_render_document_scheduling(struct sp_document *document, const struct sp_plan *plan);
void sp_render_document_remarks(struct sp_document *document, const struct sp_plan *plan); /* warnings, refusals */

/* The form called `name`, or NULL. */
sp_render_function *sp_render_find(const char *name);

#endif
