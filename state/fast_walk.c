/* SPDX-License-Identifier: Apache-2.0 */
#include "state/fast_walk.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_FRAMES = 512, SLOTS = 2048, PATIENCE = 4096, FEW_LINES = 2000 };

struct sp_fast_frames {
	uint16_t count;
	uint16_t slots[SLOTS];
	uint16_t after[MOST_FRAMES];             /* in which frame the last line that was read in this one ended */
	struct sp_fast_frame items[MOST_FRAMES]; /* the first is none */
};

struct sp_fast_walk sp_fast_walk_begin(struct sp_fast_piece *piece)
{
	return (struct sp_fast_walk){
		.reading = &piece->reading,
		.keys = sp_key_set_new(),
		.find = sp_byte_masks_best(),
		.line = 1,
		.learns_at_once = piece->options->learns_at_once,
	};
}

static struct sp_fast_frames *new_frames(void)
{
	struct sp_fast_frames *frames = calloc(1, sizeof *frames);

	if (!frames)
		sp_out_of_memory();
	frames->count = 1;
	return frames;
}

void sp_fast_walk_end(struct sp_fast_walk *walk)
{
	sp_key_set_free(walk->keys);
	if (walk->known)
		sp_known_lines_free(walk->known);
	free(walk->frames);
}

bool sp_fast_push(struct sp_fast_walk *walk, struct sp_fast_level level)
{
	struct sp_fast_frame *frame = &walk->frame;

	if (frame->depth == SP_FAST_DEEPEST)
		return false;
	sp_key_set_open(walk->keys, frame->depth);
	frame->levels[frame->depth++] = level;
	return true;
}

/* The key of a line is repeated behind the ends and beginnings of collections in it: so its mapping must not be one
 * that ends in the same line, which only JSON has. */
void sp_fast_pop(struct sp_fast_walk *walk)
{
	walk->frame.depth--;
	if (walk->done.kept > walk->frame.depth)
		walk->done.kept = (uint8_t)walk->frame.depth;
	if (walk->done.key_level == walk->frame.depth)
		walk->done.is_read = true;
}

bool sp_fast_add_key(struct sp_fast_walk *walk, const char *key, size_t length)
{
	size_t level = walk->frame.depth - 1;

	if (walk->done.key_level != SP_KNOWN_LINES_NO_KEY)
		walk->done.is_read = true; /* it has a second key */
	walk->done.key = sp_key_set_key(level, sp_key_hash(key, length));
	walk->done.key_slot = sp_key_set_slot(walk->keys, walk->done.key);
	walk->done.key_level = (uint8_t)level;
	return sp_key_set_add(walk->keys, level, walk->done.key, walk->done.key_slot);
}

void sp_fast_walk_settle(struct sp_fast_walk *walk)
{
	if (walk->is_ahead)
		walk->frame = walk->frames->items[walk->number];
	walk->is_ahead = false;
}

static bool are_equal(const struct sp_fast_frame *left, const struct sp_fast_frame *right)
{
	return left->depth == right->depth && left->mode == right->mode && left->column == right->column &&
	       left->matters == right->matters &&
	       memcmp(left->levels, right->levels, left->depth * sizeof *left->levels) == 0;
}

/* The number of a frame; 0 where there are too many. */
static uint16_t number_of(struct sp_fast_frames *frames, const struct sp_fast_frame *frame)
{
	uint64_t hash = sp_key_hash((const char *)frame->levels, frame->depth * sizeof *frame->levels);
	size_t at = (size_t)(hash ^ frame->mode * (uint64_t)0x9e37 ^ frame->column * (uint64_t)0x79b9) & (SLOTS - 1);

	for (; frames->slots[at]; at = (at + 1) & (SLOTS - 1))
		if (are_equal(&frames->items[frames->slots[at]], frame))
			return frames->slots[at];
	if (frames->count == MOST_FRAMES)
		return 0;
	frames->items[frames->count] = *frame;
	return frames->slots[at] = frames->count++;
}

