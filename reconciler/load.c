/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/load.h"

#include <string.h>

#include "selectors/expression.h"
#include "state/node.h"

#define MIB ((size_t)1024 * 1024)

/* A CR is small; the largest that make sense are dumps of a whole namespace that it stands in. */
static const size_t largest_kubevirt = 64 * MIB;
static const size_t largest_snapshot = 4096 * MIB;

bool sp_load_kubevirt(const struct sp_load_options *options, struct sp_arena *arena, struct sp_inputs *inputs,
		      struct sp_report *report)
{
	struct sp_kubevirt_options reading = { .lenient = options->lenient };

	if (options->known_kubevirt) {
		inputs->kubevirt = *options->known_kubevirt;
		return true;
	}
	inputs->kubevirt_source = sp_source_slurp(options->kubevirt, largest_kubevirt, report);
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

static bool read_nodes(const struct sp_load_options *options, struct sp_inputs *inputs,
		       const struct sp_selector *considered, struct sp_planner *planner, struct sp_plan_inputs *counts,
		       struct sp_report *report)
{
	struct sp_node_options reading = { .strict = options->strict };
	struct sp_node_reader *reader = sp_node_reader_new(inputs->nodes_source, &reading, report);
	struct sp_node node;

	while (sp_node_reader_next(reader, &node)) {
		counts->node_total++;
		if (!sp_selector_matches(considered, &node.labels, NULL))
			continue;
		sp_planner_add(planner, &node, find_host(options, inputs, node.name));
		if (options->visit)
			options->visit(options->visit_context, &inputs->kubevirt, &node);
	}
	counts->skipped = sp_node_reader_skipped(reader);
	sp_node_reader_free(reader);
	if (report->errors > 0)
		return false;
	if (counts->node_total > 0)
		return true;
	sp_fail(report, "no-node", (struct sp_place){ inputs->nodes_source, 0, 0 }, "no Node in it");
	return sp_help(report, "kubectl get nodes -o yaml writes a snapshot");
}

bool sp_load_plan(const struct sp_load_options *options, struct sp_arena *arena, struct sp_inputs *inputs,
		  struct sp_plan *plan, struct sp_report *report)
{
	struct sp_plan_inputs counts = { .kubevirt_path = options->kubevirt, .nodes_path = options->nodes };
	struct sp_planner *planner;
	struct sp_selector considered;
	struct sp_selector protect;

	if (!read_selector("--selector", options->selector, arena, &inputs->selector_source, &considered, report) ||
	    !read_selector("--protect", options->protect, arena, &inputs->protect_source, &protect, report) ||
	    !sp_load_kubevirt(options, arena, inputs, report))
		return false;
	if (options->facts && !sp_facts_set_read(options->facts, arena, &inputs->facts, report))
		return false;
	counts.facts_path = options->facts;
	counts.facts_count = inputs->facts.count;
	inputs->nodes_source = sp_source_open(options->nodes, largest_snapshot, report);
	if (!inputs->nodes_source)
		return false;
	planner = sp_planner_start(arena, &inputs->kubevirt, options->policy);
	if (options->protect)
		sp_planner_protect(planner, &protect);
	if (options->allow_all)
		sp_planner_allow_all(planner);
	if (!read_nodes(options, inputs, &considered, planner, &counts, report))
		return false;
	sp_facts_set_warn(&inputs->facts, options->facts_max_age, options->now, report);
	return sp_planner_finish(planner, &counts, plan, report);
}

bool sp_load_saved(const char *path, bool lenient, struct sp_arena *arena, struct sp_inputs *inputs,
		   struct sp_report *report)
{
	return sp_saved_read(path, largest_snapshot, lenient, arena, &inputs->saved, report);
}

void sp_inputs_close(struct sp_inputs *inputs)
{
	sp_source_close(inputs->kubevirt_source);
	sp_source_close(inputs->nodes_source);
	sp_source_close(inputs->selector_source);
	sp_source_close(inputs->protect_source);
	sp_saved_close(&inputs->saved);
	sp_facts_set_close(&inputs->facts);
}
