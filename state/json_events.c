/* SPDX-License-Identifier: Apache-2.0 */
/* JSON (RFC 8259) as kubectl's decoder takes it. libyaml reads most JSON, but also much that kubectl refuses (trailing
 * commas, comments, bare words), and it refuses surrogate pairs; hence this reader of its own. */
#include <stdlib.h>
#include <string.h>

#include "state/event.h"
#include "state/source.h"
#include "state/text.h"
#include "state/utf8.h"

enum {
	DEEPEST = 256, /* above the limit of the composer, which gives the message */
	LONGEST_VALUE = 8 * 1024 * 1024,
};

/* What may come next, apart from white space. */
enum expectation {
	EXPECT_VALUE,
	EXPECT_VALUE_OR_END, /* behind "[" */
	EXPECT_KEY_OR_END,   /* behind "{" */
	EXPECT_KEY,          /* behind "," in an object */
	EXPECT_COMMA_OR_END, /* behind a value */
	EXPECT_NOTHING,      /* the value is complete */
};

struct json_events {
	struct sp_events events;
	struct sp_source *source;
	struct sp_report *report;
	enum expectation expectation;
	bool is_object[DEEPEST];
	size_t depth;
	size_t *column; /* of the next character, from 1; kept by the caller, as a line may hold several values */
	struct sp_text value;
};

static struct sp_place here(const struct json_events *self)
{
	return (struct sp_place){ self->source, sp_source_line(self->source), *self->column };
}

/* The event begins with the next byte. */
static void start_event(const struct json_events *self, struct sp_event *event)
{
	event->place = here(self);
	event->start = sp_source_offset(self->source);
}

/* The next byte in `byte`, or -1 at the end. False after a failed read. */
static bool peek(struct json_events *self, int *byte)
{
	size_t available;
	const char *bytes = sp_source_peek(self->source, 1, &available, self->report);

	if (!bytes)
		return false;
	*byte = available > 0 ? (unsigned char)*bytes : -1;
	return true;
}

