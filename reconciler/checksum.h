/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a plan that was edited since it was saved, and which field of it was. The digest stands for what the plan
 * was made from, and cannot tell whether what it says was changed; the checksum stands for all that it says. It
 * guards against mistakes, not against somebody who can compute it anew. Pure. */
#ifndef SAMEPAGE_RECONCILER_CHECKSUM_H
#define SAMEPAGE_RECONCILER_CHECKSUM_H

#include "reconciler/plan.h"

struct sp_checksum {
	const char *text;    /* "sha256:..." */
	const char *locator; /* 16 hexadecimal digits, by which one field that was edited is found */
};

/* Of everything in the plan. Owned by `arena`. */
struct sp_checksum sp_checksum(const struct sp_plan *plan, struct sp_arena *arena);

/* The one field in which the plan differs from that whose locator this is: "nodes[node01].uid". `*place` becomes
 * that of its node, where it has one. NULL where that cannot be told, above all where it is more than one. Owned by
 * `arena`. */
const char *sp_checksum_locate(const struct sp_plan *plan, const char *locator, struct sp_arena *arena,
			       struct sp_place *place);

#endif
