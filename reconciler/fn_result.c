/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/fn_result.h"

#include <string.h>

#include "reconciler/document.h"
#include "reconciler/guard.h"

static const char *copy(const struct sp_layout *layout, const char *key, struct sp_arena *arena)
{
	return sp_arena_string(arena, sp_layout_text(layout, key));
}

static const struct sp_layout *value_of(const struct sp_layout *layout, const char *key)
{
	const struct sp_layout_entry *entry = sp_layout_find(layout, key);

	return entry ? entry->value : NULL;
}

/* The annotation with the prefix of the specification's version 1, else with that from before. */
static const char *copy_annotation(const struct sp_layout *annotations, const char *name, struct sp_arena *arena)
{
	const char *text = copy(annotations, sp_arena_format(arena, "internal.config.kubernetes.io/%s", name), arena);

	return text ? text : copy(annotations, sp_arena_format(arena, "config.kubernetes.io/%s", name), arena);
}

struct sp_fn_item sp_fn_item_describe(const struct sp_layout *layout, struct sp_arena *arena)
{
	const struct sp_layout *metadata = value_of(layout, "metadata");
	const struct sp_layout *annotations = value_of(metadata, "annotations");

	return (struct sp_fn_item){
		.place = layout->place,
		.end = layout->end,
		.api_version = copy(layout, "apiVersion", arena),
		.kind = copy(layout, "kind", arena),
		.namespace = copy(metadata, "namespace", arena),
		.name = copy(metadata, "name", arena),
		.path = copy_annotation(annotations, "path", arena),
		.index = copy_annotation(annotations, "index", arena),
	};
}

static void describe_reference(struct sp_document *document, const struct sp_fn_item *item)
{
	sp_document_key(document, "resourceRef");
	sp_document_begin_map(document);
	sp_document_field(document, "apiVersion", item->api_version);
	sp_document_field(document, "kind", item->kind);
	if (item->namespace && item->namespace[0])
		sp_document_field(document, "namespace", item->namespace);
	sp_document_field(document, "name", item->name);
	sp_document_end_map(document);
}

static void describe_field(struct sp_document *document, const struct sp_fn_result *result, bool has_list)
{
	sp_document_key(document, "field");
	sp_document_begin_map(document);
	sp_document_field(document, "path", result->field);
	if (result->before)
		sp_document_field(document, "currentValue", result->before);
	if (has_list) {
		sp_document_key(document, "proposedValues");
		sp_document_begin_list(document);
		sp_document_string(document, result->after);
		sp_document_end_list(document);
	} else {
		sp_document_field(document, "proposedValue", result->after);
	}
	sp_document_end_map(document);
}

static void describe_file(struct sp_document *document, const struct sp_fn_item *item)
{
	size_t index;

	sp_document_key(document, "file");
	sp_document_begin_map(document);
	sp_document_field(document, "path", item->path);
	if (item->index && sp_guard_parse_count(item->index, &index))
		sp_document_number_field(document, "index", index);
	sp_document_end_map(document);
}

static const char *message_of(const struct sp_fn_result *result, struct sp_arena *arena)
{
	return result->help ? sp_arena_format(arena, "%s; %s", result->message, result->help) : result->message;
}

/* A reference needs all three. */
static bool has_reference(const struct sp_fn_result *result)
{
	return result->item && result->item->api_version && result->item->kind && result->item->name;
}

static void describe(struct sp_document *document, const struct sp_fn_result *result, bool has_list,
		     struct sp_arena *arena)
{
	sp_document_begin_map(document);
	sp_document_field(document, "message", message_of(result, arena));
	sp_document_field(document, "severity", result->severity);
	if (has_reference(result)) {
		describe_reference(document, result->item);
		if (result->field)
			describe_field(document, result, has_list);
	}
	if (result->item && result->item->path)
		describe_file(document, result->item);
	sp_document_key(document, "tags");
	sp_document_begin_map(document);
	sp_document_field(document, "samepage.dev/code", result->code);
	sp_document_end_map(document);
	sp_document_end_map(document);
	sp_document_finish(document);
}

/* JSON of many lines, none of which ends within a string, in one line. */
static const char *fold(const char *json, struct sp_arena *arena)
{
	struct sp_text text = { 0 };
	const char *line;

	for (; *json; json++) {
		if (*json != '\n') {
			sp_text_add_char(&text, *json);
			continue;
		}
		if (text.length > 0 && text.bytes[text.length - 1] == ',')
			sp_text_add_char(&text, ' ');
		json += strspn(json + 1, " ");
	}
	line = sp_arena_string(arena, sp_text_string(&text));
	sp_text_free(&text);
	return line;
}

struct sp_splice_item sp_fn_result_write(const struct sp_fn_result *result, bool has_list, struct sp_arena *arena)
{
	struct sp_splice_item item;
	struct sp_text text = { 0 };

	describe(sp_document_start(&text, SP_DOCUMENT_YAML), result, has_list, arena);
	item.block = sp_arena_string(arena, sp_text_string(&text));
	text.length = 0;
	describe(sp_document_start(&text, SP_DOCUMENT_JSON), result, has_list, arena);
	item.flow = fold(sp_text_string(&text), arena);
	sp_text_free(&text);
	return item;
}

static bool is_same(const char *left, const char *right)
{
	return left && right ? strcmp(left, right) == 0 : left == right;
}

bool sp_fn_result_is_in(const struct sp_layout *results, const struct sp_fn_result *result, struct sp_arena *arena)
{
	const char *message = message_of(result, arena);
	const char *kind = has_reference(result) ? result->item->kind : NULL;
	const char *name = has_reference(result) ? result->item->name : NULL;
	const char *field = has_reference(result) ? result->field : NULL;

	for (size_t i = 0; results && results->type == SP_LAYOUT_SEQUENCE && i < results->count; i++) {
		const struct sp_layout *old = results->entries[i].value;
		const struct sp_layout *reference = value_of(old, "resourceRef");

		if (is_same(sp_layout_text(old, "message"), message) &&
		    is_same(sp_layout_text(old, "severity"), result->severity) &&
		    is_same(sp_layout_text(reference, "kind"), kind) &&
		    is_same(sp_layout_text(reference, "name"), name) &&
		    is_same(sp_layout_text(value_of(old, "field"), "path"), field))
			return true;
	}
	return false;
}
