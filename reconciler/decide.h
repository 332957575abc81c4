/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be done about one node: the rules of the plan, in one place. Pure. The plan asks for every node of a
 * snapshot, `apply` for the one that it runs on. */
#ifndef SAMEPAGE_RECONCILER_DECIDE_H
#define SAMEPAGE_RECONCILER_DECIDE_H

#include <stdbool.h>

#include "reconciler/desired.h"
#include "reconciler/plan.h"
#include "state/host.h"
#include "state/kubevirt.h"
#include "state/node.h"

struct sp_situation {
	enum sp_policy policy;
	const struct sp_kubevirt *kubevirt;
	const struct sp_node *node;
	const struct sp_host *host; /* NULL: nothing is known of the machine */
	const bool *selected;       /* decided before, and `planned` has its message already; NULL: ask the selector */
	struct sp_desired_messages *messages; /* made for other nodes, and kept for the next; NULL: there is but one */
};

/* Whether KSM on the node is ours to switch off: the annotation is exactly "true", or there is a valid record. */
bool sp_is_managed(const struct sp_situation *situation);

/* Whether the annotation is to say "true" where nothing could be done: KSM that is ours stays ours. */
bool sp_keeps_ownership(const struct sp_situation *situation);

/* Decides action, reason, message and changes of `planned`; the rest of it is left alone. The message is owned by
 * `scratch`, or is among the situation's, all else by `arena`. */
void sp_decide(const struct sp_situation *situation, struct sp_arena *arena, struct sp_arena *scratch,
	       struct sp_plan_node *planned);

#endif
