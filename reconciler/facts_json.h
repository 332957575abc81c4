/* SPDX-License-Identifier: Apache-2.0 */
/* The facts of one node as JSON, for programs. Pure. */
#ifndef SAMEPAGE_RECONCILER_FACTS_JSON_H
#define SAMEPAGE_RECONCILER_FACTS_JSON_H

#include "state/host.h"
#include "state/text.h"

/* Appends {"apiVersion": "samepage.dev/v1", "kind": "Facts", "node": {…}, "memory": {…}, "ksm": …, "original": …}:
 * what a facts file says. "ksm" is null where the kernel has no KSM, "original" where there is no record. */
void sp_facts_write_json(struct sp_text *out, const struct sp_host *host);

#endif
