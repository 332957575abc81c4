/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/property.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/source.h"
#include "state/text.h"

void must(bool holds, const char *property)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", property);
	abort();
}

void must_equal(const char *left, const char *right, const char *property)
{
	if (left == right || (left && right && strcmp(left, right) == 0))
		return;
	fprintf(stderr, "does not hold: %s\n  '%s'\n  '%s'\n", property, left ? left : "NULL", right ? right : "NULL");
	abort();
}

static size_t count_characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += (*text & 0xC0) != 0x80;
	return count;
}

/* libyaml ends lines at carriage returns, U+0085, U+2028 and U+2029 as well, and a line of UTF-16 is not shown: of
 * these, no caret is to be looked for. */
static bool has_plain_lines(const struct sp_source *source)
{
	size_t length;
	const char *bytes = sp_source_bytes(source, &length);

	return !memchr(bytes, '\0', length) && !memchr(bytes, '\r', length) && !memmem(bytes, length, "\xC2\x85", 2) &&
	       !memmem(bytes, length, "\xE2\x80\xA8", 3) && !memmem(bytes, length, "\xE2\x80\xA9", 3);
}

static void check_diagnostic(const struct sp_diagnostic *diagnostic)
{
	must(diagnostic->message && diagnostic->message[0], "a diagnostic has a message");
	must(diagnostic->code && diagnostic->code[0], "a diagnostic has a code");
	must(!diagnostic->help || diagnostic->help[0], "help is not empty");
	must(diagnostic->place.column == 0 || diagnostic->place.line > 0, "a column has a line");
	/* libfyaml counts the end of the text as one more */
	if (diagnostic->excerpt && has_plain_lines(diagnostic->place.source))
		must(diagnostic->place.column <= count_characters(diagnostic->excerpt) + 2, "a caret is in its line");
}

void must_be_readable(const struct sp_report *report, bool accepted)
{
	struct sp_text text = { 0 };

	must(accepted == (report->errors == 0), "what is refused has an error, and nothing else has");
	for (size_t i = 0; i < report->count; i++)
		check_diagnostic(&report->diagnostics[i]);
	sp_report_write(&text, report, true, false);
	for (size_t i = 0; i < text.length; i++)
		must((unsigned char)text.bytes[i] >= ' ' || text.bytes[i] == '\n', "no control character is printed");
	sp_text_free(&text);
}

const char *canonical_text(const struct sp_selector *selector, struct sp_arena *arena)
{
	struct sp_text text = { 0 };
	const char *copy;

	sp_selector_write(&text, selector);
	copy = sp_arena_string(arena, sp_text_string(&text));
	sp_text_free(&text);
	return copy;
}
