/* SPDX-License-Identifier: Apache-2.0 */
/* From trees to typed fields, as strict as the API server: types, and names that it does not know. Pure. */
#ifndef SAMEPAGE_STATE_DECODE_H
#define SAMEPAGE_STATE_DECODE_H

#include <stdbool.h>

#include "selectors/label.h"
#include "state/report.h"
#include "state/tree.h"

enum sp_field_type {
	SP_FIELD_ANY,
	SP_FIELD_STRING,
	SP_FIELD_INTEGER,
	SP_FIELD_TIME, /* RFC 3339 */
	SP_FIELD_MAPPING,
	SP_FIELD_LIST,
	SP_FIELD_STRING_LIST,
	SP_FIELD_STRING_MAP, /* labels, annotations */
};

/* What the API server knows of one field. */
struct sp_field {
	const char *name; /* NULL ends a table */
	enum sp_field_type type;
};

struct sp_decoder {
	struct sp_report *report;
	struct sp_arena *arena;
	bool lenient; /* unknown fields are a warning */
};

/* The fields that every object's metadata may have (metav1.ObjectMeta). */
extern const struct sp_field sp_metadata_fields[];

/* Checks a mapping against a table: every name known, every value of its type. `path` is what stands before the
 * names in messages ("metadata"), "" for none. All problems are reported; false if there was one. */
bool sp_decode_check(const struct sp_decoder *decoder, const struct sp_tree *tree, const char *path,
		     const struct sp_field *fields);

/* The mapping in field `name` of `tree`: NULL where it is absent or null. False if it is something else. */
bool sp_decode_mapping(const struct sp_decoder *decoder, const struct sp_tree *tree, const char *path, const char *name,
		       const struct sp_tree **mapping);

/* The text in field `name`: NULL where it is absent, "" where it is null. False if it is no string. */
bool sp_decode_string(const struct sp_decoder *decoder, const struct sp_tree *tree, const char *path, const char *name,
		      const char **text);

/* The text of a value that must be a string; null is "", as it is for the API server. NULL if it is no string. */
const char *sp_decode_text(const struct sp_decoder *decoder, const struct sp_tree *value, const char *what);

/* The labels or annotations in field `name` of a metadata. `*present` tells whether there is a map at all. */
bool sp_decode_labels(const struct sp_decoder *decoder, const struct sp_tree *metadata, const char *name,
		      struct sp_labels *labels, bool *present);

/* Reports a field that the API server does not know, with the known name that it resembles, if one does. An error, or a
 * warning for a lenient decoder. Returns whether to go on. */
bool sp_decode_unknown(const struct sp_decoder *decoder, const struct sp_tree_entry *entry, const char *path,
		       const struct sp_field *fields);

/* Whether `name` becomes `wanted` by at most `most` letters put in, left out or replaced. */
bool sp_decode_resembles(const char *name, const char *wanted, size_t most);

/* The name in the table that `name` was probably meant to be, or NULL. */
const char *sp_decode_suggest(const char *name, const struct sp_field *fields);

#endif
