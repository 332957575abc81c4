/* SPDX-License-Identifier: Apache-2.0 */
/* The strict walk over the lines of a List of Nodes. Every line is checked against the few shapes that kubectl
 * writes; at the first that has another shape, it gives up. */
#include "state/fast_pieces.h"

#include <string.h>

#include "state/byte_masks.h"
#include "state/fast_scalar.h"
#include "state/key_set.h"

enum {
	LONGEST_KEY = 500, /* libyaml takes 1024 */
	DEEPEST = 32,
};

/* A collection that is open. */
struct level {
	size_t column;
	enum sp_fast_role role;
	bool is_sequence;
	bool awaits;               /* the last key, or "-", has its value in the lines below, or null */
	enum sp_fast_role awaited; /* what that value is */
	uint32_t keys;             /* of a mapping: its number in the key set */
};

/* What the lines are part of. */
enum mode {
	MODE_LINES,
	MODE_PLAIN,  /* a plain scalar, which may go on */
	MODE_QUOTED, /* within single quotes */
	MODE_BLOCK_START,
	MODE_BLOCK, /* a literal block scalar */
};

struct walk {
	struct sp_fast_reading *reading;
	struct sp_key_set *keys;
	struct level levels[DEEPEST];
	size_t depth;
	enum mode mode;
	size_t scalar_column; /* the scalar's lines must be indented more than this; of a block, as much */
	size_t line;          /* from 1 */
	size_t offset;        /* of the line */
};

/* A line: its bytes, and what the masks say of it. */
struct line {
	const char *start;
	const char *end;
	const char *colon; /* the first that ends a key, or NULL */
	bool has_second_colon;
	bool has_hash;
};

static struct level *top(struct walk *walk)
{
	return &walk->levels[walk->depth - 1];
}

static bool push(struct walk *walk, size_t column, bool is_sequence, enum sp_fast_role role)
{
	struct level *level = &walk->levels[walk->depth];

	if (walk->depth == DEEPEST)
		return false;
	*level = (struct level){ .column = column, .role = role, .is_sequence = is_sequence };
	if (!is_sequence)
		level->keys = sp_key_set_open(walk->keys);
	walk->depth++;
	return role != SP_FAST_ITEM || sp_fast_begin_item(walk->reading, walk->line, column + 1, walk->offset);
}

/* Whether what a key awaits may be null: only where nobody looks at it. */
static bool may_be_null(const struct level *level)
{
	return !level->awaits || level->awaited == SP_FAST_OTHER;
}

static bool pop(struct walk *walk)
{
	struct level *level = top(walk);

	if (!may_be_null(level))
		return false;
	if (!level->is_sequence)
		sp_key_set_close(walk->keys, level->keys);
	walk->depth--;
	if (walk->depth == 0)
		return false;
	return level->role != SP_FAST_ITEM || sp_fast_end_item(walk->reading, walk->offset);
}

/* '...' in one line, with '' for a quote in it; open where the line ends before the last quote. */
static bool read_single(const char *start, const char *end, struct sp_fast_value *value)
{
	const char *at = start;

	value->text = start;
	for (;;) {
		at = memchr(at, '\'', (size_t)(end - at));
		if (!at) {
			value->shape = SP_FAST_OPEN;
			return true;
		}
		if (at + 1 == end || at[1] != '\'')
			break;
		at += 2;
		value->text = NULL; /* its text is not what stands there */
	}
	value->shape = SP_FAST_SINGLE;
	value->length = (size_t)(at - start);
	return at + 1 == end;
}

/* "..." in one line, with none but the simplest escapes. */
static bool read_double(const char *start, const char *end, struct sp_fast_value *value)
{
	value->shape = SP_FAST_DOUBLE;
	value->text = start;
	for (const char *at = start; at < end; at++) {
		if (*at == '"') {
			value->length = (size_t)(at - start);
			return at + 1 == end;
		}
		if (*at != '\\')
			continue;
		value->text = NULL;
		at++;
		if (at == end || !strchr("\"\\nt", *at))
			return false;
	}
	return false;
}

