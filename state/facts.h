/* SPDX-License-Identifier: Apache-2.0 */
/* A facts file: one node's machine as INI, written by `samepage facts` and read back by inih. Pure.
 *
 *	[node]      name, boot_id, kernel, time (seconds since 1970)
 *	[memory]    total_kib, available_kib, page_size  (or problem, where they could not be read)
 *	[ksm]       one line for each file of the ksm folder; absent where the kernel has no KSM
 *	[original]  the recorded values, where there is a record of this boot
 */
#ifndef SAMEPAGE_STATE_FACTS_H
#define SAMEPAGE_STATE_FACTS_H

#include <stdbool.h>

#include "state/host.h"
#include "state/source.h"
#include "state/text.h"

/* Reads one facts file into `host`, which is owned by `arena`. Unknown sections and keys, numbers that are none, a file
 * without a node's name: errors (code "invalid-facts") with their place. */
bool sp_facts_read(struct sp_source *source, struct sp_arena *arena, struct sp_host *host, struct sp_report *report);

/* Appends `host` as a facts file. What sp_facts_read reads from it is the same, but for values that INI cannot hold: in
 * place of them stands a comment. As JSON: reconciler/facts_json.h. */
void sp_facts_write(struct sp_text *out, const struct sp_host *host);

#endif
