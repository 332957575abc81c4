/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes that a pod, and so a virtual machine, may run on, as far as labels and names tell: its nodeSelector and
 * its required node affinity. Pure. Source of the rules: k8s.io/component-helpers/scheduling/corev1/nodeaffinity,
 * which the scheduler asks, and for what is refused ValidateNodeSelector in
 * k8s.io/kubernetes/pkg/apis/core/validation. */
#ifndef SAMEPAGE_SELECTORS_NODE_SELECTOR_H
#define SAMEPAGE_SELECTORS_NODE_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "selectors/selector.h"

struct sp_arena;

/* The one field of a Node that matchFields knows. */
#define SP_FIELD_NODE_NAME "metadata.name"

/* One of nodeSelectorTerms. All its requirements must hold; a term without any matches nothing. */
struct sp_node_term {
	struct sp_selector labels; /* matchExpressions */
	struct sp_selector fields; /* matchFields, whose keys are SP_FIELD_NODE_NAME */
};

/* nodeSelector and requiredDuringSchedulingIgnoredDuringExecution: a node must meet both. */
struct sp_node_selector {
	struct sp_selector labels; /* nodeSelector; no requirements: it asks for nothing */
	bool has_terms;            /* there is a required node affinity: one of its terms must match */
	const struct sp_node_term *terms;
	size_t term_count;
};

/* Whether the node of that name and with those labels may be taken. Requirements on the label `ignored`, where not
 * NULL, count as met, whatever they are. */
bool sp_node_selector_matches(const struct sp_node_selector *selector, const char *name, const struct sp_labels *labels,
			      const char *ignored);

/* Is shown a requirement on a label. */
typedef void sp_requirement_function(void *context, const struct sp_requirement *requirement);

/* Shows every requirement on a label, those of nodeSelector first, then term by term. */
void sp_node_selector_visit(const struct sp_node_selector *selector, sp_requirement_function *visit, void *context);

/* A copy with all its texts, owned by `arena`. */
struct sp_node_selector sp_node_selector_copy(const struct sp_node_selector *selector, struct sp_arena *arena);

/* Whether a requirement of matchFields is one that the API server takes: metadata.name In or NotIn one value that
 * could be a node's name. NULL, or a static text for people; `value` as for sp_requirement_problem. */
const char *sp_node_field_problem(const struct sp_requirement *requirement, size_t *value);

#endif
