/* SPDX-License-Identifier: Apache-2.0 */
#include "state/document.h"

#include <string.h>

#include "state/byte_masks.h"

enum {
	GUESS_SIZE = 4096, /* kubectl looks for the brace in as many bytes */
	LONGEST_SEPARATOR = 32 * 1024,
};

static const char separator[] = "---";
static const size_t separator_length = sizeof separator - 1;

static bool is_blank(char character)
{
	return character == ' ' || (character >= '\t' && character <= '\r');
}

void sp_documents_start(struct sp_documents *documents, struct sp_source *source, struct sp_report *report)
{
	*documents = (struct sp_documents){ .source = source, .report = report, .at_line_start = true, .column = 1 };
}

static bool guess_json(struct sp_documents *documents)
{
	size_t available;
	const char *bytes = sp_source_peek(documents->source, GUESS_SIZE, &available, documents->report);
	size_t at = 0;

	if (!bytes)
		return false;
	while (at < available && at < GUESS_SIZE && is_blank(bytes[at]))
		at++;
	documents->is_json = at < available && at < GUESS_SIZE && bytes[at] == '{';
	return true;
}

/* How many of the first `size` bytes belong to the document: up to the line end before a separator. A line end near
 * their end may stand before a separator that is cut by it, so that the answer then ends there. */
static size_t count_until_separator(const char *bytes, size_t available, size_t size)
{
	size_t count = available < size ? available : size;
	const char *end = bytes + count;

	for (const char *at = bytes; (at = sp_find_dashed_line(at, (size_t)(end - at))); at++)
		if ((size_t)(end - at) > separator_length && memcmp(at + 1, separator, separator_length) == 0)
			return (size_t)(at - bytes) + 1;
	for (size_t tail = 1; tail <= separator_length && tail < count; tail++)
		if (bytes[count - 1 - tail] == '\n' && memcmp(bytes + count - tail, separator, tail) == 0)
			return count - tail;
	return count;
}

static bool read_some(struct sp_documents *documents, char *bytes, size_t size, size_t *count)
{
	size_t available;
	const char *text = sp_source_peek(documents->source, separator_length + 1, &available, documents->report);

	*count = 0;
	if (!text)
		return false;
	if (documents->at_end || available == 0)
		return true;
	if (documents->at_line_start && available >= separator_length &&
	    memcmp(text, separator, separator_length) == 0) {
		documents->at_end = true;
		return true;
	}
	*count = count_until_separator(text, available, size);
	memcpy(bytes, text, *count);
	documents->at_line_start = text[*count - 1] == '\n';
	sp_source_skip(documents->source, *count);
	return true;
}

/* As much as there is room for: libyaml looks ahead as far as it has bytes, and what it finds there must not depend on how
 * much came at a time. */
static bool read_document(void *context, char *bytes, size_t size, size_t *count)
{
	size_t more;

	*count = 0;
	do {
		if (!read_some(context, bytes + *count, size - *count, &more))
			return false;
		*count += more;
	} while (more > 0 && *count < size);
	return true;
}

/* Reads over what the parser left of the document: kubectl ignores it. */
static bool skip_the_rest(struct sp_documents *documents)
{
	char bytes[16 * 1024];
	size_t count;

	do {
		if (!read_document(documents, bytes, sizeof bytes, &count))
			return false;
	} while (count > 0);
	return true;
}

/* Reads the rest of a separator's line. Only blanks and a comment may stand there. */
static bool read_separator(struct sp_documents *documents)
{
	struct sp_place place = { documents->source, sp_source_line(documents->source), separator_length + 1 };
	size_t available;
	const char *text = sp_source_peek(documents->source, LONGEST_SEPARATOR, &available, documents->report);
	const char *end;
	size_t at = separator_length;
	size_t length;

	if (!text)
		return false;
	end = memchr(text, '\n', available);
	length = end ? (size_t)(end - text) : available;
	while (at < length && is_blank(text[at]))
		at++;
	if (at < length && text[at] != '#') {
		sp_fail(documents->report, "invalid-separator", place, "invalid Yaml document separator: %.*s",
			(int)(length - at < 60 ? length - at : 60), text + at);
		return sp_help(documents->report, "kubectl wants nothing but a comment behind ---");
	}
	/* the line may end further on than what is at hand, which would make the rest of the comment a document */
	if (length >= LONGEST_SEPARATOR)
		return sp_fail(documents->report, "invalid-separator", place,
			       "a comment of more than %d KiB behind a document separator", LONGEST_SEPARATOR >> 10);
	sp_source_skip(documents->source, end ? length + 1 : length);
	documents->at_line_start = true;
	documents->at_end = false;
	return true;
}

static bool next_yaml(struct sp_documents *documents, struct sp_events **events)
{
	size_t available;
	const char *text;

	if (documents->started && !skip_the_rest(documents))
		return false;
	text = sp_source_peek(documents->source, separator_length, &available, documents->report);
	if (!text)
		return false;
	if (available == 0)
		return true;
	if (documents->at_line_start && available >= separator_length &&
	    memcmp(text, separator, separator_length) == 0 && !read_separator(documents))
		return false;
	documents->start = sp_source_offset(documents->source);
	documents->first_line = sp_source_line(documents->source);
	*events = sp_yaml_events_new(documents->source, documents->start, documents->first_line, read_document,
				     documents, documents->report);
	return true;
}

static bool next_json(struct sp_documents *documents, struct sp_events **events)
{
	size_t available;
	const char *text;

	for (;;) {
		text = sp_source_peek(documents->source, 1, &available, documents->report);
		if (!text)
			return false;
		if (available == 0)
			return true;
		if (!is_blank(*text))
			break;
		documents->column = *text == '\n' ? 1 : documents->column + 1;
		sp_source_skip(documents->source, 1);
	}
	documents->start = sp_source_offset(documents->source);
	documents->first_line = sp_source_line(documents->source);
	*events = sp_json_events_new(documents->source, &documents->column, documents->report);
	return true;
}

bool sp_documents_next(struct sp_documents *documents, struct sp_events **events)
{
	bool moved;

	*events = NULL;
	if (!documents->started && !guess_json(documents))
		return false;
	moved = documents->is_json ? next_json(documents, events) : next_yaml(documents, events);
	documents->started = true;
	return moved;
}
