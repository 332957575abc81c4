/* SPDX-License-Identifier: Apache-2.0 */
#include "state/tree.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "state/key_set.h"

enum {
	/* Kubernetes' deepest objects, CRDs, nest some 50 levels. kubectl goes to 10,000, at which libyaml is slow. */
	DEEPEST = 128,
	MOST_ANCHORS = 10000,
	/* The API server takes objects of 3 MiB; an object that needs more than this is none. */
	LARGEST_VALUE = 64 * 1024 * 1024,
};

struct anchor {
	const char *name;
	const struct sp_tree *tree; /* NULL while the value is being read: an alias within itself */
};

struct sp_composer {
	struct sp_events *events;
	struct sp_arena *document;
	struct sp_arena scratch; /* for what is needed while a collection is checked */
	struct sp_report *report;
	void *anchors; /* a tree of tsearch(3) */
	size_t anchor_count;
	size_t depth;
	size_t anchored_depth; /* > 0 within a value that has an anchor */
	size_t decodes;        /* values met so far, as kubectl's decoder counts them */
	size_t alias_decodes;  /* those of them met by following an alias */
};

struct sp_composer *sp_composer_new(struct sp_events *events, struct sp_arena *document, struct sp_report *report)
{
	struct sp_composer *composer = sp_arena_alloc(document, sizeof *composer);

	composer->events = events;
	composer->document = document;
	composer->report = report;
	return composer;
}

void sp_composer_resume(struct sp_composer *composer, size_t decodes)
{
	composer->decodes = decodes;
}

static void keep(void *anchor)
{
	(void)anchor; /* owned by the arena */
}

void sp_composer_free(struct sp_composer *composer)
{
	if (!composer)
		return;
	tdestroy(composer->anchors, keep);
	sp_arena_free(&composer->scratch);
}

static int compare_anchors(const void *left, const void *right)
{
	return strcmp(((const struct anchor *)left)->name, ((const struct anchor *)right)->name);
}

/* What has an anchor is kept until its document ends, however many objects that has. */
static bool has_room(struct sp_composer *composer, struct sp_place place)
{
	return composer->document->size <= LARGEST_VALUE ||
	       sp_fail(composer->report, "value-too-long", place,
		       "the anchors of this document take more than %d MiB of memory", LARGEST_VALUE >> 20);
}

/* The anchor of that name, without a value as yet; NULL after an error. */
static struct anchor *define_anchor(struct sp_composer *composer, const char *name, struct sp_place place)
{
	struct anchor *anchor;
	void *node;

	if (!has_room(composer, place))
		return NULL;
	anchor = sp_arena_alloc(composer->document, sizeof *anchor);
	if (composer->anchor_count++ == MOST_ANCHORS) {
		sp_fail(composer->report, "too-many-anchors", place, "more than %d anchors", MOST_ANCHORS);
		return NULL;
	}
	anchor->name = sp_arena_string(composer->document, name);
	node = tsearch(anchor, &composer->anchors, compare_anchors);
	if (!node)
		sp_out_of_memory();
	anchor = *(struct anchor **)node;
	anchor->tree = NULL;
	return anchor;
}

/* kubectl's decoder refuses a document in which nearly all of the work is done by aliases. The numbers are those of
 * go.yaml.in/yaml/v2 (allowedAliasRatio). */
static bool allow_aliases(struct sp_composer *composer, struct sp_place place)
{
	const double low = 400000;
	const double high = 4000000;
	double decodes = (double)composer->decodes;
	double allowed = decodes <= low ? 0.99 : decodes >= high ? 0.10 : 0.99 - 0.89 * (decodes - low) / (high - low);

	if (composer->alias_decodes <= 100 || composer->decodes <= 1000 ||
	    (double)composer->alias_decodes / decodes <= allowed)
		return true;
	sp_fail(composer->report, "excessive-aliasing", place, "document contains excessive aliasing");
	return sp_help(composer->report, "kubectl refuses it as well; write the values out");
}

