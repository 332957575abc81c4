/* SPDX-License-Identifier: Apache-2.0 */
#include "state/resource_list.h"

#include <stdlib.h>
#include <string.h>

#include "state/document.h"

struct sp_resource_list {
	struct sp_source *source;
	struct sp_report *report;
	struct sp_documents documents;
	struct sp_layout_reader reader;
	struct sp_arena arena;      /* of the list */
	struct sp_arena item_arena; /* of the current item */
	struct sp_layout root;
	struct sp_layout_entry *entries; /* of the root */
	size_t capacity;
	struct sp_layout *items; /* NULL outside of the items */
	bool is_open;
	bool is_read;
	bool failed;
};

struct sp_resource_list *sp_resource_list_new(struct sp_source *source, struct sp_report *report)
{
	struct sp_resource_list *list = calloc(1, sizeof *list);

	if (!list)
		sp_out_of_memory();
	sp_source_rewind(source);
	list->source = source;
	list->report = report;
	list->reader.source = source;
	list->reader.report = report;
	sp_documents_start(&list->documents, source, report);
	return list;
}

static void close_document(struct sp_resource_list *list)
{
	if (list->reader.events)
		list->reader.events->free(list->reader.events);
	list->reader.events = NULL;
}

void sp_resource_list_free(struct sp_resource_list *list)
{
	if (!list)
		return;
	close_document(list);
	sp_layout_reader_free(&list->reader);
	sp_arena_free(&list->arena);
	sp_arena_free(&list->item_arena);
	free(list);
}

static bool fail_as_no_list(struct sp_resource_list *list, struct sp_place place, const char *found)
{
	sp_fail(list->report, "not-a-resource-list", place, "a function reads a ResourceList, not %s", found);
	return sp_help(list->report, "kustomize and kpt hand one over; for files there is 'samepage plan'");
}

/* libyaml reads UTF-16 as well; the specification has UTF-8 alone. */
static bool is_utf16(const struct sp_source *source)
{
	size_t length;
	const char *text = sp_source_bytes(source, &length);

	return length >= 2 && (memcmp(text, "\xFE\xFF", 2) == 0 || memcmp(text, "\xFF\xFE", 2) == 0);
}

/* Opens the first document that is not empty, and its root. */
static bool open_root(struct sp_resource_list *list)
{
	struct sp_place place = { list->source, 0, 0 };
	struct sp_event event;

	if (is_utf16(list->source))
		return fail_as_no_list(list, place, "a text in UTF-16");

	do {
		close_document(list);
		if (!sp_documents_next(&list->documents, &list->reader.events))
			return false;
		if (!list->reader.events)
			return fail_as_no_list(list, place, "an empty text");
		if (!sp_layout_next(&list->reader, &event))
			return false;
	} while (event.type == SP_EVENT_END);
	if (event.type != SP_EVENT_MAPPING_START)
		return fail_as_no_list(list, event.place,
				       event.type == SP_EVENT_SEQUENCE_START ? "a list of something" : "a text");
	list->root = (struct sp_layout){
		.type = SP_LAYOUT_MAPPING,
		.place = event.place,
		.is_flow = event.is_flow,
		.has_tag = event.tag,
		.anchor = sp_arena_string(&list->arena, event.anchor),
		.start = event.start,
		.inside = event.end,
	};
	list->is_open = true;
	return true;
}

/* The items begin: they are handed out, and not kept. */
static void start_items(struct sp_resource_list *list, const struct sp_event *event)
{
	list->items = sp_arena_alloc(&list->arena, sizeof *list->items);
	list->items->type = SP_LAYOUT_SEQUENCE;
	list->items->place = event->place;
	list->items->is_flow = event->is_flow;
	list->items->has_tag = event->tag;
	list->items->start = event->start;
	list->items->inside = event->end;
	list->items->ends = SP_LAYOUT_END_UNSURE;
}

static bool is_items(const struct sp_layout *key, const struct sp_event *value)
{
	return key->type == SP_LAYOUT_SCALAR && strcmp(key->text, "items") == 0 && !key->anchor &&
	       value->type == SP_EVENT_SEQUENCE_START && !value->anchor;
}

static bool read_field(struct sp_resource_list *list, const struct sp_event *event)
{
	struct sp_layout_entry entry = { .key = sp_layout_read(&list->reader, event, &list->arena) };
	struct sp_event value;

	if (!entry.key || !sp_layout_next(&list->reader, &value))
		return false;
	if (is_items(entry.key, &value)) {
		start_items(list, &value);
		entry.value = list->items;
	} else {
		entry.value = sp_layout_read(&list->reader, &value, &list->arena);
	}
	if (!entry.value)
		return false;
	list->entries = sp_arena_grow(&list->arena, list->entries, list->root.count, &list->capacity,
				      sizeof *list->entries);
	list->entries[list->root.count++] = entry;
	return true;
}

