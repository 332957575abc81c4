/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/emitted.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/patch.h"
#include "selectors/label.h"
#include "state/source.h"
#include "state/text.h"
#include "state/tree.h"

/* What is read of a plan.json: item by item, as it may hold 100,000 nodes. */
struct reader {
	struct sp_composer *composer;
	struct sp_arena *arena; /* owns the names */
	struct sp_arena item;   /* owns what is being looked at */
	struct sp_emitted *emitted;
	bool is_version_ours;
	bool is_kind_ours;
};

static const char *string_of(const struct sp_tree *tree)
{
	return tree && tree->type == SP_TREE_SCALAR && tree->scalar == SP_SCALAR_STRING ? tree->text : "";
}

static void add_patch(struct reader *reader, const char *node_name, enum sp_patch_format format)
{
	struct sp_emitted *emitted = reader->emitted;
	struct sp_text name = { 0 };

	sp_patch_file_name(&name, node_name, format);
	emitted->patches = sp_arena_grow(reader->arena, emitted->patches, emitted->count, &emitted->capacity,
					 sizeof *emitted->patches);
	emitted->patches[emitted->count++] = sp_arena_copy(reader->arena, name.bytes, name.length);
	sp_text_free(&name);
}

/* A name that no node can have is not from us, and could lead out of the folder. */
static bool read_nodes(struct reader *reader)
{
	struct sp_event event;

	while (sp_composer_next(reader->composer, &event)) {
		const struct sp_tree *node;
		const char *name;

		if (event.type == SP_EVENT_SEQUENCE_END)
			return true;
		node = sp_composer_value(reader->composer, &event, &reader->item);
		name = string_of(sp_tree_get(node, "name"));
		if (sp_subdomain_problem(name))
			return false;
		add_patch(reader, name, SP_PATCH_MERGE);
		add_patch(reader, name, SP_PATCH_JSON);
		sp_arena_reset(&reader->item);
	}
	return false;
}

static bool read_field(struct reader *reader, const struct sp_event *key_event)
{
	struct sp_tree_entry entry;
	struct sp_event event;
	const struct sp_tree *value;

	if (!sp_composer_key(reader->composer, key_event, &reader->item, &entry) ||
	    !sp_composer_next(reader->composer, &event))
		return false;
	if (strcmp(entry.key, "nodes") == 0 && event.type == SP_EVENT_SEQUENCE_START)
		return read_nodes(reader);
	value = sp_composer_value(reader->composer, &event, &reader->item);
	if (strcmp(entry.key, "apiVersion") == 0)
		reader->is_version_ours = strcmp(string_of(value), "samepage.dev/v1") == 0;
	if (strcmp(entry.key, "kind") == 0)
		reader->is_kind_ours = strcmp(string_of(value), "Plan") == 0;
	return value != NULL;
}

static bool read_plan(struct reader *reader)
{
	struct sp_event event;

	if (!sp_composer_next(reader->composer, &event) || event.type != SP_EVENT_MAPPING_START)
		return false;
	while (sp_composer_next(reader->composer, &event)) {
		if (event.type == SP_EVENT_MAPPING_END)
			return reader->is_version_ours && reader->is_kind_ours;
		if (!read_field(reader, &event))
			return false;
	}
	return false;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool sp_emitted_read(const char *text, size_t length, struct sp_arena *arena, struct sp_emitted *emitted)
{
	struct sp_source *source = sp_source_text("plan.json", text, length);
	struct sp_arena document = { 0 };
	struct sp_report unheard = { .arena = &document }; /* what exactly is wrong with it does not matter */
	size_t column = 1;
	struct sp_events *events = sp_json_events_new(source, &column, &unheard);
	struct reader reader = {
		.composer = sp_composer_new(events, &document, &unheard),
		.arena = arena,
		.emitted = emitted,
	};
	bool is_ours;

	*emitted = (struct sp_emitted){ 0 };
	is_ours = read_plan(&reader) && unheard.errors == 0;
	if (emitted->count > 0)
		qsort(emitted->patches, emitted->count, sizeof *emitted->patches, compare_names);
	sp_composer_free(reader.composer);
	events->free(events);
	sp_source_close(source);
	sp_arena_free(&reader.item);
	sp_arena_free(&document);
	return is_ours;
}

bool sp_emitted_has_file(const char *name)
{
	static const char *const names[] = { "README.md", "apply.sh", "kustomization.yaml", "nodes.yaml", "plan.json" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

bool sp_emitted_has_patch(const struct sp_emitted *emitted, const char *name)
{
	return emitted->count > 0 &&
	       bsearch(&name, emitted->patches, emitted->count, sizeof *emitted->patches, compare_names);
}
