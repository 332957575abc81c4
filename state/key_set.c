/* SPDX-License-Identifier: Apache-2.0 */
#include "state/key_set.h"

#include <stdlib.h>
#include <string.h>

#include "state/arena.h"

enum {
	FEW = 16,     /* so many keys of a mapping are compared one by one */
	SLOTS = 4096, /* a power of two; of them at most half are taken */
	MOST_OPEN = 64,
};

struct mapping {
	uint64_t number; /* no two mappings have the same */
	size_t first;    /* of its hashes */
	bool in_table;
};

struct sp_key_set {
	struct mapping open[MOST_OPEN];
	uint32_t open_count;
	uint64_t last_number;
	uint64_t *hashes; /* of all keys of the mappings that are open */
	size_t count;
	size_t capacity;
	size_t taken;          /* slots */
	uint64_t slots[SLOTS]; /* hashes of keys and numbers of mappings, mixed; 0: free */
};

static void grow(struct sp_key_set *set)
{
	set->capacity = set->capacity > 0 ? 2 * set->capacity : 1024;
	set->hashes = reallocarray(set->hashes, set->capacity, sizeof *set->hashes);
	if (!set->hashes)
		sp_out_of_memory();
}

struct sp_key_set *sp_key_set_new(void)
{
	struct sp_key_set *set = calloc(1, sizeof *set);

	if (!set)
		sp_out_of_memory();
	grow(set);
	return set;
}

void sp_key_set_free(struct sp_key_set *set)
{
	free(set->hashes);
	free(set);
}

static uint64_t mix(uint64_t value)
{
	value *= 0x9e3779b97f4a7c15U;
	return value ^ value >> 29;
}

/* Eight bytes at a time; the last eight may have been taken in part before. */
uint64_t sp_key_hash(const char *key, size_t length)
{
	uint64_t hash = length;
	uint64_t word = 0;

	for (size_t at = 0; at + sizeof word < length; at += sizeof word) {
		memcpy(&word, key + at, sizeof word);
		hash = mix(hash ^ word);
	}
	if (length >= sizeof word) {
		memcpy(&word, key + length - sizeof word, sizeof word);
	} else {
		word = 0;
		memcpy(&word, key, length);
	}
	return mix(hash ^ word);
}

/* False if it is there already. */
static bool insert(struct sp_key_set *set, uint64_t number, uint64_t hash)
{
	uint64_t entry = (hash ^ number * 0xd6e8feb86659fd93U) | 1;
	size_t at = (size_t)(entry >> 20) & (SLOTS - 1);

	for (; set->slots[at]; at = (at + 1) & (SLOTS - 1))
		if (set->slots[at] == entry)
			return false;
	set->slots[at] = entry;
	set->taken++;
	return true;
}

static size_t end_of(const struct sp_key_set *set, uint32_t mapping)
{
	return mapping + 1 < set->open_count ? set->open[mapping + 1].first : set->count;
}

/* Puts all keys of a mapping into the table. */
static bool insert_all(struct sp_key_set *set, uint32_t mapping)
{
	for (size_t i = set->open[mapping].first; i < end_of(set, mapping); i++)
		if (!insert(set, set->open[mapping].number, set->hashes[i]))
			return false;
	return set->open[mapping].in_table = true;
}

/* Forgets the mappings that are closed. False where those that are open do not leave enough room. */
static bool clear(struct sp_key_set *set)
{
	memset(set->slots, 0, sizeof set->slots);
	set->taken = 0;
	for (uint32_t i = 0; i < set->open_count; i++)
		if (set->open[i].in_table && !insert_all(set, i))
			return false;
	return set->taken < SLOTS / 4;
}

uint32_t sp_key_set_open(struct sp_key_set *set)
{
	set->open[set->open_count] = (struct mapping){ .number = ++set->last_number, .first = set->count };
	return set->open_count++;
}

void sp_key_set_close(struct sp_key_set *set, uint32_t mapping)
{
	set->count = set->open[mapping].first;
	set->open_count = mapping;
}

static void remember(struct sp_key_set *set, uint64_t hash)
{
	if (set->count == set->capacity)
		grow(set);
	set->hashes[set->count++] = hash;
}

static bool is_among(const uint64_t *hashes, size_t count, uint64_t hash)
{
	for (size_t i = 0; i < count; i++)
		if (hashes[i] == hash)
			return true;
	return false;
}

bool sp_key_set_add(struct sp_key_set *set, uint32_t mapping, const char *key, size_t length)
{
	struct mapping *open = &set->open[mapping];
	uint64_t hash = sp_key_hash(key, length);
	size_t count = set->count - open->first;

	if (!open->in_table && count < FEW) {
		if (is_among(set->hashes + open->first, count, hash))
			return false;
		remember(set, hash);
		return true;
	}
	if (!open->in_table && !insert_all(set, mapping))
		return false;
	if (set->taken >= SLOTS / 2 && !clear(set))
		return false;
	remember(set, hash);
	return insert(set, open->number, hash);
}
