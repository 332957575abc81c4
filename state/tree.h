/* SPDX-License-Identifier: Apache-2.0 */
/* A document, or a part of one, as a tree whose every value knows its place. Pure: events in, tree out.
 *
 * What kubectl and the API server refuse is refused here, once for all: duplicate keys, keys that JSON cannot have,
 * numbers that JSON cannot have, excessive aliases. Merge keys and aliases are resolved. */
#ifndef SAMEPAGE_STATE_TREE_H
#define SAMEPAGE_STATE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "state/event.h"
#include "state/report.h"
#include "state/scalar.h"

enum sp_tree_type { SP_TREE_SCALAR, SP_TREE_MAPPING, SP_TREE_SEQUENCE };

struct sp_tree;

struct sp_tree_entry {
	const char *key; /* NULL in a sequence; a NUL in it has become U+FFFD */
	struct sp_place key_place;
	bool key_is_converted; /* it is a boolean or a number there, and `key` is what that becomes: no is "false" */
	const struct sp_tree *value;
};

struct sp_tree {
	enum sp_tree_type type;
	enum sp_scalar_type scalar; /* of a scalar */
	bool is_plain;              /* a scalar that stands without quotes */
	const char *text;           /* of a scalar; a NUL in it has become U+FFFD, which equals nothing that matters */
	size_t length;
	const struct sp_tree_entry *entries; /* of a mapping or a sequence */
	size_t count;
	size_t decodes; /* how many values kubectl's decoder meets in it, aliases followed */
	struct sp_place place;
};

/* Turns events into trees. One composer serves one document, whose anchors it knows. */
struct sp_composer;

/* The trees that have an anchor are owned by `document`, which must live as long as the composer; the others by the
 * arena that is given with each. */
struct sp_composer *sp_composer_new(struct sp_events *events, struct sp_arena *document, struct sp_report *report);

/* So many values of the document were read otherwise: they count where the share of aliases is limited. */
void sp_composer_resume(struct sp_composer *composer, size_t decodes);
void sp_composer_free(struct sp_composer *composer);

/* The next event of the document. */
bool sp_composer_next(struct sp_composer *composer, struct sp_event *event);

/* The value that begins with `event`. */
const struct sp_tree *sp_composer_value(struct sp_composer *composer, const struct sp_event *event,
					struct sp_arena *arena);

/* A mapping or a sequence that is being read entry by entry, for who cannot wait for its end. Zeroed at first. */
struct sp_collection {
	struct sp_tree_entry *entries;
	size_t count;
	size_t capacity;
	size_t decodes;
	bool is_unordered; /* some key did not come after the one before it, so that one may stand twice */
};

/* Reads the entry that begins with `event`: a key and its value, the entries of a merge key, or an item. What
 * `event` then is means nothing. */
bool sp_composer_entry(struct sp_composer *composer, struct sp_event *event, bool is_mapping, struct sp_arena *arena,
		       struct sp_collection *collection);

/* Reads only the key that `event` is. */
bool sp_composer_key(struct sp_composer *composer, const struct sp_event *event, struct sp_arena *arena,
		     struct sp_tree_entry *entry);

/* Adds an entry that was read otherwise. */
bool sp_composer_add(struct sp_composer *composer, struct sp_arena *arena, struct sp_collection *collection,
		     const struct sp_tree_entry *entry);

/* The finished collection as a tree. Keys that stand twice are reported. */
const struct sp_tree *sp_composer_finish(struct sp_composer *composer, const struct sp_collection *collection,
					 bool is_mapping, struct sp_place place, struct sp_arena *arena);

/* The value of `key` in a mapping, or NULL. Also NULL where `tree` is NULL or no mapping. */
const struct sp_tree *sp_tree_get(const struct sp_tree *tree, const char *key);
const struct sp_tree_entry *sp_tree_find(const struct sp_tree *tree, const char *key);

bool sp_tree_is_null(const struct sp_tree *tree);

/* "null", "a boolean", "a number", "a string", "a list", "a mapping". */
const char *sp_tree_type_name(const struct sp_tree *tree);

/* A copy of `tree`, aliases written out, that is owned by `arena`; NULL where it would take more memory than any object
 * may. */
const struct sp_tree *sp_tree_copy(const struct sp_tree *tree, struct sp_arena *arena);

/* Whether two trees say the same: the same types, texts and keys, in any order of keys. Both may be NULL. */
bool sp_tree_equal(const struct sp_tree *left, const struct sp_tree *right);

#endif