static bool read_plain(const char *start, const char *end, struct sp_fast_value *value)
{
	value->shape = SP_FAST_PLAIN;
	value->text = start;
	value->length = (size_t)(end - start);
	return sp_fast_scalar_may_start(*start) && end[-1] != ' ' && !(*start == '-' && value->length == 1) &&
	       !(*start == '-' && start[1] == ' ') && sp_fast_scalar_is_finite(value->text, value->length);
}

/* The value that stands between `start` and the end of the line. */
static bool read_value(const struct line *line, const char *start, bool more_colons, struct sp_fast_value *value)
{
	size_t length = (size_t)(line->end - start);

	*value = (struct sp_fast_value){ SP_FAST_NONE, NULL, 0 };
	if (length == 0)
		return true;
	switch (*start) {
	case '\'':
		return read_single(start + 1, line->end, value);
	case '"':
		return read_double(start + 1, line->end, value);
	case '|':
		value->shape = SP_FAST_BLOCK;
		return length == 1 || (length == 2 && (start[1] == '-' || start[1] == '+'));
	case '{':
		value->shape = SP_FAST_EMPTY_MAP;
		return length == 2 && start[1] == '}';
	case '[':
		value->shape = SP_FAST_EMPTY_LIST;
		return length == 2 && start[1] == ']';
	default:
		return !more_colons && !line->has_hash && read_plain(start, line->end, value);
	}
}

/* What the lines below belong to, now that a value began. `column` is that of the collection that it stands in. */
static void begin_scalar(struct walk *walk, const struct sp_fast_value *value, size_t column)
{
	static const enum mode modes[] = {
		[SP_FAST_PLAIN] = MODE_PLAIN,
		[SP_FAST_OPEN] = MODE_QUOTED,
		[SP_FAST_BLOCK] = MODE_BLOCK_START,
		[SP_FAST_EMPTY_LIST] = MODE_LINES,
	};

	walk->mode = modes[value->shape];
	walk->scalar_column = column;
	top(walk)->awaits = value->shape == SP_FAST_NONE;
}

/* "key: value" or "key:", with the key at `start`. */
static bool read_entry(struct walk *walk, const struct line *line, const char *start)
{
	struct level *level = top(walk);
	size_t length = (size_t)(line->colon - start);
	struct sp_fast_value value;

	if (line->colon <= start || length > LONGEST_KEY || start[length - 1] == ' ' || !may_be_null(level) ||
	    !sp_fast_scalar_is_key(start, length) || !sp_key_set_add(walk->keys, level->keys, start, length))
		return false;
	if (line->has_hash && memchr(start, '#', length))
		return false;
	if (!read_value(line, line->colon + 1 + (line->colon + 1 < line->end), line->has_second_colon, &value) ||
	    !sp_fast_take(walk->reading, level->role, start, length, &value))
		return false;
	level->awaited = walk->reading->awaited;
	walk->reading->decodes += 2;
	begin_scalar(walk, &value, level->column);
	return true;
}

/* What stands behind "- " at `start`: a mapping begins, or a scalar. */
static bool read_sequence_item(struct walk *walk, const struct line *line, const char *start)
{
	struct level *level = top(walk);
	bool is_quoted = *start == '\'' || *start == '"';
	struct sp_fast_value value;

	if (line->colon && !is_quoted) {
		enum sp_fast_role role = level->role == SP_FAST_ITEMS ? SP_FAST_ITEM : SP_FAST_OTHER;

		if (level->role == SP_FAST_STRINGS || !push(walk, level->column + 2, false, role))
			return false;
		walk->reading->decodes++;
		return read_entry(walk, line, start);
	}
	if (level->role == SP_FAST_ITEMS || !read_value(line, start, line->colon != NULL, &value) ||
	    value.shape == SP_FAST_NONE || (level->role == SP_FAST_STRINGS && !sp_fast_is_string(&value)))
		return false;
	walk->reading->matters = level->role == SP_FAST_STRINGS;
	walk->reading->decodes++;
	begin_scalar(walk, &value, level->column);
	return true;
}

