/* SPDX-License-Identifier: Apache-2.0 */
/* The strict walk over the lines of a List of Nodes. Every line is checked against the few shapes that kubectl
 * writes; at the first that has another shape, it gives up. */
#include "state/fast_walk.h"

#include <string.h>

#include "state/fast_scalar.h"

/* What the lines are part of. */
enum mode {
	MODE_LINES,
	MODE_PLAIN,  /* a plain scalar, which may go on */
	MODE_QUOTED, /* within single quotes */
	MODE_BLOCK_START,
	MODE_BLOCK, /* a literal block scalar */
};

/* The frame's `column` is that of what a scalar stands in: its lines must be indented more than this; in MODE_BLOCK, it
 * is that of the block, whose lines must be indented as much. */

/* A line: its bytes, and what the masks say of it. */
struct line {
	const char *start;
	const char *end;
	const char *colon; /* the first that ends a key, or NULL */
	bool has_second_colon;
	bool has_hash;
	bool has_high; /* what is not ASCII */
};

static bool push(struct sp_fast_walk *walk, size_t column, bool is_list, enum sp_fast_role role)
{
	struct sp_fast_level level = { .column = (uint32_t)column, .role = (uint8_t)role, .is_list = is_list };

	return sp_fast_push(walk, level) &&
	       (role != SP_FAST_ITEM || sp_fast_begin_item(walk->reading, walk->line, column + 1, walk->offset));
}

/* Whether what a key awaits may be null: only where nobody looks at it. */
static bool may_be_null(const struct sp_fast_level *level)
{
	return !level->awaits || level->awaited == SP_FAST_OTHER;
}

