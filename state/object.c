/* SPDX-License-Identifier: Apache-2.0 */
#include "state/object.h"

#include <stdlib.h>
#include <string.h>

#include "state/document.h"

struct sp_object_reader {
	struct sp_report *report;
	struct sp_documents documents;
	size_t document_count;
	struct sp_arena *keep;
	const char *raw_kind;
	struct sp_arena document_arena; /* of the current document: its root and what has an anchor */
	struct sp_arena item_arena;     /* of the current item */
	struct sp_arena list_arena;     /* of the lists whose items have no kind and are not taken for one either */
	struct sp_events *events;       /* NULL between two documents */
	struct sp_composer *composer;
	struct sp_collection root; /* the entries of the document's root so far */
	struct sp_place root_place;
	bool in_items;
	bool has_items; /* the document's root has a list of items, which were handed out */
	size_t item_count;
	struct sp_place first_without_kind; /* the first item without a kind */
	struct sp_list *list;
	size_t resumed_decodes; /* of values of the first document that were read otherwise */
	bool failed;
};

static struct sp_arena *document_arena(struct sp_object_reader *reader)
{
	return reader->keep ? reader->keep : &reader->document_arena;
}

struct sp_object_reader *sp_object_reader_new(struct sp_source *source, struct sp_arena *keep, const char *raw_kind,
					      struct sp_report *report)
{
	struct sp_object_reader *reader = calloc(1, sizeof *reader);

	if (!reader)
		sp_out_of_memory();
	reader->report = report;
	reader->keep = keep;
	reader->raw_kind = raw_kind;
	sp_documents_start(&reader->documents, source, report);
	return reader;
}

void sp_object_reader_resume(struct sp_object_reader *reader, size_t decodes)
{
	reader->resumed_decodes = decodes;
}

static void close_document(struct sp_object_reader *reader)
{
	sp_composer_free(reader->composer);
	reader->composer = NULL;
	if (reader->events)
		reader->events->free(reader->events);
	reader->events = NULL;
}

void sp_object_reader_free(struct sp_object_reader *reader)
{
	if (!reader)
		return;
	close_document(reader);
	sp_arena_free(&reader->document_arena);
	sp_arena_free(&reader->item_arena);
	sp_arena_free(&reader->list_arena);
	free(reader);
}

/* The text of a field that must be a string, or NULL where it is absent or null. */
static bool get_string(struct sp_object_reader *reader, const struct sp_tree *tree, const char *key, const char **text)
{
	const struct sp_tree *value = sp_tree_get(tree, key);

	*text = NULL;
	if (!value || sp_tree_is_null(value))
		return true;
	if (value->type != SP_TREE_SCALAR || value->scalar != SP_SCALAR_STRING)
		return sp_fail(reader->report, "wrong-type", value->place, "%s must be a string, not %s", key,
			       sp_tree_type_name(value));
	if (value->length > 0)
		*text = value->text;
	return true;
}

/* Fills in what every object has. Items of a raw list have neither apiVersion nor kind. */
static bool describe(struct sp_object_reader *reader, const struct sp_tree *tree, struct sp_object *object)
{
	*object = (struct sp_object){ .tree = tree, .document = reader->document_count - 1 };
	if (!get_string(reader, tree, "apiVersion", &object->api_version) ||
	    !get_string(reader, tree, "kind", &object->kind))
		return false;
	if (reader->in_items && !object->api_version && !object->kind)
		return true;
	if (!object->kind) {
		sp_fail(reader->report, "missing-kind", tree->place, "Object 'Kind' is missing");
		return sp_help(reader->report, "every Kubernetes object says its apiVersion and kind");
	}
	if (!object->api_version)
		return sp_fail(reader->report, "missing-kind", tree->place, "Object 'apiVersion' is missing in this %s",
			       object->kind);
	return true;
}

static void start_root(struct sp_object_reader *reader, struct sp_place place)
{
	reader->document_count++;
	reader->root = (struct sp_collection){ 0 };
	reader->root_place = place;
	reader->in_items = reader->has_items = false;
	reader->item_count = 0;
	reader->first_without_kind = (struct sp_place){ 0 };
	reader->list = sp_arena_alloc(document_arena(reader), sizeof *reader->list);
}

