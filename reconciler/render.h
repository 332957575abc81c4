/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as bytes: one function for each form, all with one signature. Pure. */
#ifndef SAMEPAGE_RECONCILER_RENDER_H
#define SAMEPAGE_RECONCILER_RENDER_H

#include <stdbool.h>

#include "reconciler/plan.h"
#include "state/text.h"

struct sp_render_options {
	bool color;    /* escape sequences for a terminal (text only) */
	int verbosity; /* -1 with -q, 0, 1 with -v */
};

typedef void sp_render_function(struct sp_text *out, const struct sp_plan *plan,
				const struct sp_render_options *options);

sp_render_function sp_render_text;     /* for people; the last line is stable */
sp_render_function sp_render_json;     /* plan.json */
sp_render_function sp_render_yaml;     /* the same document as YAML */
sp_render_function sp_render_names;    /* the names of the nodes that change, one a line */
sp_render_function sp_render_markdown; /* for a review comment, and the README.md of an emitted folder */

/* The form called `name`, or NULL. */
sp_render_function *sp_render_find(const char *name);

#endif
