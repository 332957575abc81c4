/* SPDX-License-Identifier: Apache-2.0 */
/* The strict walk over the tokens of a List of Nodes in JSON. All of it is checked against RFC 8259; what that
 * allows and kubectl does not write makes it give up. */
#include "state/fast_walk.h"

#include <string.h>

#include "state/fast_scalar.h"
#include "state/fast_value.h"

enum { LONGEST_NUMBER = 18 };

/* What may come next: the mode of the frame. */
enum state {
	STATE_START,
	STATE_VALUE,
	STATE_VALUE_OR_END, /* behind [ */
	STATE_KEY,
	STATE_KEY_OR_END, /* behind { */
	STATE_AFTER_VALUE,
	STATE_DONE,
};

/* A line that is read. */
struct line {
	struct sp_fast_walk *walk;
	const char *start;
	const char *key; /* whose value comes next; NULL in a list */
	size_t key_length;
	bool has_high; /* what is not ASCII: columns cannot be told by counting bytes */
};

static bool is_hex(const char *at)
{
	for (int i = 0; i < 4; i++)
		if (!at[i] || !strchr("0123456789abcdefABCDEF", at[i]))
			return false;
	return true;
}

/* Behind a backslash. Surrogates and NUL are left to the full reader. */
static const char *skip_escape(const char *at)
{
	if (*at && strchr("\"\\/bfnrt", *at))
		return at + 1;
	if (*at != 'u' || !is_hex(at + 1) || memcmp(at + 1, "0000", 4) == 0 ||
	    ((at[1] == 'd' || at[1] == 'D') && at[2] >= '8'))
		return NULL;
	return at + 5;
}

/* The string that begins behind the quote at `at`; what follows it, or NULL. */
static const char *read_string(struct line *line, const char *at, struct sp_fast_value *value)
{
	const char *start = ++at;
	bool is_plain = true;
	bool is_ascii = true;

	for (;;) {
		at = sp_fast_value_skip_text(at, ' ', '"', '\\');
		if (*at == '"')
			break;
		if (*at == '\\') {
			is_plain = false;
			at = skip_escape(at + 1);
			if (!at)
				return NULL;
		} else if ((unsigned char)*at >= 0x7f) {
			is_ascii &= *at == 0x7f;
			at++;
		} else {
			return NULL;
		}
	}
	*value = (struct sp_fast_value){ SP_FAST_DOUBLE, is_plain ? start : NULL, (size_t)(at - start) };
	if (!is_ascii)
		line->has_high = true;
	return is_ascii || sp_fast_scalar_is_text(start, value->length) ? at + 1 : NULL;
}

static const char *skip_digits(const char *at)
{
	while (*at >= '0' && *at <= '9')
		at++;
	return at;
}

/* A number of RFC 8259 without an exponent, so that it is finite. */
static const char *read_number(const char *at, struct sp_fast_value *value)
{
	const char *start = at;
	const char *digits;

	at += *at == '-';
	digits = at;
	at = skip_digits(at);
	if (at == digits || (*digits == '0' && at > digits + 1))
		return NULL;
	if (*at == '.') {
		digits = ++at;
		at = skip_digits(at);
		if (at == digits)
			return NULL;
	}
	*value = (struct sp_fast_value){ SP_FAST_PLAIN, start, (size_t)(at - start) };
	return *at != 'e' && *at != 'E' && value->length <= LONGEST_NUMBER ? at : NULL;
}

static const char *read_word(const char *at, struct sp_fast_value *value)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t length = strlen(words[i]);

		if (strncmp(at, words[i], length) == 0) {
			*value = (struct sp_fast_value){ SP_FAST_PLAIN, at, length };
			return at + length;
		}
	}
	return NULL;
}

static void set_state(struct line *line, enum state state)
{
	line->walk->frame.mode = state;
}

static bool push(struct line *line, bool is_list, enum sp_fast_role role)
{
	line->walk->reading->decodes++;
	set_state(line, is_list ? STATE_VALUE_OR_END : STATE_KEY_OR_END);
	return sp_fast_push(line->walk, (struct sp_fast_level){ .role = (uint8_t)role, .is_list = is_list });
}

static bool pop(struct line *line, const char *at)
{
	enum sp_fast_role role = sp_fast_top(line->walk)->role;

	sp_fast_pop(line->walk);
	set_state(line, line->walk->frame.depth > 0 ? STATE_AFTER_VALUE : STATE_DONE);
	return role != SP_FAST_ITEM ||
	       sp_fast_end_item(line->walk->reading, line->walk->offset + (size_t)(at - line->start));
}

/* A value that is no collection ends here. */
static bool take_scalar(struct line *line, const struct sp_fast_value *value)
{
	const struct sp_fast_level *level = sp_fast_top(line->walk);

	set_state(line, STATE_AFTER_VALUE);
	line->walk->value = *value;
	line->walk->reading->decodes++;
	if (level->is_list)
		return level->role != SP_FAST_ITEMS && (level->role != SP_FAST_STRINGS || sp_fast_is_string(value));
	return sp_fast_take(line->walk->reading, level->role, line->key, line->key_length, value);
}

static bool begin_item(struct line *line, const char *at)
{
	size_t column = (size_t)(at - line->start);

	return !line->has_high &&
	       sp_fast_begin_item(line->walk->reading, line->walk->line, column + 1, line->walk->offset + column);
}