/* Reads up to the root of the document that was just opened; `*found` is false where it is empty or null. */
static bool read_root_start(struct sp_object_reader *reader, bool *found)
{
	struct sp_event event;
	const struct sp_tree *tree;

	*found = false;
	if (!sp_composer_next(reader->composer, &event))
		return false;
	if (event.type == SP_EVENT_END)
		return true;
	if (event.type == SP_EVENT_MAPPING_START) {
		start_root(reader, event.place);
		*found = true;
		return true;
	}
	tree = sp_composer_value(reader->composer, &event, document_arena(reader));
	if (!tree)
		return false;
	if (sp_tree_is_null(tree))
		return sp_composer_next(reader->composer, &event);
	sp_fail(reader->report, "not-an-object", tree->place, "a Kubernetes object is a mapping, not %s",
		sp_tree_type_name(tree));
	return sp_help(reader->report, "several objects stand in a List or in documents of their own");
}

/* Opens the next document that is not empty. `*found` is false at the end of the stream. */
static bool open_document(struct sp_object_reader *reader, bool *found)
{
	for (*found = false; !*found;) {
		close_document(reader);
		sp_arena_reset(&reader->document_arena);
		sp_arena_reset(&reader->item_arena);
		if (!sp_documents_next(&reader->documents, &reader->events))
			return false;
		if (!reader->events)
			return true;
		reader->composer = sp_composer_new(reader->events, document_arena(reader), reader->report);
		sp_composer_resume(reader->composer, reader->resumed_decodes);
		reader->resumed_decodes = 0;
		if (!read_root_start(reader, found))
			return false;
	}
	return true;
}

/* Reads one entry of the root. The items of a list are not read here: the reader is then in them. */
static bool read_root_entry(struct sp_object_reader *reader, struct sp_event *event)
{
	static const struct sp_tree no_items = { .type = SP_TREE_SEQUENCE };
	struct sp_arena *arena = document_arena(reader);
	struct sp_tree_entry entry = { 0 };
	struct sp_event next;

	if (event->type != SP_EVENT_SCALAR || event->anchor || event->length != 5 ||
	    memcmp(event->value, "items", 5) != 0)
		return sp_composer_entry(reader->composer, event, true, arena, &reader->root);
	if (!sp_composer_key(reader->composer, event, arena, &entry) || !sp_composer_next(reader->composer, &next))
		return false;
	if (next.type == SP_EVENT_SEQUENCE_START && !next.anchor) {
		reader->in_items = reader->has_items = true;
		entry.value = &no_items;
	} else {
		entry.value = sp_composer_value(reader->composer, &next, arena);
	}
	return entry.value && sp_composer_add(reader->composer, arena, &reader->root, &entry);
}

/* Whether the caller will look at the current list when its document is gone: only then it knows the items' kind. */
static bool is_kept(const struct sp_object_reader *reader)
{
	return !reader->keep && !reader->raw_kind && reader->first_without_kind.source;
}

static bool ends_with_list(const char *kind)
{
	size_t length = strlen(kind);

	return length >= 4 && strcmp(kind + length - 4, "List") == 0;
}

/* Now that the kind of the list is known: may its items be without a kind, and of which kind are they then? */
static bool check_raw_list(struct sp_object_reader *reader, const char *kind, struct sp_place place)
{
	const char *item_kind = reader->raw_kind;

	if (strcmp(kind, "List") == 0) {
		sp_fail(reader->report, "missing-kind", reader->first_without_kind, "Object 'Kind' is missing");
		return sp_help(reader->report, "the items of a List need an apiVersion and a kind each");
	}
	if (!item_kind || (strlen(kind) == strlen(item_kind) + 4 && strncmp(kind, item_kind, strlen(item_kind)) == 0))
		return true;
	return sp_fail(reader->report, "wrong-kind", place, "a %s holds no %ss", kind, item_kind);
}

/* The items of a list were handed out one by one, or are none. What else may stand in their place? */
static bool check_items(struct sp_object_reader *reader, const struct sp_tree *items)
{
	if (!items || reader->has_items || sp_tree_is_null(items))
		return true;
	if (items->type != SP_TREE_SEQUENCE)
		return sp_fail(reader->report, "wrong-type", items->place, "items must be a list, not %s",
			       sp_tree_type_name(items));
	if (items->count == 0)
		return true;
	sp_fail(reader->report, "anchored-items", items->place, "the items of a list have an anchor, or are an alias");
	return sp_help(reader->report, "samepage reads them one by one, and remembers none: write them without");
}

