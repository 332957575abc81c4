/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshot: Nodes, handed out one by one, so that its size does not matter. */
#ifndef SAMEPAGE_STATE_NODE_H
#define SAMEPAGE_STATE_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "selectors/label.h"
#include "state/report.h"

/* One Node, as much of it as matters here. Owned by the reader and valid until the next one is asked for. */
struct sp_node {
	const char *name;
	const char *uid; /* NULL where the snapshot has none */
	struct sp_place place;
	struct sp_labels labels;
	struct sp_labels annotations;
	bool has_labels;      /* there is a labels map, be it empty */
	bool has_annotations; /* there is an annotations map, be it empty */
};

struct sp_node_options {
	bool strict;             /* judge the keys and values of labels and annotations by the API server's rules */
	bool full;               /* never use the fast readers */
	const char *const *keys; /* the labels and annotations that matter, sorted; others may be left out. NULL: all */
	size_t key_count;
	void (*moved)(void *context, size_t bytes,
		      size_t nodes); /* is told how far reading is, by any thread; or NULL */
	void *moved_context;
	/* of the fast readers, for tests; zero is what is best */
	size_t chunk;        /* how many bytes they read at a time */
	unsigned pieces;     /* into how many pieces, each with a thread of its own, they cut the input */
	bool learns_at_once; /* whether a line is known once it was met, however small the input */
};

struct sp_node_reader;

/* A reader over `source`, which must outlive it. Freed by sp_node_reader_free. */
struct sp_node_reader *sp_node_reader_new(struct sp_source *source, const struct sp_node_options *options,
					  struct sp_report *report);

/* The next Node in `node`, true; false at the end. After an error in a Node the rest is read for further errors, which
 * are in the report, and no Node is handed out any more. */
bool sp_node_reader_next(struct sp_node_reader *reader, struct sp_node *node);

/* How many Nodes are sure to come, as far as that can be known before the first is asked for. */
size_t sp_node_reader_known(struct sp_node_reader *reader);

/* How many objects that are no Nodes were passed over so far. */
size_t sp_node_reader_skipped(const struct sp_node_reader *reader);

void sp_node_reader_free(struct sp_node_reader *reader);

#endif
