/* SPDX-License-Identifier: Apache-2.0 */
/* VirtualMachines and VirtualMachineInstances, read for the nodes that they may run on. Pure but for the source's
 * reads. Memory is that of one object and of what is kept. */
#ifndef SAMEPAGE_STATE_WORKLOAD_H
#define SAMEPAGE_STATE_WORKLOAD_H

#include <stdbool.h>

#include "selectors/node_selector.h"
#include "state/report.h"

/* A workload that asks for one label of nodes. */
struct sp_workload {
	const char *kind;      /* "VirtualMachine" or "VirtualMachineInstance" */
	const char *namespace; /* "" where it has none */
	const char *name;      /* its generateName where it has no name yet */
	struct sp_node_selector nodes;
	const char *requirement; /* what it asks of the label, in kubectl's syntax; several are joined by ", " */
	struct sp_place place;   /* of the first such requirement */
};

struct sp_workloads {
	const struct sp_workload *items; /* sorted by namespace, name and kind, by byte, then by place */
	size_t count;
	size_t total;   /* all in the source, those that do not ask for the label among them */
	size_t skipped; /* objects of other kinds */
};

struct sp_workload_options {
	const char *key; /* the label */
	bool lenient;    /* unknown fields are dropped with a warning */
};

/* Reads all of `source` and keeps the workloads that ask for the label, in their nodeSelector or their required node
 * affinity. Everything in `workloads` is owned by `arena`. What the API server would refuse in either is an error, in
 * workloads that do not ask for the label, too; all such problems are reported, not just the first. */
bool sp_workloads_read(struct sp_source *source, const struct sp_workload_options *options, struct sp_arena *arena,
		       struct sp_workloads *workloads, struct sp_report *report);

/* The labels that the workloads name, sorted by byte, each once: more of a node they do not look at. */
const char *const *sp_workloads_keys(const struct sp_workloads *workloads, struct sp_arena *arena, size_t *count);

#endif
