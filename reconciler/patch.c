/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/patch.h"

#include <string.h>

#include "reconciler/document.h"
#include "state/sha256.h"

enum {
	LONGEST_FILE_NAME = 255, /* NAME_MAX of every file system that matters */
	STAND_IN_DIGITS = 16,
};

/* A value that cannot be known is left as it is. */
static bool is_written(const struct sp_change *change)
{
	return change->changes && change->after;
}

static void merge_map(struct sp_document *document, const char *name, const char *key, const struct sp_change *change,
		      bool is_whole)
{
	if (!(is_whole ? change->after != NULL : is_written(change)))
		return;
	sp_document_key(document, name);
	sp_document_begin_map(document);
	sp_document_field(document, key, change->after);
	sp_document_end_map(document);
}

/* The uid makes the API server refuse the patch where the Node was re-created since, and server-side apply where there
 * is no such Node, so that it cannot create one. */
static void write_merge(struct sp_text *out, const struct sp_plan_node *node, enum sp_document_form form, bool is_whole)
{
	struct sp_document *document = sp_document_start(out, form);

	sp_document_begin_map(document);
	sp_document_field(document, "apiVersion", "v1");
	sp_document_field(document, "kind", "Node");
	sp_document_key(document, "metadata");
	sp_document_begin_map(document);
	sp_document_field(document, "name", node->name);
	if (node->uid)
		sp_document_field(document, "uid", node->uid);
	merge_map(document, "labels", SP_LABEL_ENABLED, &node->label, is_whole);
	merge_map(document, "annotations", SP_ANNOTATION_MANAGED, &node->annotation, is_whole);
	sp_document_end_map(document);
	sp_document_end_map(document);
	sp_document_finish(document);
}

/* Everything of an operation but its value; the caller writes that and ends the map. */
static void begin_operation(struct sp_document *document, const char *operation, const char *path)
{
	sp_document_begin_map(document);
	sp_document_field(document, "op", operation);
	sp_document_field(document, "path", path);
	sp_document_key(document, "value");
}

static void write_operation(struct sp_document *document, const char *operation, const char *path, const char *value)
{
	begin_operation(document, operation, path);
	sp_document_string(document, value);
	sp_document_end_map(document);
}

/* Adds the whole map, with our key in it, where the snapshot has none. The API server's JSON patch passes a test for
 * null only where there is nothing: a map that somebody added since is never overwritten. */
static void add_map(struct sp_document *document, const char *map, const char *key, const struct sp_change *change)
{
	write_operation(document, "test", map, NULL);
	begin_operation(document, "add", map);
	sp_document_begin_map(document);
	sp_document_field(document, key, change->after);
	sp_document_end_map(document);
	sp_document_end_map(document);
}

/* `has_map`: whether the map is there, so that one key can be added to it. */
static void patch_map(struct sp_document *document, const char *map, bool has_map, const char *key,
		      const struct sp_change *change)
{
	struct sp_text path = { 0 };

	if (!is_written(change))
		return;
	if (!has_map) {
		add_map(document, map, key, change);
		return;
	}
	sp_text_format(&path, "%s/", map);
	for (; *key; key++) {
		if (*key == '~' || *key == '/')
			sp_text_add(&path, *key == '~' ? "~0" : "~1");
		else
			sp_text_add_char(&path, *key);
	}
	if (change->before) {
		write_operation(document, "test", path.bytes, change->before);
		write_operation(document, "replace", path.bytes, change->after);
	} else {
		write_operation(document, "add", path.bytes, change->after);
	}
	sp_text_free(&path);
}

static void write_json(struct sp_text *out, const struct sp_plan_node *node)
{
	struct sp_document *document = sp_document_start(out, SP_DOCUMENT_JSON);

	sp_document_begin_list(document);
	if (node->uid)
		write_operation(document, "test", "/metadata/uid", node->uid);
	else
		write_operation(document, "test", "/metadata/name", node->name);
	patch_map(document, "/metadata/labels", node->has_labels, SP_LABEL_ENABLED, &node->label);
	patch_map(document, "/metadata/annotations", node->has_annotations, SP_ANNOTATION_MANAGED, &node->annotation);
	sp_document_end_list(document);
	sp_document_finish(document);
}

void sp_patch_write(struct sp_text *out, const struct sp_plan_node *node, enum sp_patch_format format)
{
	if (format == SP_PATCH_JSON)
		write_json(out, node);
	else
		write_merge(out, node, format == SP_PATCH_MERGE_JSON ? SP_DOCUMENT_JSON : SP_DOCUMENT_YAML, false);
}

void sp_patch_write_whole(struct sp_text *out, const struct sp_plan_node *node)
{
	write_merge(out, node, SP_DOCUMENT_YAML, true);
}

void sp_patch_file_name(struct sp_text *out, const char *node_name, enum sp_patch_format format)
{
	const char *suffix = format == SP_PATCH_MERGE ? ".yaml" : ".json";
	size_t length = strlen(node_name);
	unsigned char hash[SP_SHA256_SIZE];
	char digits[SP_SHA256_HEX_LENGTH + 1];

	if (length + strlen(suffix) <= LONGEST_FILE_NAME) {
		sp_text_append(out, node_name, length);
	} else {
		sp_sha256(node_name, length, hash);
		sp_sha256_hex(hash, digits);
		sp_text_append(out, node_name, LONGEST_FILE_NAME - strlen(suffix) - STAND_IN_DIGITS - 1);
		sp_text_format(out, "_%.*s", STAND_IN_DIGITS, digits);
	}
	sp_text_add(out, suffix);
}
