/* SPDX-License-Identifier: Apache-2.0 */
/* Text that grows. Pure. A text is a zeroed struct; `bytes` is NUL-terminated once anything was appended. */
#ifndef SAMEPAGE_STATE_TEXT_H
#define SAMEPAGE_STATE_TEXT_H

#include <stddef.h>

struct sp_text {
	char *bytes; /* NULL while nothing was appended */
	size_t length;
	size_t capacity;
};

void sp_text_append(struct sp_text *text, const char *bytes, size_t length);
void sp_text_add(struct sp_text *text, const char *string);
void sp_text_format(struct sp_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends `string` as it may be shown on a terminal: control characters and bytes that are no UTF-8 become \xNN, so
 * that hostile input can neither move the cursor nor forge a line. So does the "[" of a logging command (see below). */
void sp_text_add_visible(struct sp_text *text, const char *string);

/* The length of a logging command's beginning up to its "[", where one begins here: "##[" to GitHub's runner,
 * "##vso[" to Azure's, wherever in a line it stands. Else 0. */
size_t sp_text_command(const char *string);

/* The text so far; "" where nothing was appended. Owned by `text`. */
const char *sp_text_string(const struct sp_text *text);

void sp_text_free(struct sp_text *text);

/* Makes room for `more` bytes; only sp_text_reserve calls it. */
void sp_text_grow(struct sp_text *text, size_t more);

/* Room for so many bytes and the NUL behind them, where the text ends. Who writes there says with sp_text_end where it
 * ends then. */
static inline char *sp_text_reserve(struct sp_text *text, size_t more)
{
	if (text->capacity - text->length <= more)
		sp_text_grow(text, more);
	return text->bytes + text->length;
}

static inline void sp_text_end(struct sp_text *text, char *end)
{
	text->length = (size_t)(end - text->bytes);
	*end = '\0';
}

static inline void sp_text_add_char(struct sp_text *text, char character)
{
	char *at = sp_text_reserve(text, 1);

	*at++ = character;
	sp_text_end(text, at);
}

#endif
