/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/guard.h"

#include <string.h>

#include "state/text.h"

enum { MOST_REFUSALS = 4, MOST_NAMED = 5 };

struct checking {
	const struct sp_guards *guards;
	const struct sp_plan *plan;
	struct sp_place place;
	struct sp_arena *arena;
	struct sp_report *report;
	struct sp_plan_refusal *refusals;
	size_t count;
};

static bool parse_count(const char *text, size_t length, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(*count, (size_t)10, count) ||
		    __builtin_add_overflow(*count, (size_t)(text[i] - '0'), count))
			return false;
	return length > 0;
}

bool sp_guard_parse_max_changed(const char *text, struct sp_guards *guards)
{
	size_t length = strlen(text);

	guards->has_max_changed = true;
	guards->is_percent = length > 0 && text[length - 1] == '%';
	return parse_count(text, length - guards->is_percent, &guards->max_changed) &&
	       (!guards->is_percent || guards->max_changed <= 100);
}

bool sp_guard_parse_count(const char *text, size_t *count)
{
	return parse_count(text, strlen(text), count);
}

/* "node01, node02 and 3 more" */
static const char *name_some(const struct checking *checking, const struct sp_plan_refusal *refusal)
{
	struct sp_text text = { 0 };
	const char *names;

	for (size_t i = 0; i < refusal->node_count && i < MOST_NAMED; i++)
		sp_text_format(&text, "%s%s", i > 0 ? ", " : "", refusal->nodes[i]);
	if (refusal->node_count > MOST_NAMED)
		sp_text_format(&text, " and %zu more", refusal->node_count - MOST_NAMED);
	names = sp_arena_string(checking->arena, sp_text_string(&text));
	sp_text_free(&text);
	return names;
}

/* The guard's name, as it was given. */
static const char *name_of(const struct checking *checking, const char *flag, const char *setting)
{
	return checking->guards->are_settings ? setting : flag;
}

static void refuse(struct checking *checking, const struct sp_plan_refusal *refusal)
{
	struct sp_plan_refusal *kept = &checking->refusals[checking->count++];

	*kept = *refusal;
	if (refusal->node_count > 0)
		kept->message = sp_arena_format(checking->arena, "%s: %s", refusal->message,
						name_some(checking, refusal));
	sp_fail(checking->report, kept->code, checking->place, "%s", kept->message);
	sp_help(checking->report, "%s", kept->help);
}

/* The names of the nodes that change, all or the protected ones. */
static const char **names_of(const struct checking *checking, bool is_protected, size_t *count)
{
	const struct sp_plan *plan = checking->plan;
	const char **names = sp_arena_array(checking->arena, plan->node_count, sizeof *names);

	*count = 0;
	for (size_t i = 0; i < plan->node_count; i++)
		if (plan->nodes[i].action != SP_ACTION_UNCHANGED && (!is_protected || plan->nodes[i].is_protected))
			names[(*count)++] = plan->nodes[i].name;
	return names;
}

static bool changes_too_many(const struct sp_guards *guards, const struct sp_plan *plan)
{
	size_t changed = sp_plan_changed(plan);

	if (!guards->has_max_changed)
		return false;
	/* in floating point there is no overflow, and no count of nodes is rounded */
	return guards->is_percent ? (double)changed * 100 > (double)guards->max_changed * (double)plan->node_count :
				    changed > guards->max_changed;
}

static void check_changed(struct checking *checking)
{
	const struct sp_guards *guards = checking->guards;
	size_t changed = sp_plan_changed(checking->plan);
	struct sp_plan_refusal refusal = { .code = "guard-max-changed" };

	if (!changes_too_many(guards, checking->plan))
		return;
	refusal.message = sp_arena_format(checking->arena, "the plan changes %zu of %zu nodes, and %s allows %zu%s",
					  changed, checking->plan->node_count,
					  name_of(checking, "--max-changed", "maxChanged"), guards->max_changed,
					  guards->is_percent ? "%" : "");
	refusal.help = sp_arena_format(checking->arena, "if that is meant, allow it (%s %zu), or go by steps (%s)",
				       name_of(checking, "--max-changed", "maxChanged:"), changed,
				       name_of(checking, "--selector", "selector"));
	refusal.nodes = names_of(checking, false, &refusal.node_count);
	refuse(checking, &refusal);
}

static void check_snapshot(struct checking *checking)
{
	size_t newer = checking->guards->snapshot;
	size_t total = newer > 0 ? newer : checking->plan->nodes_input.total;
	struct sp_plan_refusal refusal = {
		.code = "guard-min-nodes",
	};
	const char *name = name_of(checking, "--min-nodes", "minNodes");

	if (total >= checking->guards->min_nodes)
		return;
	refusal.message = sp_arena_format(checking->arena, "the snapshot has %zu nodes, and %s wants %zu", total, name,
					  checking->guards->min_nodes);
	refusal.help = sp_arena_format(checking->arena,
				       "is the snapshot complete? kubectl get nodes -o yaml writes all; else lower %s",
				       name);
	refuse(checking, &refusal);
}

static void check_protected(struct checking *checking)
{
	struct sp_plan_refusal refusal = {
		.code = "guard-protect",
	};
	const char *name = name_of(checking, "--protect", "protect");

	refusal.nodes = names_of(checking, true, &refusal.node_count);
	if (refusal.node_count == 0)
		return;
	refusal.message = sp_arena_format(checking->arena, "the plan changes %zu node%s that %s protects",
					  refusal.node_count, refusal.node_count == 1 ? "" : "s", name);
	refusal.help = sp_arena_format(checking->arena,
				       "leave them out of nodeLabelSelector, or of this plan with %s; or drop %s",
				       name_of(checking, "--selector", "selector"), name);
	refuse(checking, &refusal);
}

static void check_warnings(struct checking *checking)
{
	size_t count = checking->plan->warning_count;
	struct sp_plan_refusal refusal = {
		.code = "guard-fail-on-warn",
	};
	const char *name = name_of(checking, "--fail-on-warn", "failOnWarn");

	if (!checking->guards->fail_on_warn || count == 0)
		return;
	refusal.message = sp_arena_format(checking->arena, "the plan has %zu warning%s, and %s allows none", count,
					  count == 1 ? "" : "s", name);
	refusal.help = sp_arena_format(checking->arena, "mend what the plan warns of, or go on without %s", name);
	refuse(checking, &refusal);
}

bool sp_guard_check(const struct sp_guards *guards, struct sp_plan *plan, struct sp_place place, struct sp_arena *arena,
		    struct sp_report *report)
{
	struct checking checking = { guards, plan, place, arena, report, NULL, 0 };

	checking.refusals = sp_arena_array(arena, MOST_REFUSALS, sizeof *checking.refusals);
	check_changed(&checking);
	check_snapshot(&checking);
	check_protected(&checking);
	check_warnings(&checking);
	plan->refusals = checking.refusals;
	plan->refusal_count = checking.count;
	return checking.count == 0;
}
