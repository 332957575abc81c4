/* SPDX-License-Identifier: Apache-2.0 */
#include "state/node.h"

#include <stdlib.h>
#include <string.h>

#include "state/decode.h"
#include "state/fast_nodes.h"
#include "state/object.h"
#include "state/wanted.h"

enum { LARGEST_ANNOTATIONS = 256 * 1024 };

struct sp_node_reader {
	struct sp_source *source;
	bool has_begun;
	bool is_complete;                               /* the fast readers found all there is */
	struct sp_fast_nodes fast[SP_FAST_MOST_PIECES]; /* what they found */
	size_t piece;                                   /* the next to be handed out is in it */
	size_t item;
	struct sp_object_reader *objects;
	struct sp_report *report;
	struct sp_node_options options;
	struct sp_wanted wanted;
	struct sp_arena arena; /* of the current node */
	size_t skipped;
	size_t told; /* bytes that `moved` was told of */
};

/* What metadata holds is checked when it is read; spec and status are not ours to judge. */
static const struct sp_field node_fields[] = {
	{ "apiVersion", SP_FIELD_ANY }, { "kind", SP_FIELD_ANY },   { "metadata", SP_FIELD_ANY },
	{ "spec", SP_FIELD_ANY },       { "status", SP_FIELD_ANY }, { NULL, SP_FIELD_ANY },
};

struct sp_node_reader *sp_node_reader_new(struct sp_source *source, const struct sp_node_options *options,
					  struct sp_report *report)
{
	struct sp_node_reader *reader = calloc(1, sizeof *reader);

	if (!reader)
		sp_out_of_memory();
	reader->objects = sp_object_reader_new(source, NULL, "Node", report);
	reader->source = source;
	reader->report = report;
	reader->options = *options;
	reader->wanted = sp_wanted_of(options->keys, options->key_count);
	return reader;
}

void sp_node_reader_free(struct sp_node_reader *reader)
{
	if (!reader)
		return;
	sp_object_reader_free(reader->objects);
	for (size_t i = 0; i < SP_FAST_MOST_PIECES; i++)
		sp_fast_nodes_free(&reader->fast[i]);
	sp_arena_free(&reader->arena);
	free(reader);
}

/* The API server's rule for the name, which is also what makes it safe as a file's name. */
static bool check_name(const struct sp_node_reader *reader, const struct sp_tree *metadata, const char *name,
		       struct sp_place place)
{
	const struct sp_tree *value = sp_tree_get(metadata, "name");
	const char *problem;

	if (!name || name[0] == '\0')
		return sp_fail(reader->report, "missing-name", value ? value->place : place, "this Node has no name");
	problem = sp_subdomain_problem(name);
	return !problem ||
	       sp_fail(reader->report, "invalid-node-name", value->place, "node name \"%.300s\" %s", name, problem);
}

static bool check_labels(const struct sp_node_reader *reader, const struct sp_tree *labels)
{
	bool good = true;

	for (size_t i = 0; labels && i < labels->count; i++) {
		const struct sp_tree_entry *entry = &labels->entries[i];
		const char *problem = sp_label_key_problem(entry->key);

		if (problem)
			good = sp_fail(reader->report, "invalid-label-key", entry->key_place, "label key \"%s\" %s",
				       entry->key, problem);
		problem = sp_tree_is_null(entry->value) ? NULL : sp_label_value_problem(entry->value->text);
		if (problem)
			good = sp_fail(reader->report, "invalid-label-value", entry->value->place,
				       "value \"%s\" of label \"%s\" %s", entry->value->text, entry->key, problem);
	}
	return good;
}

/* Keys of annotations follow the rule for labels, but for upper case, which is let pass before the slash too. Values
 * are free, all together up to 256 KiB. */
static bool check_annotations(struct sp_node_reader *reader, const struct sp_tree *annotations)
{
	bool good = true;
	size_t size = 0;

	for (size_t i = 0; annotations && i < annotations->count; i++) {
		const struct sp_tree_entry *entry = &annotations->entries[i];
		char *key = sp_arena_string(&reader->arena, entry->key);
		const char *problem;

		for (char *at = key; *at; at++)
			*at = *at >= 'A' && *at <= 'Z' ? (char)(*at | 0x20) : *at;
		problem = sp_label_key_problem(key);
		if (problem)
			good = sp_fail(reader->report, "invalid-label-key", entry->key_place,
				       "annotation key \"%s\" %s", entry->key, problem);
		size += strlen(key) + entry->value->length;
	}
	if (size > LARGEST_ANNOTATIONS)
		good = sp_fail(reader->report, "annotations-too-large", annotations->place,
			       "the annotations are larger than %d KiB", LARGEST_ANNOTATIONS / 1024);
	return good;
}

