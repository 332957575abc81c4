/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of a text that is YAML or JSON: a few bytes are put in or replaced, and all others stay as they are. Pure.
 *
 * What is put in looks like what stands beside it: block style with its indentation, flow style with its quotes, blanks
 * and line ends. Where that cannot be done without a change to something else, nothing is done, and it is said why. */
#ifndef SAMEPAGE_RECONCILER_SPLICE_H
#define SAMEPAGE_RECONCILER_SPLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "state/arena.h"
#include "state/layout.h"
#include "state/text.h"

/* `length` bytes at `at` give way to `text`. */
struct sp_edit {
	size_t at;
	size_t length;
	const char *text;
};

struct sp_splice {
	const char *text;
	size_t length;
	bool is_json;
	const char *line_end; /* as the text's first line ends */
	struct sp_arena *arena;
	struct sp_edit *edits;
	size_t count;
	size_t capacity;
};

/* Begins without an edit. `text` must live as long; the edits are owned by `arena`. */
void sp_splice_start(struct sp_splice *splice, const char *text, size_t length, bool is_json, struct sp_arena *arena);

/* What a collection gets: an entry of a mapping, whose value is a string that needs no escapes, or items of a list. */
struct sp_splice_content {
	const char *key; /* NULL: items */
	const char *value;
	const struct sp_splice_item *items;
	size_t item_count;
};

/* An item of a list, in both styles. */
struct sp_splice_item {
	const char *block; /* lines, each with its end: "message: \"…\"\nseverity: …\n" */
	const char *flow;  /* in one line, JSON */
};

/* Puts `content` into the collection that the mapping `parent` has under `name`; makes it one where it is absent,
 * behind the entry `behind` (NULL: the last), or null. A key that is there gets the value. Returns NULL, or why it
 * cannot be done; nothing was changed then. `parent` must have entries, and whatever of it is shared with other
 * parts of the text by an anchor is for the caller to look for. */
const char *sp_splice_put(struct sp_splice *splice, const struct sp_layout *parent, const char *name,
			  const char *behind, size_t step, const struct sp_splice_content *content);

/* How much deeper the entries of `child`, the value of an entry of `parent`, stand than those of `parent`; 2 where that
 * cannot be told. */
size_t sp_splice_step(const struct sp_layout *parent, const struct sp_layout *child);

/* Appends the text with all edits made. Those at one place come out in the order in which they were put. False where
 * two of them overlap. */
bool sp_splice_write(const struct sp_splice *splice, struct sp_text *out);

#endif