/* { or [ at `at`: the value of the last key, or an item of a list. */
static bool begin_collection(struct line *line, const char *at, bool is_list)
{
	static const struct sp_fast_value collection = { SP_FAST_NONE, NULL, 0 };
	const struct sp_fast_level *level = sp_fast_top(line->walk);
	enum sp_fast_role role = SP_FAST_OTHER;

	if (!level->is_list) {
		if (!sp_fast_take(line->walk->reading, level->role, line->key, line->key_length, &collection))
			return false;
		role = line->walk->reading->awaited;
		if (is_list ? sp_fast_must_be_mapping(role) : sp_fast_must_be_list(role))
			return false;
	} else if (level->role == SP_FAST_ITEMS) {
		role = SP_FAST_ITEM;
		if (is_list || !begin_item(line, at))
			return false;
	} else if (level->role == SP_FAST_STRINGS) {
		return false;
	}
	return push(line, is_list, role);
}

/* Whether nothing is escaped but quotes and backslashes, so that no other text is the same key. managedFields have such
 * keys: "k:{\"type\":\"Ready\"}". */
static bool has_one_spelling(const char *text, size_t length)
{
	const char *end = text + length;

	while ((text = memchr(text, '\\', (size_t)(end - text)))) {
		if (text[1] != '"' && text[1] != '\\')
			return false;
		text += 2;
	}
	return true;
}

/* "key": in one piece; what follows, or NULL. */
static const char *read_key(struct line *line, const char *at)
{
	const char *text = at + 1;
	struct sp_fast_value key;

	if (*at != '"' || !(at = read_string(line, at, &key)) || key.length > SP_FAST_LONGEST_KEY || *at++ != ':' ||
	    !sp_fast_add_key(line->walk, text, key.length))
		return NULL;
	if (!key.text && (sp_fast_top(line->walk)->role != SP_FAST_OTHER || !has_one_spelling(text, key.length)))
		return NULL;
	line->key = text;
	line->key_length = key.length;
	line->walk->reading->decodes++;
	set_state(line, STATE_VALUE);
	return at;
}

static const char *read_value(struct line *line, const char *at)
{
	struct sp_fast_value value;
	const char *end;

	if (*at == '{' || *at == '[')
		return begin_collection(line, at, *at == '[') ? at + 1 : NULL;
	if (*at == '"')
		end = read_string(line, at, &value);
	else if (*at == '-' || (*at >= '0' && *at <= '9'))
		end = read_number(at, &value);
	else
		end = read_word(at, &value);
	return end && take_scalar(line, &value) ? end : NULL;
}

static const char *read_end(struct line *line, const char *at)
{
	bool is_list = *at == ']';

	if ((*at != ']' && *at != '}') || sp_fast_top(line->walk)->is_list != is_list || !pop(line, at))
		return NULL;
	return at + 1;
}

static const char *read_comma(struct line *line, const char *at)
{
	set_state(line, sp_fast_top(line->walk)->is_list ? STATE_VALUE : STATE_KEY);
	return at + 1;
}

/* One token, or a key with its colon; what follows, or NULL. */
static const char *read_token(struct line *line, const char *at)
{
	switch ((enum state)line->walk->frame.mode) {
	case STATE_START:
		return *at == '{' && push(line, false, SP_FAST_ROOT) ? at + 1 : NULL;
	case STATE_VALUE_OR_END:
		return *at == ']' ? read_end(line, at) : read_value(line, at);
	case STATE_VALUE:
		return read_value(line, at);
	case STATE_KEY_OR_END:
		return *at == '}' ? read_end(line, at) : read_key(line, at);
	case STATE_KEY:
		return read_key(line, at);
	case STATE_AFTER_VALUE:
		return *at == ',' ? read_comma(line, at) : read_end(line, at);
	default:
		return NULL;
	}
}

/* No token reaches beyond a line end, and what stands behind the last line is NUL. A key and its value stand in one
 * line, as a key is only where it stands. */
static bool take_line(struct sp_fast_walk *walk, const char *start, size_t length)
{
	struct line line = { .walk = walk, .start = start };
	const char *end = start + length;
	const char *at = start;

	for (;;) {
		at += sp_fast_count_blanks(at);
		if (at >= end || *at == '\n')
			break;
		at = read_token(&line, at);
		if (!at)
			return false;
	}
	return walk->frame.mode != STATE_VALUE || sp_fast_top(walk)->is_list;
}

bool sp_fast_json_read(struct sp_fast_piece *piece, struct sp_fast_window *window)
{
	struct sp_fast_walk walk = sp_fast_walk_begin(piece);
	bool is_read = true;

	if (piece->start > 0) {
		struct line border = { .walk = &walk };

		push(&border, false, SP_FAST_ROOT);
		push(&border, true, SP_FAST_ITEMS);
		set_state(&border, STATE_VALUE);
	}
	while (is_read && sp_fast_window_move(window))
		is_read = sp_fast_walk_lines(&walk, window->bytes + window->first, window->whole, take_line);
	sp_fast_walk_settle(&walk);
	if (piece->is_last)
		is_read = is_read && window->at_end && walk.frame.mode == STATE_DONE;
	else
		is_read = is_read && window->at_end && walk.frame.depth == 2 && walk.frame.mode == STATE_VALUE &&
			  sp_fast_top(&walk)->role == SP_FAST_ITEMS;
	is_read = is_read && sp_fast_finish(&piece->reading, walk.offset);
	piece->lines = walk.line - 1;
	sp_fast_walk_end(&walk);
	return is_read;
}
