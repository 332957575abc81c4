/* SPDX-License-Identifier: Apache-2.0 */
/* -n: what is read, written anew and read again is the same, and what is valid is accepted by who does not judge,
 * too. */
#include <string.h>

#include "reconciler/document.h"
#include "state/node.h"
#include "state/source.h"
#include "state/text.h"
#include "tests/fuzz/property.h"

struct nodes {
	struct sp_node *items;
	size_t count;
	size_t capacity;
};

static struct sp_labels copy_labels(const struct sp_labels *labels, struct sp_arena *arena)
{
	struct sp_label *items = sp_arena_array(arena, labels->count, sizeof *items);

	for (size_t i = 0; i < labels->count; i++)
		items[i] = (struct sp_label){ sp_arena_string(arena, labels->items[i].key),
					      sp_arena_string(arena, labels->items[i].value) };
	return (struct sp_labels){ items, labels->count };
}

static struct sp_node copy_node(const struct sp_node *node, struct sp_arena *arena)
{
	struct sp_node copy = *node;

	copy.name = sp_arena_string(arena, node->name);
	copy.uid = sp_arena_string(arena, node->uid);
	copy.labels = copy_labels(&node->labels, arena);
	copy.annotations = copy_labels(&node->annotations, arena);
	return copy;
}

static bool read_nodes(const char *bytes, size_t size, bool strict, struct sp_arena *arena, struct nodes *nodes)
{
	struct sp_source *source = sp_source_text("nodes.yaml", bytes, size);
	struct sp_report report = { .arena = arena };
	struct sp_node_reader *reader = sp_node_reader_new(source, &(struct sp_node_options){ .strict = strict },
							   &report);
	struct sp_node node;

	*nodes = (struct nodes){ 0 };
	while (sp_node_reader_next(reader, &node)) {
		must(report.errors == 0, "no Node is handed out after an error");
		nodes->items = sp_arena_grow(arena, nodes->items, nodes->count, &nodes->capacity, sizeof node);
		nodes->items[nodes->count++] = copy_node(&node, arena);
	}
	must_be_readable(&report, report.errors == 0);
	sp_node_reader_free(reader);
	sp_source_close(source);
	return report.errors == 0;
}

static void must_be_the_same_labels(const struct sp_labels *first, const struct sp_labels *second)
{
	must(first->count == second->count, "there are as many labels");
	for (size_t i = 0; i < first->count; i++) {
		must_equal(first->items[i].key, second->items[i].key, "the key is the same");
		must_equal(first->items[i].value, second->items[i].value, "the value is the same");
	}
}

static void must_be_the_same(const struct nodes *first, const struct nodes *second)
{
	must(first->count == second->count, "there are as many nodes");
	for (size_t i = 0; i < first->count; i++) {
		must_equal(first->items[i].name, second->items[i].name, "the name is the same");
		must_equal(first->items[i].uid, second->items[i].uid, "the uid is the same");
		must(first->items[i].has_labels == second->items[i].has_labels &&
			     first->items[i].has_annotations == second->items[i].has_annotations,
		     "an empty map is none that is absent");
		must_be_the_same_labels(&first->items[i].labels, &second->items[i].labels);
		must_be_the_same_labels(&first->items[i].annotations, &second->items[i].annotations);
	}
}

static void write_labels(struct sp_document *out, const char *name, const struct sp_labels *labels)
{
	sp_document_key(out, name);
	sp_document_begin_map(out);
	for (size_t i = 0; i < labels->count; i++)
		sp_document_field(out, labels->items[i].key, labels->items[i].value);
	sp_document_end_map(out);
}

static void write_node(struct sp_document *out, const struct sp_node *node)
{
	sp_document_begin_map(out);
	sp_document_field(out, "apiVersion", "v1");
	sp_document_field(out, "kind", "Node");
	sp_document_key(out, "metadata");
	sp_document_begin_map(out);
	if (node->has_annotations)
		write_labels(out, "annotations", &node->annotations);
	if (node->has_labels)
		write_labels(out, "labels", &node->labels);
	sp_document_field(out, "name", node->name);
	sp_document_field(out, "uid", node->uid);
	sp_document_end_map(out);
	sp_document_end_map(out);
}

/* As kubectl writes a List: its kind behind the items. */
static void write_nodes(struct sp_text *text, enum sp_document_form form, const struct nodes *nodes)
{
	struct sp_document *out = sp_document_start(text, form);

	sp_document_begin_map(out);
	sp_document_field(out, "apiVersion", "v1");
	sp_document_key(out, "items");
	sp_document_begin_list(out);
	for (size_t i = 0; i < nodes->count; i++)
		write_node(out, &nodes->items[i]);
	sp_document_end_list(out);
	sp_document_field(out, "kind", "List");
	sp_document_end_map(out);
	sp_document_finish(out);
}

static void check_again(const struct nodes *nodes, enum sp_document_form form, struct sp_arena *arena)
{
	struct sp_text text = { 0 };
	struct nodes again;

	write_nodes(&text, form, nodes);
	must(read_nodes(sp_text_string(&text), text.length, false, arena, &again), "what samepage writes, it reads");
	must_be_the_same(nodes, &again);
	sp_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sp_arena arena = { 0 };
	struct nodes nodes;
	struct nodes valid;
	bool accepted = read_nodes((const char *)bytes, size, false, &arena, &nodes);
	bool is_valid = read_nodes((const char *)bytes, size, true, &arena, &valid);

	must(accepted || !is_valid, "what is valid is accepted");
	if (is_valid)
		must_be_the_same(&nodes, &valid);
	if (accepted) {
		check_again(&nodes, SP_DOCUMENT_JSON, &arena);
		check_again(&nodes, SP_DOCUMENT_YAML, &arena);
	}
	sp_arena_free(&arena);
	return 0;
}
