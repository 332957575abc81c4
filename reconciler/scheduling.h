/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan does to the virtual machines that ask for the label kubevirt.io/ksm-enabled: on how many nodes of the
 * snapshot each may run before and after. Pure. Labels and names decide, and nothing else: not taints, not whether a
 * node is ready or has room, and not what KubeVirt adds to the pods of a machine. */
#ifndef SAMEPAGE_RECONCILER_SCHEDULING_H
#define SAMEPAGE_RECONCILER_SCHEDULING_H

#include "reconciler/plan.h"
#include "state/workload.h"

struct sp_scheduling;

/* Begins to count for `workloads`, which must live until sp_scheduling_finish. Owned by `arena`. */
struct sp_scheduling *sp_scheduling_start(struct sp_arena *arena, const struct sp_workloads *workloads);

/* Takes one node and how the label changes on it: NULL, or a change that changes nothing, leaves it as the node has it.
 * Where `after` is NULL, the label's next value is not known. Neither is referred to afterwards. */
void sp_scheduling_add(struct sp_scheduling *scheduling, const struct sp_node *node, const struct sp_change *label);

/* Sets plan->impacts, and warns of the workloads that no node is left for ("vm-without-node"). */
void sp_scheduling_finish(const struct sp_scheduling *scheduling, struct sp_plan *plan, struct sp_report *report);

#endif
