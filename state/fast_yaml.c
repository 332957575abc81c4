/* SPDX-License-Identifier: Apache-2.0 */
/* The strict walk over the lines of a List of Nodes. Every line is checked against the few shapes that kubectl writes; at
 * the first that has another shape, it gives up. */
#include "state/fast_nodes.h"

#include <stdlib.h>
#include <string.h>

#include "state/byte_masks.h"
#include "state/fast_scalar.h"
#include "state/key_set.h"

enum {
	CHUNK = 256 * 1024,
	PADDING = 64 + 8,                  /* behind the bytes: masks and hashes look beyond them */
	LARGEST_BUFFER = 16 * 1024 * 1024, /* a line that is longer is for the full reader */
	LARGEST_ITEM = 8 * 1024 * 1024,    /* and so is a Node */
	LONGEST_KEY = 500,                 /* libyaml takes 1024 */
	DEEPEST = 32,
};

/* What a collection is to us. */
enum role {
	ROLE_OTHER, /* nothing: only its shape is checked */
	ROLE_ROOT,
	ROLE_ITEMS,
	ROLE_ITEM,
	ROLE_METADATA,
	ROLE_LABELS,
	ROLE_ANNOTATIONS,
	ROLE_STRINGS, /* a list of strings */
	ROLE_LIST,    /* a list of anything */
};

/* A collection that is open. */
struct level {
	size_t column;
	enum role role;
	bool is_sequence;
	bool awaits;       /* the last key, or "-", has its value in the lines below, or null */
	enum role awaited; /* what that value is */
	uint32_t keys;     /* of a mapping: its number in the key set */
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
	const struct sp_node_options *options;
	struct sp_fast_nodes *nodes;
	struct sp_key_set *keys;
	struct level levels[DEEPEST];
	size_t depth;
	enum mode mode;
	size_t scalar_column; /* the scalar's lines must be indented more than this; of a block, as much */
	bool scalar_matters;  /* its value is kept or judged, so that it must stand in one line */
	size_t line;          /* from 1 */
	size_t item_start;    /* offset */
	size_t offset;        /* of the line */
	bool root_has_version;
	bool root_has_kind;
	bool root_has_items;
	struct sp_fast_item item;
};

/* A line: its bytes, and what the masks say of it. */
struct line {
	const char *start;
	const char *end;
	const char *colon; /* the first that ends a key, or NULL */
	bool has_second_colon;
	bool has_hash;
};

enum shape { SHAPE_NONE, SHAPE_PLAIN, SHAPE_SINGLE, SHAPE_DOUBLE, SHAPE_OPEN, SHAPE_BLOCK, SHAPE_MAP, SHAPE_LIST };

/* A value as far as its first line tells. */
struct value {
	enum shape shape;
	const char *text; /* between the quotes */
	size_t length;
};

static struct level *top(struct walk *walk)
{
	return &walk->levels[walk->depth - 1];
}

static bool push(struct walk *walk, size_t column, bool is_sequence, enum role role)
{
	struct level *level = &walk->levels[walk->depth];

	if (walk->depth == DEEPEST)
		return false;
	*level = (struct level){ .column = column, .role = role, .is_sequence = is_sequence };
	if (!is_sequence)
		level->keys = sp_key_set_open(walk->keys);
	walk->depth++;
	if (role != ROLE_ITEM)
		return true;
	walk->item = (struct sp_fast_item){ 0 };
	walk->item.node.place.line = walk->line;
	walk->item.node.place.column = column + 1;
	walk->item_start = walk->offset;
	return true;
}

/* Whether what a key awaits may be null: only where nobody looks at it. */
static bool may_be_null(const struct level *level)
{
	return !level->awaits || level->awaited == ROLE_OTHER;
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
	if (level->role == ROLE_ITEM)
		return walk->offset - walk->item_start <= LARGEST_ITEM && sp_fast_finish_item(walk->nodes, &walk->item);
	return true;
}

