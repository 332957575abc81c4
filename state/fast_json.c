/* SPDX-License-Identifier: Apache-2.0 */
/* The strict walk over the tokens of a List of Nodes in JSON. All of it is checked against RFC 8259; what that
 * allows and kubectl does not write makes it give up. */
#include "state/fast_pieces.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "state/fast_scalar.h"
#include "state/key_set.h"

enum { LONGEST_KEY = 500, DEEPEST = 32, LONGEST_NUMBER = 18 };

/* What may come next. */
enum state {
	STATE_VALUE,
	STATE_VALUE_OR_END, /* behind [ */
	STATE_KEY,
	STATE_KEY_OR_END, /* behind { */
	STATE_AFTER_VALUE,
	STATE_DONE,
};

struct level {
	enum sp_fast_role role;
	bool is_list;
	uint32_t keys; /* of a mapping: its number in the key set */
};

struct walk {
	struct sp_fast_reading *reading;
	struct sp_key_set *keys;
	struct level levels[DEEPEST];
	size_t depth;
	enum state state;
	const char *key; /* whose value comes next; NULL in a list */
	size_t key_length;
	size_t line; /* from 1 */
	const char *line_start;
	bool line_has_high; /* what is not ASCII: columns cannot be told by counting bytes */
	size_t offset;      /* of the chunk */
	const char *chunk;
};

static struct level *top(struct walk *walk)
{
	return &walk->levels[walk->depth - 1];
}

static bool push(struct walk *walk, bool is_list, enum sp_fast_role role)
{
	struct level *level = &walk->levels[walk->depth];

	if (walk->depth == DEEPEST)
		return false;
	*level = (struct level){ .role = role, .is_list = is_list };
	if (!is_list)
		level->keys = sp_key_set_open(walk->keys);
	walk->depth++;
	walk->reading->decodes++;
	walk->state = is_list ? STATE_VALUE_OR_END : STATE_KEY_OR_END;
	return true;
}

static bool pop(struct walk *walk, const char *at)
{
	struct level *level = top(walk);

	if (!level->is_list)
		sp_key_set_close(walk->keys, level->keys);
	walk->depth--;
	walk->state = walk->depth > 0 ? STATE_AFTER_VALUE : STATE_DONE;
	return level->role != SP_FAST_ITEM ||
	       sp_fast_end_item(walk->reading, walk->offset + (size_t)(at - walk->chunk));
}

/* Where the first byte is that is not simply text: a quote, a backslash, a control character, or none of ASCII. What is
 * behind the chunk ends it. */
