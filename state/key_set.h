/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a key stands twice in a mapping, asked for every key of a large input. Pure.
 *
 * Only hashes are kept: equal keys have equal hashes, so that no key that stands twice is missed, and two keys that
 * only have the same hash are taken for one, which the full reader then sees through. */
#ifndef SAMEPAGE_STATE_KEY_SET_H
#define SAMEPAGE_STATE_KEY_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sp_key_set;

/* The hash of a key. */
uint64_t sp_key_hash(const char *key, size_t length);

struct sp_key_set *sp_key_set_new(void);
void sp_key_set_free(struct sp_key_set *set);

/* A mapping begins, within those that are open; its number. They are closed in reverse order. */
uint32_t sp_key_set_open(struct sp_key_set *set);
void sp_key_set_close(struct sp_key_set *set, uint32_t mapping);

/* Adds a key of the innermost mapping that is open. False if it may be there already. */
bool sp_key_set_add(struct sp_key_set *set, uint32_t mapping, const char *key, size_t length);

#endif
