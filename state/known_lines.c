/* SPDX-License-Identifier: Apache-2.0 */
#include "state/known_lines.h"

#include <stdlib.h>
#include <string.h>

#include "state/arena.h"

enum {
	MOST = 6 * 1024,
	SLOTS = 16 * 1024, /* a power of two; a line may take two */
	ONCE = 4 * 1024,   /* another */
	LONGEST_SEARCH = 32,
	UNIT = 64, /* bytes: a cache line */
	LARGEST = (sizeof(struct sp_known_line) + SP_KNOWN_LINES_LONGEST) / UNIT + 1,
	MOST_UNITS = 1 << 14,
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

static uint16_t tag_of(uint64_t hash)
{
	return (uint16_t)(hash >> 48);
}

static bool is_it(const struct sp_known_line *known, const struct sp_line *line)
{
	return known->before == line->before && known->length == line->length &&
	       memcmp(known->text, line->text, line->length) == 0;
}

/* Whether a line is like the known one but for its value. */
static bool is_like(const struct sp_known_line *known, const struct sp_line *line, const struct sp_line_value *value)
{
	size_t tail = line->length - value->end;

	return known->before == line->before && known->value.kind == value->kind &&
	       known->value.start == value->start && known->length == known->value.end + tail &&
	       memcmp(known->text, line->text, value->start) == 0 &&
	       memcmp(known->text + known->value.end, line->text + value->end, tail) == 0;
}

/* Where the line is, or would be, by this hash: itself, or with `value` one like it. NULL where too many others have a
 * hash like that. */
static struct sp_known_slot *slot_of(const struct sp_known_lines *lines, uint64_t hash, const struct sp_line *line,
				     const struct sp_line_value *value)
{
	size_t at = (size_t)(hash * lines->seed >> 32);
	uint16_t tag = tag_of(hash);

	for (size_t i = 0; i < LONGEST_SEARCH; i++) {
		struct sp_known_slot *slot = &lines->slots[(at + i) & (SLOTS - 1)];
		const struct sp_known_line *known = line_at(lines, slot->unit);

		if (slot->unit == 0 || (slot->tag == tag && (value ? is_like(known, line, value) : is_it(known, line))))
			return slot;
	}
	return NULL;
}

static uint64_t hash_of(const struct sp_line *line)
{
	return sp_key_hash(line->text, line->length) ^ line->before * 0x9e3779b97f4a7c15U;
}

/* The hash of what a line has beside its value. */
static uint64_t hash_of_like(const struct sp_line *line, const struct sp_line_value *value)
{
	uint64_t tail = sp_key_hash(line->text + value->end, line->length - value->end);

	return sp_key_hash(line->text, value->start) ^ (tail + line->before) * 0x9e3779b97f4a7c15U;
}

struct sp_known_line *sp_known_lines_find(const struct sp_known_lines *lines, const struct sp_line *line)
{
	const struct sp_known_slot *slot = slot_of(lines, hash_of(line), line, NULL);

	return slot && slot->unit > 0 ? line_at(lines, slot->unit) : NULL;
}

static void forget(struct sp_known_lines *lines)
{
	memset(lines->slots, 0, SLOTS * sizeof *lines->slots);
	lines->last = lines->last_but_one = NULL;
	lines->count = 0;
	lines->used = 1;
}

/* Where memory is short, all others are forgotten. */
static struct sp_known_line *add(struct sp_known_lines *lines, const struct sp_line *line,
				 const struct sp_line_effect *effect, struct sp_line_value value)
{
	struct sp_known_line *known;

	if (lines->count == MOST || lines->used + LARGEST > MOST_UNITS)
		forget(lines);
	known = line_at(lines, (uint16_t)lines->used);
	*known = (struct sp_known_line){
		.effect = *effect,
		.length = (uint16_t)line->length,
		.before = line->before,
		.value = value,
	};
	memcpy(known->text, line->text, line->length);
	return known;
}

/* The newest line is found by this hash. */
static void put(struct sp_known_lines *lines, struct sp_known_slot *slot, uint64_t hash)
{
	if (slot)
		*slot = (struct sp_known_slot){ (uint16_t)lines->used, tag_of(hash) };
}

/* Whether a line of this hash was met before. */
static bool was_met(struct sp_known_lines *lines, uint64_t hash)
{
	uint16_t *tags = lines->once[hash & (ONCE - 1)].tags;
	size_t count = sizeof lines->once->tags / sizeof *tags;

	if (lines->at_once)
		return true;
	for (size_t i = 0; i < count; i++)
		if (tags[i] == tag_of(hash))
			return true;
	memmove(tags + 1, tags, (count - 1) * sizeof *tags);
	tags[0] = tag_of(hash);
	return false;
}

struct sp_known_line *sp_known_lines_learn(struct sp_known_lines *lines, const struct sp_line *line,
					   const struct sp_line_effect *effect, struct sp_line_value value)
{
	const struct sp_line_value *like = value.kind == SP_FAST_VALUE_NONE ? NULL : &value;
	uint64_t hash = like ? hash_of_like(line, like) : hash_of(line);
	const struct sp_known_slot *slot = slot_of(lines, hash, line, like);
	struct sp_known_line *known;

	if (slot && slot->unit > 0)
		return line_at(lines, slot->unit);
	if (!was_met(lines, hash))
		return NULL;
	known = add(lines, line, effect, value);
	put(lines, slot_of(lines, hash, line, like), hash);
	if (like)
		put(lines, slot_of(lines, hash_of(line), line, NULL), hash_of(line));
	lines->used += (sizeof *known + line->length + UNIT - 1) / UNIT;
	lines->count++;
	return known;
}

/* Whether the bytes at `at` are those of `text`, which are few. */
static bool ends_with(const char *text, const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] != at[i])
			return false;
	return true;
}

size_t sp_known_line_like(const struct sp_known_line *line, const char *at, const char *end)
{
	const struct sp_line_value *value = &line->value;
	size_t tail = (size_t)(line->length - value->end);
	const char *behind;

	if (value->start + tail > (size_t)(end - at) || memcmp(line->text, at, value->start) != 0)
		return 0;
	behind = sp_fast_value_skip(value->kind, at + value->start);
	if (!behind || behind > end || tail > (size_t)(end - behind) ||
	    !ends_with(line->text + value->end, behind, tail))
		return 0;
	return (size_t)(behind - at) + tail;
}