/* Does to the keys what the line did the last time. False where its key may be there already. */
static inline bool repeat_keys(struct sp_key_set *keys, const struct sp_line_effect *effect)
{
	for (size_t level = effect->kept; level < effect->depth; level++)
		sp_key_set_open(keys, level);
	return effect->key_level == SP_KNOWN_LINES_NO_KEY ||
	       sp_key_set_add(keys, effect->key_level, effect->key, effect->key_slot);
}

/* The walk comes over a known line that is not the one that was expected. */
static bool pass(struct sp_fast_walk *walk, struct sp_known_line *line)
{
	sp_known_lines_pass(walk->known, line);
	walk->number = line->effect.after;
	walk->is_ahead = true;
	walk->line++;
	walk->reading->decodes += line->effect.decodes;
	return repeat_keys(walk->keys, &line->effect);
}

/* Takes lines as long as each follows the one before as it did the last time. What is behind them, or NULL. */
static const char *repeat_run(struct sp_fast_walk *walk, const char *at, const char *end)
{
	struct sp_key_set *keys = walk->keys;
	struct sp_known_line *last = walk->known->last;
	struct sp_known_line *next = sp_known_lines_next(walk->known);
	struct sp_known_line *before;
	size_t lines = 0;
	size_t decodes = 0;
	size_t length;

	if (!next || next->before != walk->number || (length = sp_known_line_at(next, at, end)) == 0)
		return at;
	do {
		before = last;
		last = next;
		at += length;
		lines++;
		decodes += last->effect.decodes;
		if (!repeat_keys(keys, &last->effect))
			return NULL;
		next = last->next;
	} while (next && (length = sp_known_line_at(next, at, end)) > 0);
	walk->line += lines;
	walk->reading->decodes += decodes;
	walk->known->last_but_one = before;
	walk->known->last = last;
	walk->number = last->effect.after;
	walk->is_ahead = true;
	return at;
}

/* The same, and where a line is another than the last time, goes on behind it, if that is as it was the last time. */
static const char *repeat_lines(struct sp_fast_walk *walk, const char *at, const char *end)
{
	while ((at = repeat_run(walk, at, end))) {
		struct sp_known_line *before = walk->known->last_but_one;
		struct sp_known_line *line = before ? before->next_but_one : NULL;
		size_t length = line && line->before == walk->number ? sp_known_line_at(line, at, end) : 0;

		if (length == 0)
			break;
		at += length;
		if (!pass(walk, line))
			return NULL;
	}
	return at;
}

/* Where the value of a line stands, if another may stand there. */
static struct sp_line_value value_of(const struct sp_fast_walk *walk, const struct sp_line *line)
{
	enum sp_fast_value_kind kind = sp_fast_value_kind(&walk->value);
	size_t start = kind != SP_FAST_VALUE_NONE ? (size_t)(walk->value.text - line->text) : 0;

	return (struct sp_line_value){ (uint16_t)start, (uint16_t)(start + walk->value.length), (uint8_t)kind };
}

/* Keeps in mind what a line has done. NULL: nothing is known of it. */
static struct sp_known_line *learn(struct sp_fast_walk *walk, const struct sp_line *line)
{
	size_t decodes = walk->reading->decodes - walk->decodes;

	if (line->before == 0 || walk->number == 0 || line->length > SP_KNOWN_LINES_LONGEST ||
	    line->text[line->length - 1] != '\n')
		return NULL;
	walk->done.after = walk->number;
	walk->done.depth = (uint8_t)walk->frame.depth;
	walk->done.decodes = (uint8_t)decodes;
	walk->done.is_read |= walk->reading->is_noted || decodes > UINT8_MAX;
	return sp_known_lines_learn(walk->known, line, &walk->done, value_of(walk, line));
}

