/* SPDX-License-Identifier: Apache-2.0 */
#include "state/layout.h"

#include <search.h>
#include <string.h>

#include "state/source.h"

enum {
	DEEPEST = 128, /* as of a tree */
	LARGEST_VALUE = 64 * 1024 * 1024,
};

static int compare_names(const void *left, const void *right)
{
	return strcmp(left, right);
}

static void keep(void *name)
{
	(void)name; /* owned by the arena */
}

void sp_layout_reader_free(struct sp_layout_reader *reader)
{
	tdestroy(reader->aliases, keep);
	sp_arena_free(&reader->arena);
}

bool sp_layout_is_aliased(const struct sp_layout_reader *reader, const char *name)
{
	return name && tfind(name, &reader->aliases, compare_names);
}

static bool remember_alias(struct sp_layout_reader *reader, const struct sp_event *event)
{
	if (sp_layout_is_aliased(reader, event->anchor))
		return true;
	if (reader->arena.size > LARGEST_VALUE)
		return sp_fail(reader->report, "value-too-long", event->place, "too many aliases");
	if (!tsearch(sp_arena_string(&reader->arena, event->anchor), &reader->aliases, compare_names))
		sp_out_of_memory();
	return true;
}

bool sp_layout_next(struct sp_layout_reader *reader, struct sp_event *event)
{
	if (!reader->events->next(reader->events, event))
		return false;
	return event->type != SP_EVENT_ALIAS || remember_alias(reader, event);
}

static const char *copy_text(struct sp_arena *arena, const struct sp_event *event)
{
	return sp_arena_copy(arena, event->value ? event->value : "", event->value ? event->length : 0);
}

/* A block scalar ends where the next line begins, unless the text ends before. */
static enum sp_layout_end end_of_scalar(const struct sp_layout_reader *reader, const struct sp_event *event)
{
	size_t length;
	const char *text = sp_source_bytes(reader->source, &length);
	char last = event->end > 0 && event->end <= length ? text[event->end - 1] : '\0';

	if (event->start == event->end)
		return SP_LAYOUT_END_UNSURE;
	if (!event->is_block)
		return SP_LAYOUT_END_IN_LINE;
	return last == '\n' || last == '\r' ? SP_LAYOUT_END_NEW_LINE : SP_LAYOUT_END_UNSURE;
}

static struct sp_layout *new_layout(const struct sp_event *event, enum sp_layout_type type, struct sp_arena *arena)
{
	struct sp_layout *layout = sp_arena_alloc(arena, sizeof *layout);

	layout->type = type;
	layout->place = event->place;
	layout->start = event->start;
	layout->end = event->end;
	layout->has_tag = event->tag;
	layout->anchor = type == SP_LAYOUT_ALIAS ? NULL : sp_arena_string(arena, event->anchor);
	return layout;
}

/* An entry of a mapping, or an item of a sequence, that begins with `event`. */
static bool read_entry(struct sp_layout_reader *reader, const struct sp_event *event, bool is_mapping,
		       struct sp_arena *arena, struct sp_layout_entry *entry)
{
	struct sp_event next = *event;

	*entry = (struct sp_layout_entry){ 0 };
	if (is_mapping) {
		entry->key = sp_layout_read(reader, event, arena);
		if (!entry->key || !sp_layout_next(reader, &next))
			return false;
	}
	entry->value = sp_layout_read(reader, &next, arena);
	return entry->value;
}

/* A block collection ends with its last scalar, whatever libyaml says, which looks at what follows. */
static void end_collection(struct sp_layout *layout, const struct sp_event *event)
{
	bool is_empty = !layout->entries || layout->count == 0;
	const struct sp_layout *last = is_empty ? NULL : layout->entries[layout->count - 1].value;

	if (layout->is_flow || !last) {
		layout->end = event->end;
		layout->ends = layout->is_flow ? SP_LAYOUT_END_IN_LINE : SP_LAYOUT_END_UNSURE;
		return;
	}
	layout->end = last->end;
	layout->ends = last->ends;
}

