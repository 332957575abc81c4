/* SPDX-License-Identifier: Apache-2.0 */
#include "state/key_set.h"

#include <stdlib.h>
#include <string.h>

#include "state/arena.h"

static struct sp_key_slot *new_slots(void)
{
	struct sp_key_slot *slots = calloc(SP_KEY_SET_SLOTS, sizeof *slots);

	if (!slots)
		sp_out_of_memory();
	return slots;
}

uint64_t sp_key_seed(const void *memory)
{
	return (uint64_t)(uintptr_t)memory * 0x9e3779b97f4a7c15U | 1;
}

struct sp_key_set *sp_key_set_new(void)
{
	struct sp_key_set *set = calloc(1, sizeof *set);

	if (!set)
		sp_out_of_memory();
	set->slots = new_slots();
	set->seed = sp_key_seed(set->slots);
	return set;
}

void sp_key_set_free(struct sp_key_set *set)
{
	free(set->slots);
	free(set);
}

static uint64_t load(const char *bytes, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, bytes, size);
	return word;
}

static uint64_t multiply(uint64_t left, uint64_t right)
{
	return (left ^ 0x9e3779b97f4a7c15U) * (right ^ 0xd6e8feb86659fd93U);
}

/* Of at most 16 bytes: words from both ends, which may overlap. */
static uint64_t hash_short(const char *key, size_t length)
{
	if (length >= 8)
		return multiply(load(key, 8), load(key + length - 8, 8));
	if (length >= 4)
		return multiply(load(key, 4), load(key + length - 4, 4));
	if (length == 0)
		return 0;
	return multiply((unsigned char)key[0] | (uint64_t)(unsigned char)key[length / 2] << 8,
			(unsigned char)key[length - 1]);
}

/* 16 bytes at a time, whose products do not wait for each other; the last 16 may have been taken in part before. */
uint64_t sp_key_hash(const char *key, size_t length)
{
	uint64_t hash = length;

	if (length <= 16) {
		hash += hash_short(key, length);
	} else {
		for (size_t at = 0; at + 16 < length; at += 16)
			hash = (hash << 13 | hash >> 51) + multiply(load(key + at, 8), load(key + at + 8, 8));
		hash = (hash << 13 | hash >> 51) + multiply(load(key + length - 16, 8), load(key + length - 8, 8));
	}
	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15U;
	return hash ^ hash >> 29;
}

bool sp_key_set_forget(struct sp_key_set *set)
{
	struct sp_key_slot *old = set->slots;

	set->slots = new_slots();
	set->taken = 0;
	for (size_t i = 0; i < SP_KEY_SET_SLOTS; i++) {
		struct sp_key_slot *slot;

		/* most are of mappings that have ended, which a processor guesses better than which slots are free */
		if (set->open[old[i].mapping % SP_KEY_SET_DEPTHS] != old[i].mapping || !old[i].key)
			continue;
		slot = sp_key_set_find(set, old[i].key, sp_key_set_slot(set, old[i].key));
		if (!slot)
			set->taken = SP_KEY_SET_SLOTS;
		else
			*slot = old[i];
		set->taken++;
	}
	free(old);
	return set->taken < SP_KEY_SET_SLOTS / 4;
}
