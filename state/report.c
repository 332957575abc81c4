/* SPDX-License-Identifier: Apache-2.0 */
#include "state/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "state/source.h"
#include "state/text.h"
#include "state/utf8.h"

/* An excerpt shows at most this many characters, with the place among them: JSON without line ends is one long line. */
enum { EXCERPT_WIDTH = 100 };

/* Behind so many diagnostics only errors have one: of thousands of warnings nobody looks at each, and to look for
 * its line costs time. */
enum { MOST_EXCERPTS = 100 };

/* A message that quotes megabytes of its input helps nobody: its middle is left out. */
enum { LONGEST_MESSAGE = 4000, KEPT_AT_START = 3000, KEPT_AT_END = 900 };

static void cut(char *text, size_t length)
{
	static const char gap[] = " ... ";
	size_t start = KEPT_AT_START;
	size_t end = length - KEPT_AT_END;

	if (length <= LONGEST_MESSAGE)
		return;
	while ((text[start] & 0xC0) == 0x80) /* between two characters */
		start--;
	while ((text[end] & 0xC0) == 0x80)
		end++;
	memcpy(text + start, gap, sizeof gap - 1);
	memmove(text + start + sizeof gap - 1, text + end, length - end + 1);
}

static char *format_message(struct sp_arena *arena, const char *format, va_list arguments)
{
	char *text = sp_arena_vformat(arena, format, arguments);

	cut(text, strlen(text));
	return text;
}

static void add(struct sp_report *report, enum sp_severity severity, const char *code, struct sp_place place,
		char *message)
{
	struct sp_diagnostic *diagnostic;

	report->diagnostics = sp_arena_grow(report->arena, report->diagnostics, report->count, &report->capacity,
					    sizeof *report->diagnostics);
	diagnostic = &report->diagnostics[report->count++];
	*diagnostic = (struct sp_diagnostic){ .severity = severity, .code = code, .place = place, .message = message };
	if (place.source && place.line > 0 && (severity == SP_ERROR || report->count <= MOST_EXCERPTS))
		diagnostic->excerpt = sp_source_excerpt(place, report->arena);
}

bool sp_fail(struct sp_report *report, const char *code, struct sp_place place, const char *format, ...)
{
	va_list arguments;

	if (report->errors++ >= SP_REPORT_MOST_ERRORS) {
		report->hidden++;
		return false;
	}
	va_start(arguments, format);
	add(report, SP_ERROR, code, place, format_message(report->arena, format, arguments));
	va_end(arguments);
	return false;
}

void sp_warn(struct sp_report *report, const char *code, struct sp_place place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(report, SP_WARNING, code, place, format_message(report->arena, format, arguments));
	va_end(arguments);
}

bool sp_help(struct sp_report *report, const char *format, ...)
{
	va_list arguments;

	if (report->count == 0 || report->hidden > 0)
		return false;
	va_start(arguments, format);
	report->diagnostics[report->count - 1].help = format_message(report->arena, format, arguments);
	va_end(arguments);
	return false;
}

void sp_place_write(struct sp_text *text, struct sp_place place)
{
	if (!place.source)
		return;
	sp_text_add_visible(text, sp_source_name(place.source));
	if (place.line > 0)
		sp_text_format(text, ":%zu", place.line);
	if (place.line > 0 && place.column > 0)
		sp_text_format(text, ":%zu", place.column);
}

/* Appends one character of the excerpt, in one column of the terminal, and returns how many bytes it took. */
static size_t write_excerpt_character(struct sp_text *text, const char *bytes, size_t left)
{
	size_t length = sp_text_command(bytes) > 0 ? 0 : sp_utf8_printable(bytes, left);

	if (length > 0) {
		sp_text_append(text, bytes, length);
		return length;
	}
	sp_text_add_char(text, *bytes == '\t' ? ' ' : '?');
	length = sp_utf8_length(bytes, left);
	return length > 0 ? length : 1;
}

/* A CI system that reads the log would take a line that begins with "::", blanks aside, for a command. */
static const char *excerpt_margin(const char *line, size_t first)
{
	if (first > 1)
		return "    ...";
	return strncmp(line + strspn(line, " \t"), "::", 2) == 0 ? "  | " : "    ";
}

static void write_excerpt(struct sp_text *text, const char *line, size_t column, bool color)
{
	size_t first = column > EXCERPT_WIDTH * 3 / 4 ? column - EXCERPT_WIDTH * 3 / 4 : 1;
	size_t left = strlen(line);
	size_t at = 1;

	sp_text_add(text, excerpt_margin(line, first));
	for (; left > 0 && at < first + EXCERPT_WIDTH; at++) {
		struct sp_text ignored = { 0 };
		size_t length = write_excerpt_character(at >= first ? text : &ignored, line, left);

		sp_text_free(&ignored);
		line += length;
		left -= length;
	}
	sp_text_add(text, left > 0 ? "...\n" : "\n");
	if (column == 0)
		return;
	sp_text_format(text, "%*s", (int)(column - first + (first > 1 ? 7 : 4)), "");
	sp_text_add(text, color ? "\033[1;32m^\033[0m\n" : "^\n");
}

static void write_diagnostic(struct sp_text *text, const struct sp_diagnostic *diagnostic, bool excerpts, bool color)
{
	bool is_error = diagnostic->severity == SP_ERROR;

	sp_text_add(text, color ? "\033[1msamepage: " : "samepage: ");
	if (diagnostic->place.source) {
		sp_place_write(text, diagnostic->place);
		sp_text_add(text, ": ");
	}
	if (!is_error)
		sp_text_add(text, color ? "\033[33mwarning: " : "warning: ");
	else if (color)
		sp_text_add(text, "\033[31m");
	sp_text_add_visible(text, diagnostic->message);
	sp_text_format(text, "%s [%s]\n", color ? "\033[0m" : "", diagnostic->code);
	if (excerpts && diagnostic->excerpt)
		write_excerpt(text, diagnostic->excerpt, diagnostic->place.column, color);
	if (diagnostic->help) {
		sp_text_add(text, "  help: ");
		sp_text_add_visible(text, diagnostic->help);
		sp_text_add_char(text, '\n');
	}
}

/* How many of the diagnostics from `at` on are warnings of one code. */
static size_t count_alike(const struct sp_report *report, size_t at)
{
	size_t count = 0;

	while (at + count < report->count && report->diagnostics[at + count].severity == SP_WARNING &&
	       strcmp(report->diagnostics[at + count].code, report->diagnostics[at].code) == 0)
		count++;
	return count;
}

void sp_report_write(struct sp_text *text, const struct sp_report *report, bool excerpts, bool color)
{
	for (size_t i = 0; i < report->count; i++) {
		size_t alike = count_alike(report, i);
		size_t shown = alike > SP_REPORT_MOST_ALIKE ? SP_REPORT_MOST_ALIKE : alike > 0 ? alike : 1;

		for (size_t at = i; at < i + shown; at++)
			write_diagnostic(text, &report->diagnostics[at], excerpts, color);
		if (shown < alike)
			sp_text_format(text, "samepage: and %zu more warnings [%s]\n", alike - shown,
				       report->diagnostics[i].code);
		i += alike > 0 ? alike - 1 : 0;
	}
	if (report->hidden > 0)
		sp_text_format(text, "samepage: and %zu more errors\n", report->hidden);
}
