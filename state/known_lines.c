/* SPDX-License-Identifier: Apache-2.0 */
#include "state/known_lines.h"

#include <stdlib.h>
#include <string.h>

#include "state/arena.h"

enum {
	MOST = 16 * 1024,
	SLOTS = 32 * 1024, /* a power of two */
	ONCE = 16 * 1024,  /* another */
	LONGEST_SEARCH = 32,
	UNIT = 64, /* bytes: a cache line */
	MOST_UNITS = 1 << 16,
};

static void *zeroed(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		sp_out_of_memory();
	return memory;
}

struct sp_known_lines *sp_known_lines_new(bool at_once)
{
	struct sp_known_lines *lines = zeroed(1, sizeof *lines);

	lines->memory = aligned_alloc(UNIT, (size_t)MOST_UNITS * UNIT);
	if (!lines->memory)
		sp_out_of_memory();
	lines->used = 1;
	lines->seed = sp_key_seed(lines->memory);
	lines->slots = zeroed(SLOTS, sizeof *lines->slots);
	lines->once = zeroed(ONCE, sizeof *lines->once);
	lines->at_once = at_once;
	return lines;
}

void sp_known_lines_free(struct sp_known_lines *lines)
{
	free(lines->memory);
	free(lines->slots);
	free(lines->once);
	free(lines);
}

static struct sp_known_line *line_at(const struct sp_known_lines *lines, uint16_t unit)
{
	return (struct sp_known_line *)(void *)(lines->memory + (size_t)unit * UNIT);
}

static bool is_it(const struct sp_known_line *known, const struct sp_line *line)
{
	return known->before == line->before && known->length == line->length &&
	       memcmp(known->text, line->text, line->length) == 0;
}

static uint16_t tag_of(const struct sp_line *line)
{
	return (uint16_t)(line->hash >> 48);
}

/* Where the line is, or would be; NULL where too many others have a hash like its. */
static struct sp_known_slot *slot_of(const struct sp_known_lines *lines, const struct sp_line *line)
{
	size_t at = (size_t)(line->hash * lines->seed >> 32);
	uint16_t tag = tag_of(line);

	for (size_t i = 0; i < LONGEST_SEARCH; i++) {
		struct sp_known_slot *slot = &lines->slots[(at + i) & (SLOTS - 1)];

		if (slot->unit == 0 || (slot->tag == tag && is_it(line_at(lines, slot->unit), line)))
			return slot;
	}
	return NULL;
}

struct sp_known_line *sp_known_lines_find(const struct sp_known_lines *lines, const struct sp_line *line)
{
	const struct sp_known_slot *slot = slot_of(lines, line);

	return slot && slot->unit > 0 ? line_at(lines, slot->unit) : NULL;
}

static void forget(struct sp_known_lines *lines)
{
	memset(lines->slots, 0, SLOTS * sizeof *lines->slots);
	lines->last = lines->last_but_one = NULL;
	lines->count = 0;
	lines->used = 1;
}

struct sp_known_line *sp_known_lines_learn(struct sp_known_lines *lines, const struct sp_line *line,
					   const struct sp_line_effect *effect)
{
	uint16_t *once = &lines->once[line->hash & (ONCE - 1)];
	size_t units = (sizeof(struct sp_known_line) + line->length + UNIT - 1) / UNIT;
	struct sp_known_line *known;
	struct sp_known_slot *slot;

	if (*once != tag_of(line) && !lines->at_once) {
		*once = tag_of(line);
		return NULL;
	}
	if (lines->count == MOST || lines->used + units > MOST_UNITS)
		forget(lines);
	slot = slot_of(lines, line);
	if (!slot)
		return NULL;
	lines->count++;
	*slot = (struct sp_known_slot){ (uint16_t)lines->used, tag_of(line) };
	known = line_at(lines, slot->unit);
	lines->used += units;
	known->next = known->next_but_one = NULL;
	known->effect = *effect;
	known->length = (uint16_t)line->length;
	known->before = line->before;
	memcpy(known->text, line->text, line->length);
	return known;
}