static const struct sp_tree *follow_alias(struct sp_composer *composer, const struct sp_event *event)
{
	struct anchor wanted = { .name = event->anchor };
	void *node = tfind(&wanted, &composer->anchors, compare_anchors);
	const struct sp_tree *tree;

	if (!node) {
		sp_fail(composer->report, "unknown-anchor", event->place, "unknown anchor '%s' referenced",
			event->anchor);
		return NULL;
	}
	tree = (*(struct anchor **)node)->tree;
	if (!tree) {
		sp_fail(composer->report, "unknown-anchor", event->place, "anchor '%s' value contains itself",
			event->anchor);
		return NULL;
	}
	composer->alias_decodes += tree->decodes;
	composer->decodes += tree->decodes;
	return allow_aliases(composer, event->place) ? tree : NULL;
}

/* A NUL is written as an escape in quotes, or encoded where there is a tag. */
static bool has_nul(const struct sp_event *event, const char *text, size_t length)
{
	return (!event->plain || event->tag) && memchr(text, '\0', length);
}

/* `size` bytes with a copy of a text behind them, in one piece. */
static void *take_with_text(struct sp_arena *arena, size_t size, const char *text, size_t length)
{
	char *bytes = sp_arena_take(arena, size + length + 1);

	memcpy(bytes + size, text, length);
	bytes[size + length] = '\0';
	return bytes;
}

/* The same, with NULs made visible, so that the copy can be a C string and yet equals no other. */
static void *take_without_nul(struct sp_arena *arena, size_t size, const char *text, size_t length)
{
	char *bytes = sp_arena_take(arena, size + 3 * length + 1);
	char *copy = bytes + size;

	for (size_t i = 0; i < length; i++) {
		if (text[i] != '\0') {
			*copy++ = text[i];
		} else {
			memcpy(copy, "\xEF\xBF\xBD", 3);
			copy += 3;
		}
	}
	*copy = '\0';
	return bytes;
}

/* Reported, and read on: the file may have more to tell. */
static void report_scalar(struct sp_composer *composer, const struct sp_event *event, enum sp_scalar_type type)
{
	if (type == SP_SCALAR_WRONG) {
		sp_fail(composer->report, "wrong-tag", event->place, "'%s' cannot be decoded as a !!%s", event->value,
			strrchr(event->tag, ':') + 1);
		return;
	}
	sp_fail(composer->report, "unquoted-scalar", event->place,
		"%s without quotes is a number that JSON does not have", event->value);
	sp_help(composer->report, "for a text, write \"%s\"", event->value);
}

static const struct sp_tree *compose_scalar(struct sp_composer *composer, const struct sp_event *event,
					    struct sp_arena *arena)
{
	struct sp_scalar scalar = sp_scalar_resolve(event, arena);
	bool is_marred = has_nul(event, scalar.text, scalar.length);
	struct sp_tree *tree;

	if (scalar.type == SP_SCALAR_WRONG || scalar.type == SP_SCALAR_NOT_FINITE)
		report_scalar(composer, event, scalar.type);
	if (is_marred)
		tree = take_without_nul(arena, sizeof *tree, scalar.text, scalar.length);
	else
		tree = take_with_text(arena, sizeof *tree, scalar.text, scalar.length);
	tree->type = SP_TREE_SCALAR;
	tree->scalar = scalar.type == SP_SCALAR_MERGE ? SP_SCALAR_STRING : scalar.type;
	tree->is_plain = event->plain;
	tree->text = (const char *)(tree + 1);
	tree->length = is_marred ? strlen(tree->text) : scalar.length;
	tree->entries = NULL;
	tree->count = 0;
	tree->decodes = 1;
	tree->place = event->place;
	return tree;
}

/* Twice the room, not zeroed: each entry is written as a whole. */
static void grow(struct sp_collection *collection, struct sp_arena *arena)
{
	size_t capacity = collection->capacity > 0 ? 2 * collection->capacity : 8;
	struct sp_tree_entry *entries = sp_arena_take(arena, capacity * sizeof *entries);

	if (collection->count > 0)
		memcpy(entries, collection->entries, collection->count * sizeof *entries);
	collection->entries = entries;
	collection->capacity = capacity;
}

