/* SPDX-License-Identifier: Apache-2.0 */
#include "state/fast_nodes.h"

#include <string.h>

void sp_fast_nodes_free(struct sp_fast_nodes *nodes)
{
	sp_arena_free(&nodes->arena);
	*nodes = (struct sp_fast_nodes){ 0 };
}

bool sp_fast_is_wanted(const struct sp_node_options *options, const char *key, size_t length)
{
	size_t low = 0;
	size_t high = options->key_count;

	if (!options->keys)
		return true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strncmp(options->keys[middle], key, length);

		if (order == 0 && options->keys[middle][length] == '\0')
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

void sp_fast_add(struct sp_fast_nodes *nodes, struct sp_labels *labels, struct sp_label **items, size_t *capacity,
		 const char *key, size_t key_length, const char *value, size_t value_length)
{
	*items = sp_arena_grow(&nodes->arena, *items, labels->count, capacity, sizeof **items);
	(*items)[labels->count++] = (struct sp_label){ sp_arena_copy(&nodes->arena, key, key_length),
						       sp_arena_copy(&nodes->arena, value, value_length) };
	labels->items = *items;
}

bool sp_fast_finish_item(struct sp_fast_nodes *nodes, struct sp_fast_item *item)
{
	struct sp_node *node = &item->node;

	if (!item->has_version || !item->has_kind || !node->name || sp_subdomain_problem(node->name))
		return false;
	if (node->uid && node->uid[0] == '\0')
		node->uid = NULL;
	nodes->items = sp_arena_grow(&nodes->arena, nodes->items, nodes->count, &nodes->capacity, sizeof *nodes->items);
	nodes->items[nodes->count++] = *node;
	return true;
}
