/* SPDX-License-Identifier: Apache-2.0 */
/* What must not happen unseen: a plan that changes too much, a snapshot that shrank, a node that is to stay as it is,
 * a warning. Pure. */
#ifndef SAMEPAGE_RECONCILER_GUARD_H
#define SAMEPAGE_RECONCILER_GUARD_H

#include <stdbool.h>

#include "reconciler/plan.h"

/* A zeroed struct allows everything. */
struct sp_guards {
	bool has_max_changed;
	bool is_percent;    /* of the nodes in the plan */
	size_t max_changed; /* nodes, or percent */
	size_t min_nodes;   /* in the snapshot */
	size_t snapshot;    /* how many nodes it has, where it is newer than the plan; else 0 */
	bool fail_on_warn;
	bool are_settings; /* messages name maxChanged, as a functionConfig has it, rather than --max-changed */
};

/* Reads "10" or "5%"; false where it is neither. */
bool sp_guard_parse_max_changed(const char *text, struct sp_guards *guards);

/* Reads a number of digits alone, from 0. */
bool sp_guard_parse_count(const char *text, size_t *count);

/* Sets plan->refusals to what the guards have against the plan, owned by `arena`, and reports each as an error in
 * `place`. True where there is nothing. Nodes that change and are marked as protected (sp_planner_protect) are
 * refused always. */
bool sp_guard_check(const struct sp_guards *guards, struct sp_plan *plan, struct sp_place place, struct sp_arena *arena,
		    struct sp_report *report);

#endif
