/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/saved_check.h"

#include <string.h>

#include "reconciler/checksum.h"

bool sp_saved_doubt(const struct sp_saved_judge *judge, const char *code, struct sp_place place, const char *what)
{
	static const char help[] = "make the plan anew: samepage plan --out FILE";

	if (judge->lenient) {
		sp_warn(judge->report, code, place, "%s", what);
		return true;
	}
	sp_fail(judge->report, code, place, "%s", what);
	return sp_help(judge->report, "%s", help);
}

/* What an action does to the label, whatever else it does. */
static const char *label_of(enum sp_action action)
{
	switch (action) {
	case SP_ACTION_ENABLE:
	case SP_ACTION_TUNE:
		return "true";
	case SP_ACTION_RESTORE:
	case SP_ACTION_BLOCKED:
		return "false";
	default:
		return NULL;
	}
}

static bool check_node(const struct sp_saved_judge *judge, const struct sp_plan_node *node,
		       const struct sp_plan_node *last)
{
	struct sp_arena *arena = judge->report->arena;
	const char *wanted = label_of(node->action);
	bool is_quiet = node->action == SP_ACTION_UNCHANGED;

	if (last && strcmp(last->name, node->name) >= 0)
		return sp_saved_doubt(judge, "plan-edited", node->place,
				      sp_arena_format(arena, "nodes: \"%s\" stands behind \"%s\"", node->name,
						      last->name));
	if (wanted && node->label.changes && node->label.after && strcmp(node->label.after, wanted) != 0)
		return sp_saved_doubt(
			judge, "plan-edited", node->place,
			sp_arena_format(arena, "nodes[%s].labels: %s sets " SP_LABEL_ENABLED " to \"%s\", not \"%s\"",
					node->name, sp_action_name(node->action), wanted, node->label.after));
	if (is_quiet && (sp_plan_node_is_patched(node) || node->knob_count > 0))
		return sp_saved_doubt(judge, "plan-edited", node->place,
				      sp_arena_format(arena, "nodes[%s].action is unchanged, and something changes",
						      node->name));
	return true;
}

/* Whether the parts of the plan fit together; the one that does not is named. */
static bool check_parts(const struct sp_saved_judge *judge, const struct sp_plan *plan, struct sp_place place)
{
	struct sp_arena *arena = judge->report->arena;
	size_t counts[SP_ACTION_COUNT] = { 0 };

	for (size_t i = 0; plan->nodes && i < plan->node_count; i++) {
		counts[plan->nodes[i].action]++;
		if (!check_node(judge, &plan->nodes[i], i > 0 ? &plan->nodes[i - 1] : NULL))
			return false;
	}
	if (plan->nodes_input.count != plan->node_count &&
	    !sp_saved_doubt(judge, "plan-edited", place,
			    sp_arena_format(arena, "inputs.nodes.count is %zu, and the plan has %zu nodes",
					    plan->nodes_input.count, plan->node_count)))
		return false;
	for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
		if (counts[action] != plan->summary[action] &&
		    !sp_saved_doubt(judge, "plan-edited", place,
				    sp_arena_format(arena, "summary.%s is %zu, and the plan has %zu",
						    sp_action_name(action), plan->summary[action], counts[action])))
			return false;
	return true;
}

/* The plan is not as samepage wrote it: says where, as far as that can be told. */
static bool blame(const struct sp_saved_judge *judge, const struct sp_plan *plan, const struct sp_checksum *found,
		  struct sp_place place, struct sp_arena *arena)
{
	const char *field = found->locator ? sp_checksum_locate(plan, found->locator, arena, &place) : NULL;
	size_t doubts = judge->report->count;

	if (field)
		return sp_saved_doubt(judge, "plan-edited", place,
				      sp_arena_format(judge->report->arena,
						      "%s was edited after samepage wrote the plan", field));
	if (!check_parts(judge, plan, place))
		return false;
	return judge->report->count > doubts ||
	       sp_saved_doubt(judge, "plan-edited", place,
			      "checksum: the plan was edited after samepage wrote it, in more than one field");
}

bool sp_saved_check(const struct sp_saved_judge *judge, const struct sp_plan *plan, const struct sp_checksum *found,
		    struct sp_place place, struct sp_arena *arena)
{
	struct sp_checksum now = sp_checksum(plan, arena);

	if (!found->text)
		return sp_saved_doubt(judge, "plan-edited", place,
				      "checksum: is missing, so that nothing tells whether the plan was edited");
	if (found->locator && strcmp(found->locator, now.locator) == 0 && strcmp(found->text, now.text) != 0)
		return sp_saved_doubt(judge, "plan-edited", place, "checksum was edited after samepage wrote the plan");
	if (strcmp(found->text, now.text) != 0)
		return blame(judge, plan, found, place, arena);
	if (!found->locator || strcmp(found->locator, now.locator) != 0)
		return sp_saved_doubt(judge, "plan-edited", place, "locator was edited after samepage wrote the plan");
	return check_parts(judge, plan, place);
}
