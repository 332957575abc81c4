/* SPDX-License-Identifier: Apache-2.0 */
/* The facts of many nodes, as --facts names them: one file, or a folder of *.ini. */
#ifndef SAMEPAGE_RECONCILER_FACTS_SET_H
#define SAMEPAGE_RECONCILER_FACTS_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "state/host.h"
#include "state/source.h"

struct sp_facts_set {
	struct sp_host *hosts; /* sorted by node, each once */
	bool *used;            /* which of them the plan asked for */
	size_t count;
	struct sp_source **sources; /* which the places of errors name */
	size_t source_count;
};

/* Reads them all. Two facts of one node are an error that names both places. */
bool sp_facts_set_read(const char *path, struct sp_arena *arena, struct sp_facts_set *set, struct sp_report *report);

/* The facts of a node, or NULL. */
const struct sp_host *sp_facts_set_find(const struct sp_facts_set *set, const char *node);

/* Warns of facts that no node asked for, and of those that are older than `max_age` seconds at `now` (seconds since
 * 1970); a max_age of 0 or less asks for no age. */
void sp_facts_set_warn(const struct sp_facts_set *set, double max_age, uint64_t now, struct sp_report *report);

void sp_facts_set_close(struct sp_facts_set *set);

#endif
