/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes out of a snapshot that is written as kubectl writes it, hardly slower than its bytes can be looked at.
 *
 * All or nothing: whatever is not fully recognised as the plain style of kubectl and of client libraries is not read at
 * all, and the full reader (state/node.c) reads the input from its beginning. So errors and warnings come from there
 * alone, and an input that is read here gives the same nodes. docs/reading.md tells what is recognised. */
#ifndef SAMEPAGE_STATE_FAST_NODES_H
#define SAMEPAGE_STATE_FAST_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "selectors/label.h"
#include "state/node.h"
#include "state/source.h"

/* What was found: nodes as sp_node_reader_next hands them out, in the order of the input. */
struct sp_fast_nodes {
	struct sp_arena arena; /* owns all of them */
	struct sp_node *items;
	size_t count;
	size_t capacity;
};

/* Gathers what is kept of the node that is being read. Shared by the two readers. */
struct sp_fast_item {
	struct sp_node node;
	struct sp_label *labels;
	size_t label_capacity;
	struct sp_label *annotations;
	size_t annotation_capacity;
	bool has_version;
	bool has_kind;
};

/* Reads YAML: the whole input, from the first byte on. False where it is not recognised; `nodes` is empty then. */
bool sp_fast_yaml_read(const struct sp_source *source, const struct sp_node_options *options,
		       struct sp_fast_nodes *nodes);
void sp_fast_nodes_free(struct sp_fast_nodes *nodes);

/* Whether `key` is among those that are asked for. */
bool sp_fast_is_wanted(const struct sp_node_options *options, const char *key, size_t length);

/* Adds a copy of a label or an annotation. */
void sp_fast_add(struct sp_fast_nodes *nodes, struct sp_labels *labels, struct sp_label **items, size_t *capacity,
		 const char *key, size_t key_length, const char *value, size_t value_length);

/* Ends the item: it must be a complete Node. */
bool sp_fast_finish_item(struct sp_fast_nodes *nodes, struct sp_fast_item *item);

#endif
