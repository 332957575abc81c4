/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes with the same change, brought together: a plan for 5,000 nodes is read as a handful of groups. Pure. */
#ifndef SAMEPAGE_RECONCILER_GROUP_H
#define SAMEPAGE_RECONCILER_GROUP_H

#include <stddef.h>

#include "reconciler/plan.h"
#include "state/arena.h"

/* Nodes that agree in action, reason, message and every value before and after. Never empty. */
struct sp_group {
	const struct sp_plan_node *const *nodes; /* in the order of the plan */
	size_t count;
};

/* The groups of a plan: enable, disable, restore, tune, label, blocked, unchanged; within one action by message. Owned
 * by `arena`; their number comes in `count`. */
const struct sp_group *sp_group_nodes(const struct sp_plan *plan, struct sp_arena *arena, size_t *count);

#endif
