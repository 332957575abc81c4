/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/scheduling.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/wording.h"

struct sp_scheduling {
	struct sp_arena *arena;
	const struct sp_workloads *workloads;
	const char *const *keys; /* the labels that count, sorted; of a node's many others none is looked at */
	size_t key_count;
	struct sp_label *labels; /* those that the current node has; the first is kubevirt.io/ksm-enabled */
	size_t label_count;      /* with the first */
	struct sp_impact *impacts;
	size_t *eligible; /* for each workload, how many nodes meet all else that it asks for */
	size_t node_count;
};

struct sp_scheduling *sp_scheduling_start(struct sp_arena *arena, const struct sp_workloads *workloads)
{
	struct sp_scheduling *scheduling = sp_arena_alloc(arena, sizeof *scheduling);

	scheduling->arena = arena;
	scheduling->workloads = workloads;
	scheduling->keys = sp_workloads_keys(workloads, arena, &scheduling->key_count);
	scheduling->labels = sp_arena_array(arena, scheduling->key_count + 1, sizeof *scheduling->labels);
	scheduling->impacts = sp_arena_array(arena, workloads->count, sizeof *scheduling->impacts);
	scheduling->eligible = sp_arena_array(arena, workloads->count, sizeof *scheduling->eligible);
	for (size_t i = 0; i < workloads->count; i++) {
		const struct sp_workload *workload = &workloads->items[i];

		scheduling->impacts[i] = (struct sp_impact){
			.kind = workload->kind,
			.namespace = workload->namespace,
			.name = workload->name,
			.requirement = workload->requirement,
			.place = workload->place,
		};
	}
	return scheduling;
}

static int compare_key(const void *key, const void *element)
{
	return strcmp(key, *(const char *const *)element);
}

/* Gathers the labels that count behind the first, whose value depends. */
static void gather(struct sp_scheduling *scheduling, const struct sp_labels *labels)
{
	scheduling->label_count = 1;
	for (size_t i = 0; i < labels->count && scheduling->key_count > 0; i++)
		if (bsearch(labels->items[i].key, scheduling->keys, scheduling->key_count, sizeof *scheduling->keys,
			    compare_key) &&
		    strcmp(labels->items[i].key, SP_LABEL_ENABLED) != 0)
			scheduling->labels[scheduling->label_count++] = labels->items[i];
}

/* Whether the workload may run on the current node if kubevirt.io/ksm-enabled is `value` there; NULL: absent. */
static bool fits(struct sp_scheduling *scheduling, const struct sp_workload *workload, const char *name,
		 const char *value)
{
	struct sp_labels labels = { scheduling->labels, scheduling->label_count };

	scheduling->labels[0] = (struct sp_label){ SP_LABEL_ENABLED, value };
	if (!value)
		labels = (struct sp_labels){ scheduling->labels + 1, scheduling->label_count - 1 };
	return sp_node_selector_matches(&workload->nodes, name, &labels, NULL);
}

/* Whether it may run there as far as its other requirements tell. */
static bool fits_otherwise(const struct sp_scheduling *scheduling, const struct sp_workload *workload, const char *name)
{
	const struct sp_labels labels = { scheduling->labels + 1, scheduling->label_count - 1 };

	return sp_node_selector_matches(&workload->nodes, name, &labels, SP_LABEL_ENABLED);
}

static void count_node(struct sp_scheduling *scheduling, size_t at, const char *name, const struct sp_change *label)
{
	const struct sp_workload *workload = &scheduling->workloads->items[at];
	struct sp_impact *impact = &scheduling->impacts[at];
	bool before;
	bool on;
	bool off;

	if (!fits_otherwise(scheduling, workload, name))
		return;
	before = fits(scheduling, workload, name, label->before);
	if (label->changes && !label->after) {
		on = fits(scheduling, workload, name, "true");
		off = fits(scheduling, workload, name, "false");
	} else {
		on = off = label->changes ? fits(scheduling, workload, name, label->after) : before;
	}
	scheduling->eligible[at]++;
	impact->before += before;
	impact->after += on && off;
	impact->lost += before && !on && !off;
	impact->gained += !before && on && off;
	impact->unknown += on != off;
}

