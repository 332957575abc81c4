/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of a stream, split as kubectl splits them: YAML by the lines that begin with "---", before any of it is
 * parsed; JSON, if the input begins with a brace, value by value.
 * Source of the rules: k8s.io/apimachinery/pkg/util/yaml (YAMLOrJSONDecoder). */
#ifndef SAMEPAGE_STATE_DOCUMENT_H
#define SAMEPAGE_STATE_DOCUMENT_H

#include <stdbool.h>

#include "state/event.h"
#include "state/source.h"

struct sp_documents {
	struct sp_source *source;
	struct sp_report *report;
	bool started;
	bool is_json;
	bool at_line_start;
	bool at_end;       /* of the current YAML document */
	size_t start;      /* offset of the current document in the source */
	size_t first_line; /* line in which it begins */
	size_t column;     /* JSON: of the next character, from 1 */
};

/* Begins with the first document. */
void sp_documents_start(struct sp_documents *documents, struct sp_source *source, struct sp_report *report);

/* Moves to the next document and opens its events, which must be freed before the next call. `*events` is NULL at the
 * end of the stream. Empty documents come as events that end at once. */
bool sp_documents_next(struct sp_documents *documents, struct sp_events **events);

#endif
