/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/document.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <yaml.h>

#include "state/arena.h"
#include "state/utf8.h"

/* What a form must be able to write. Words (null, true, numbers) are the same bytes in both forms. */
struct form {
	void (*begin)(struct sp_document *document, bool is_list);
	void (*end)(struct sp_document *document, bool is_list);
	void (*key)(struct sp_document *document, const char *key);
	void (*string)(struct sp_document *document, const char *string);
	void (*word)(struct sp_document *document, const char *word);
	void (*finish)(struct sp_document *document);
};

struct sp_document {
	const struct form *form;
	struct sp_text *out;
	size_t depth;           /* JSON: how many maps and lists are open */
	bool is_empty;          /* JSON: nothing was written into the innermost of them yet */
	bool follows_key;       /* JSON: the next value stands on the line of its key */
	bool is_part;           /* JSON: of a larger document */
	yaml_emitter_t emitter; /* YAML */
};

/* JSON */

enum { LINE = 16 };

/* Writes from `at` on, and returns where the line's first key or value goes. As many bytes as a processor copies at once
 * are written even if fewer are wanted. */
static char *json_new_line(const struct sp_document *document, char *at)
{
	static const char line[] = "\n               ";
	size_t length = 1 + 2 * document->depth;

	memcpy(at, line, LINE);
	if (length > LINE)
		memset(at + LINE, ' ', length - LINE);
	return at + length;
}

/* The same of what stands between the value or key to come and what was written before it. */
static char *json_separate(struct sp_document *document, char *at)
{
	if (document->follows_key) {
		document->follows_key = false;
		return at;
	}
	if (document->depth == 0)
		return at;
	if (!document->is_empty)
		*at++ = ',';
	document->is_empty = false;
	return json_new_line(document, at);
}

/* Room for what json_separate or json_new_line writes, and for so many bytes more. */
static char *json_reserve(struct sp_document *document, size_t more)
{
	return sp_text_reserve(document->out, LINE + 2 * document->depth + more);
}

static void json_begin(struct sp_document *document, bool is_list)
{
	char *at = json_separate(document, json_reserve(document, 1));

	*at++ = is_list ? '[' : '{';
	sp_text_end(document->out, at);
	document->depth++;
	document->is_empty = true;
}

static void json_end(struct sp_document *document, bool is_list)
{
	char *at;

	document->depth--;
	at = json_reserve(document, 1);
	if (!document->is_empty)
		at = json_new_line(document, at);
	*at++ = is_list ? ']' : '}';
	sp_text_end(document->out, at);
	document->is_empty = false;
}

/* The number of a valid character of at most three bytes. */
static unsigned int code_point(const char *bytes, size_t length)
{
	unsigned int first = (unsigned char)bytes[0];

	if (length == 1)
		return first;
	if (length == 2)
		return (first & 0x1F) << 6 | ((unsigned char)bytes[1] & 0x3FU);
	return (first & 0x0F) << 12 | ((unsigned char)bytes[1] & 0x3FU) << 6 | ((unsigned char)bytes[2] & 0x3FU);
}

/* One character in a JSON string. Beside what JSON demands, everything that a terminal might obey is escaped; all of
 * that lies in the basic plane, so that one \u is enough. */
static void json_character(struct sp_text *out, const char *bytes, size_t length)
{
	static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (const char *form = short_forms; *form; form += 2) {
		if (*bytes == *form) {
			sp_text_format(out, "\\%c", form[1]);
			return;
		}
	}
	if (sp_utf8_printable(bytes, length) > 0)
		sp_text_append(out, bytes, length);
	else
		sp_text_format(out, "\\u%04x", code_point(bytes, length));
}

static bool is_plain(char byte)
{
	return byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
}

/* The same of eight bytes at once. Where a byte is not, the highest bit of one is set in what a line makes of them:
 * of one above '~', of one below ' ', of what is '"', and of what is a backslash. */
static bool are_plain(const char bytes[8])
{
	const uint64_t ones = 0x0101010101010101U;
	uint64_t word;
	uint64_t quotes;
	uint64_t backslashes;
	uint64_t found;

	memcpy(&word, bytes, sizeof word);
	quotes = word ^ ones * '"';
	backslashes = word ^ ones * '\\';
	found = word | (word + ones);
	found |= (word - ones * ' ') & ~word;
	found |= (quotes - ones) & ~quotes;
	found |= (backslashes - ones) & ~backslashes;
	return (found & ones << 7) == 0;
}

