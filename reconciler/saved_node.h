/* SPDX-License-Identifier: Apache-2.0 */
/* A node of a saved plan. Pure. */
#ifndef SAMEPAGE_RECONCILER_SAVED_NODE_H
#define SAMEPAGE_RECONCILER_SAVED_NODE_H

#include "reconciler/plan.h"
#include "reconciler/saved_field.h"

/* Reads the node that `tree` holds, of a plan by `policy`. What it owns is in the plan's arena. False after an
 * error, which is in the report. */
bool sp_saved_read_node(const struct sp_saved_fields *fields, const struct sp_tree *tree, enum sp_policy policy,
			struct sp_plan_node *node);

#endif