/* Closes what is indented more than the line, so that the top is what the line belongs to. */
static bool close_levels(struct walk *walk, size_t column, bool is_item)
{
	while (top(walk)->column > column || (top(walk)->column == column && top(walk)->is_sequence && !is_item))
		if (!pop(walk))
			return false;
	return true;
}

/* The collection that a key awaits begins with this line. */
static bool open_awaited(struct walk *walk, size_t column, bool is_item)
{
	struct level *level = top(walk);
	enum sp_fast_role role = level->awaited;

	if (!level->awaits || level->is_sequence ||
	    (is_item ? sp_fast_must_be_mapping(role) : sp_fast_must_be_list(role)))
		return false;
	level->awaits = false;
	return push(walk, column, is_item, role);
}

/* How many blanks the line begins with: eight at a time. What is behind the line is readable, and no blank ends a
 * line. */
static size_t indentation(const struct line *line)
{
	static const char blanks[] = "        ";
	const char *start = line->start;

	while (memcmp(start, blanks, 8) == 0)
		start += 8;
	while (*start == ' ')
		start++;
	return (size_t)(start - line->start);
}

/* A line that is not within a scalar. */
static bool read_line(struct walk *walk, const struct line *line)
{
	size_t column = indentation(line);
	const char *start = line->start + column;
	bool is_item;

	is_item = line->end - start > 2 && start[0] == '-' && start[1] == ' ';
	if (start == line->end || !close_levels(walk, column, is_item))
		return false;
	/* a list may stand in the column of the key that it belongs to */
	if (top(walk)->column < column || (is_item && !top(walk)->is_sequence)) {
		if (!open_awaited(walk, column, is_item))
			return false;
	}
	if (top(walk)->column != column || top(walk)->is_sequence != is_item)
		return false;
	if (is_item)
		return start[2] != ' ' && read_sequence_item(walk, line, start + 2);
	return line->colon && read_entry(walk, line, start);
}

/* A plain scalar goes on in a line that is indented more than the collection it stands in. */
static bool read_plain_line(struct walk *walk, const struct line *line)
{
	size_t column = indentation(line);

	if (line->start + column == line->end)
		return false;
	if (column <= walk->scalar_column) {
		walk->mode = MODE_LINES;
		return read_line(walk, line);
	}
	return !walk->reading->matters && !line->colon && !line->has_hash && line->end[-1] != ' ' &&
	       sp_fast_scalar_may_start(line->start[column]) && line->start[column] != '-';
}

static bool read_quoted_line(struct walk *walk, const struct line *line)
{
	size_t column = indentation(line);
	struct sp_fast_value value = { SP_FAST_NONE, NULL, 0 };

	if (line->start == line->end)
		return !walk->reading->matters; /* a line end within the text */
	if (walk->reading->matters || column <= walk->scalar_column || line->start + column == line->end ||
	    !read_single(line->start + column, line->end, &value))
		return false;
	if (value.shape == SP_FAST_SINGLE)
		walk->mode = MODE_LINES;
	return true;
}

static bool read_block_start(struct walk *walk, const struct line *line)
{
	size_t column = indentation(line);

	if (walk->reading->matters || column <= walk->scalar_column || line->start + column == line->end)
		return false;
	walk->mode = MODE_BLOCK;
	walk->scalar_column = column;
	return true;
}

static bool read_block_line(struct walk *walk, const struct line *line)
{
	size_t column = indentation(line);

	if (line->start == line->end || (column >= walk->scalar_column && line->start + column < line->end))
		return true;
	if (line->start + column == line->end)
		return false; /* blanks alone */
	walk->mode = MODE_LINES;
	return read_line(walk, line);
}