/* How many of the next bytes are printable ASCII that stands in a string as it is, which is nearly all there is. */
static size_t plain_length(const char *bytes, size_t left)
{
	size_t length = 0;

	while (left - length >= sizeof(uint64_t) && are_plain(bytes + length))
		length += sizeof(uint64_t);
	while (length < left && is_plain(bytes[length]))
		length++;
	return length;
}

/* The rest of a string, of which some is not plain. */
static void json_escape(struct sp_text *out, const char *string, size_t left)
{
	while (left > 0) {
		size_t plain = plain_length(string, left);
		size_t length = plain ? plain : sp_utf8_length(string, left);

		if (plain > 0) {
			sp_text_append(out, string, plain);
		} else if (length > 0) {
			json_character(out, string, length);
		} else {
			sp_text_add(out, "\xEF\xBF\xBD");
			length = 1;
		}
		string += length;
		left -= length;
	}
}

/* Returns where the string ended; there is room for two more bytes. */
static char *json_quote(struct sp_document *document, const char *string)
{
	size_t length = strlen(string);
	char *at = json_separate(document, json_reserve(document, 2 + length + 2));

	*at++ = '"';
	if (plain_length(string, length) == length) {
		memcpy(at, string, length);
		at += length;
	} else {
		sp_text_end(document->out, at);
		json_escape(document->out, string, length);
		at = sp_text_reserve(document->out, 1 + 2);
	}
	*at++ = '"';
	return at;
}

static void json_string(struct sp_document *document, const char *string)
{
	sp_text_end(document->out, json_quote(document, string));
}

static void json_key(struct sp_document *document, const char *key)
{
	char *at = json_quote(document, key);

	*at++ = ':';
	*at++ = ' ';
	sp_text_end(document->out, at);
	document->follows_key = true;
}

static void json_word(struct sp_document *document, const char *word)
{
	sp_text_end(document->out, json_separate(document, json_reserve(document, 0)));
	sp_text_add(document->out, word);
}

static void json_finish(struct sp_document *document)
{
	if (!document->is_part)
		sp_text_add_char(document->out, '\n');
}

static const struct form json = { json_begin, json_end, json_key, json_string, json_word, json_finish };

struct sp_document *sp_document_start_part(struct sp_document_part *part, size_t depth)
{
	struct sp_document *document = sp_document_start(&part->text, SP_DOCUMENT_JSON);

	document->depth = depth;
	document->is_part = true;
	document->follows_key = true; /* what separates the part from what is before it stands in the larger document */
	return document;
}

void sp_document_leave_out(struct sp_document *document, struct sp_document_part *part)
{
	sp_text_end(document->out, json_separate(document, json_reserve(document, 0)));
	part->at = document->out->length;
}

/* YAML, by libyaml's emitter. Its events fail only where memory is out, or where text is no UTF-8, which is seen to
 * before; and it takes what an event holds even if it fails. */

static int yaml_write(void *context, unsigned char *bytes, size_t length)
{
	sp_text_append(context, (const char *)bytes, length);
	return 1;
}

static void yaml_emit(struct sp_document *document, yaml_event_t *event, int is_made)
{
	if (!is_made || !yaml_emitter_emit(&document->emitter, event))
		sp_out_of_memory();
}