static bool check_version(struct sp_resource_list *list)
{
	static const char *const versions[] = { "config.kubernetes.io/v1", "config.kubernetes.io/v1beta1",
						"config.kubernetes.io/v1alpha1", "config.kubernetes.io/v2alpha1" };
	const char *version = sp_layout_text(&list->root, "apiVersion");
	const char *kind = sp_layout_text(&list->root, "kind");

	if (!kind || strcmp(kind, "ResourceList") != 0)
		return fail_as_no_list(list, list->root.place,
				       kind ? sp_arena_format(&list->arena, "a %s", kind) : "an object without a kind");
	for (size_t i = 0; version && i < sizeof versions / sizeof *versions; i++)
		if (strcmp(version, versions[i]) == 0)
			return true;
	sp_fail(list->report, "unknown-version", list->root.place, "a ResourceList of version \"%s\"",
		version ? version : "");
	return sp_help(list->report, "the versions known are config.kubernetes.io/v1, v1beta1, v1alpha1 and v2alpha1");
}

/* Behind the list there is nothing, not even what a reader of streams ignores with a warning. */
static bool expect_end(struct sp_resource_list *list)
{
	size_t diagnostics = list->report->count;
	struct sp_event event;

	if (!sp_layout_next(&list->reader, &event))
		return false;
	if (list->report->count > diagnostics)
		return fail_as_no_list(list, list->report->diagnostics[diagnostics].place, "text behind it");
	do {
		close_document(list);
		if (!sp_documents_next(&list->documents, &list->reader.events))
			return false;
		if (list->reader.events && !sp_layout_next(&list->reader, &event))
			return false;
		if (list->reader.events && event.type != SP_EVENT_END)
			return fail_as_no_list(list, event.place, "a second document behind it");
	} while (list->reader.events);
	return true;
}

static bool finish_root(struct sp_resource_list *list, const struct sp_event *end)
{
	const struct sp_layout *last = list->root.count > 0 ? list->entries[list->root.count - 1].value : NULL;

	list->root.entries = list->entries;
	list->root.end = list->root.is_flow || !last ? end->end : last->end;
	list->root.ends = list->root.is_flow || !last ? SP_LAYOUT_END_IN_LINE : last->ends;
	list->is_read = check_version(list) && expect_end(list);
	return list->is_read;
}

static const struct sp_layout *read_item(struct sp_resource_list *list, const struct sp_event *event)
{
	const struct sp_layout *item;

	sp_arena_reset(&list->item_arena);
	item = sp_layout_read(&list->reader, event, &list->item_arena);
	if (!item)
		return NULL;
	list->items->end = item->end;
	list->items->ends = item->ends;
	return item;
}

static void end_items(struct sp_resource_list *list, const struct sp_event *event)
{
	if (list->items->is_flow) {
		list->items->end = event->end;
		list->items->ends = SP_LAYOUT_END_IN_LINE;
	}
	list->items = NULL;
}

/* One step: an item, which is then in `*item`, a field of the root, or an end. */
static bool step(struct sp_resource_list *list, const struct sp_layout **item)
{
	struct sp_event event;

	if (!list->is_open && !open_root(list))
		return false;
	if (!sp_layout_next(&list->reader, &event))
		return false;
	if (!list->items)
		return event.type == SP_EVENT_MAPPING_END ? finish_root(list, &event) : read_field(list, &event);
	if (event.type == SP_EVENT_SEQUENCE_END) {
		end_items(list, &event);
		return true;
	}
	*item = read_item(list, &event);
	return *item;
}

const struct sp_layout *sp_resource_list_next(struct sp_resource_list *list)
{
	const struct sp_layout *item = NULL;

	while (!item && !list->is_read && !list->failed)
		list->failed = !step(list, &item);
	return item;
}

bool sp_resource_list_is_read(const struct sp_resource_list *list)
{
	return list->is_read;
}

const struct sp_layout *sp_resource_list_root(const struct sp_resource_list *list)
{
	return &list->root;
}

bool sp_resource_list_is_json(const struct sp_resource_list *list)
{
	return list->documents.is_json;
}

bool sp_resource_list_is_aliased(const struct sp_resource_list *list, const char *anchor)
{
	return sp_layout_is_aliased(&list->reader, anchor);
}