static bool refuse_as_too_large(struct sp_composer *composer, const struct sp_tree_entry *entry)
{
	return sp_fail(composer->report, "value-too-long", entry->value->place,
		       "an object that takes more than %d MiB of memory", LARGEST_VALUE >> 20);
}

/* The next entry, which counts only once it is kept. */
static struct sp_tree_entry *next_entry(struct sp_collection *collection, struct sp_arena *arena)
{
	if (collection->count == collection->capacity)
		grow(collection, arena);
	return &collection->entries[collection->count];
}

static bool keep_entry(struct sp_composer *composer, const struct sp_arena *arena, struct sp_collection *collection)
{
	const struct sp_tree_entry *entry = &collection->entries[collection->count];

	if (arena->size > LARGEST_VALUE)
		return refuse_as_too_large(composer, entry);
	if (entry->key && collection->count > 0 && !collection->is_unordered && strcmp(entry[-1].key, entry->key) >= 0)
		collection->is_unordered = true;
	collection->count++;
	return true;
}

bool sp_composer_add(struct sp_composer *composer, struct sp_arena *arena, struct sp_collection *collection,
		     const struct sp_tree_entry *entry)
{
	*next_entry(collection, arena) = *entry;
	return keep_entry(composer, arena, collection);
}

static int compare_entries(const void *left, const void *right)
{
	const struct sp_tree_entry *const *first = left;
	const struct sp_tree_entry *const *second = right;
	int order = strcmp((*first)->key, (*second)->key);

	/* equal keys stay in the order of the file, so that the later one is the duplicate */
	return order ? order : *first < *second ? -1 : *first > *second;
}

static void report_duplicate(struct sp_composer *composer, const struct sp_tree_entry *first,
			     const struct sp_tree_entry *second)
{
	sp_fail(composer->report, "duplicate-key", second->key_place, "key \"%s\" already set in map", second->key);
	sp_help(composer->report, "it stands in line %zu, column %zu already; keep one of the two",
		first->key_place.line, first->key_place.column);
}

static void report_duplicates(struct sp_composer *composer, const struct sp_collection *collection,
			      struct sp_arena *scratch)
{
	const struct sp_tree_entry **sorted = sp_arena_array(scratch, collection->count,
							     sizeof(struct sp_tree_entry *));

	for (size_t i = 0; i < collection->count; i++)
		sorted[i] = &collection->entries[i];
	qsort(sorted, collection->count, sizeof *sorted, compare_entries);
	for (size_t i = 1; i < collection->count; i++)
		if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
			report_duplicate(composer, sorted[i - 1], sorted[i]);
}

/* Whether two keys have the same hash. Where many fall into the same slots, which may be meant, the answer is yes. */
static bool may_have_duplicates(const struct sp_collection *collection, struct sp_arena *scratch)
{
	size_t size = 8;
	size_t patience = 8 * collection->count;
	uint64_t *slots;

	while (size < 2 * collection->count)
		size *= 2;
	slots = sp_arena_array(scratch, size, sizeof *slots);
	for (size_t i = 0; i < collection->count; i++) {
		const char *key = collection->entries[i].key;
		uint64_t hash = sp_key_hash(key, strlen(key)) | 1; /* 0 is a free slot */
		size_t at = (size_t)(hash >> 20) & (size - 1);

		for (; slots[at]; at = (at + 1) & (size - 1))
			if (slots[at] == hash || patience-- == 0)
				return true;
		slots[at] = hash;
	}
	return false;
}

/* Reports keys that stand twice, and goes on: the file may have more to tell. Keys in order need no look; those in
 * an order of their own, as kubectl's, are sorted only where their hashes do not tell that all differ. */