static void yaml_start(struct sp_document *document)
{
	yaml_event_t event;

	if (!yaml_emitter_initialize(&document->emitter))
		sp_out_of_memory();
	yaml_emitter_set_output(&document->emitter, yaml_write, document->out);
	yaml_emitter_set_unicode(&document->emitter, 1);
	yaml_emitter_set_width(&document->emitter, -1);
	yaml_emit(document, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	yaml_emit(document, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
}

static void yaml_begin(struct sp_document *document, bool is_list)
{
	yaml_event_t event;

	yaml_emit(document, &event,
		  is_list ? yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE) :
			    yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

static void yaml_end(struct sp_document *document, bool is_list)
{
	yaml_event_t event;

	yaml_emit(document, &event,
		  is_list ? yaml_sequence_end_event_initialize(&event) : yaml_mapping_end_event_initialize(&event));
}

static void yaml_scalar(struct sp_document *document, const char *text, size_t length, bool is_plain)
{
	yaml_scalar_style_t style = is_plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	yaml_event_t event;

	if (length > INT_MAX) /* libyaml counts in int */
		sp_out_of_memory();
	yaml_emit(document, &event,
		  yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)length, is_plain,
					       !is_plain, style));
}

static void yaml_string(struct sp_document *document, const char *string)
{
	struct sp_text valid = { 0 };
	size_t left = strlen(string);

	while (left > 0) {
		size_t plain = plain_length(string, left);
		size_t length = plain ? plain : sp_utf8_length(string, left);

		sp_text_append(&valid, length ? string : "\xEF\xBF\xBD", length ? length : 3);
		length += !length;
		string += length;
		left -= length;
	}
	yaml_scalar(document, sp_text_string(&valid), valid.length, false);
	sp_text_free(&valid);
}

/* Whether every reader takes an unquoted `key` for a string. YAML 1.1, which kubectl reads, has more words for true and
 * false than YAML 1.2. */
static bool is_plain_key(const char *key)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "y", "n", "null" };
	static const char safe[] = "0123456789./_-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (strspn(key, "0123456789./_-") > 0 || key[0] == '\0' || key[strspn(key, safe)] != '\0')
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(key, words[i]) == 0)
			return false;
	return true;
}

static void yaml_key(struct sp_document *document, const char *key)
{
	if (is_plain_key(key))
		yaml_scalar(document, key, strlen(key), true);
	else
		yaml_string(document, key);
}

static void yaml_word(struct sp_document *document, const char *word)
{
	yaml_scalar(document, word, strlen(word), true);
}

static void yaml_finish(struct sp_document *document)
{
	yaml_event_t event;

	yaml_emit(document, &event, yaml_document_end_event_initialize(&event, 1));
	yaml_emit(document, &event, yaml_stream_end_event_initialize(&event));
	yaml_emitter_delete(&document->emitter);
}

static const struct form yaml = { yaml_begin, yaml_end, yaml_key, yaml_string, yaml_word, yaml_finish };

/* Either */

struct sp_document *sp_document_start(struct sp_text *out, enum sp_document_form form)
{
	struct sp_document *document = calloc(1, sizeof *document);

	if (!document)
		sp_out_of_memory();
	document->out = out;
	document->form = form == SP_DOCUMENT_JSON ? &json : &yaml;
	if (form == SP_DOCUMENT_YAML)
		yaml_start(document);
	return document;
}

void sp_document_begin_map(struct sp_document *document)
{
	document->form->begin(document, false);
}

void sp_document_end_map(struct sp_document *document)
{
	document->form->end(document, false);
}

void sp_document_begin_list(struct sp_document *document)
{
	document->form->begin(document, true);
}

void sp_document_end_list(struct sp_document *document)
{
	document->form->end(document, true);
}

void sp_document_key(struct sp_document *document, const char *key)
{
	document->form->key(document, key);
}

void sp_document_string(struct sp_document *document, const char *string)
{
	if (string)
		document->form->string(document, string);
	else
		sp_document_null(document);
}

void sp_document_number(struct sp_document *document, size_t number)
{
	char digits[32];

	snprintf(digits, sizeof digits, "%zu", number);
	document->form->word(document, digits);
}

void sp_document_raw_number(struct sp_document *document, const char *digits)
{
	document->form->word(document, digits);
}

void sp_document_bool(struct sp_document *document, bool value)
{
	document->form->word(document, value ? "true" : "false");
}

void sp_document_null(struct sp_document *document)
{
	document->form->word(document, "null");
}

void sp_document_field(struct sp_document *document, const char *key, const char *string)
{
	sp_document_key(document, key);
	sp_document_string(document, string);
}

void sp_document_number_field(struct sp_document *document, const char *key, size_t number)
{
	sp_document_key(document, key);
	sp_document_number(document, number);
}

void sp_document_finish(struct sp_document *document)
{
	document->form->finish(document);
	free(document);
}