static bool pop(struct sp_fast_walk *walk)
{
	const struct sp_fast_level *level = sp_fast_top(walk);

	if (!may_be_null(level))
		return false;
	sp_fast_pop(walk);
	return walk->frame.depth > 0 && (level->role != SP_FAST_ITEM || sp_fast_end_item(walk->reading, walk->offset));
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

/* What is of no use to the mode is zero, so that equal frames look equal. */
static void set_mode(struct sp_fast_walk *walk, enum mode mode, size_t column)
{
	walk->frame.mode = mode;
	walk->frame.column = mode == MODE_LINES ? 0 : (uint32_t)column;
	walk->frame.matters = mode != MODE_LINES && walk->reading->matters;
}

/* What the lines below belong to, now that a value began. `column` is that of the collection that it stands in. */
static void begin_scalar(struct sp_fast_walk *walk, const struct sp_fast_value *value, size_t column)
{
	static const enum mode modes[] = {
		[SP_FAST_PLAIN] = MODE_PLAIN,
		[SP_FAST_OPEN] = MODE_QUOTED,
		[SP_FAST_BLOCK] = MODE_BLOCK_START,
		[SP_FAST_EMPTY_LIST] = MODE_LINES,
	};
	struct sp_fast_level *level = sp_fast_top(walk);

	walk->value = *value;
	set_mode(walk, modes[value->shape], column);
	level->awaits = value->shape == SP_FAST_NONE;
	level->awaited = level->awaits ? (uint8_t)walk->reading->awaited : SP_FAST_OTHER;
}

/* "key: value" or "key:", with the key at `start`. */
static bool read_entry(struct sp_fast_walk *walk, const struct line *line, const char *start)
{
	struct sp_fast_level *level = sp_fast_top(walk);
	size_t length = (size_t)(line->colon - start);
	struct sp_fast_value value;

	if (line->colon <= start || length > SP_FAST_LONGEST_KEY || start[length - 1] == ' ' || !may_be_null(level) ||
	    !sp_fast_scalar_is_key(start, length) || !sp_fast_add_key(walk, start, length))
		return false;
	if (line->has_hash && memchr(start, '#', length))
		return false;
	if (!read_value(line, line->colon + 1 + (line->colon + 1 < line->end), line->has_second_colon, &value) ||
	    !sp_fast_take(walk->reading, level->role, start, length, &value))
		return false;
	walk->reading->decodes += 2;
	begin_scalar(walk, &value, level->column);
	return true;
}

/* What stands behind "- " at `start`: a mapping begins, or a scalar. */
static bool read_sequence_item(struct sp_fast_walk *walk, const struct line *line, const char *start)
{
	struct sp_fast_level *level = sp_fast_top(walk);
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
static bool close_levels(struct sp_fast_walk *walk, size_t column, bool is_item)
{
	while (sp_fast_top(walk)->column > column ||
	       (sp_fast_top(walk)->column == column && sp_fast_top(walk)->is_list && !is_item))
		if (!pop(walk))
			return false;
	return true;
}

/* The collection that a key awaits begins with this line. */
static bool open_awaited(struct sp_fast_walk *walk, size_t column, bool is_item)
{
	struct sp_fast_level *level = sp_fast_top(walk);
	enum sp_fast_role role = level->awaited;

	if (!level->awaits || level->is_list || (is_item ? sp_fast_must_be_mapping(role) : sp_fast_must_be_list(role)))
		return false;
	level->awaits = false;
	level->awaited = SP_FAST_OTHER;
	return push(walk, column, is_item, role);
}

/* A line that is not within a scalar. */
static bool read_line(struct sp_fast_walk *walk, const struct line *line)
{
	size_t column = sp_fast_count_blanks(line->start);
	const char *start = line->start + column;
	bool is_item;

	is_item = line->end - start > 2 && start[0] == '-' && start[1] == ' ';
	if (start == line->end || !close_levels(walk, column, is_item))
		return false;
	/* a list may stand in the column of the key that it belongs to */
	if (sp_fast_top(walk)->column < column || (is_item && !sp_fast_top(walk)->is_list)) {
		if (!open_awaited(walk, column, is_item))
			return false;
	}
	if (sp_fast_top(walk)->column != column || sp_fast_top(walk)->is_list != is_item)
		return false;
	if (is_item)
		return start[2] != ' ' && read_sequence_item(walk, line, start + 2);
	return line->colon && read_entry(walk, line, start);
}

/* A plain scalar goes on in a line that is indented more than the collection it stands in. */
static bool read_plain_line(struct sp_fast_walk *walk, const struct line *line)
{
	size_t column = sp_fast_count_blanks(line->start);

	if (line->start + column == line->end)
		return false;
	if (column <= walk->frame.column) {
		set_mode(walk, MODE_LINES, 0);
		return read_line(walk, line);
	}
	return !walk->frame.matters && !line->colon && !line->has_hash && line->end[-1] != ' ' &&
	       sp_fast_scalar_may_start(line->start[column]) && line->start[column] != '-';
}

static bool read_quoted_line(struct sp_fast_walk *walk, const struct line *line)
{
	size_t column = sp_fast_count_blanks(line->start);
	struct sp_fast_value value = { SP_FAST_NONE, NULL, 0 };

	if (line->start == line->end)
		return !walk->frame.matters; /* a line end within the text */
	if (walk->frame.matters || column <= walk->frame.column || line->start + column == line->end ||
	    !read_single(line->start + column, line->end, &value))
		return false;
	if (value.shape == SP_FAST_SINGLE)
		set_mode(walk, MODE_LINES, 0);
	return true;
}

static bool read_block_start(struct sp_fast_walk *walk, const struct line *line)
{
	size_t column = sp_fast_count_blanks(line->start);

	if (walk->frame.matters || column <= walk->frame.column || line->start + column == line->end)
		return false;
	walk->frame.mode = MODE_BLOCK;
	walk->frame.column = (uint32_t)column;
	return true;
}

static bool read_block_line(struct sp_fast_walk *walk, const struct line *line)
{
	size_t column = sp_fast_count_blanks(line->start);

	if (line->start == line->end || (column >= walk->frame.column && line->start + column < line->end))
		return true;
	if (line->start + column == line->end)
		return false; /* blanks alone */
	set_mode(walk, MODE_LINES, 0);
	return read_line(walk, line);
}

static bool read_by_mode(struct sp_fast_walk *walk, const struct line *line)
{
	switch ((enum mode)walk->frame.mode) {
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

/* Notes what stands in 64 bytes of the line: bit by bit, only those that are `inside` it. */
static void look_at_block(struct line *line, const char *block, const struct sp_byte_masks *masks, uint64_t inside)
{
	uint64_t colons = masks->colons & inside;

	if (colons && !line->colon) {
		line->colon = block + __builtin_ctzll(colons);
		colons &= colons - 1;
	}
	line->has_second_colon |= colons != 0;
	line->has_hash |= (masks->hashes & inside) != 0;
	line->has_high |= (masks->high & inside) != 0;
}

/* Finds out what stands in a line, which ends with a line end. False where that is no plain text. */
static bool look_at_line(struct line *line, sp_byte_masks_function *find)
{
	for (const char *block = line->start; block <= line->end; block += 64) {
		uint64_t inside = line->end - block < 64 ? ((uint64_t)1 << (line->end - block)) - 1 : ~(uint64_t)0;
		struct sp_byte_masks masks;

		find(block, &masks);
		if (masks.strange & inside)
			return false;
		look_at_block(line, block, &masks, inside);
	}
	return !line->has_high || sp_fast_scalar_is_text(line->start, (size_t)(line->end - line->start));
}

static bool take_line(struct sp_fast_walk *walk, const char *start, size_t length)
{
	struct line line = { .start = start, .end = start + length - 1 };

	return *line.end == '\n' && look_at_line(&line, walk->find) && read_by_mode(walk, &line);
}

/* Closes all that is open within the first `depth` levels: a piece, or the input, ends here. */
static bool finish(struct sp_fast_walk *walk, size_t depth)
{
	sp_fast_walk_settle(walk);
	if (walk->frame.mode == MODE_QUOTED || walk->frame.mode == MODE_BLOCK_START || walk->frame.depth < depth)
		return false;
	while (walk->frame.depth > depth)
		if (!pop(walk))
			return false;
	return true;
}

bool sp_fast_yaml_read(struct sp_fast_piece *piece, struct sp_fast_window *window)
{
	struct sp_fast_walk walk = sp_fast_walk_begin(piece);
	bool is_read = true;

	push(&walk, 0, false, SP_FAST_ROOT);
	if (piece->start > 0)
		push(&walk, 0, true, SP_FAST_ITEMS);
	while (is_read && sp_fast_window_move(window))
		is_read = sp_fast_walk_lines(&walk, window->bytes + window->first, window->whole, take_line);
	/* at a border the items are still open, in the column of the border, and everything in them is not */
	is_read = is_read && window->at_end && walk.line > 1 && finish(&walk, piece->is_last ? 1 : 2) &&
		  (piece->is_last ? may_be_null(sp_fast_top(&walk)) :
				    sp_fast_top(&walk)->role == SP_FAST_ITEMS && sp_fast_top(&walk)->column == 0);
	is_read = is_read && sp_fast_finish(&piece->reading, walk.offset);
	piece->lines = walk.line - 1;
	sp_fast_walk_end(&walk);
	return is_read;
}