static void check_duplicates(struct sp_composer *composer, const struct sp_collection *collection)
{
	if (!collection->is_unordered)
		return;
	if (may_have_duplicates(collection, &composer->scratch))
		report_duplicates(composer, collection, &composer->scratch);
	sp_arena_reset(&composer->scratch);
}

static void set_key(struct sp_tree_entry *entry, const struct sp_event *event, const char *key, size_t length,
		    struct sp_arena *arena)
{
	entry->key = has_nul(event, key, length) ? take_without_nul(arena, 0, key, length) :
						   take_with_text(arena, 0, key, length);
	entry->key_place = event->place;
}

/* A key that is no string without further ado: an alias, a number, what has a tag. */
static bool convert_key(struct sp_composer *composer, const struct sp_event *event, struct sp_arena *arena,
			struct sp_tree_entry *entry)
{
	struct sp_scalar scalar;
	const char *key;
	size_t length;

	if (event->type == SP_EVENT_ALIAS) {
		const struct sp_tree *tree = follow_alias(composer, event);

		if (!tree)
			return false;
		if (tree->type != SP_TREE_SCALAR)
			return sp_fail(composer->report, "invalid-key", event->place, "a key cannot be %s",
				       sp_tree_type_name(tree));
		scalar = (struct sp_scalar){ tree->scalar, tree->text, tree->length };
	} else if (event->type == SP_EVENT_SCALAR) {
		scalar = sp_scalar_resolve(event, arena);
	} else {
		return sp_fail(composer->report, "invalid-key", event->place, "a key cannot be a list or a mapping");
	}
	composer->decodes++;
	key = scalar.type == SP_SCALAR_WRONG ? NULL : sp_scalar_key(&scalar, arena, &length);
	if (!key)
		return sp_fail(composer->report, "invalid-key", event->place, "a key must be a string, not %s",
			       scalar.type == SP_SCALAR_MERGE ? "a merge key here" : sp_scalar_type_name(scalar.type));
	set_key(entry, event, key, length, arena);
	entry->key_is_converted = scalar.type != SP_SCALAR_STRING;
	return true;
}

static bool is_string(const struct sp_event *event)
{
	return event->type == SP_EVENT_SCALAR && !event->tag &&
	       (!event->plain || sp_scalar_type_of(event->value, event->length) == SP_SCALAR_STRING);
}

bool sp_composer_key(struct sp_composer *composer, const struct sp_event *event, struct sp_arena *arena,
		     struct sp_tree_entry *entry)
{
	if (!is_string(event))
		return convert_key(composer, event, arena, entry);
	composer->decodes++;
	set_key(entry, event, event->value, event->length, arena);
	entry->key_is_converted = false;
	return true;
}

static bool merge_mapping(struct sp_composer *composer, const struct sp_tree *from, struct sp_place place,
			  struct sp_arena *arena, struct sp_collection *collection)
{
	if (from->type != SP_TREE_MAPPING)
		return sp_fail(composer->report, "invalid-merge", place,
			       "map merge requires map or sequence of maps as the value, not %s",
			       sp_tree_type_name(from));
	for (size_t i = 0; i < from->count; i++)
		if (!sp_composer_add(composer, arena, collection, &from->entries[i]))
			return false;
	return true;
}

/* "<<: *other" or "<<: [*one, *other]". A key that is both merged and given is a duplicate, as it is for the API
 * server's strict decoder. */
static bool merge(struct sp_composer *composer, struct sp_arena *arena, struct sp_collection *collection)
{
	struct sp_event event;
	const struct sp_tree *from;

	if (!sp_composer_next(composer, &event))
		return false;
	from = sp_composer_value(composer, &event, arena);
	if (!from)
		return false;
	collection->decodes += from->decodes;
	if (from->type != SP_TREE_SEQUENCE)
		return merge_mapping(composer, from, event.place, arena, collection);
	for (size_t i = 0; i < from->count; i++)
		if (!merge_mapping(composer, from->entries[i].value, event.place, arena, collection))
			return false;
	return true;
}