static const char *skip_text(const char *at)
{
#if defined(__SSE2__)
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i last_control = _mm_set1_epi8(0x1f);

	for (;; at += 16) {
		__m128i here = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i special = _mm_or_si128(_mm_cmpeq_epi8(here, quote), _mm_cmpeq_epi8(here, backslash));
		int mask;

		special = _mm_or_si128(special, _mm_cmpeq_epi8(_mm_max_epu8(here, last_control), last_control));
		mask = _mm_movemask_epi8(_mm_or_si128(special, here));
		if (mask != 0)
			return at + __builtin_ctz((unsigned)mask);
	}
#else
	while ((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
#endif
}

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
static const char *read_string(struct walk *walk, const char *at, struct sp_fast_value *value)
{
	const char *start = ++at;
	bool is_plain = true;
	bool is_ascii = true;

	for (;;) {
		at = skip_text(at);
		if (*at == '"')
			break;
		if (*at == '\\') {
			is_plain = false;
			at = skip_escape(at + 1);
			if (!at)
				return NULL;
		} else if ((unsigned char)*at >= 0x80) {
			is_ascii = false;
			at++;
		} else {
			return NULL;
		}
	}
	*value = (struct sp_fast_value){ SP_FAST_DOUBLE, is_plain ? start : NULL, (size_t)(at - start) };
	if (!is_ascii)
		walk->line_has_high = true;
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

/* A value that is no collection ends here. */
static bool take_scalar(struct walk *walk, const struct sp_fast_value *value)
{
	const struct level *level = top(walk);

	walk->state = STATE_AFTER_VALUE;
	walk->reading->decodes++;
	if (level->is_list)
		return level->role != SP_FAST_ITEMS && (level->role != SP_FAST_STRINGS || sp_fast_is_string(value));
	return sp_fast_take(walk->reading, level->role, walk->key, walk->key_length, value);
}

/* { or [ at `at`: the value of the last key, or an item of a list. */
static bool begin_collection(struct walk *walk, const char *at, bool is_list)
{
	static const struct sp_fast_value collection = { SP_FAST_NONE, NULL, 0 };
	const struct level *level = top(walk);
	enum sp_fast_role role = SP_FAST_OTHER;

	if (!level->is_list) {
		if (!sp_fast_take(walk->reading, level->role, walk->key, walk->key_length, &collection))
			return false;
		role = walk->reading->awaited;
		if (is_list ? sp_fast_must_be_mapping(role) : sp_fast_must_be_list(role))
			return false;
	} else if (level->role == SP_FAST_ITEMS) {
		if (is_list || walk->line_has_high)
			return false;
		role = SP_FAST_ITEM;
		if (!sp_fast_begin_item(walk->reading, walk->line, (size_t)(at - walk->line_start) + 1,
					walk->offset + (size_t)(at - walk->chunk)))
			return false;
	} else if (level->role == SP_FAST_STRINGS) {
		return false;
	}
	return push(walk, is_list, role);
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
static const char *read_key(struct walk *walk, const char *at)
{
	const char *text = at + 1;
	struct sp_fast_value key;

	if (*at != '"' || !(at = read_string(walk, at, &key)) || key.length > LONGEST_KEY || *at++ != ':' ||
	    !sp_key_set_add(walk->keys, top(walk)->keys, text, key.length))
		return NULL;
	if (!key.text && (top(walk)->role != SP_FAST_OTHER || !has_one_spelling(text, key.length)))
		return NULL;
	walk->key = text;
	walk->key_length = key.length;
	walk->reading->decodes++;
	walk->state = STATE_VALUE;
	return at;
}

static const char *read_value(struct walk *walk, const char *at)
{
	struct sp_fast_value value;
	const char *end;

	if (*at == '{' || *at == '[')
		return begin_collection(walk, at, *at == '[') ? at + 1 : NULL;
	if (*at == '"')
		end = read_string(walk, at, &value);
	else if (*at == '-' || (*at >= '0' && *at <= '9'))
		end = read_number(at, &value);
	else
		end = read_word(at, &value);
	return end && take_scalar(walk, &value) ? end : NULL;
}

static const char *read_end(struct walk *walk, const char *at)
{
	bool is_list = *at == ']';

	if ((*at != ']' && *at != '}') || top(walk)->is_list != is_list || !pop(walk, at))
		return NULL;
	return at + 1;
}

/* One token, or a key with its colon; what follows, or NULL. */
static const char *read_token(struct walk *walk, const char *at)
{
	switch (walk->state) {
	case STATE_VALUE_OR_END:
		return *at == ']' ? read_end(walk, at) : read_value(walk, at);
	case STATE_VALUE:
		return read_value(walk, at);
	case STATE_KEY_OR_END:
		return *at == '}' ? read_end(walk, at) : read_key(walk, at);
	case STATE_KEY:
		return read_key(walk, at);
	case STATE_AFTER_VALUE:
		if (*at != ',')
			return read_end(walk, at);
		walk->state = top(walk)->is_list ? STATE_VALUE : STATE_KEY;
		return at + 1;
	default:
		return NULL;
	}
}

/* Over blanks, eight at a time where lines are indented, and line ends. */
static const char *skip_space(struct walk *walk, const char *at)
{
	static const char blanks[] = "        ";

	for (;;) {
		if (*at == '\n') {
			walk->line++;
			walk->line_start = ++at;
			walk->line_has_high = false;
			while (memcmp(at, blanks, 8) == 0)
				at += 8;
		} else if (*at == ' ') {
			at++;
		} else {
			return at;
		}
	}
}

/* Begins behind `skipped` bytes. Between a key and its value the chunk must not end: a key is where it stands in the
 * chunk. */
static bool take_chunk(struct walk *walk, const char *bytes, size_t skipped, size_t length)
{
	const char *end = bytes + length;
	const char *at = bytes + skipped;

	walk->chunk = walk->line_start = bytes;
	for (;;) {
		at = skip_space(walk, at);
		if (at >= end) /* perhaps over blanks of the line that is not whole as yet */
			break;
		at = read_token(walk, at);
		if (!at || at > end)
			return false;
	}
	walk->offset += length;
	return walk->state != STATE_VALUE || top(walk)->is_list;
}

bool sp_fast_json_read(struct sp_fast_piece *piece, struct sp_fast_window *window)
{
	struct walk walk = { .reading = &piece->reading, .keys = sp_key_set_new(), .line = 1 };
	bool is_read = true;

	push(&walk, false, SP_FAST_ROOT);
	if (piece->start > 0)
		push(&walk, true, SP_FAST_ITEMS);
	walk.state = piece->start > 0 ? STATE_VALUE : STATE_KEY_OR_END;
	while (is_read && sp_fast_window_move(window)) {
		size_t skipped = 0;

		/* the brace of the root */
		if (piece->start == 0 && walk.offset == 0) {
			skipped = strspn(window->bytes, " ");
			if (window->bytes[skipped++] != '{')
				is_read = false;
		}
		is_read = is_read && take_chunk(&walk, window->bytes + window->first, skipped, window->whole);
	}
	if (piece->is_last)
		is_read = is_read && window->at_end && walk.state == STATE_DONE;
	else
		is_read = is_read && window->at_end && walk.depth == 2 && walk.state == STATE_VALUE &&
			  top(&walk)->role == SP_FAST_ITEMS;
	is_read = is_read && sp_fast_finish(&piece->reading, walk.offset);
	piece->lines = walk.line - 1;
	sp_key_set_free(walk.keys);
	return is_read;
}
