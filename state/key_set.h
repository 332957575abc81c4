/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a key stands twice in a mapping, asked for every key of a large input. Pure.
 *
 * Of mappings within mappings, one at each depth is open at a time. So for each key and depth it is enough to remember
 * the mapping that had the key last, and nothing is to be forgotten when a mapping ends.
 *
 * Only hashes are kept: equal keys have equal hashes, so that no key that stands twice is missed, and two keys that
 * only have the same hash are taken for one, which the full reader then sees through. */
#ifndef SAMEPAGE_STATE_KEY_SET_H
#define SAMEPAGE_STATE_KEY_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SP_KEY_SET_DEPTHS = 32 };

struct sp_key_set;

/* The hash of a key, or of another short text. */
uint64_t sp_key_hash(const char *key, size_t length);

struct sp_key_set *sp_key_set_new(void);
void sp_key_set_free(struct sp_key_set *set);

/* A mapping begins that is so many collections deep, from 0; the last one of this depth has ended. */
void sp_key_set_open(struct sp_key_set *set, size_t depth);

/* Adds a key of the mapping that began last at this depth. False if it may be there already. */
bool sp_key_set_add(struct sp_key_set *set, size_t depth, uint64_t hash);

#endif
