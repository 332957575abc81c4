/* SPDX-License-Identifier: Apache-2.0 */
/* Which labels and annotations of a Node are asked for. It has hundreds, of which a plan needs a few. Pure. */
#ifndef SAMEPAGE_STATE_WANTED_H
#define SAMEPAGE_STATE_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sp_wanted {
	const char *const *keys; /* sorted; NULL: all */
	size_t count;
	uint64_t marks; /* by which most others are told at once */
};

/* The keys are not copied. */
struct sp_wanted sp_wanted_of(const char *const *keys, size_t count);

/* The one of the keys that this is, or NULL. */
const char *sp_find_wanted(const struct sp_wanted *wanted, const char *key, size_t length);

bool sp_is_wanted(const struct sp_wanted *wanted, const char *key, size_t length);

#endif
