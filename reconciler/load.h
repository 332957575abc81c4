/* SPDX-License-Identifier: Apache-2.0 */
/* From the files that the flags name to a plan. */
#ifndef SAMEPAGE_RECONCILER_LOAD_H
#define SAMEPAGE_RECONCILER_LOAD_H

#include <stdbool.h>

#include "reconciler/facts_set.h"
#include "reconciler/plan.h"
#include "reconciler/saved.h"
#include "state/node.h"
#include "state/source.h"
#include "state/workload.h"

/* What was read. Places in the plan and in the report name these sources, so that they are closed last. */
struct sp_inputs {
	struct sp_source *kubevirt_source;
	struct sp_source *nodes_source;
	struct sp_source *selector_source;
	struct sp_source *protect_source;
	struct sp_source *workloads_source;
	struct sp_facts_set facts;
	struct sp_kubevirt kubevirt;
	struct sp_workloads workloads;
	struct sp_saved saved;
};

/* Is shown each node that the plan considers, while it is at hand. */
typedef void sp_visit_function(void *context, const struct sp_kubevirt *kubevirt, const struct sp_node *node);

struct sp_load_options {
	const char *kubevirt;      /* paths; "-" is stdin */
	const char *kubevirt_name; /* to show in place of its path, or NULL */
	const char *nodes;
	const char *selector;                     /* of the nodes to consider, or NULL */
	const char *protect;                      /* selector of the nodes that are to stay as they are, or NULL */
	bool allow_all;                           /* no warning where an empty selector selects control planes, too */
	const struct sp_kubevirt *known_kubevirt; /* in place of what `kubevirt` names, which is then not read */
	enum sp_policy policy;
	bool lenient;
	bool full_reader;               /* never the fast readers */
	size_t max_input;               /* bytes of any input; 0: 4 GiB */
	bool shows_progress;            /* on stderr, where that is a terminal */
	const struct sp_selector *also; /* a selector that `visit` asks as well, or NULL: its labels are read, too */
	bool strict;                    /* judge the labels and annotations of Nodes by the API server's rules */
	const struct sp_host *host;     /* of the node whose name it has, or NULL */
	const char *facts;              /* a facts file, a folder of them, or NULL */
	const char *workloads;          /* virtual machines to count nodes for, or NULL */
	double facts_max_age;           /* seconds; 0: they may be of any age */
	uint64_t now;                   /* seconds since 1970; asked for only where facts have a greatest age */
	sp_visit_function *visit;       /* or NULL */
	void *visit_context;
};

/* Reads the CR and the snapshot and plans. The plan is owned by `arena`. */
bool sp_load_plan(const struct sp_load_options *options, struct sp_arena *arena, struct sp_inputs *inputs,
		  struct sp_plan *plan, struct sp_report *report);

/* Reads the CR alone. */
bool sp_load_kubevirt(const struct sp_load_options *options, struct sp_arena *arena, struct sp_inputs *inputs,
		      struct sp_report *report);

/* Reads a saved plan; see sp_saved_read. */
bool sp_load_saved(const char *path, bool lenient, struct sp_arena *arena, struct sp_inputs *inputs,
		   struct sp_report *report);

void sp_inputs_close(struct sp_inputs *inputs);

#endif
