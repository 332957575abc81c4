/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes out of a snapshot that is written as kubectl writes it, hardly slower than its bytes can be looked at.
 *
 * Whatever is not fully recognised as the plain style of kubectl and of client libraries is left to the full reader
 * (state/node.c), which reads the input from its beginning, or a pipe from the item that was not recognised. So errors
 * and warnings come from there alone, and what is read here gives the same nodes. docs/reading.md tells what is
 * recognised.
 *
 * fast_yaml.c and fast_json.c read a line; fast_walk.c goes from line to line, and spares them those that were read
 * before; what a key means is said here, for both. */
#ifndef SAMEPAGE_STATE_FAST_NODES_H
#define SAMEPAGE_STATE_FAST_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "selectors/label.h"
#include "state/node.h"
#include "state/source.h"
#include "state/wanted.h"

/* What was found: nodes as sp_node_reader_next hands them out, in the order of the input. */
struct sp_fast_nodes {
	struct sp_arena arena; /* owns all of them */
	struct sp_node *items;
	size_t count;
	size_t capacity;
};

void sp_fast_nodes_free(struct sp_fast_nodes *nodes);

/* The input may be cut into pieces that are read at once; each has its own nodes. */
enum { SP_FAST_MOST_PIECES = 8 };

/* Reads the whole input, from the first byte on: one that can be read at any offset. False where it is not recognised.
 * `nodes` is zeroed at first, and stays so then. */
bool sp_fast_nodes_read(const struct sp_source *source, const struct sp_node_options *options,
			struct sp_fast_nodes nodes[SP_FAST_MOST_PIECES]);

/* The same for an input that can be read but once, such as a pipe, with memory for one item. Where it is not
 * recognised to its end, the nodes before the place are there, the source goes on as if it began with the next one,
 * for a full reader to read from there, and `decodes` says how many values that one did not see. */
bool sp_fast_nodes_stream(struct sp_source *source, const struct sp_node_options *options, struct sp_fast_nodes *nodes,
			  size_t *decodes);

/* The rest is for the two readers. */

/* What a collection is to us. */
enum sp_fast_role {
	SP_FAST_OTHER, /* nothing: only its shape is checked */
	SP_FAST_ROOT,
	SP_FAST_ITEMS,
	SP_FAST_ITEM,
	SP_FAST_METADATA,
	SP_FAST_LABELS,
	SP_FAST_ANNOTATIONS,
	SP_FAST_STRINGS, /* a list of strings */
	SP_FAST_LIST,    /* a list of anything */
};

enum sp_fast_shape {
	SP_FAST_NONE, /* it is a collection, or null, in what follows */
	SP_FAST_PLAIN,
	SP_FAST_SINGLE,
	SP_FAST_DOUBLE,
	SP_FAST_OPEN,  /* within single quotes, in more lines */
	SP_FAST_BLOCK, /* a literal block */
	SP_FAST_EMPTY_MAP,
	SP_FAST_EMPTY_LIST
};

struct sp_fast_value {
	enum sp_fast_shape shape;
	const char *text; /* without quotes; NULL where it is not what stands there */
	size_t length;
};

enum { SP_FAST_MOST_ROOT_KEYS = 16 };

/* What is known so far. */
struct sp_fast_reading {
	struct sp_fast_nodes *nodes;
	struct sp_wanted wanted; /* labels and annotations */
	struct sp_node node;
	struct sp_label *labels; /* of the item so far; the next one's come into the same room */
	struct sp_label *annotations;
	size_t label_capacity;
	size_t annotation_capacity;
	bool has_version;
	bool has_kind;
	bool has_items;
	size_t first_item; /* where the first item begins, an offset, */
	size_t first_column;
	size_t item;            /* and the one that is read now, or was last */
	size_t item_count;      /* how many were complete when it began, */
	size_t decodes;         /* how many values of items a decoder would have met by now, */
	size_t item_decodes;    /* and by then */
	size_t stretch;         /* where the item begins, or what stands before, between or behind items, */
	size_t stretch_decodes; /* and how many values there were by then */
	const char *root_keys[SP_FAST_MOST_ROOT_KEYS];
	size_t root_key_count;
	enum sp_fast_role awaited; /* what the collection behind the last key is */
	bool matters;              /* the last value is kept or judged, so that it must stand in one line */
	bool is_noted;             /* set where anything here but `decodes` was changed for good */
};

struct sp_fast_reading sp_fast_begin(const struct sp_node_options *options, struct sp_fast_nodes *nodes);

/* An item begins, in this line and column, at this offset. False where what stands before it is too large. */
bool sp_fast_begin_item(struct sp_fast_reading *reading, size_t line, size_t column, size_t offset);

/* A key of a mapping of this role, with its value. Sets `awaited` and `matters`. */
bool sp_fast_take(struct sp_fast_reading *reading, enum sp_fast_role role, const char *key, size_t length,
		  const struct sp_fast_value *value);

/* An item ends, at this offset: it must be a complete Node, and none that is too large. */
bool sp_fast_end_item(struct sp_fast_reading *reading, size_t offset);

/* The text, or the piece, ends at this offset. False where what stands behind the last item is too large. */
bool sp_fast_finish(struct sp_fast_reading *reading, size_t offset);

/* Whether the value is a string for sure, be it in more lines. */
bool sp_fast_is_string(const struct sp_fast_value *value);

bool sp_fast_must_be_list(enum sp_fast_role role);
bool sp_fast_must_be_mapping(enum sp_fast_role role);

#endif