static bool take_line(struct walk *walk, const struct line *line)
{
	walk->line++;
	switch (walk->mode) {
	case MODE_PLAIN:
		return read_plain_line(walk, line);
	case MODE_QUOTED:
		return read_quoted_line(walk, line);
	case MODE_BLOCK_START:
		return read_block_start(walk, line);
	case MODE_BLOCK:
		return read_block_line(walk, line);
	default:
		return read_line(walk, line);
	}
}

/* A chunk, and the line in it that is being put together. */
struct chunk {
	const char *bytes;
	size_t offset;
	struct line line;
};

/* Takes the lines that end in the block: its structural bytes one after the other. */
static bool take_block(struct walk *walk, struct chunk *chunk, const char *block, const struct sp_byte_masks *masks,
		       uint64_t inside)
{
	struct line *line = &chunk->line;

	for (uint64_t bits = (masks->line_ends | masks->colons | masks->hashes) & inside; bits; bits &= bits - 1) {
		uint64_t bit = bits & -bits;
		const char *at = block + __builtin_ctzll(bits);

		if (masks->colons & bit) {
			line->has_second_colon = line->colon != NULL;
			line->colon = line->colon ? line->colon : at;
		} else if (masks->hashes & bit) {
			line->has_hash = true;
		} else {
			line->end = at;
			walk->offset = chunk->offset + (size_t)(line->start - chunk->bytes);
			if (!take_line(walk, line))
				return false;
			*line = (struct line){ .start = at + 1 };
		}
	}
	return true;
}

/* Takes all lines of the chunk, which are whole. */
static bool take_chunk(struct walk *walk, const char *bytes, size_t length, sp_byte_masks_function *find)
{
	struct chunk chunk = { .bytes = bytes, .offset = walk->offset, .line = { .start = bytes } };
	const char *end = bytes + length;
	bool is_checked = false; /* what is not ASCII */

	for (const char *block = bytes; block < end; block += 64) {
		uint64_t inside = end - block < 64 ? ((uint64_t)1 << (end - block)) - 1 : ~(uint64_t)0;
		struct sp_byte_masks masks;

		find(block, &masks);
		if (masks.strange & inside)
			return false;
		if ((masks.high & inside) && !is_checked && !(is_checked = sp_fast_scalar_is_text(bytes, length)))
			return false;
		if (!take_block(walk, &chunk, block, &masks, inside))
			return false;
	}
	walk->offset = chunk.offset + length;
	return true;
}

/* Closes all that is open within the first `depth` levels: a piece, or the input, ends here. */
static bool finish(struct walk *walk, size_t depth)
{
	if (walk->mode == MODE_QUOTED || walk->mode == MODE_BLOCK_START || walk->depth < depth)
		return false;
	while (walk->depth > depth)
		if (!pop(walk))
			return false;
	return true;
}

bool sp_fast_yaml_read(struct sp_fast_piece *piece, struct sp_fast_window *window)
{
	sp_byte_masks_function *find = sp_byte_masks_best();
	struct walk walk = { .reading = &piece->reading, .keys = sp_key_set_new() };
	bool is_read = true;

	push(&walk, 0, false, SP_FAST_ROOT);
	if (piece->start > 0)
		push(&walk, 0, true, SP_FAST_ITEMS);
	while (is_read && sp_fast_window_move(window))
		is_read = window->bytes[window->first + window->whole - 1] == '\n' &&
			  take_chunk(&walk, window->bytes + window->first, window->whole, find);
	/* at a border the items are still open, in the column of the border, and everything in them is not */
	is_read = is_read && window->at_end && walk.line > 0 && finish(&walk, piece->is_last ? 1 : 2) &&
		  (piece->is_last ? may_be_null(top(&walk)) :
				    top(&walk)->role == SP_FAST_ITEMS && top(&walk)->column == 0);
	is_read = is_read && sp_fast_finish(&piece->reading, walk.offset);
	piece->lines = walk.line;
	sp_key_set_free(walk.keys);
	return is_read;
}
