/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/group.h"

#include <stdlib.h>
#include <string.h>

/* What asks for attention comes before what does not. */
static int rank(enum sp_action action)
{
	static const int ranks[SP_ACTION_COUNT] = {
		[SP_ACTION_ENABLE] = 0, [SP_ACTION_DISABLE] = 1, [SP_ACTION_RESTORE] = 2,   [SP_ACTION_TUNE] = 3,
		[SP_ACTION_LABEL] = 4,  [SP_ACTION_BLOCKED] = 5, [SP_ACTION_UNCHANGED] = 6,
	};

	return ranks[action];
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* NULL comes first. Texts of one plan are often the same bytes in memory. */
static int compare_texts(const char *a, const char *b)
{
	if (a == b)
		return 0;
	if (!a || !b)
		return a ? 1 : -1;
	return strcmp(a, b);
}

static int compare_changes(const struct sp_change *a, const struct sp_change *b)
{
	int order = (int)a->changes - (int)b->changes;

	if (order != 0 || !a->changes)
		return order;
	order = compare_texts(a->before, b->before);
	return order != 0 ? order : compare_texts(a->after, b->after);
}

static int compare_knobs(const struct sp_plan_node *a, const struct sp_plan_node *b)
{
	int order = compare_sizes(a->knob_count, b->knob_count);

	for (size_t i = 0; order == 0 && i < a->knob_count; i++) {
		order = strcmp(a->knobs[i].knob, b->knobs[i].knob);
		if (order == 0)
			order = compare_changes(&a->knobs[i].change, &b->knobs[i].change);
	}
	return order;
}

/* 0 for nodes of one group. */
static int compare_nodes(const struct sp_plan_node *a, const struct sp_plan_node *b)
{
	int order = rank(a->action) - rank(b->action);

	if (order == 0)
		order = compare_texts(a->message, b->message);
	if (order == 0)
		order = (int)a->reason - (int)b->reason;
	if (order == 0)
		order = compare_changes(&a->label, &b->label);
	if (order == 0)
		order = compare_changes(&a->annotation, &b->annotation);
	return order != 0 ? order : compare_knobs(a, b);
}

/* All pointers are into the one array of the plan, so that their order is the plan's, which is by name. */
static int compare_pointers(const void *a, const void *b)
{
	const struct sp_plan_node *left = *(const struct sp_plan_node *const *)a;
	const struct sp_plan_node *right = *(const struct sp_plan_node *const *)b;
	int order = compare_nodes(left, right);

	return order != 0 ? order : (left > right) - (left < right);
}

const struct sp_group *sp_group_nodes(const struct sp_plan *plan, struct sp_arena *arena, size_t *count)
{
	const struct sp_plan_node **nodes = sp_arena_array(arena, plan->node_count, sizeof *nodes);
	struct sp_group *groups = NULL;
	size_t capacity = 0;

	for (size_t i = 0; i < plan->node_count; i++)
		nodes[i] = &plan->nodes[i];
	if (plan->node_count > 0)
		qsort(nodes, plan->node_count, sizeof *nodes, compare_pointers);
	*count = 0;
	for (size_t i = 0; i < plan->node_count; i++) {
		if (i == 0 || compare_nodes(nodes[i - 1], nodes[i]) != 0) {
			groups = sp_arena_grow(arena, groups, *count, &capacity, sizeof *groups);
			groups[(*count)++] = (struct sp_group){ &nodes[i], 0 };
		}
		groups[*count - 1].count++;
	}
	return groups;
}
