/* SPDX-License-Identifier: Apache-2.0 */
/* Why a node is selected or not, requirement by requirement. Pure. */
#ifndef SAMEPAGE_RECONCILER_EXPLAIN_H
#define SAMEPAGE_RECONCILER_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "reconciler/plan.h"
#include "reconciler/render.h"
#include "state/kubevirt.h"
#include "state/node.h"

struct sp_verdict {
	const struct sp_requirement *requirement;
	struct sp_place place;
	const char *observed; /* the value of the label, or NULL where the node has none */
	bool holds;
};

struct sp_explanation {
	const char *name;
	const struct sp_verdict *verdicts; /* one for each requirement, in the order of the CR */
	size_t verdict_count;
	const struct sp_override_effect
		*overrides; /* the override annotations that the node has, and what they come to */
	size_t override_count;
	const char *managed; /* the two keys as they are; NULL: absent */
	const char *enabled;
	const struct sp_plan_node *planned; /* what the plan does to it */
};

/* Everything that is kept is owned by `arena`; `planned` is left for later. */
struct sp_explanation sp_explain(const struct sp_kubevirt *kubevirt, const struct sp_node *node,
				 struct sp_arena *arena);

/* Appends explanations node by node. */
void sp_explanations_write(struct sp_text *out, const struct sp_explanation *explanations, size_t count,
			   const struct sp_render_options *options);

/* The same as a JSON document, with what the plan says of the selector. */
void sp_explanations_write_json(struct sp_text *out, const struct sp_plan *plan,
				const struct sp_explanation *explanations, size_t count);

/* Appends one line for each group of nodes that the plan treats alike. */
void sp_explain_groups(struct sp_text *out, const struct sp_plan *plan);

#endif