static bool is_merge(const struct sp_event *event)
{
	return event->type == SP_EVENT_SCALAR && event->plain && event->length == 2 &&
	       memcmp(event->value, "<<", 2) == 0;
}

/* Each entry is written where it stays: there are hundreds of them in a Node. */
static bool read_item(struct sp_composer *composer, const struct sp_event *event, struct sp_arena *arena,
		      struct sp_collection *collection)
{
	struct sp_tree_entry *entry = next_entry(collection, arena);

	*entry = (struct sp_tree_entry){ .value = sp_composer_value(composer, event, arena) };
	if (!entry->value)
		return false;
	collection->decodes += entry->value->decodes;
	return keep_entry(composer, arena, collection);
}

bool sp_composer_entry(struct sp_composer *composer, struct sp_event *event, bool is_mapping, struct sp_arena *arena,
		       struct sp_collection *collection)
{
	struct sp_tree_entry *entry;

	if (!is_mapping)
		return read_item(composer, event, arena, collection);
	if (is_merge(event))
		return merge(composer, arena, collection);
	if (event->anchor && event->type != SP_EVENT_ALIAS && !sp_composer_value(composer, event, arena))
		return false; /* a key's anchor counts as well */
	entry = next_entry(collection, arena);
	if (!sp_composer_key(composer, event, arena, entry) || !sp_composer_next(composer, event))
		return false;
	entry->value = sp_composer_value(composer, event, arena);
	if (!entry->value)
		return false;
	collection->decodes += entry->value->decodes + 1;
	return keep_entry(composer, arena, collection);
}

const struct sp_tree *sp_composer_finish(struct sp_composer *composer, const struct sp_collection *collection,
					 bool is_mapping, struct sp_place place, struct sp_arena *arena)
{
	struct sp_tree *tree = sp_arena_alloc(arena, sizeof *tree);

	if (is_mapping)
		check_duplicates(composer, collection);
	tree->type = is_mapping ? SP_TREE_MAPPING : SP_TREE_SEQUENCE;
	tree->entries = collection->entries;
	tree->count = collection->count;
	tree->decodes = collection->decodes + 1;
	tree->place = place;
	return tree;
}

static const struct sp_tree *refuse_as_too_deep(struct sp_composer *composer, struct sp_place place)
{
	sp_fail(composer->report, "too-deep", place, "nested deeper than %d levels", DEEPEST);
	return NULL;
}

static const struct sp_tree *compose_collection(struct sp_composer *composer, const struct sp_event *start,
						struct sp_arena *arena)
{
	bool is_mapping = start->type == SP_EVENT_MAPPING_START;
	struct sp_collection collection = { 0 };
	struct sp_place place = start->place;
	struct sp_event event;

	if (composer->depth == DEEPEST)
		return refuse_as_too_deep(composer, place);
	composer->depth++;
	for (;;) {
		if (!sp_composer_next(composer, &event))
			return NULL;
		if (event.type == SP_EVENT_MAPPING_END || event.type == SP_EVENT_SEQUENCE_END)
			break;
		if (!sp_composer_entry(composer, &event, is_mapping, arena, &collection))
			return NULL;
	}
	composer->depth--;
	return sp_composer_finish(composer, &collection, is_mapping, place, arena);
}

static const struct sp_tree *compose_plainly(struct sp_composer *composer, const struct sp_event *event,
					     struct sp_arena *arena)
{
	composer->decodes++;
	if (event->type == SP_EVENT_SCALAR)
		return compose_scalar(composer, event, arena);
	return compose_collection(composer, event, arena);
}

bool sp_composer_next(struct sp_composer *composer, struct sp_event *event)
{
	return composer->events->next(composer->events, event);
}

static const struct sp_tree *compose_anchored(struct sp_composer *composer, const struct sp_event *event)
{
	struct anchor *anchor = define_anchor(composer, event->anchor, event->place);
	const struct sp_tree *tree;

	if (!anchor)
		return NULL;
	composer->anchored_depth++;
	tree = compose_plainly(composer, event, composer->document);
	composer->anchored_depth--;
	anchor->tree = tree;
	return tree;
}

