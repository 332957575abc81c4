/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes objects, one by one, out of whatever kubectl may have written: one object, a stream of them, a List, a raw
 * NodeList. Memory is that of one object, not of the file. */
#ifndef SAMEPAGE_STATE_OBJECT_H
#define SAMEPAGE_STATE_OBJECT_H

#include <stdbool.h>

#include "state/source.h"
#include "state/tree.h"

/* The list that an object is an item of. Its fields may follow its items, as kubectl sorts them by name, so that they
 * are known only once the reader has gone past the list. */
struct sp_list {
	const char *kind; /* "List", "NodeList"; NULL while not known */
};

struct sp_object {
	const struct sp_tree *tree; /* a mapping */
	const char *api_version;    /* NULL for an item of a raw list */
	const char *kind;           /* NULL for such an item where no raw kind was given */
	const struct sp_list *list; /* NULL for an object of its own */
	size_t document;            /* which document of the stream, from 0 */
	size_t item;                /* which item of the list, from 0 */
};

struct sp_object_reader;

/* A reader over `source`. With `keep`, objects and lists live as long as the arena `keep`; without, an object lives
 * until the next is asked for. The items of a raw list have no kind of their own: they are taken for `raw_kind`, and it
 * is an error if their list turns out to hold another; where `raw_kind` is NULL, the caller must look at list->kind,
 * once the reader is past the list. For items without a kind, `list` then lives as long as the reader. */
struct sp_object_reader *sp_object_reader_new(struct sp_source *source, struct sp_arena *keep, const char *raw_kind,
					      struct sp_report *report);
void sp_object_reader_free(struct sp_object_reader *reader);

/* The first document lacks values that were read otherwise: so many of them. */
void sp_object_reader_resume(struct sp_object_reader *reader, size_t decodes);

/* The next object: true. At the end and after an error, which is then in the report: false. */
bool sp_object_reader_next(struct sp_object_reader *reader, struct sp_object *object);

/* Whether reading ended with an error. Errors that do not end it are in the report alone. */
bool sp_object_reader_failed(const struct sp_object_reader *reader);

/* Where the document of the last object begins in the source, and in which line. */
void sp_object_reader_document(const struct sp_object_reader *reader, size_t *offset, size_t *line);

/* Whether the stream is JSON. */
bool sp_object_reader_is_json(const struct sp_object_reader *reader);

#endif
