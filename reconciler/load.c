/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/load.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/progress.h"
#include "reconciler/scheduling.h"
#include "selectors/expression.h"
#include "state/node.h"

#define MIB ((size_t)1024 * 1024)

/* A CR is small; the largest that make sense are dumps of a whole namespace that it stands in. */
static const size_t largest_kubevirt = 64 * MIB;
static const size_t largest_snapshot = 4096 * MIB; /* of nodes, or of virtual machines */

/* What is made while the nodes go by. */
struct planning {
	const struct sp_load_options *options;
	struct sp_inputs *inputs;
	struct sp_selector considered;
	struct sp_selector protect;
	struct sp_planner *planner;
	struct sp_scheduling *scheduling; /* NULL without workloads */
	struct sp_plan_inputs counts;
};

static size_t limit_of(const struct sp_load_options *options)
{
	return options->max_input > 0 ? options->max_input : largest_snapshot;
}

bool sp_load_kubevirt(const struct sp_load_options *options, struct sp_arena *arena, struct sp_inputs *inputs,
		      struct sp_report *report)
{
	struct sp_kubevirt_options reading = { .lenient = options->lenient };
	size_t limit = limit_of(options) < largest_kubevirt ? limit_of(options) : largest_kubevirt;

	if (options->known_kubevirt) {
		inputs->kubevirt = *options->known_kubevirt;
		return true;
	}
	inputs->kubevirt_source = sp_source_slurp(options->kubevirt, limit, report);
	if (inputs->kubevirt_source && options->kubevirt_name)
		sp_source_rename(inputs->kubevirt_source, options->kubevirt_name);
	return inputs->kubevirt_source &&
	       sp_kubevirt_read(inputs->kubevirt_source, &reading, arena, &inputs->kubevirt, report);
}

/* The selector that flag `flag` gives, which errors name; without one it has no requirements. */
static bool read_selector(const char *flag, const char *expression, struct sp_arena *arena, struct sp_source **source,
			  struct sp_selector *selector, struct sp_report *report)
{
	*selector = (struct sp_selector){ 0 };
	if (!expression)
		return true;
	*source = sp_source_text(flag, expression, strlen(expression));
	return sp_expression_parse(*source, arena, selector, report);
}

/* What is known of a node's machine: it is this one, or there are facts of it. */
static const struct sp_host *find_host(const struct sp_load_options *options, const struct sp_inputs *inputs,
				       const char *name)
{
	if (options->host && options->host->node && strcmp(options->host->node, name) == 0)
		return options->host;
	return sp_facts_set_find(&inputs->facts, name);
}

static bool read_workloads(const struct sp_load_options *options, struct sp_arena *arena, struct sp_inputs *inputs,
			   struct sp_report *report)
{
	struct sp_workload_options reading = { .key = SP_LABEL_ENABLED, .lenient = options->lenient };

	inputs->workloads_source = sp_source_open(options->workloads, limit_of(options), report);
	return inputs->workloads_source &&
	       sp_workloads_read(inputs->workloads_source, &reading, arena, &inputs->workloads, report);
}

/* A node that --selector leaves out is not planned for: it keeps its label, and may still be there for a workload. */
static void take_node(struct planning *planning, const struct sp_node *node)
{
	const struct sp_load_options *options = planning->options;
	const struct sp_plan_node *planned = NULL;

	planning->counts.node_total++;
	if (sp_selector_matches(&planning->considered, &node->labels, NULL)) {
		planned = sp_planner_add(planning->planner, node, find_host(options, planning->inputs, node->name));
		if (options->visit)
			options->visit(options->visit_context, &planning->inputs->kubevirt, node);
	}
	if (planning->scheduling)
		sp_scheduling_add(planning->scheduling, node, planned ? &planned->label : NULL);
}

/* The labels and annotations that anything looks at: all others need not be kept. */
struct keys {
	struct sp_arena *arena;
	const char **items;
	size_t count;
	size_t capacity;
};

static void add_key(struct keys *keys, const char *key)
{
	keys->items = sp_arena_grow(keys->arena, keys->items, keys->count, &keys->capacity, sizeof *keys->items);
	keys->items[keys->count++] = key;
}

static void add_selector(struct keys *keys, const struct sp_selector *selector)
{
	for (size_t i = 0; selector && i < selector->count; i++)
		add_key(keys, selector->requirements[i].key);
}

