/* SPDX-License-Identifier: Apache-2.0 */
/* A value as it is written, rather than what it means: where it begins and ends, in which style, which anchors and
 * aliases. It is what an edit of the text must know; what the text means says state/tree.h. Pure: events in, layout
 * out. */
#ifndef SAMEPAGE_STATE_LAYOUT_H
#define SAMEPAGE_STATE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "state/event.h"

enum sp_layout_type { SP_LAYOUT_SCALAR, SP_LAYOUT_ALIAS, SP_LAYOUT_MAPPING, SP_LAYOUT_SEQUENCE };

/* What stands behind a value's last byte. */
enum sp_layout_end {
	SP_LAYOUT_END_IN_LINE,  /* the rest of its line, be it a comment */
	SP_LAYOUT_END_NEW_LINE, /* a new line: it ends with a block scalar */
	SP_LAYOUT_END_UNSURE, /* it ends with nothing: a value that is not there, or text cut by the end of the file */
};

struct sp_layout;

struct sp_layout_entry {
	const struct sp_layout *key; /* NULL in a sequence */
	const struct sp_layout *value;
};

struct sp_layout {
	enum sp_layout_type type;
	struct sp_place place;
	bool is_plain; /* a scalar without quotes */
	bool is_block; /* a scalar, literal or folded */
	bool is_flow;  /* a collection in brackets */
	bool has_tag;
	const char *text; /* of a scalar; the name that an alias refers to */
	size_t length;
	const char *anchor; /* NULL where it has none */
	size_t start;       /* the bytes from here... */
	size_t end;         /* ...to here; of a block collection, up to its last scalar's */
	size_t inside;      /* of a flow collection: behind the bracket */
	enum sp_layout_end ends;
	const struct sp_layout_entry *entries;
	size_t count;
};

/* Reads layouts, and remembers the aliases that it saw. Zeroed but for its first members. */
struct sp_layout_reader {
	struct sp_events *events;
	struct sp_source *source; /* text in memory */
	struct sp_report *report;
	size_t depth;
	void *aliases; /* their names: a tree of tsearch(3) */
	struct sp_arena arena;
};

/* Gives back what the reader remembers; the events are the caller's. */
void sp_layout_reader_free(struct sp_layout_reader *reader);

/* Whether some alias so far refers to an anchor of that name. NULL is no name. */
bool sp_layout_is_aliased(const struct sp_layout_reader *reader, const char *name);

/* The next event. */
bool sp_layout_next(struct sp_layout_reader *reader, struct sp_event *event);

/* The value that begins with `event`, owned by `arena`; NULL after an error. */
const struct sp_layout *sp_layout_read(struct sp_layout_reader *reader, const struct sp_event *event,
				       struct sp_arena *arena);

/* The entry of a mapping whose key is written out as `key`, or NULL. Also NULL where `layout` is NULL or no mapping. */
const struct sp_layout_entry *sp_layout_find(const struct sp_layout *layout, const char *key);

/* The text of the scalar that `key` has, or NULL. */
const char *sp_layout_text(const struct sp_layout *layout, const char *key);

/* Whether a value stands there as nothing at all, null, or ~. */
bool sp_layout_is_null(const struct sp_layout *layout);

/* Whether two values are written alike, but for where they stand and what white space is between. */
bool sp_layout_equal(const struct sp_layout *left, const struct sp_layout *right);

#endif
