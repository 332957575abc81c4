/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/diff.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/desired.h"

/* A node as it went by. */
struct seen {
	const char *name;
	bool was_selected;
	bool is_selected;
	bool is_managed;
};

struct sp_differ {
	struct sp_arena *arena;
	const struct sp_kubevirt *old_side;
	struct seen *seen;
	size_t count;
	size_t capacity;
};

const char *sp_membership_name(enum sp_membership membership)
{
	static const char *const names[SP_MEMBERSHIP_COUNT] = { "joins", "leaves", "stays", "stays-out" };

	return names[membership];
}

struct sp_differ *sp_differ_start(struct sp_arena *arena, const struct sp_kubevirt *old_side)
{
	struct sp_differ *differ = sp_arena_alloc(arena, sizeof *differ);

	differ->arena = arena;
	differ->old_side = old_side;
	return differ;
}

void sp_differ_add(struct sp_differ *differ, const struct sp_kubevirt *new_side, const struct sp_node *node)
{
	const char *managed = sp_labels_get(&node->annotations, SP_ANNOTATION_MANAGED);

	differ->seen = sp_arena_grow(differ->arena, differ->seen, differ->count, &differ->capacity,
				     sizeof *differ->seen);
	differ->seen[differ->count++] = (struct seen){
		.name = sp_arena_string(differ->arena, node->name),
		.was_selected = sp_desire(differ->old_side, &node->labels).selected,
		.is_selected = sp_desire(new_side, &node->labels).selected,
		.is_managed = managed && strcmp(managed, "true") == 0,
	};
}

static int compare_seen(const void *left, const void *right)
{
	return strcmp(((const struct seen *)left)->name, ((const struct seen *)right)->name);
}

static enum sp_membership membership_of(const struct seen *seen)
{
	if (seen->was_selected == seen->is_selected)
		return seen->is_selected ? SP_STAYS : SP_STAYS_OUT;
	return seen->is_selected ? SP_JOINS : SP_LEAVES;
}

static struct sp_diff_side describe_old_side(const struct sp_differ *differ)
{
	struct sp_text text = { 0 };
	struct sp_diff_side side = { .selector_kind = differ->old_side->selector_kind };

	sp_selector_write(&text, &differ->old_side->selector);
	side.selector_text = sp_arena_string(differ->arena, sp_text_string(&text));
	sp_text_free(&text);
	return side;
}

struct sp_diff sp_differ_finish(struct sp_differ *differ, const struct sp_plan *plan)
{
	struct sp_diff_node *nodes = sp_arena_array(differ->arena, differ->count, sizeof *nodes);
	struct sp_diff diff = {
		.old_side = describe_old_side(differ),
		.new_side = { plan->kubevirt.path, plan->selector_kind, plan->selector_text },
		.plan = plan,
		.nodes = nodes,
	};

	/* the plan's nodes are those that went by, sorted in the same way */
	if (differ->count > 0)
		qsort(differ->seen, differ->count, sizeof *differ->seen, compare_seen);
	for (size_t i = 0; i < differ->count; i++) {
		const struct seen *seen = &differ->seen[i];

		nodes[i] = (struct sp_diff_node){ membership_of(seen), seen->is_managed, &plan->nodes[i] };
		diff.counts[nodes[i].membership]++;
		diff.managed[nodes[i].membership] += seen->is_managed;
	}
	return diff;
}

bool sp_diff_differs(const struct sp_diff *diff)
{
	return diff->old_side.selector_kind != diff->new_side.selector_kind ||
	       strcmp(diff->old_side.selector_text, diff->new_side.selector_text) != 0 || diff->counts[SP_JOINS] > 0 ||
	       diff->counts[SP_LEAVES] > 0;
}
