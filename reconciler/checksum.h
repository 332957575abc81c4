/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a plan that was edited since it was saved. The digest stands for what the plan was made from, and cannot tell
 * whether what it says was changed; the checksum stands for what it says. It guards against mistakes, not against
 * somebody who can compute it anew. Pure. */
#ifndef SAMEPAGE_RECONCILER_CHECKSUM_H
#define SAMEPAGE_RECONCILER_CHECKSUM_H

#include "reconciler/plan.h"

/* "sha256:..." over all of the plan that is carried out; not over paths and messages, which only people read. Owned by
 * `arena`. */
const char *sp_checksum(const struct sp_plan *plan, struct sp_arena *arena);

#endif
