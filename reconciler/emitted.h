/* SPDX-License-Identifier: Apache-2.0 */
/* Which files are ours in a folder that was emitted before, judged by the plan.json in it. Pure. */
#ifndef SAMEPAGE_RECONCILER_EMITTED_H
#define SAMEPAGE_RECONCILER_EMITTED_H

#include <stdbool.h>
#include <stddef.h>

#include "state/arena.h"

/* The names that files in patches/ may have, in either format, sorted. */
struct sp_emitted {
	const char **patches;
	size_t count;
	size_t capacity;
};

/* Reads the text of a plan.json. False where it is not a plan that samepage wrote. Owned by `arena`. */
bool sp_emitted_read(const char *text, size_t length, struct sp_arena *arena, struct sp_emitted *emitted);

/* Whether samepage writes a file of this name into the folder itself, or into patches/. */
bool sp_emitted_has_file(const char *name);
bool sp_emitted_has_patch(const struct sp_emitted *emitted, const char *name);

#endif
