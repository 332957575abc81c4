/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/stale.h"

#include <string.h>

static const char plan_anew[] = "the cluster is no longer what the plan was made for: plan anew, and review that";

struct comparison {
	struct sp_place place;
	struct sp_report *report;
	const char *help;
};

static bool differs(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

static const char *shown(const struct comparison *comparison, const char *value)
{
	return value ? sp_arena_format(comparison->report->arena, "\"%s\"", value) : "absent";
}

/* Reports field `field` of the node, or of the plan where `node` is NULL. */
static bool fail(const struct comparison *comparison, const char *node, const char *field, const char *planned,
		 const char *now)
{
	struct sp_arena *arena = comparison->report->arena;
	const char *prefix = node ? sp_arena_format(arena, "nodes[%s].", node) : "";

	sp_fail(comparison->report, "plan-stale", comparison->place, "%s%s: the plan says %s, and now it is %s", prefix,
		field, shown(comparison, planned), shown(comparison, now));
	return sp_help(comparison->report, "%s", comparison->help);
}

static bool compare(const struct comparison *comparison, const char *node, const char *field, const char *planned,
		    const char *now)
{
	return !differs(planned, now) || fail(comparison, node, field, planned, now);
}

/* "false" -> "true" */
static const char *shown_change(const struct comparison *comparison, const struct sp_change *change)
{
	return sp_arena_format(comparison->report->arena, "%s -> %s", shown(comparison, change->before),
			       change->after ? shown(comparison, change->after) : "unknown");
}

/* Reports a value that changes by the plan and not now, or now and not by the plan. */
static bool fail_change(const struct comparison *comparison, const char *node, const char *field,
			const struct sp_change *planned, const struct sp_change *now)
{
	if (planned->changes)
		sp_fail(comparison->report, "plan-stale", comparison->place,
			"nodes[%s].%s: the plan changes it, %s, and now nothing changes there", node, field,
			shown_change(comparison, planned));
	else
		sp_fail(comparison->report, "plan-stale", comparison->place,
			"nodes[%s].%s: the plan leaves it as it is, and now it changes, %s", node, field,
			shown_change(comparison, now));
	return sp_help(comparison->report, "%s", comparison->help);
}

/* A value that does not change is not in a plan, so that two changes are compared as a whole. */
static bool compare_change(const struct comparison *comparison, const char *node, const char *field,
			   const struct sp_change *planned, const struct sp_change *now)
{
	struct sp_arena *arena = comparison->report->arena;

	if (planned->changes != now->changes)
		return fail_change(comparison, node, field, planned, now);
	if (!planned->changes)
		return true;
	return compare(comparison, node, sp_arena_format(arena, "%s.before", field), planned->before, now->before) &&
	       compare(comparison, node, sp_arena_format(arena, "%s.after", field), planned->after, now->after);
}

static bool compare_keys(const struct comparison *comparison, const struct sp_plan_node *planned,
			 const struct sp_plan_node *now)
{
	return compare_change(comparison, planned->name, "labels[" SP_LABEL_ENABLED "]", &planned->label,
			      &now->label) &&
	       compare_change(comparison, planned->name, "annotations[" SP_ANNOTATION_MANAGED "]", &planned->annotation,
			      &now->annotation);
}

static bool compare_identity(const struct comparison *comparison, const struct sp_plan_node *planned,
			     const struct sp_plan_node *now)
{
	return compare(comparison, planned->name, "uid", planned->uid, now->uid) &&
	       compare(comparison, planned->name, "selected", planned->selected ? "true" : "false",
		       now->selected ? "true" : "false");
}

/* By name: a program that lays a plan out anew may have sorted them. */
static struct sp_change change_of(const struct sp_plan_node *node, const char *knob)
{
	for (size_t i = 0; i < node->knob_count; i++)
		if (strcmp(node->knobs[i].knob, knob) == 0)
			return node->knobs[i].change;
	return (struct sp_change){ 0 };
}

static bool compare_knobs(const struct comparison *comparison, const struct sp_plan_node *planned,
			  const struct sp_plan_node *now)
{
	for (size_t i = 0; i < SP_WRITTEN_KNOB_COUNT; i++) {
		const char *knob = sp_written_knobs[i];
		const char *field = sp_arena_format(comparison->report->arena, "sysfs.%s", knob);
		struct sp_change one = change_of(planned, knob);
		struct sp_change other = change_of(now, knob);

		if (!compare_change(comparison, planned->name, field, &one, &other))
			return false;
	}
	return true;
}

static bool compare_nodes(const struct comparison *comparison, const struct sp_plan_node *planned,
			  const struct sp_plan_node *now)
{
	return compare_identity(comparison, planned, now) && compare_keys(comparison, planned, now) &&
	       compare_knobs(comparison, planned, now) &&
	       compare(comparison, planned->name, "action", sp_action_name(planned->action),
		       sp_action_name(now->action)) &&
	       compare(comparison, planned->name, "reason", sp_reason_name(planned->reason),
		       sp_reason_name(now->reason));
}

/* Both are sorted by name. */
static void compare_all_nodes(const struct comparison *comparison, const struct sp_plan *planned,
			      const struct sp_plan *now)
{
	size_t i = 0;
	size_t at = 0;

	while (i < planned->node_count || at < now->node_count) {
		int order = i == planned->node_count ? 1 :
			    at == now->node_count    ? -1 :
						       strcmp(planned->nodes[i].name, now->nodes[at].name);

		if (order == 0)
			compare_nodes(comparison, &planned->nodes[i++], &now->nodes[at++]);
		else if (order < 0)
			fail(comparison, NULL, "nodes", planned->nodes[i++].name, NULL);
		else
			fail(comparison, NULL, "nodes", NULL, now->nodes[at++].name);
	}
}

/* A plan of some of the nodes does not say by which --selector they were chosen. */
static const char *help_for(const struct sp_plan *saved, const struct sp_plan *fresh)
{
	bool was_selected = saved->nodes_input.total > saved->nodes_input.count;
	bool is_selected = fresh->nodes_input.total > fresh->nodes_input.count;

	if (was_selected && !is_selected)
		return "the plan was made with --selector: give the same; if it still differs, plan anew and review "
		       "that";
	if (is_selected && !was_selected)
		return "the plan was made without --selector: leave it out; if it still differs, plan anew and review "
		       "that";
	return plan_anew;
}

bool sp_stale_check(const struct sp_plan *saved, const struct sp_plan *fresh, struct sp_place place,
		    struct sp_report *report)
{
	struct comparison comparison = { place, report, help_for(saved, fresh) };
	size_t errors = report->errors;

	compare(&comparison, NULL, "policy", sp_policy_name(saved->policy), sp_policy_name(fresh->policy));
	if (compare(&comparison, NULL, "selector.kind", sp_selector_kind_name(saved->selector_kind),
		    sp_selector_kind_name(fresh->selector_kind)))
		compare(&comparison, NULL, "selector.text", saved->selector_text, fresh->selector_text);
	compare_all_nodes(&comparison, saved, fresh);
	if (report->errors > errors || !differs(saved->digest, fresh->digest))
		return report->errors == errors;
	sp_fail(report, "plan-stale", place,
		"digest: what the plan was made from has changed: a label that the selector names, an override or a "
		"fact");
	return sp_help(report, "%s", comparison.help);
}

static const char *value_on(const struct sp_host *host, const char *knob)
{
	return sp_knobs_get(&host->knobs, knob);
}

/* What the knob will show once the decision is carried out. */
static const char *value_after(const struct sp_plan_node *now, const struct sp_host *host, const char *knob)
{
	for (size_t i = 0; i < now->knob_count; i++)
		if (strcmp(now->knobs[i].knob, knob) == 0)
			return now->knobs[i].change.after;
	return value_on(host, knob);
}

/* Whether the plan has been carried out here before, as far as this knob goes. KSM that is on without a record was
 * switched on by somebody else. */
static bool is_done(const struct sp_plan_node *saved, const struct sp_knob_change *knob, const struct sp_host *host)
{
	const char *value = value_on(host, knob->knob);

	return knob->change.after && value && strcmp(value, knob->change.after) == 0 &&
	       (host->has_original || !saved->selected);
}

static bool check_knob(const struct comparison *comparison, const struct sp_plan_node *saved,
		       const struct sp_plan_node *now, const struct sp_host *host, const struct sp_knob_change *knob)
{
	struct sp_arena *arena = comparison->report->arena;

	if (knob->change.before && !is_done(saved, knob, host) &&
	    !compare(comparison, saved->name, sp_arena_format(arena, "sysfs.%s.before", knob->knob),
		     knob->change.before, value_on(host, knob->knob)))
		return false;
	return !knob->change.after ||
	       compare(comparison, saved->name, sp_arena_format(arena, "sysfs.%s.after", knob->knob),
		       knob->change.after, value_after(now, host, knob->knob));
}

/* A key that has its new value already was patched since, as the plan wanted it. */
static bool check_key(const struct comparison *comparison, const char *node, const char *field,
		      const struct sp_change *planned, const struct sp_change *now)
{
	if (planned->changes && now->changes)
		return compare(comparison, node, sp_arena_format(comparison->report->arena, "%s.before", field),
			       planned->before, now->before);
	return planned->changes || !now->changes || fail_change(comparison, node, field, planned, now);
}

static bool check_keys(const struct comparison *comparison, const struct sp_plan_node *saved,
		       const struct sp_plan_node *now)
{
	return check_key(comparison, saved->name, "labels[" SP_LABEL_ENABLED "]", &saved->label, &now->label) &&
	       check_key(comparison, saved->name, "annotations[" SP_ANNOTATION_MANAGED "]", &saved->annotation,
			 &now->annotation);
}

/* These rest on what the facts said of the machine. */
static bool check_facts(const struct comparison *comparison, const struct sp_plan_node *saved,
			const struct sp_plan_node *now, const struct sp_host *host)
{
	if (saved->reason == SP_REASON_ADOPTED)
		return compare(comparison, saved->name, "sysfs.run", "1", value_on(host, "run"));
	if (saved->action == SP_ACTION_BLOCKED)
		return compare(comparison, saved->name, "action", sp_action_name(saved->action),
			       sp_action_name(now->action));
	return true;
}

bool sp_stale_check_node(const struct sp_plan_node *saved, const struct sp_plan_node *now, const struct sp_host *host,
			 struct sp_place place, struct sp_report *report)
{
	struct comparison comparison = { place, report, plan_anew };
	size_t errors = report->errors;

	if (saved->uid && now->uid && !compare(&comparison, saved->name, "uid", saved->uid, now->uid))
		return false;
	if (!compare(&comparison, saved->name, "selected", saved->selected ? "true" : "false",
		     now->selected ? "true" : "false"))
		return false;
	if (now->action == SP_ACTION_BLOCKED && saved->action != SP_ACTION_BLOCKED)
		return true; /* that the node has no KSM is for others to tell */
	for (size_t i = 0; i < saved->knob_count; i++)
		check_knob(&comparison, saved, now, host, &saved->knobs[i]);
	return report->errors == errors && check_keys(&comparison, saved, now) &&
	       check_facts(&comparison, saved, now, host);
}
