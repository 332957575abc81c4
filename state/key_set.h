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

enum {
	SP_KEY_SET_DEPTHS = 32,
	SP_KEY_SET_SLOTS = 4096, /* a power of two; of them at most half are taken */
	SP_KEY_SET_LONGEST_SEARCH = 64,
};

/* A key at one depth, and the mapping that had it last. */
struct sp_key_slot {
	uint64_t key; /* hash and depth, mixed; 0: free */
	uint64_t mapping;
};

struct sp_key_set {
	uint64_t open[SP_KEY_SET_DEPTHS]; /* the mapping that began last at each depth: its number, and the depth */
	uint64_t last_number;
	size_t taken;
	uint64_t seed; /* odd */
	struct sp_key_slot *slots;
};

/* The hash of a key, or of another short text. */
uint64_t sp_key_hash(const char *key, size_t length);

/* An odd number that is another in every process, as is where memory lies: a hash times this, and nobody can write
 * keys or lines that all have the same slot. */
uint64_t sp_key_seed(const void *memory);

struct sp_key_set *sp_key_set_new(void);
void sp_key_set_free(struct sp_key_set *set);

/* Forgets the keys of mappings that have ended. False where the others do not leave enough room. */
bool sp_key_set_forget(struct sp_key_set *set);

/* The rest is inline, as it is called for every line. */

/* A mapping begins that is so many collections deep, from 0; the last one of this depth has ended. */
static inline void sp_key_set_open(struct sp_key_set *set, size_t depth)
{
	set->open[depth] = ++set->last_number * SP_KEY_SET_DEPTHS + depth;
}

/* The key of this hash in mappings of this depth, as slots have it. */
static inline uint64_t sp_key_set_key(size_t depth, uint64_t hash)
{
	return (hash ^ (depth + 1) * 0xd6e8feb86659fd93U) | 1;
}

/* The slot at which it is looked for first. */
static inline uint16_t sp_key_set_slot(const struct sp_key_set *set, uint64_t key)
{
	return (uint16_t)(key * set->seed >> 32 & (SP_KEY_SET_SLOTS - 1));
}

/* Where the key is, or would be. NULL where too many others are like it. */
static inline struct sp_key_slot *sp_key_set_find(const struct sp_key_set *set, uint64_t key, size_t first)
{
	for (size_t i = 0; i < SP_KEY_SET_LONGEST_SEARCH; i++) {
		struct sp_key_slot *slot = &set->slots[(first + i) & (SP_KEY_SET_SLOTS - 1)];

		if (slot->key == key || !slot->key)
			return slot;
	}
	return NULL;
}

/* Adds a key of the mapping that began last at this depth. False if it may be there already. */
static inline bool sp_key_set_add(struct sp_key_set *set, size_t depth, uint64_t key, size_t first)
{
	struct sp_key_slot *slot = sp_key_set_find(set, key, first);
	uint64_t mapping = set->open[depth];

	if (!slot)
		return false;
	if (slot->key) {
		/* that of another depth is another key, whose mapping may be open still */
		if (slot->mapping == mapping || slot->mapping % SP_KEY_SET_DEPTHS != depth)
			return false;
		slot->mapping = mapping;
		return true;
	}
	*slot = (struct sp_key_slot){ key, mapping };
	return ++set->taken < SP_KEY_SET_SLOTS / 2 || sp_key_set_forget(set);
}

#endif