/* Leaves only what is asked for. The items are the reader's own. */
static void filter(const struct sp_wanted *wanted, struct sp_labels *labels)
{
	struct sp_label *items = (struct sp_label *)labels->items;
	size_t count = 0;

	for (size_t i = 0; i < labels->count; i++)
		if (sp_is_wanted(wanted, items[i].key, strlen(items[i].key)))
			items[count++] = items[i];
	labels->count = count;
}

static bool decode(struct sp_node_reader *reader, const struct sp_tree *tree, struct sp_node *node)
{
	struct sp_decoder decoder = { reader->report, &reader->arena, false };
	const struct sp_tree *metadata;
	bool good = sp_decode_check(&decoder, tree, "", node_fields);

	*node = (struct sp_node){ .place = tree->place };
	if (!sp_decode_mapping(&decoder, tree, "", "metadata", &metadata))
		return false;
	if (metadata) {
		good = sp_decode_check(&decoder, metadata, "metadata", sp_metadata_fields) && good;
		if (!good)
			return false;
		good = sp_decode_string(&decoder, metadata, "metadata", "name", &node->name) &&
		       sp_decode_string(&decoder, metadata, "metadata", "uid", &node->uid) &&
		       sp_decode_labels(&decoder, metadata, "labels", &node->labels, &node->has_labels) &&
		       sp_decode_labels(&decoder, metadata, "annotations", &node->annotations, &node->has_annotations);
	}
	if (node->uid && node->uid[0] == '\0')
		node->uid = NULL;
	filter(&reader->wanted, &node->labels);
	filter(&reader->wanted, &node->annotations);
	if (good && reader->options.strict)
		good = check_labels(reader, sp_tree_get(metadata, "labels")) &&
		       check_annotations(reader, sp_tree_get(metadata, "annotations"));
	return good && check_name(reader, metadata, node->name, tree->place);
}

/* Whether the object is a core Node: other groups have a kind of that name too. */
static bool is_node(const struct sp_object *object)
{
	return strcmp(object->kind, "Node") == 0 && !(object->api_version && strchr(object->api_version, '/'));
}

static bool check_version(const struct sp_node_reader *reader, const struct sp_object *object)
{
	if (!object->api_version || strcmp(object->api_version, "v1") == 0)
		return true;
	return sp_fail(reader->report, "unknown-version", object->tree->place,
		       "a Node has apiVersion \"v1\", not \"%s\"", object->api_version);
}

/* Tries the fast readers, once. What they do not recognise the full reader reads: from the beginning, or from where a
 * stream is by then. */
static void begin(struct sp_node_reader *reader)
{
	const struct sp_node_options *options = &reader->options;
	size_t decodes;

	if (reader->has_begun)
		return;
	reader->has_begun = true;
	if (options->strict || options->full)
		return;
	if (sp_source_can_read_at(reader->source)) {
		reader->is_complete = sp_fast_nodes_read(reader->source, options, reader->fast);
	} else if (!sp_source_is_text(reader->source)) {
		reader->is_complete = sp_fast_nodes_stream(reader->source, options, reader->fast, &decodes);
		sp_object_reader_resume(reader->objects, decodes);
	}
}

size_t sp_node_reader_known(struct sp_node_reader *reader)
{
	size_t count = 0;

	begin(reader);
	for (size_t i = 0; i < SP_FAST_MOST_PIECES; i++)
		count += reader->fast[i].count;
	return count;
}

static bool next_fast(struct sp_node_reader *reader, struct sp_node *node)
{
	while (reader->piece < SP_FAST_MOST_PIECES && reader->item == reader->fast[reader->piece].count) {
		reader->piece++;
		reader->item = 0;
	}
	if (reader->piece == SP_FAST_MOST_PIECES)
		return false;
	*node = reader->fast[reader->piece].items[reader->item++];
	node->place.source = reader->source;
	return true;
}

static void tell(struct sp_node_reader *reader)
{
	size_t offset = sp_source_offset(reader->source);

	if (reader->options.moved)
		reader->options.moved(reader->options.moved_context, offset - reader->told, 1);
	reader->told = offset;
}

bool sp_node_reader_next(struct sp_node_reader *reader, struct sp_node *node)
{
	struct sp_object object;

	begin(reader);
	if (next_fast(reader, node))
		return true;
	if (reader->is_complete)
		return false;
	while (sp_object_reader_next(reader->objects, &object)) {
		tell(reader);
		if (!is_node(&object)) {
			reader->skipped++;
			continue;
		}
		sp_arena_reset(&reader->arena);
		/* after an error the rest is read for further errors, but nothing is handed out any more */
		if (check_version(reader, &object) && decode(reader, object.tree, node) && reader->report->errors == 0)
			return true;
	}
	return false;
}

size_t sp_node_reader_skipped(const struct sp_node_reader *reader)
{
	return reader->skipped;
}
