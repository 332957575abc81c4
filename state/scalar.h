/* SPDX-License-Identifier: Apache-2.0 */
/* What type a YAML scalar has. Pure.
 * Source of the rules: resolve() of go.yaml.in/yaml/v2, with which kubectl turns YAML into JSON: YAML 1.1's words and
 * numbers, but no base 60, and dates stay strings. */
#ifndef SAMEPAGE_STATE_SCALAR_H
#define SAMEPAGE_STATE_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

#include "state/arena.h"
#include "state/event.h"

enum sp_scalar_type {
	SP_SCALAR_NULL,
	SP_SCALAR_BOOL,
	SP_SCALAR_INTEGER,  /* fits 64 bits with a sign */
	SP_SCALAR_UNSIGNED, /* fits 64 bits without one */
	SP_SCALAR_FLOAT,
	SP_SCALAR_NOT_FINITE, /* .inf, -.inf, .nan: JSON has no such number */
	SP_SCALAR_STRING,
	SP_SCALAR_MERGE, /* << */
	SP_SCALAR_WRONG, /* the text does not fit the tag */
};

struct sp_scalar {
	enum sp_scalar_type type;
	const char *text; /* of a string, base64 decoded where the tag is !!binary; else as written */
	size_t length;
};

/* The type that its text gives a scalar without quotes and without a tag. */
enum sp_scalar_type sp_scalar_type_of(const char *text, size_t length);

/* That of one with a tag; only sp_scalar_resolve calls it. */
struct sp_scalar sp_scalar_resolve_tagged(const struct sp_event *event, struct sp_arena *arena);

/* The type and text of a scalar event. The text is the event's or, where it had to be decoded, the arena's. Inline, as
 * it is asked for each key and value, and most are strings for their quotes. */
static inline struct sp_scalar sp_scalar_resolve(const struct sp_event *event, struct sp_arena *arena)
{
	struct sp_scalar scalar = { SP_SCALAR_STRING, event->value, event->length };

	if (event->tag)
		return sp_scalar_resolve_tagged(event, arena);
	if (event->plain)
		scalar.type = sp_scalar_type_of(event->value, event->length);
	return scalar;
}

/* The text that a scalar has as the key of a JSON object ("0x1F" is the key "31"), or NULL where it can be none (null,
 * an unsigned, a merge key). A text of the arena, or the scalar's own. */
const char *sp_scalar_key(const struct sp_scalar *scalar, struct sp_arena *arena, size_t *length);

/* "null", "a boolean", "a number", "a string". */
const char *sp_scalar_type_name(enum sp_scalar_type type);

#endif