const struct sp_tree *sp_composer_value(struct sp_composer *composer, const struct sp_event *event,
					struct sp_arena *arena)
{
	if (event->type == SP_EVENT_ALIAS) {
		composer->decodes++;
		return follow_alias(composer, event);
	}
	if (event->anchor)
		return compose_anchored(composer, event);
	return compose_plainly(composer, event, composer->anchored_depth > 0 ? composer->document : arena);
}

const struct sp_tree_entry *sp_tree_find(const struct sp_tree *tree, const char *key)
{
	if (!tree || tree->type != SP_TREE_MAPPING)
		return NULL;
	for (size_t i = 0; i < tree->count; i++)
		if (strcmp(tree->entries[i].key, key) == 0)
			return &tree->entries[i];
	return NULL;
}

const struct sp_tree *sp_tree_get(const struct sp_tree *tree, const char *key)
{
	const struct sp_tree_entry *entry = sp_tree_find(tree, key);

	return entry ? entry->value : NULL;
}

bool sp_tree_is_null(const struct sp_tree *tree)
{
	return tree && tree->type == SP_TREE_SCALAR && tree->scalar == SP_SCALAR_NULL;
}

const char *sp_tree_type_name(const struct sp_tree *tree)
{
	if (tree->type == SP_TREE_MAPPING)
		return "a mapping";
	if (tree->type == SP_TREE_SEQUENCE)
		return "a list";
	return sp_scalar_type_name(tree->scalar);
}

static struct sp_tree_entry *copy_entries(const struct sp_tree *tree, struct sp_arena *arena)
{
	struct sp_tree_entry *entries = sp_arena_array(arena, tree->count, sizeof *entries);

	for (size_t i = 0; i < tree->count; i++) {
		entries[i] = tree->entries[i];
		entries[i].key = sp_arena_string(arena, tree->entries[i].key);
		entries[i].value = sp_tree_copy(tree->entries[i].value, arena);
		if (!entries[i].value)
			return NULL;
	}
	return entries;
}

const struct sp_tree *sp_tree_copy(const struct sp_tree *tree, struct sp_arena *arena)
{
	struct sp_tree *copy;

	if (arena->size > LARGEST_VALUE)
		return NULL;
	copy = sp_arena_alloc(arena, sizeof *copy);
	*copy = *tree;
	if (tree->type == SP_TREE_SCALAR)
		copy->text = sp_arena_copy(arena, tree->text, tree->length);
	else if (!(copy->entries = copy_entries(tree, arena)))
		return NULL;
	return copy;
}

/* The value of a key, looked for from entry `*at` on, and then from the first: mappings that are compared have
 * mostly the same order. `*at` is then the entry behind it. */
static const struct sp_tree *get_from(const struct sp_tree *tree, const char *key, size_t *at)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct sp_tree_entry *entry = &tree->entries[(*at + i) % tree->count];

		if (strcmp(entry->key, key) != 0)
			continue;
		*at = (*at + i + 1) % tree->count;
		return entry->value;
	}
	return NULL;
}

static bool equal_entries(const struct sp_tree *left, const struct sp_tree *right)
{
	size_t at = 0;

	if (left->count != right->count)
		return false;
	for (size_t i = 0; i < left->count; i++) {
		const struct sp_tree_entry *entry = &left->entries[i];
		const struct sp_tree *other = entry->key ? get_from(right, entry->key, &at) : right->entries[i].value;

		if (!other || !sp_tree_equal(entry->value, other))
			return false;
	}
	return true;
}

bool sp_tree_equal(const struct sp_tree *left, const struct sp_tree *right)
{
	if (!left || !right)
		return left == right;
	if (left->type != right->type)
		return false;
	if (left->type != SP_TREE_SCALAR)
		return equal_entries(left, right);
	return left->scalar == right->scalar && strcmp(left->text, right->text) == 0;
}