static int compare_keys(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static struct keys collect_keys(const struct planning *planning, struct sp_arena *arena)
{
	struct keys keys = { .arena = arena };
	const char *const *named;
	size_t count;

	add_selector(&keys, &planning->inputs->kubevirt.selector);
	add_selector(&keys, &planning->considered);
	add_selector(&keys, &planning->protect);
	add_selector(&keys, planning->options->also);
	add_key(&keys, SP_LABEL_ENABLED);
	add_key(&keys, SP_ANNOTATION_MANAGED);
	for (size_t i = 0; i < SP_OVERRIDE_COUNT; i++)
		add_key(&keys, sp_override_annotations[i]);
	for (size_t i = 0; i < SP_CONTROL_PLANE_LABEL_COUNT; i++)
		add_key(&keys, sp_control_plane_labels[i]);
	if (planning->scheduling) {
		named = sp_workloads_keys(&planning->inputs->workloads, arena, &count);
		for (size_t i = 0; i < count; i++)
			add_key(&keys, named[i]);
	}
	qsort(keys.items, keys.count, sizeof *keys.items, compare_keys);
	return keys;
}

static bool read_nodes(struct planning *planning, struct sp_arena *arena, struct sp_report *report)
{
	struct sp_source *source = planning->inputs->nodes_source;
	struct keys keys = collect_keys(planning, arena);
	struct sp_node_options reading = {
		.strict = planning->options->strict,
		.full = planning->options->full_reader,
		.keys = keys.items,
		.key_count = keys.count,
	};
	struct sp_progress progress;
	struct sp_node_reader *reader;
	struct sp_node node;

	if (planning->options->shows_progress) {
		sp_progress_start(&progress, planning->options->nodes);
		reading.moved = sp_progress_add;
		reading.moved_context = &progress;
	}
	reader = sp_node_reader_new(source, &reading, report);
	sp_planner_expect(planning->planner, sp_node_reader_known(reader));
	while (sp_node_reader_next(reader, &node))
		take_node(planning, &node);
	if (planning->options->shows_progress)
		sp_progress_end(&progress);
	planning->counts.skipped = sp_node_reader_skipped(reader);
	sp_node_reader_free(reader);
	if (report->errors > 0)
		return false;
	if (planning->counts.node_total > 0)
		return true;
	sp_fail(report, "no-node", (struct sp_place){ source, 0, 0 }, "no Node in it");
	return sp_help(report, "kubectl get nodes -o yaml writes a snapshot");
}

/* Reads all that the plan is made from but the nodes, and opens these. */
static bool read_inputs(struct planning *planning, struct sp_arena *arena, struct sp_report *report)
{
	const struct sp_load_options *options = planning->options;
	struct sp_inputs *inputs = planning->inputs;

	if (!read_selector("--selector", options->selector, arena, &inputs->selector_source, &planning->considered,
			   report) ||
	    !read_selector("--protect", options->protect, arena, &inputs->protect_source, &planning->protect, report) ||
	    !sp_load_kubevirt(options, arena, inputs, report))
		return false;
	if (options->facts && !sp_facts_set_read(options->facts, arena, &inputs->facts, report))
		return false;
	if (options->workloads && !read_workloads(options, arena, inputs, report))
		return false;
	inputs->nodes_source = sp_source_open(options->nodes, limit_of(options), report);
	return inputs->nodes_source;
}

static void start(struct planning *planning, struct sp_arena *arena)
{
	const struct sp_load_options *options = planning->options;

	planning->planner = sp_planner_start(arena, &planning->inputs->kubevirt, options->policy);
	if (options->protect)
		sp_planner_protect(planning->planner, &planning->protect);
	if (options->allow_all)
		sp_planner_allow_all(planning->planner);
	if (options->workloads)
		planning->scheduling = sp_scheduling_start(arena, &planning->inputs->workloads);
}

bool sp_load_plan(const struct sp_load_options *options, struct sp_arena *arena, struct sp_inputs *inputs,
		  struct sp_plan *plan, struct sp_report *report)
{
	struct planning planning = {
		.options = options,
		.inputs = inputs,
		.counts = { .kubevirt_path = options->kubevirt, .nodes_path = options->nodes },
	};

	if (!read_inputs(&planning, arena, report))
		return false;
	planning.counts.facts_path = options->facts;
	planning.counts.facts_count = inputs->facts.count;
	start(&planning, arena);
	if (!read_nodes(&planning, arena, report))
		return false;
	sp_facts_set_warn(&inputs->facts, options->facts_max_age, options->now, report);
	if (!sp_planner_finish(planning.planner, &planning.counts, plan, report))
		return false;
	if (!planning.scheduling)
		return true;
	plan->workloads_input.path = options->workloads;
	plan->workloads_input.count = inputs->workloads.total;
	plan->workloads_input.skipped = inputs->workloads.skipped;
	sp_scheduling_finish(planning.scheduling, plan, report);
	sp_plan_take_warnings(plan, report, arena);
	return true;
}

bool sp_load_saved(const char *path, bool lenient, struct sp_arena *arena, struct sp_inputs *inputs,
		   struct sp_report *report)
{
	return sp_saved_read(sp_source_open(path, largest_snapshot, report), lenient, arena, &inputs->saved, report);
}

void sp_inputs_close(struct sp_inputs *inputs)
{
	sp_source_close(inputs->kubevirt_source);
	sp_source_close(inputs->nodes_source);
	sp_source_close(inputs->selector_source);
	sp_source_close(inputs->protect_source);
	sp_source_close(inputs->workloads_source);
	sp_saved_close(&inputs->saved);
	sp_facts_set_close(&inputs->facts);
}