static bool read_line(struct sp_fast_walk *walk, const char *start, size_t length, sp_fast_line_function *read)
{
	sp_fast_walk_settle(walk);
	walk->done = (struct sp_line_effect){
		.kept = (uint8_t)walk->frame.depth,
		.key_level = SP_KNOWN_LINES_NO_KEY,
	};
	walk->value = (struct sp_fast_value){ 0 };
	walk->misses++;
	walk->decodes = walk->reading->decodes;
	walk->reading->is_noted = false;
	if (!read(walk, start, length))
		return false;
	walk->line += start[length - 1] == '\n';
	return true;
}

/* Lines are not looked for any more where half of them are new. Of those of a cluster, one in twenty is read. */
static bool is_in_vain(const struct sp_fast_walk *walk)
{
	return walk->misses > PATIENCE + walk->line / 2;
}

/* Whether lines are looked for. A few are not, as that would take longer than to read them. */
static bool can_learn(struct sp_fast_walk *walk)
{
	if (walk->known)
		return true;
	if (walk->line < FEW_LINES && !walk->learns_at_once)
		return false;
	walk->known = sp_known_lines_new(walk->learns_at_once);
	walk->frames = new_frames();
	return true;
}

/* The frame that the next line stands in. Mostly it is the one behind the last line that was read in the frame of
 * `number`. */
static void find_number(struct sp_fast_walk *walk)
{
	uint16_t *likely = &walk->frames->after[walk->number];

	if (*likely == 0 || !are_equal(&walk->frames->items[*likely], &walk->frame))
		*likely = number_of(walk->frames, &walk->frame);
	walk->number = *likely;
}

/* A line was read. */
static void go_on(struct sp_fast_walk *walk, const struct sp_line *line)
{
	if (!can_learn(walk))
		return;
	find_number(walk);
	sp_known_lines_pass(walk->known, learn(walk, line));
}

/* The line, if it is known and need not be read; else NULL. One that is expected to be read is not looked for. */
static struct sp_known_line *find(const struct sp_fast_walk *walk, const struct sp_line *line)
{
	const struct sp_known_line *next;
	struct sp_known_line *known;

	if (!walk->known || walk->number == 0 || line->length > SP_KNOWN_LINES_LONGEST)
		return NULL;
	next = sp_known_lines_next(walk->known);
	if (next && next->effect.is_read)
		return NULL;
	known = sp_known_lines_find(walk->known, line);
	return known && !known->effect.is_read ? known : NULL;
}

static bool take_line(struct sp_fast_walk *walk, const char *start, size_t length, sp_fast_line_function *read)
{
	struct sp_line line = { start, length, walk->number };
	struct sp_known_line *known = find(walk, &line);

	if (known)
		return pass(walk, known);
	if (!read_line(walk, start, length, read))
		return false;
	go_on(walk, &line);
	return true;
}

static size_t length_of_line(const char *at, const char *end)
{
	const char *line_end = memchr(at, '\n', (size_t)(end - at));

	return line_end ? (size_t)(line_end - at) + 1 : (size_t)(end - at);
}

/* Reads all lines, without a thought of those that are known. */
static bool read_lines(struct sp_fast_walk *walk, const char *at, const char *end, sp_fast_line_function *read)
{
	for (size_t length; at < end; at += length, walk->offset += length) {
		length = length_of_line(at, end);
		if (!read_line(walk, at, length, read))
			return false;
	}
	return true;
}

bool sp_fast_walk_lines(struct sp_fast_walk *walk, const char *bytes, size_t length, sp_fast_line_function *read)
{
	size_t offset = walk->offset;
	const char *end = bytes + length;
	const char *at = bytes;

	if (is_in_vain(walk))
		return read_lines(walk, bytes, end, read);
	while ((at = walk->known ? repeat_lines(walk, at, end) : at) && at < end) {
		size_t line_length = length_of_line(at, end);

		walk->offset = offset + (size_t)(at - bytes);
		if (!take_line(walk, at, line_length, read))
			return false;
		at += line_length;
	}
	walk->offset = offset + length;
	return at != NULL;
}
