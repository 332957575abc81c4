/* SPDX-License-Identifier: Apache-2.0 */
/* A plan that was saved: plan.json, or the same as YAML, read back. Pure but for the source's reads.
 *
 * It is untrusted input like any other: types, names of nodes and knobs, and that its parts fit together are
 * checked, and the checksum tells whether it is as samepage wrote it. */
#ifndef SAMEPAGE_RECONCILER_SAVED_H
#define SAMEPAGE_RECONCILER_SAVED_H

#include <stdbool.h>

#include "reconciler/plan.h"
#include "state/source.h"

struct sp_saved {
	struct sp_source *source;
	struct sp_source **files; /* stand for the files that the places of its warnings name */
	size_t file_count;
	struct sp_plan plan;
};

/* Reads the plan in `source`, which may be NULL after a failure to open it, and takes it over. With `lenient`, to
 * look at and not to carry out, a plan of another version, or one that was edited, is a warning; what is no plan at
 * all is an error. All but the sources is owned by `arena`. Closed by sp_saved_close, after an error too. */
bool sp_saved_read(struct sp_source *source, bool lenient, struct sp_arena *arena, struct sp_saved *saved,
		   struct sp_report *report);
void sp_saved_close(struct sp_saved *saved);

/* The node called `name`, or NULL. */
const struct sp_plan_node *sp_saved_find(const struct sp_plan *plan, const char *name);

/* What the plan knows of the custom resource that it was made from: enough to plan anew. Owned by `arena`. */
bool sp_saved_kubevirt(const struct sp_saved *saved, struct sp_arena *arena, struct sp_kubevirt *kubevirt,
		       struct sp_report *report);

#endif
