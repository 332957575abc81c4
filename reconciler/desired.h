/* SPDX-License-Identifier: Apache-2.0 */
/* What a node should be: selected or not, and why. Pure. */
#ifndef SAMEPAGE_RECONCILER_DESIRED_H
#define SAMEPAGE_RECONCILER_DESIRED_H

#include <stdbool.h>

#include "selectors/selector.h"
#include "state/kubevirt.h"

struct sp_desired {
	bool selected;
	const struct sp_requirement *failed; /* the requirement that the node does not meet; NULL where none decided */
	bool lacks_key;                      /* it failed because the node has no such label */
};

/* Asks the selector of the CR about one node. */
struct sp_desired sp_desire(const struct sp_kubevirt *kubevirt, const struct sp_labels *labels);

/* The messages about one CR that were made so far: thousands of nodes share them, and a requirement may name
 * thousands of values. Zeroed at first but for the arena. */
struct sp_desired_messages {
	struct sp_arena *arena; /* owns them */
	const char *matching;
	const char **failing; /* for each requirement two: the node has another value, or lacks the key */
};

/* Why, for people, naming the requirement that decided: "matches rack in (r1,r2)". */
const char *sp_desired_message(const struct sp_desired *desired, const struct sp_kubevirt *kubevirt,
			       struct sp_desired_messages *messages);

#endif