void sp_scheduling_add(struct sp_scheduling *scheduling, const struct sp_node *node, const struct sp_change *label)
{
	const struct sp_change none = { .before = sp_labels_get(&node->labels, SP_LABEL_ENABLED) };

	gather(scheduling, &node->labels);
	scheduling->node_count++;
	for (size_t i = 0; i < scheduling->workloads->count; i++)
		count_node(scheduling, i, node->name, label && label->changes ? label : &none);
}

/* "none of the 5 nodes meets ..." */
static const char *explain(const struct sp_scheduling *scheduling, size_t at)
{
	const char *requirement = scheduling->impacts[at].requirement;
	size_t eligible = scheduling->eligible[at];

	if (eligible == 0)
		return "no node meets what else it asks for";
	if (eligible == scheduling->node_count)
		return sp_arena_format(scheduling->arena, "no node meets %s", requirement);
	if (eligible == 1)
		return sp_arena_format(scheduling->arena, "the one node that meets what else it asks for fails %s",
				       requirement);
	return sp_arena_format(scheduling->arena, "none of the %zu nodes that meet what else it asks for meets %s",
			       eligible, requirement);
}

/* Notes that a requirement on the label can be met by neither of the values that a plan sets. */
static void look_for_impossible(void *context, const struct sp_requirement *requirement)
{
	static const struct sp_label values[] = { { SP_LABEL_ENABLED, "true" }, { SP_LABEL_ENABLED, "false" } };
	const struct sp_labels on = { &values[0], 1 };
	const struct sp_labels off = { &values[1], 1 };
	bool *is_impossible = context;

	if (strcmp(requirement->key, SP_LABEL_ENABLED) == 0 && !sp_requirement_matches(requirement, &on) &&
	    !sp_requirement_matches(requirement, &off))
		*is_impossible = true;
}

/* What to do about a workload that no node is left for. */
static const char *advise(const struct sp_scheduling *scheduling, size_t at)
{
	bool is_impossible = false;

	sp_node_selector_visit(&scheduling->workloads->items[at].nodes, look_for_impossible, &is_impossible);
	if (is_impossible)
		return SP_LABEL_ENABLED " is \"true\" or \"false\" on every node that is planned for";
	if (scheduling->eligible[at] == 0)
		return "the label is not the reason: is the snapshot complete, and the name of every label right?";
	return "where it runs it stays, but it can neither start nor migrate: change nodeLabelSelector, or what it "
	       "asks for";
}

static void warn(const struct sp_scheduling *scheduling, size_t at, struct sp_report *report)
{
	const struct sp_impact *impact = &scheduling->impacts[at];
	struct sp_text name = { 0 };

	sp_wording_add_name(&name, impact->namespace, impact->name);
	if (impact->before > 0)
		sp_warn(report, "vm-without-node", impact->place,
			"%s %s can run on no node after the plan (%zu before): %s", impact->kind, name.bytes,
			impact->before, explain(scheduling, at));
	else
		sp_warn(report, "vm-without-node", impact->place, "%s %s can run on no node, now or after the plan: %s",
			impact->kind, name.bytes, explain(scheduling, at));
	sp_help(report, "%s", advise(scheduling, at));
	sp_text_free(&name);
}

void sp_scheduling_finish(const struct sp_scheduling *scheduling, struct sp_plan *plan, struct sp_report *report)
{
	for (size_t i = 0; i < scheduling->workloads->count; i++)
		if (scheduling->impacts[i].after + scheduling->impacts[i].unknown == 0)
			warn(scheduling, i, report);
	plan->impacts = scheduling->impacts;
	plan->impact_count = scheduling->workloads->count;
}
