/* SPDX-License-Identifier: Apache-2.0 */
/* A structured document, written as JSON or as YAML: whoever describes it, describes it once. Pure.
 *
 *	document = sp_document_start(&text, SP_DOCUMENT_YAML);
 *	sp_document_begin_map(document);
 *	sp_document_key(document, "kind");
 *	sp_document_string(document, "Plan");
 *	sp_document_end_map(document);
 *	sp_document_finish(document);
 *
 * JSON is indented by two blanks. In YAML every string is double-quoted, so that no reader takes it for anything else.
 * Both escape what must be escaped; bytes that are no UTF-8 become U+FFFD. */
#ifndef SAMEPAGE_RECONCILER_DOCUMENT_H
#define SAMEPAGE_RECONCILER_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "state/text.h"

enum sp_document_form { SP_DOCUMENT_JSON, SP_DOCUMENT_YAML };

struct sp_document;

/* A document that is appended to `out`, which must live until sp_document_finish. Never NULL. */
struct sp_document *sp_document_start(struct sp_text *out, enum sp_document_form form);

/* A value in a JSON document that is written by itself, so that threads can write such parts at the same time. It is
 * not copied into the document: whoever prints that prints the part before its byte `at`, and frees its text. */
struct sp_document_part {
	struct sp_text text;
	size_t at;
};

/* A part that will stand where so many maps and lists are open. It is finished like a document. */
struct sp_document *sp_document_start_part(struct sp_document_part *part, size_t depth);

void sp_document_begin_map(struct sp_document *document);
void sp_document_end_map(struct sp_document *document);
void sp_document_begin_list(struct sp_document *document);
void sp_document_end_list(struct sp_document *document);

/* In a map, each value follows its key. Keys keep their order; that none comes twice is up to the caller. */
void sp_document_key(struct sp_document *document, const char *key);

/* NULL is written as null. */
void sp_document_string(struct sp_document *document, const char *string);
void sp_document_number(struct sp_document *document, size_t number);
/* A number that is no count: signed, or with a fraction, as JSON writes it. */
void sp_document_raw_number(struct sp_document *document, const char *digits);
void sp_document_bool(struct sp_document *document, bool value);
void sp_document_null(struct sp_document *document);

/* The place of a part: sets its `at`. */
void sp_document_leave_out(struct sp_document *document, struct sp_document_part *part);

/* A key with its string, or its number. */
void sp_document_field(struct sp_document *document, const char *key, const char *string);
void sp_document_number_field(struct sp_document *document, const char *key, size_t number);

/* Ends the document with a line end, a part without, and frees it. Every map and list must have been ended. */
void sp_document_finish(struct sp_document *document);

#endif
