/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of the custom resource does to the nodes. Pure.
 *
 * Both selectors are asked about every node of one snapshot; what then happens to a node is the plan's to say. */
#ifndef SAMEPAGE_RECONCILER_DIFF_H
#define SAMEPAGE_RECONCILER_DIFF_H

#include <stdbool.h>

#include "reconciler/document.h"
#include "reconciler/plan.h"
#include "reconciler/render.h"

/* What the change does to a node's being selected. */
enum sp_membership { SP_JOINS, SP_LEAVES, SP_STAYS, SP_STAYS_OUT, SP_MEMBERSHIP_COUNT };

struct sp_diff_node {
	enum sp_membership membership;
	bool is_managed; /* KSM on it is ours now */
	const struct sp_plan_node *planned;
};

/* One side: a custom resource, or none (before a file was added, after it was deleted). */
struct sp_diff_side {
	const char *path; /* as it is shown */
	enum sp_selector_kind selector_kind;
	const char *selector_text;
};

struct sp_diff {
	struct sp_diff_side old_side;
	struct sp_diff_side new_side;
	const struct sp_plan *plan; /* by the new side */
	bool has_nodes;             /* a snapshot was given */
	const struct sp_diff_node *nodes;
	size_t counts[SP_MEMBERSHIP_COUNT];
	size_t managed[SP_MEMBERSHIP_COUNT];
};

/* Gathers what the plan does not keep, node by node, in any order. */
struct sp_differ;
struct sp_differ *sp_differ_start(struct sp_arena *arena, const struct sp_kubevirt *old_side);
void sp_differ_add(struct sp_differ *differ, const struct sp_kubevirt *new_side, const struct sp_node *node);

/* The finished diff. `plan` is that of the same nodes by the new side, and must live as long as the diff. */
struct sp_diff sp_differ_finish(struct sp_differ *differ, const struct sp_plan *plan);

/* Whether the selector changed, or any node joins or leaves. */
bool sp_diff_differs(const struct sp_diff *diff);

/* "joins", "leaves", "stays", "stays-out". */
const char *sp_membership_name(enum sp_membership membership);

/* The diff in the form of that name: text, json, yaml, markdown, names. */
void sp_diff_write(struct sp_text *out, const struct sp_diff *diff, const char *form,
		   const struct sp_render_options *options);

#endif
