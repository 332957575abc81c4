/* SPDX-License-Identifier: Apache-2.0 */
#include "state/fast_nodes.h"

#include <string.h>

#include "state/fast_scalar.h"

void sp_fast_nodes_free(struct sp_fast_nodes *nodes)
{
	sp_arena_free(&nodes->arena);
	*nodes = (struct sp_fast_nodes){ 0 };
}

struct sp_fast_reading sp_fast_begin(const struct sp_node_options *options, struct sp_fast_nodes *nodes)
{
	return (struct sp_fast_reading){
		.nodes = nodes,
		.wanted = sp_wanted_of(options->keys, options->key_count),
	};
}

/* What the full reader refuses for its size must not be taken here: a value above 8 MiB, and what takes more than 64
 * MiB of memory. What is that large is left to it, with some room: each item, and what stands before and behind
 * them. */
static bool end_stretch(struct sp_fast_reading *reading, size_t offset)
{
	enum { MOST_BYTES = 4 * 1024 * 1024, MOST_VALUES = 50000 };
	bool is_small = offset - reading->stretch <= MOST_BYTES &&
			reading->decodes - reading->stretch_decodes <= MOST_VALUES;

	reading->stretch = offset;
	reading->stretch_decodes = reading->decodes;
	return is_small;
}

bool sp_fast_finish(struct sp_fast_reading *reading, size_t offset)
{
	return end_stretch(reading, offset);
}

bool sp_fast_begin_item(struct sp_fast_reading *reading, size_t line, size_t column, size_t offset)
{
	bool is_small = end_stretch(reading, offset);

	reading->is_noted = true;
	if (!reading->has_items) {
		reading->has_items = true;
		reading->first_item = offset;
		reading->first_column = column;
		reading->decodes = reading->stretch_decodes = 0;
	}
	reading->item = offset;
	reading->item_count = reading->nodes->count;
	reading->item_decodes = reading->decodes;
	reading->node = (struct sp_node){ .place = { .line = line, .column = column } };
	reading->has_version = reading->has_kind = false;
	return is_small;
}

/* What was gathered stays with the node in as much room as it needs. */
static void keep(struct sp_fast_reading *reading, struct sp_labels *labels)
{
	struct sp_label *kept;

	if (labels->count == 0)
		return;
	kept = sp_arena_array(&reading->nodes->arena, labels->count, sizeof *kept);
	memcpy(kept, labels->items, labels->count * sizeof *kept);
	labels->items = kept;
}

bool sp_fast_end_item(struct sp_fast_reading *reading, size_t offset)
{
	struct sp_fast_nodes *nodes = reading->nodes;
	struct sp_node *node = &reading->node;

	reading->is_noted = true;
	if (!end_stretch(reading, offset) || !reading->has_version || !reading->has_kind || !node->name ||
	    sp_subdomain_problem(node->name))
		return false;
	if (node->uid && node->uid[0] == '\0')
		node->uid = NULL;
	keep(reading, &node->labels);
	keep(reading, &node->annotations);
	nodes->items = sp_arena_grow(&nodes->arena, nodes->items, nodes->count, &nodes->capacity, sizeof *nodes->items);
	nodes->items[nodes->count++] = *node;
	return true;
}

bool sp_fast_is_string(const struct sp_fast_value *value)
{
	switch (value->shape) {
	case SP_FAST_PLAIN:
		return sp_fast_scalar_is_string(value->text, value->length);
	case SP_FAST_SINGLE:
	case SP_FAST_DOUBLE:
	case SP_FAST_OPEN:
	case SP_FAST_BLOCK:
		return true;
	default:
		return false;
	}
}

/* Whether its text is at hand, in one line. */
static bool is_text(const struct sp_fast_value *value)
{
	return sp_fast_is_string(value) && value->shape != SP_FAST_OPEN && value->shape != SP_FAST_BLOCK && value->text;
}

static bool is_word(const struct sp_fast_value *value, const char *word)
{
	return is_text(value) && value->length == strlen(word) && memcmp(value->text, word, value->length) == 0;
}

static bool is_key(const char *key, size_t length, const char *name)
{
	return length == strlen(name) && memcmp(key, name, length) == 0;
}

static bool is_number(const struct sp_fast_value *value)
{
	if (value->shape != SP_FAST_PLAIN || value->length > 18 || (value->length > 1 && value->text[0] == '0'))
		return false;
	for (size_t i = 0; i < value->length; i++)
		if (value->text[i] < '0' || value->text[i] > '9')
			return false;
	return true;
}

bool sp_fast_must_be_list(enum sp_fast_role role)
{
	return role == SP_FAST_ITEMS || role == SP_FAST_STRINGS || role == SP_FAST_LIST;
}

bool sp_fast_must_be_mapping(enum sp_fast_role role)
{
	return role == SP_FAST_METADATA || role == SP_FAST_LABELS || role == SP_FAST_ANNOTATIONS;
}

static bool await(struct sp_fast_reading *reading, const struct sp_fast_value *value, enum sp_fast_role role)
{
	reading->awaited = role;
	return value->shape == SP_FAST_NONE;
}

