/* SPDX-License-Identifier: Apache-2.0 */
/* The KRM function: a ResourceList with a KubeVirt (or HyperConverged) and Nodes in, the same with the Nodes' label and
 * annotation as planned out. Every byte that is not samepage's is kept. Pure.
 * Source: the KRM Functions Specification v1 (config.kubernetes.io/v1 ResourceList). */
#ifndef SAMEPAGE_RECONCILER_FN_H
#define SAMEPAGE_RECONCILER_FN_H

#include <stdbool.h>

#include "reconciler/load.h"
#include "state/text.h"

enum sp_fn_outcome {
	SP_FN_DONE,
	SP_FN_FAILED,     /* `out` is the list as it was, with the errors as results */
	SP_FN_REFUSED,    /* the same, by a guard */
	SP_FN_UNREADABLE, /* it is no ResourceList that could be handed back: nothing was appended */
};

/* Runs the function on the text of inputs->nodes_source, which is in memory; the other sources that errors may name
 * are put into `inputs`, too. Appends the ResourceList that comes out, with results: what changes, and what is in
 * the report. A list in which nothing changes and of which nothing is to be said comes out as it was. */
enum sp_fn_outcome sp_fn_run(struct sp_inputs *inputs, struct sp_arena *arena, struct sp_text *out,
			     struct sp_report *report);

#endif