/* Takes the finished root: a list whose items were handed out, an empty list, or an object of its own. */
static bool finish_root(struct sp_object_reader *reader, struct sp_object *object, bool *is_object)
{
	const struct sp_tree *root = sp_composer_finish(reader->composer, &reader->root, true, reader->root_place,
							document_arena(reader));
	const char *kind;
	struct sp_event event;

	*is_object = false;
	/* the event that follows ends the document, or tells of text behind it */
	if (!sp_composer_next(reader->composer, &event) || !describe(reader, root, object))
		return false;
	kind = object->kind ? object->kind : "";
	reader->list->kind = is_kept(reader) ? sp_arena_string(&reader->list_arena, kind) : kind;
	if (!ends_with_list(kind)) {
		*is_object = !reader->has_items;
		return !reader->has_items || sp_fail(reader->report, "not-a-list", root->place,
						     "a %s is no list, and yet it has items", kind);
	}
	if (!check_items(reader, sp_tree_get(root, "items")))
		return false;
	return !reader->first_without_kind.source || check_raw_list(reader, kind, root->place);
}

/* Reads the next item. `*is_object` is false at the end of the items. */
static bool read_item(struct sp_object_reader *reader, struct sp_object *object, bool *is_object)
{
	struct sp_arena *arena = reader->keep ? reader->keep : &reader->item_arena;
	const struct sp_tree *tree;
	struct sp_event event;

	*is_object = false;
	sp_arena_reset(&reader->item_arena);
	if (!sp_composer_next(reader->composer, &event))
		return false;
	if (event.type == SP_EVENT_SEQUENCE_END) {
		reader->in_items = false;
		return true;
	}
	tree = sp_composer_value(reader->composer, &event, arena);
	if (!tree)
		return false;
	if (tree->type != SP_TREE_MAPPING)
		return sp_fail(reader->report, "not-an-object", tree->place,
			       "an item of a list must be an object, not %s", sp_tree_type_name(tree));
	if (!describe(reader, tree, object))
		return false;
	if (!object->kind && !reader->first_without_kind.source) {
		reader->first_without_kind = tree->place;
		if (is_kept(reader))
			reader->list = sp_arena_alloc(&reader->list_arena, sizeof *reader->list);
	}
	if (!object->kind)
		object->kind = reader->raw_kind;
	object->list = reader->list;
	object->item = reader->item_count++;
	*is_object = true;
	return true;
}

/* One step: an item, an entry of the root, or the next document. */
static bool step(struct sp_object_reader *reader, struct sp_object *object, bool *is_object, bool *at_end)
{
	struct sp_event event;
	bool found;

	*is_object = *at_end = false;
	if (reader->in_items)
		return read_item(reader, object, is_object);
	if (!reader->composer) {
		bool opened = open_document(reader, &found);

		*at_end = opened && !found;
		return opened;
	}
	if (!sp_composer_next(reader->composer, &event))
		return false;
	if (event.type != SP_EVENT_MAPPING_END)
		return read_root_entry(reader, &event);
	if (!finish_root(reader, object, is_object))
		return false;
	/* the object is still in the document's arena, which open_document resets */
	sp_composer_free(reader->composer);
	reader->composer = NULL;
	return true;
}

bool sp_object_reader_next(struct sp_object_reader *reader, struct sp_object *object)
{
	bool is_object = false;
	bool at_end = false;

	while (!is_object && !at_end && !reader->failed)
		reader->failed = !step(reader, object, &is_object, &at_end);
	return is_object && !reader->failed;
}

bool sp_object_reader_failed(const struct sp_object_reader *reader)
{
	return reader->failed;
}

void sp_object_reader_document(const struct sp_object_reader *reader, size_t *offset, size_t *line)
{
	*offset = reader->documents.start;
	*line = reader->documents.first_line;
}

bool sp_object_reader_is_json(const struct sp_object_reader *reader)
{
	return reader->documents.is_json;
}