static bool take_root_key(struct sp_fast_reading *reading, const char *key, size_t length,
			  const struct sp_fast_value *value)
{
	if (reading->root_key_count == SP_FAST_MOST_ROOT_KEYS)
		return false;
	reading->root_keys[reading->root_key_count++] = sp_arena_copy(&reading->nodes->arena, key, length);
	if (is_key(key, length, "apiVersion")) {
		reading->matters = true;
		return is_word(value, "v1");
	}
	if (is_key(key, length, "kind")) {
		reading->matters = true;
		return is_word(value, "List") || is_word(value, "NodeList");
	}
	return !is_key(key, length, "items") || await(reading, value, SP_FAST_ITEMS);
}

static bool take_item_key(struct sp_fast_reading *reading, const char *key, size_t length,
			  const struct sp_fast_value *value)
{
	if (is_key(key, length, "apiVersion")) {
		reading->has_version = reading->matters = true;
		return is_word(value, "v1");
	}
	if (is_key(key, length, "kind")) {
		reading->has_kind = reading->matters = true;
		return is_word(value, "Node");
	}
	if (is_key(key, length, "metadata"))
		return await(reading, value, SP_FAST_METADATA);
	return is_key(key, length, "spec") || is_key(key, length, "status");
}

static const char *copy(struct sp_fast_reading *reading, const struct sp_fast_value *value)
{
	return sp_arena_copy(&reading->nodes->arena, value->text, value->length);
}

static bool take_map(struct sp_fast_reading *reading, const struct sp_fast_value *value, enum sp_fast_role role,
		     bool *has_map)
{
	*has_map = true;
	return value->shape == SP_FAST_EMPTY_MAP || await(reading, value, role);
}

static bool take_list(struct sp_fast_reading *reading, const struct sp_fast_value *value, enum sp_fast_role role)
{
	return value->shape == SP_FAST_EMPTY_LIST || await(reading, value, role);
}

/* The fields of sp_metadata_fields that a Node has, each with the type that it must have. */
static bool take_metadata_key(struct sp_fast_reading *reading, const char *key, size_t length,
			      const struct sp_fast_value *value)
{
	struct sp_node *node = &reading->node;

	reading->matters = true;
	if (is_key(key, length, "labels"))
		return take_map(reading, value, SP_FAST_LABELS, &node->has_labels);
	if (is_key(key, length, "annotations"))
		return take_map(reading, value, SP_FAST_ANNOTATIONS, &node->has_annotations);
	if (is_key(key, length, "name"))
		return is_text(value) && (node->name = copy(reading, value));
	if (is_key(key, length, "uid"))
		return is_text(value) && (node->uid = copy(reading, value));
	if (is_key(key, length, "creationTimestamp"))
		return is_text(value) && sp_fast_scalar_is_time(value->text, value->length);
	if (is_key(key, length, "resourceVersion") || is_key(key, length, "selfLink"))
		return is_text(value);
	if (is_key(key, length, "generation"))
		return is_number(value);
	if (is_key(key, length, "finalizers"))
		return take_list(reading, value, SP_FAST_STRINGS);
	if (is_key(key, length, "ownerReferences") || is_key(key, length, "managedFields"))
		return take_list(reading, value, SP_FAST_LIST);
	return false;
}

static void add(struct sp_fast_reading *reading, struct sp_labels *labels, struct sp_label **items, size_t *capacity,
		struct sp_label label)
{
	*items = sp_arena_grow(&reading->nodes->arena, *items, labels->count, capacity, sizeof **items);
	(*items)[labels->count++] = label;
	labels->items = *items;
}

static bool take_string(struct sp_fast_reading *reading, const char *key, size_t length,
			const struct sp_fast_value *value, bool is_label)
{
	struct sp_label label = { 0 };

	if (!sp_fast_is_string(value))
		return false;
	if (reading->wanted.keys && !(label.key = sp_find_wanted(&reading->wanted, key, length)))
		return true;
	reading->matters = reading->is_noted = true;
	if (!is_text(value))
		return false;
	if (!label.key)
		label.key = sp_arena_copy(&reading->nodes->arena, key, length);
	label.value = copy(reading, value);
	if (is_label)
		add(reading, &reading->node.labels, &reading->labels, &reading->label_capacity, label);
	else
		add(reading, &reading->node.annotations, &reading->annotations, &reading->annotation_capacity, label);
	return true;
}

bool sp_fast_take(struct sp_fast_reading *reading, enum sp_fast_role role, const char *key, size_t length,
		  const struct sp_fast_value *value)
{
	reading->awaited = SP_FAST_OTHER;
	reading->matters = false;
	reading->is_noted |= role == SP_FAST_ROOT || role == SP_FAST_ITEM || role == SP_FAST_METADATA;
	switch (role) {
	case SP_FAST_ROOT:
		return take_root_key(reading, key, length, value);
	case SP_FAST_ITEM:
		return take_item_key(reading, key, length, value);
	case SP_FAST_METADATA:
		return take_metadata_key(reading, key, length, value);
	case SP_FAST_LABELS:
		return take_string(reading, key, length, value, true);
	case SP_FAST_ANNOTATIONS:
		return take_string(reading, key, length, value, false);
	default:
		return true;
	}
}