static const struct sp_layout *read_collection(struct sp_layout_reader *reader, const struct sp_event *start,
					       struct sp_arena *arena)
{
	bool is_mapping = start->type == SP_EVENT_MAPPING_START;
	struct sp_layout *layout = new_layout(start, is_mapping ? SP_LAYOUT_MAPPING : SP_LAYOUT_SEQUENCE, arena);
	struct sp_layout_entry *entries = NULL;
	size_t capacity = 0;
	struct sp_event event;

	layout->is_flow = start->is_flow;
	layout->inside = start->end;
	if (reader->depth == DEEPEST) {
		sp_fail(reader->report, "too-deep", start->place, "nested deeper than %d levels", DEEPEST);
		return NULL;
	}
	reader->depth++;
	for (;;) {
		if (!sp_layout_next(reader, &event))
			return NULL;
		if (event.type == SP_EVENT_MAPPING_END || event.type == SP_EVENT_SEQUENCE_END)
			break;
		entries = sp_arena_grow(arena, entries, layout->count, &capacity, sizeof *entries);
		if (!read_entry(reader, &event, is_mapping, arena, &entries[layout->count]))
			return NULL;
		layout->count++;
	}
	reader->depth--;
	layout->entries = entries;
	end_collection(layout, &event);
	return layout;
}

const struct sp_layout *sp_layout_read(struct sp_layout_reader *reader, const struct sp_event *event,
				       struct sp_arena *arena)
{
	struct sp_layout *layout;

	if (arena->size > LARGEST_VALUE) {
		sp_fail(reader->report, "value-too-long", event->place,
			"an object that takes more than %d MiB of memory", LARGEST_VALUE >> 20);
		return NULL;
	}
	if (event->type == SP_EVENT_MAPPING_START || event->type == SP_EVENT_SEQUENCE_START)
		return read_collection(reader, event, arena);
	layout = new_layout(event, event->type == SP_EVENT_ALIAS ? SP_LAYOUT_ALIAS : SP_LAYOUT_SCALAR, arena);
	if (event->type == SP_EVENT_ALIAS) {
		layout->text = sp_arena_string(arena, event->anchor);
		return layout;
	}
	layout->text = copy_text(arena, event);
	layout->length = event->length;
	layout->is_plain = event->plain;
	layout->is_block = event->is_block;
	layout->ends = end_of_scalar(reader, event);
	return layout;
}

const struct sp_layout_entry *sp_layout_find(const struct sp_layout *layout, const char *key)
{
	if (!layout || layout->type != SP_LAYOUT_MAPPING)
		return NULL;
	for (size_t i = 0; i < layout->count; i++)
		if (layout->entries[i].key->type == SP_LAYOUT_SCALAR && strcmp(layout->entries[i].key->text, key) == 0)
			return &layout->entries[i];
	return NULL;
}

const char *sp_layout_text(const struct sp_layout *layout, const char *key)
{
	const struct sp_layout_entry *entry = sp_layout_find(layout, key);

	return entry && entry->value->type == SP_LAYOUT_SCALAR ? entry->value->text : NULL;
}

bool sp_layout_is_null(const struct sp_layout *layout)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	if (layout->type != SP_LAYOUT_SCALAR || !layout->is_plain)
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(layout->text, words[i]) == 0)
			return true;
	return false;
}

static bool equal_texts(const char *left, const char *right)
{
	return left && right ? strcmp(left, right) == 0 : left == right;
}

bool sp_layout_equal(const struct sp_layout *left, const struct sp_layout *right)
{
	if (!left || !right)
		return left == right;
	if (left->type != right->type || left->is_plain != right->is_plain || left->is_block != right->is_block ||
	    left->is_flow != right->is_flow || left->has_tag != right->has_tag || left->count != right->count ||
	    left->length != right->length || !equal_texts(left->text, right->text) ||
	    !equal_texts(left->anchor, right->anchor))
		return false;
	for (size_t i = 0; i < left->count; i++)
		if (!sp_layout_equal(left->entries[i].key, right->entries[i].key) ||
		    !sp_layout_equal(left->entries[i].value, right->entries[i].value))
			return false;
	return true;
}
