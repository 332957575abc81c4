/* SPDX-License-Identifier: Apache-2.0 */
#include "state/second_opinion.h"

#include <iconv.h>
#include <string.h>

#include "state/event.h"
#include "state/utf8.h"

/* The text of the document, as UTF-8, which is all that libfyaml reads. False where it is not to be had. */
static bool document_text(const struct sp_object_position *position, struct sp_arena *arena, const char **text,
			  size_t *length)
{
	size_t size;
	const char *bytes = sp_source_bytes(position->source, &size);
	const char *end;
	bool is_little;
	iconv_t converter;
	char *out;
	size_t left;
	size_t room;
	size_t failed;

	bytes += position->offset;
	size -= position->offset;
	*text = bytes;
	*length = size;
	is_little = size >= 2 && memcmp(bytes, "\xFF\xFE", 2) == 0;
	if (!is_little && !(size >= 2 && memcmp(bytes, "\xFE\xFF", 2) == 0)) {
		end = memmem(bytes, size, "\n---", 4);
		*length = end ? (size_t)(end - bytes) + 1 : size;
		return true;
	}
	converter = iconv_open("UTF-8", is_little ? "UTF-16LE" : "UTF-16BE");
	if (converter == (iconv_t)-1)
		return false;
	left = size - 2;
	room = size * 2;
	*text = out = sp_arena_alloc(arena, room);
	failed = iconv(converter, &(char *){ (char *)bytes + 2 }, &left, &out, &room);
	iconv_close(converter);
	*length = (size_t)(out - *text);
	return failed != (size_t)-1;
}

/* libfyaml 0.7.12 goes round and round in a directive with bytes that are no UTF-8, takes such bytes elsewhere, and
 * for a run of ten single quotes or more gives some of its memory away for good. None of these is ever shown to it. */
static bool is_digestible(const char *text, size_t length)
{
	bool at_line_start = true;

	for (size_t at = 0; at < length;) {
		size_t size = sp_utf8_length(text + at, length - at);

		if (size == 0 || (at_line_start && text[at] == '%'))
			return false;
		at_line_start = text[at] == '\n' || text[at] == '\r';
		at += size;
	}
	return !memmem(text, length, "''''''''''", 10);
}

/* Reads the whole document with libfyaml. NULL after an error, which is in the report. */
static const struct sp_tree *read_document(const struct sp_object_position *position, struct sp_arena *arena,
					   struct sp_report *report)
{
	const char *text;
	size_t length;
	struct sp_events *events;
	struct sp_composer *composer;
	struct sp_event event;
	const struct sp_tree *tree = NULL;

	if (!document_text(position, arena, &text, &length) || !is_digestible(text, length)) {
		sp_fail(report, "no-second-opinion", (struct sp_place){ position->source, position->line, 1 },
			"it has directives, bytes that are no text, or runs of quotes");
		return NULL;
	}
	events = sp_fyaml_events_new(position->source, position->line, text, length, report);
	composer = sp_composer_new(events, arena, report);
	if (sp_composer_next(composer, &event) && event.type != SP_EVENT_END)
		tree = sp_composer_value(composer, &event, arena);
	if (tree && !sp_composer_next(composer, &event))
		tree = NULL; /* what follows the root is broken */
	sp_composer_free(composer);
	events->free(events);
	return tree;
}

static const struct sp_tree *find_configuration(const struct sp_object_position *position, const struct sp_tree *tree,
						const char *const *path)
{
	if (position->in_list) {
		tree = sp_tree_get(tree, "items");
		if (!tree || tree->type != SP_TREE_SEQUENCE || tree->count <= position->item)
			return NULL;
		tree = tree->entries[position->item].value;
	}
	for (; *path; path++)
		tree = sp_tree_get(tree, *path);
	return sp_tree_get(tree, "ksmConfiguration");
}

bool sp_second_opinion_agrees(const struct sp_object_position *position, const char *const *path,
			      const struct sp_tree *configuration, struct sp_report *report)
{
	struct sp_arena scratch = { 0 };
	struct sp_report others = { .arena = &scratch };
	const struct sp_tree *document = read_document(position, &scratch, &others);
	struct sp_place place = { position->source, position->line, 1 };
	bool agrees = true;

	if (configuration)
		place = configuration->place;
	if (!document) {
		sp_warn(report, "no-second-opinion", others.count > 0 ? others.diagnostics[0].place : place,
			"libfyaml cannot read this document (%s), so that only libyaml vouches for it",
			others.count > 0 ? others.diagnostics[0].message : "it finds nothing");
	} else if (!sp_tree_equal(configuration, find_configuration(position, document, path))) {
		agrees = sp_fail(report, "parsers-disagree", place,
				 "libyaml and libfyaml read ksmConfiguration differently");
		sp_help(report,
			"write it more plainly: quotes around texts, two blanks of indentation, one line a value");
	}
	sp_arena_free(&scratch);
	return agrees;
}

/* Both libraries tell of a tab in roundabout words. */
static bool explain_tab(struct sp_diagnostic *diagnostic)
{
	const char *line = diagnostic->excerpt;
	size_t blanks = line ? strspn(line, " ") : 0;

	if (!line || line[blanks] != '\t' || blanks + 1 < diagnostic->place.column)
		return false;
	diagnostic->place.column = blanks + 1;
	diagnostic->message = "a tab indents this line";
	diagnostic->help = "YAML is indented with blanks alone";
	return true;
}

void sp_second_opinion_explain(const struct sp_object_position *position, struct sp_report *report)
{
	struct sp_arena scratch = { 0 };
	struct sp_report others = { .arena = &scratch };
	struct sp_diagnostic *ours = report->count > 0 ? &report->diagnostics[report->count - 1] : NULL;
	const struct sp_diagnostic *theirs;

	if (!ours || strcmp(ours->code, "yaml-syntax") != 0 || !ours->place.source || explain_tab(ours))
		return;
	read_document(position, &scratch, &others);
	theirs = others.count > 0 ? &others.diagnostics[0] : NULL;
	if (theirs && strcmp(theirs->code, "yaml-syntax") == 0 && theirs->place.line > 0) {
		ours->help = sp_arena_format(report->arena, "kubectl's parser says of line %zu: %s", ours->place.line,
					     ours->message);
		ours->message = sp_arena_string(report->arena, theirs->message);
		ours->excerpt = sp_arena_string(report->arena, theirs->excerpt);
		ours->place = theirs->place;
	}
	sp_arena_free(&scratch);
}
