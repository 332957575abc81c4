/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs that look at this machine have in common. */
#ifndef SAMEPAGE_RECONCILER_COMMAND_NODE_H
#define SAMEPAGE_RECONCILER_COMMAND_NODE_H

#include "reconciler/command.h"
#include "state/machine.h"

/* This node's name: --node, else NODE_NAME, else the hostname. NULL where it has none. Owned by the run's arena. */
const char *sp_node_name(struct sp_run *run);

/* Where the machine's files are: the flags, else the usual places. */
struct sp_machine_paths sp_node_paths(const struct sp_options *options);

#endif