static void skip(struct json_events *self, int byte)
{
	sp_source_skip(self->source, 1);
	if (byte == '\n')
		*self->column = 1;
	else if ((byte & 0xC0) != 0x80)
		(*self->column)++;
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Over white space, to the next byte, which comes in `byte`; -1 at the end. */
static bool skip_blanks(struct json_events *self, int *byte)
{
	for (;;) {
		size_t available;
		const char *bytes = sp_source_peek(self->source, 1, &available, self->report);
		size_t at = 0;

		if (!bytes)
			return false;
		for (; at < available && is_blank(bytes[at]); at++)
			*self->column = bytes[at] == '\n' ? 1 : *self->column + 1;
		*byte = at < available ? (unsigned char)bytes[at] : -1;
		sp_source_skip(self->source, at);
		if (at < available || at == 0)
			return true;
	}
}

static bool fail_at(struct json_events *self, int byte, const char *expected)
{
	if (byte < 0)
		return sp_fail(self->report, "json-syntax", here(self), "the text ends where %s is expected", expected);
	if (byte < 0x20 || byte >= 0x7F)
		return sp_fail(self->report, "json-syntax", here(self), "found byte 0x%02X where %s is expected",
			       (unsigned)byte, expected);
	sp_fail(self->report, "json-syntax", here(self), "found '%c' where %s is expected", byte, expected);
	if (byte == '\'')
		return sp_help(self->report, "JSON strings stand in double quotes");
	if (byte == '/' || byte == '#')
		return sp_help(self->report, "JSON has no comments");
	/* an empty mapping or list may end here, but is not asked for a key or a value then */
	if ((byte == '}' && strstr(expected, "key")) || (byte == ']' && strstr(expected, "value")))
		return sp_help(self->report, "JSON has no comma behind the last entry");
	return false;
}

static bool add(struct json_events *self, const char *bytes, size_t length)
{
	if (self->value.length + length > LONGEST_VALUE)
		return sp_fail(self->report, "value-too-long", here(self), "a value of more than %d MiB",
			       LONGEST_VALUE >> 20);
	sp_text_append(&self->value, bytes, length);
	return true;
}

static bool read_hex(struct json_events *self, uint32_t *unit)
{
	static const char digits[] = "0123456789abcdef";
	int byte;

	*unit = 0;
	for (int i = 0; i < 4; i++) {
		const char *digit;

		if (!peek(self, &byte))
			return false;
		digit = byte > 0 ? strchr(digits, byte >= 'A' && byte <= 'F' ? byte | 0x20 : byte) : NULL;
		if (!digit)
			return fail_at(self, byte, "a hexadecimal digit of \\u");
		*unit = *unit << 4 | (uint32_t)(digit - digits);
		skip(self, byte);
	}
	return true;
}

static bool expect(struct json_events *self, int wanted, const char *expected)
{
	int byte;

	if (!peek(self, &byte))
		return false;
	if (byte != wanted)
		return fail_at(self, byte, expected);
	skip(self, byte);
	return true;
}

/* Reads what follows "\u": one unit, or two that make a surrogate pair. */
static bool read_unicode(struct json_events *self)
{
	struct sp_place place = here(self);
	char bytes[4];
	uint32_t character;
	uint32_t low;

	if (!read_hex(self, &character))
		return false;
	if (character >= 0xDC00 && character <= 0xDFFF)
		return sp_fail(self->report, "json-syntax", place, "half of a surrogate pair");
	if (character >= 0xD800 && character <= 0xDBFF) {
		const char *expected = "the other half of a surrogate pair";

		if (!expect(self, '\\', expected) || !expect(self, 'u', expected) || !read_hex(self, &low))
			return false;
		if (low < 0xDC00 || low > 0xDFFF)
			return sp_fail(self->report, "json-syntax", place, "half of a surrogate pair");
		character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
	}
	return add(self, bytes, sp_utf8_encode(character, bytes));
}

static bool read_escape(struct json_events *self)
{
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	const char *name;
	int byte;

	skip(self, '\\');
	if (!peek(self, &byte))
		return false;
	if (byte == 'u') {
		skip(self, byte);
		return read_unicode(self);
	}
	name = byte > 0 ? strchr(names, byte) : NULL;
	if (!name)
		return fail_at(self, byte, "one of \" \\ / b f n r t u behind a backslash");
	skip(self, byte);
	return add(self, &values[name - names], 1);
}

/* The length of a character that may stand in a string as it is; 0 where there is none. */
static size_t character_length(const char *bytes, size_t left)
{
	if ((unsigned char)*bytes >= 0x80)
		return sp_utf8_length(bytes, left);
	return *bytes != '"' && *bytes != '\\' && *bytes >= 0x20;
}

/* Reads characters of a string up to something that is none: a quote, an escape, or an error. */
static bool read_characters(struct json_events *self, int *byte)
{
	size_t available;
	const char *bytes = sp_source_peek(self->source, 4, &available, self->report);
	size_t at = 0;
	size_t length;

	if (!bytes)
		return false;
	while (at < available && (length = character_length(bytes + at, available - at)) > 0) {
		at += length;
		(*self->column)++;
	}
	if (!add(self, bytes, at))
		return false;
	sp_source_skip(self->source, at);
	/* a character cut by the end of the buffer is read with the next call, which asks for all of it */
	*byte = at < available ? (unsigned char)bytes[at] : -1;
	return true;
}

/* Reads a string behind its opening quote, into self->value. */
static bool read_string(struct json_events *self)
{
	size_t stuck = 0;
	int byte;

	self->value.length = 0;
	sp_text_append(&self->value, "", 0);
	for (;;) {
		size_t before = sp_source_offset(self->source);

		if (!read_characters(self, &byte))
			return false;
		if (byte == '"') {
			skip(self, byte);
			return true;
		}
		if (byte == '\\' && !read_escape(self))
			return false;
		stuck = sp_source_offset(self->source) == before ? stuck + 1 : 0;
		if (stuck > 1 && byte >= 0x80)
			return sp_fail(self->report, "json-syntax", here(self), "invalid UTF-8 (byte 0x%02X)",
				       (unsigned)byte);
		if (stuck > 1)
			return fail_at(self, byte, byte < 0 ? "the end of a string" : "a character of a string");
	}
}

/* A number or a word, whose text is read into self->value and checked by the caller. */
static bool read_word(struct json_events *self)
{
	int byte;

	self->value.length = 0;
	for (;;) {
		char character;

		if (!peek(self, &byte))
			return false;
		if (byte <= 0 || !strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", byte))
			return true;
		character = (char)byte;
		if (!add(self, &character, 1))
			return false;
		skip(self, byte);
	}
}

static size_t skip_digits(const char *text, size_t at)
{
	return at + strspn(text + at, "0123456789");
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool is_number(const char *text)
{
	size_t at = text[0] == '-';
	size_t digits = skip_digits(text, at);

	if (digits == at || (text[at] == '0' && digits > at + 1))
		return false;
	at = digits;
	if (text[at] == '.') {
		digits = skip_digits(text, at + 1);
		if (digits == at + 1)
			return false;
		at = digits;
	}
	if (text[at] == 'e' || text[at] == 'E') {
		at += text[at + 1] == '+' || text[at + 1] == '-' ? 2 : 1;
		digits = skip_digits(text, at);
		if (digits == at)
			return false;
		at = digits;
	}
	return text[at] == '\0';
}

static bool read_scalar(struct json_events *self, int byte, struct sp_event *event)
{
	const char *text;

	event->type = SP_EVENT_SCALAR;
	if (byte == '"') {
		skip(self, byte);
		if (!read_string(self))
			return false;
	} else {
		if (!read_word(self))
			return false;
		text = sp_text_string(&self->value);
		if (self->value.length == 0)
			return fail_at(self, byte, "a value");
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0 && strcmp(text, "null") != 0 &&
		    !is_number(text))
			return sp_fail(self->report, "json-syntax", event->place,
				       "'%.40s' is neither a number nor true, false or null", text);
		event->plain = true;
	}
	event->value = sp_text_string(&self->value);
	event->length = self->value.length;
	event->end = sp_source_offset(self->source);
	return true;
}

static void after_value(struct json_events *self)
{
	self->expectation = self->depth > 0 ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
}

static bool open_collection(struct json_events *self, int byte, struct sp_event *event)
{
	if (self->depth == DEEPEST)
		return sp_fail(self->report, "too-deep", event->place, "nested deeper than %d levels", DEEPEST);
	skip(self, byte);
	self->is_object[self->depth++] = byte == '{';
	self->expectation = byte == '{' ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
	event->type = byte == '{' ? SP_EVENT_MAPPING_START : SP_EVENT_SEQUENCE_START;
	event->is_flow = true;
	event->end = sp_source_offset(self->source);
	return true;
}

static bool read_value(struct json_events *self, int byte, struct sp_event *event)
{
	if (byte == '{' || byte == '[')
		return open_collection(self, byte, event);
	if (!read_scalar(self, byte, event))
		return false;
	after_value(self);
	return true;
}

static bool read_key(struct json_events *self, int byte, struct sp_event *event)
{
	if (byte != '"')
		return fail_at(self, byte, "a key in double quotes");
	if (!read_scalar(self, byte, event) || !skip_blanks(self, &byte))
		return false;
	if (byte != ':')
		return fail_at(self, byte, "':' behind a key");
	skip(self, byte);
	self->expectation = EXPECT_VALUE;
	return true;
}

static bool close_collection(struct json_events *self, int byte, struct sp_event *event)
{
	bool is_object = self->is_object[self->depth - 1];

	if (byte != (is_object ? '}' : ']'))
		return fail_at(self, byte, is_object ? "',' or '}'" : "',' or ']'");
	skip(self, byte);
	self->depth--;
	after_value(self);
	event->type = is_object ? SP_EVENT_MAPPING_END : SP_EVENT_SEQUENCE_END;
	event->end = sp_source_offset(self->source);
	return true;
}

static bool read_next(struct json_events *self, int byte, struct sp_event *event)
{
	bool is_object = self->depth > 0 && self->is_object[self->depth - 1];

	switch (self->expectation) {
	case EXPECT_KEY_OR_END:
		return byte == '}' ? close_collection(self, byte, event) : read_key(self, byte, event);
	case EXPECT_VALUE_OR_END:
		return byte == ']' ? close_collection(self, byte, event) : read_value(self, byte, event);
	case EXPECT_KEY:
		return read_key(self, byte, event);
	case EXPECT_COMMA_OR_END:
		if (byte != ',')
			return close_collection(self, byte, event);
		skip(self, byte);
		self->expectation = is_object ? EXPECT_KEY : EXPECT_VALUE;
		if (!skip_blanks(self, &byte))
			return false;
		start_event(self, event);
		return is_object ? read_key(self, byte, event) : read_value(self, byte, event);
	default:
		return read_value(self, byte, event);
	}
}

static bool next(struct sp_events *events, struct sp_event *event)
{
	struct json_events *self = (struct json_events *)events;
	int byte;

	*event = (struct sp_event){ .type = SP_EVENT_END };
	if (self->expectation == EXPECT_NOTHING)
		return true;
	if (!skip_blanks(self, &byte))
		return false;
	start_event(self, event);
	return read_next(self, byte, event);
}

static void free_events(struct sp_events *events)
{
	struct json_events *self = (struct json_events *)events;

	sp_text_free(&self->value);
	free(self);
}

struct sp_events *sp_json_events_new(struct sp_source *source, size_t *column, struct sp_report *report)
{
	struct json_events *self = calloc(1, sizeof *self);

	if (!self)
		sp_out_of_memory();
	self->events = (struct sp_events){ .next = next, .free = free_events };
	self->source = source;
	self->report = report;
	self->column = column;
	return &self->events;
}