/* '...' in one line, with '' for a quote in it; open where the line ends before the last quote. */
static bool read_single(const char *start, const char *end, struct value *value)
{
	const char *at = start;

	value->text = start;
	for (;;) {
		at = memchr(at, '\'', (size_t)(end - at));
		if (!at) {
			value->shape = SHAPE_OPEN;
			return true;
		}
		if (at + 1 == end || at[1] != '\'')
			break;
		at += 2;
		value->text = NULL; /* its text is not what stands there */
	}
	value->shape = SHAPE_SINGLE;
	value->length = (size_t)(at - start);
	return at + 1 == end;
}

/* "..." in one line, with none but the simplest escapes. */
static bool read_double(const char *start, const char *end, struct value *value)
{
	value->shape = SHAPE_DOUBLE;
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

static bool read_plain(const char *start, const char *end, struct value *value)
{
	value->shape = SHAPE_PLAIN;
	value->text = start;
	value->length = (size_t)(end - start);
	return sp_fast_scalar_may_start(*start) && end[-1] != ' ' && !(*start == '-' && value->length == 1) &&
	       !(*start == '-' && start[1] == ' ') && sp_fast_scalar_is_finite(value->text, value->length);
}

/* The value that stands between `start` and the end of the line. */
static bool read_value(const struct line *line, const char *start, bool more_colons, struct value *value)
{
	size_t length = (size_t)(line->end - start);

	*value = (struct value){ SHAPE_NONE, NULL, 0 };
	if (length == 0)
		return true;
	switch (*start) {
	case '\'':
		return read_single(start + 1, line->end, value);
	case '"':
		return read_double(start + 1, line->end, value);
	case '|':
		value->shape = SHAPE_BLOCK;
		return length == 1 || (length == 2 && (start[1] == '-' || start[1] == '+'));
	case '{':
		value->shape = SHAPE_MAP;
		return length == 2 && start[1] == '}';
	case '[':
		value->shape = SHAPE_LIST;
		return length == 2 && start[1] == ']';
	default:
		return !more_colons && !line->has_hash && read_plain(start, line->end, value);
	}
}

/* Whether it is a string for sure, be it in more lines. */
static bool is_string(const struct value *value)
{
	switch (value->shape) {
	case SHAPE_PLAIN:
		return sp_fast_scalar_is_string(value->text, value->length);
	case SHAPE_SINGLE:
	case SHAPE_DOUBLE:
	case SHAPE_OPEN:
	case SHAPE_BLOCK:
		return true;
	default:
		return false;
	}
}

/* Whether its text is at hand, in one line. */
static bool is_text(const struct value *value)
{
	return is_string(value) && value->shape != SHAPE_OPEN && value->shape != SHAPE_BLOCK && value->text;
}

static bool is_word(const struct value *value, const char *word)
{
	return is_text(value) && value->length == strlen(word) && memcmp(value->text, word, value->length) == 0;
}

static bool is_key(const char *key, size_t length, const char *name)
{
	return length == strlen(name) && memcmp(key, name, length) == 0;
}

static bool is_number(const struct value *value)
{
	if (value->shape != SHAPE_PLAIN || value->length > 18)
		return false;
	for (size_t i = 0; i < value->length; i++)
		if (value->text[i] < '0' || value->text[i] > '9' ||
		    (i == 0 && value->text[0] == '0' && value->length > 1))
			return false;
	return true;
}

static bool await(struct walk *walk, const struct value *value, enum role role)
{
	top(walk)->awaited = role;
	return value->shape == SHAPE_NONE;
}

static bool take_root_key(struct walk *walk, const char *key, size_t length, const struct value *value)
{
	if (is_key(key, length, "apiVersion")) {
		walk->root_has_version = walk->scalar_matters = true;
		return is_word(value, "v1");
	}
	if (is_key(key, length, "kind")) {
		walk->root_has_kind = walk->scalar_matters = true;
		return is_word(value, "List") || is_word(value, "NodeList");
	}
	if (is_key(key, length, "items")) {
		walk->root_has_items = true;
		return await(walk, value, ROLE_ITEMS);
	}
	return true;
}

static bool take_item_key(struct walk *walk, const char *key, size_t length, const struct value *value)
{
	if (is_key(key, length, "apiVersion")) {
		walk->item.has_version = walk->scalar_matters = true;
		return is_word(value, "v1");
	}
	if (is_key(key, length, "kind")) {
		walk->item.has_kind = walk->scalar_matters = true;
		return is_word(value, "Node");
	}
	if (is_key(key, length, "metadata"))
		return await(walk, value, ROLE_METADATA);
	return is_key(key, length, "spec") || is_key(key, length, "status");
}

static const char *copy(struct walk *walk, const struct value *value)
{
	return sp_arena_copy(&walk->nodes->arena, value->text, value->length);
}

static bool take_map(struct walk *walk, const struct value *value, enum role role, bool *has_map)
{
	*has_map = true;
	return value->shape == SHAPE_MAP || await(walk, value, role);
}

static bool take_list(struct walk *walk, const struct value *value, enum role role)
{
	return value->shape == SHAPE_LIST || await(walk, value, role);
}

static bool take_metadata_key(struct walk *walk, const char *key, size_t length, const struct value *value)
{
	struct sp_node *node = &walk->item.node;

	walk->scalar_matters = true;
	if (is_key(key, length, "labels"))
		return take_map(walk, value, ROLE_LABELS, &node->has_labels);
	if (is_key(key, length, "annotations"))
		return take_map(walk, value, ROLE_ANNOTATIONS, &node->has_annotations);
	if (is_key(key, length, "name"))
		return is_text(value) && (node->name = copy(walk, value));
	if (is_key(key, length, "uid"))
		return is_text(value) && (node->uid = copy(walk, value));
	if (is_key(key, length, "creationTimestamp"))
		return is_text(value) && sp_fast_scalar_is_time(value->text, value->length);
	if (is_key(key, length, "resourceVersion") || is_key(key, length, "selfLink"))
		return is_text(value);
	if (is_key(key, length, "generation"))
		return is_number(value);
	if (is_key(key, length, "finalizers"))
		return take_list(walk, value, ROLE_STRINGS);
	if (is_key(key, length, "ownerReferences") || is_key(key, length, "managedFields"))
		return take_list(walk, value, ROLE_LIST);
	return false;
}

static bool take_string(struct walk *walk, const char *key, size_t length, const struct value *value, bool is_label)
{
	struct sp_fast_item *item = &walk->item;

	if (!is_string(value))
		return false;
	if (!sp_fast_is_wanted(walk->options, key, length))
		return true;
	walk->scalar_matters = true;
	if (!is_text(value))
		return false;
	if (is_label)
		sp_fast_add(walk->nodes, &item->node.labels, &item->labels, &item->label_capacity, key, length,
			    value->text, value->length);
	else
		sp_fast_add(walk->nodes, &item->node.annotations, &item->annotations, &item->annotation_capacity, key,
			    length, value->text, value->length);
	return true;
}

static bool take_key(struct walk *walk, const char *key, size_t length, const struct value *value)
{
	switch (top(walk)->role) {
	case ROLE_ROOT:
		return take_root_key(walk, key, length, value);
	case ROLE_ITEM:
		return take_item_key(walk, key, length, value);
	case ROLE_METADATA:
		return take_metadata_key(walk, key, length, value);
	case ROLE_LABELS:
		return take_string(walk, key, length, value, true);
	case ROLE_ANNOTATIONS:
		return take_string(walk, key, length, value, false);
	default:
		return true;
	}
}

/* What the lines below belong to, now that a value began. `column` is that of the collection that it stands in. */
static void begin_scalar(struct walk *walk, const struct value *value, size_t column)
{
	static const enum mode modes[] = {
		[SHAPE_PLAIN] = MODE_PLAIN,
		[SHAPE_OPEN] = MODE_QUOTED,
		[SHAPE_BLOCK] = MODE_BLOCK_START,
		[SHAPE_LIST] = MODE_LINES,
	};

	walk->mode = modes[value->shape];
	walk->scalar_column = column;
	top(walk)->awaits = value->shape == SHAPE_NONE;
}

/* "key: value" or "key:", with the key at `start`. */
static bool read_entry(struct walk *walk, const struct line *line, const char *start)
{
	struct level *level = top(walk);
	size_t length = (size_t)(line->colon - start);
	struct value value;

	if (line->colon <= start || length > LONGEST_KEY || start[length - 1] == ' ' || !may_be_null(level) ||
	    !sp_fast_scalar_is_key(start, length) || !sp_key_set_add(walk->keys, level->keys, start, length))
		return false;
	if (line->has_hash && memchr(start, '#', length))
		return false;
	level->awaited = ROLE_OTHER;
	walk->scalar_matters = false;
	if (!read_value(line, line->colon + 1 + (line->colon + 1 < line->end), line->has_second_colon, &value) ||
	    !take_key(walk, start, length, &value))
		return false;
	begin_scalar(walk, &value, level->column);
	return true;
}

/* What stands behind "- " at `start`: a mapping begins, or a scalar. */
static bool read_sequence_item(struct walk *walk, const struct line *line, const char *start)
{
	struct level *level = top(walk);
	bool is_quoted = *start == '\'' || *start == '"';
	struct value value;

	if (line->colon && !is_quoted) {
		enum role role = level->role == ROLE_ITEMS ? ROLE_ITEM : ROLE_OTHER;

		return level->role != ROLE_STRINGS && push(walk, level->column + 2, false, role) &&
		       read_entry(walk, line, start);
	}
	if (level->role == ROLE_ITEMS || !read_value(line, start, line->colon != NULL, &value) ||
	    value.shape == SHAPE_NONE || (level->role == ROLE_STRINGS && !is_string(&value)))
		return false;
	walk->scalar_matters = level->role == ROLE_STRINGS;
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
	enum role role = level->awaited;
	bool must_be_list = role == ROLE_ITEMS || role == ROLE_STRINGS || role == ROLE_LIST;
	bool must_be_map = role == ROLE_METADATA || role == ROLE_LABELS || role == ROLE_ANNOTATIONS;

	if (!level->awaits || level->is_sequence || (is_item ? must_be_map : must_be_list))
		return false;
	level->awaits = false;
	return push(walk, column, is_item, role);
}

/* A line that is not within a scalar. */
static bool read_line(struct walk *walk, const struct line *line)
{
	const char *start = line->start;
	size_t column;
	bool is_item;

	while (start < line->end && *start == ' ')
		start++;
	column = (size_t)(start - line->start);
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

static size_t indentation(const struct line *line)
{
	const char *start = line->start;

	while (start < line->end && *start == ' ')
		start++;
	return (size_t)(start - line->start);
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
	return !walk->scalar_matters && !line->colon && !line->has_hash && line->end[-1] != ' ' &&
	       sp_fast_scalar_may_start(line->start[column]) && line->start[column] != '-';
}

static bool read_quoted_line(struct walk *walk, const struct line *line)
{
	size_t column = indentation(line);
	struct value value = { SHAPE_NONE, NULL, 0 };

	if (line->start == line->end)
		return !walk->scalar_matters; /* a line end within the text */
	if (walk->scalar_matters || column <= walk->scalar_column || line->start + column == line->end ||
	    !read_single(line->start + column, line->end, &value))
		return false;
	if (value.shape == SHAPE_SINGLE)
		walk->mode = MODE_LINES;
	return true;
}

static bool read_block_start(struct walk *walk, const struct line *line)
{
	size_t column = indentation(line);

	if (walk->scalar_matters || column <= walk->scalar_column || line->start + column == line->end)
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

/* Takes all whole lines of the chunk. */
static bool take_chunk(struct walk *walk, const char *bytes, size_t length, sp_byte_masks_function *find)
{
	struct line line = { .start = bytes };
	const char *end = bytes + length;
	size_t before = walk->offset;
	bool is_checked = false; /* what is not ASCII */

	for (const char *block = bytes; block < end; block += 64) {
		struct sp_byte_masks masks;
		uint64_t bits;
		uint64_t inside = end - block < 64 ? ((uint64_t)1 << (end - block)) - 1 : ~(uint64_t)0;

		find(block, &masks);
		if (masks.strange & inside)
			return false;
		if ((masks.high & inside) && !is_checked && !(is_checked = sp_fast_scalar_is_text(bytes, length)))
			return false;
		for (bits = (masks.line_ends | masks.colons | masks.hashes) & inside; bits; bits &= bits - 1) {
			int at = __builtin_ctzll(bits);
			uint64_t bit = bits & -bits;

			if (masks.colons & bit) {
				line.has_second_colon = line.colon != NULL;
				line.colon = line.colon ? line.colon : block + at;
				continue;
			}
			if (masks.hashes & bit) {
				line.has_hash = true;
				continue;
			}
			line.end = block + at;
			walk->offset = before + (size_t)(line.start - bytes);
			if (!take_line(walk, &line))
				return false;
			line = (struct line){ .start = block + at + 1 };
		}
	}
	walk->offset = before + length;
	return true;
}

/* The end of the input is the end of everything that is open. */
static bool finish(struct walk *walk)
{
	if (walk->mode == MODE_QUOTED || walk->mode == MODE_BLOCK_START)
		return false;
	while (walk->depth > 1)
		if (!pop(walk))
			return false;
	return may_be_null(top(walk)) && walk->root_has_version && walk->root_has_kind && walk->root_has_items;
}

/* What is read of the input: whole lines, and the beginning of the next. */
struct window {
	const struct sp_source *source;
	char *bytes;
	size_t capacity;
	size_t length;
	size_t offset; /* of what is to be read next */
	size_t chunk;
	bool at_end;
};

static bool read_window(struct window *window)
{
	ssize_t count;

	if (window->capacity < window->length + PADDING + window->chunk) {
		window->capacity = 2 * (window->length + PADDING + window->chunk);
		if (window->capacity > LARGEST_BUFFER)
			return false;
		window->bytes = realloc(window->bytes, window->capacity);
		if (!window->bytes)
			sp_out_of_memory();
	}
	count = sp_source_read_at(window->source, window->offset, window->bytes + window->length, window->chunk);
	if (count < 0)
		return false;
	window->at_end = count == 0;
	window->offset += (size_t)count;
	window->length += (size_t)count;
	memset(window->bytes + window->length, '\0', PADDING);
	return true;
}

static bool walk_all(struct walk *walk, struct window *window)
{
	sp_byte_masks_function *find = sp_byte_masks_best();

	while (read_window(window) && !window->at_end) {
		const char *last = memrchr(window->bytes, '\n', window->length);
		size_t whole = last ? (size_t)(last - window->bytes) + 1 : 0;

		if (!take_chunk(walk, window->bytes, whole, find))
			return false;
		window->length -= whole;
		memmove(window->bytes, window->bytes + whole, window->length);
	}
	return window->at_end && window->length == 0 && walk->line > 0 && finish(walk);
}

bool sp_fast_yaml_read(const struct sp_source *source, const struct sp_node_options *options,
		       struct sp_fast_nodes *nodes)
{
	struct walk walk = { .options = options, .nodes = nodes, .keys = sp_key_set_new() };
	struct window window = { .source = source, .chunk = options->chunk > 0 ? options->chunk : CHUNK };
	bool is_read;

	push(&walk, 0, false, ROLE_ROOT);
	is_read = walk_all(&walk, &window);
	free(window.bytes);
	sp_key_set_free(walk.keys);
	if (!is_read)
		sp_fast_nodes_free(nodes);
	return is_read;
}
