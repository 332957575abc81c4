/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reconciler/command.h"
#include "reconciler/command_shared.h"
#include "reconciler/explain.h"
#include "reconciler/print.h"

static const char *const options[] = { "kubevirt",  "nodes",  "facts",   "facts-max-age", "selector",
				       "policy",    "output", "lenient", "reader",        "max-input",
				       "allow-all", "color",  "config",  "help",          NULL };

/* What is gathered while the nodes go by. */
struct gathering {
	struct sp_arena *arena;
	const char *const *names; /* of the nodes asked for */
	size_t name_count;
	bool all; /* every node */
	struct sp_explanation *explanations;
	size_t count;
	size_t capacity;
};

static bool is_asked_for(const struct gathering *gathering, const char *name)
{
	for (size_t i = 0; i < gathering->name_count; i++)
		if (strcmp(gathering->names[i], name) == 0)
			return true;
	return gathering->all;
}

static void visit(void *context, const struct sp_kubevirt *kubevirt, const struct sp_node *node)
{
	struct gathering *gathering = context;

	if (!is_asked_for(gathering, node->name))
		return;
	gathering->explanations = sp_arena_grow(gathering->arena, gathering->explanations, gathering->count,
						&gathering->capacity, sizeof *gathering->explanations);
	gathering->explanations[gathering->count++] = sp_explain(kubevirt, node, gathering->arena);
}

static int compare_explanations(const void *left, const void *right)
{
	return strcmp(((const struct sp_explanation *)left)->name, ((const struct sp_explanation *)right)->name);
}

static int compare_name(const void *name, const void *node)
{
	return strcmp(name, ((const struct sp_plan_node *)node)->name);
}

/* Brings the explanations into the plan's order, and to each what the plan does. */
static void join(struct gathering *gathering, const struct sp_plan *plan)
{
	if (gathering->count > 0)
		qsort(gathering->explanations, gathering->count, sizeof *gathering->explanations, compare_explanations);
	for (size_t i = 0; i < gathering->count; i++)
		gathering->explanations[i].planned = bsearch(gathering->explanations[i].name, plan->nodes,
							     plan->node_count, sizeof *plan->nodes, compare_name);
}

static bool find_all(struct sp_run *run, const struct sp_plan *plan)
{
	for (size_t i = 0; i < run->options.argument_count; i++) {
		const char *name = run->options.arguments[i];

		if (plan->node_count > 0 &&
		    bsearch(name, plan->nodes, plan->node_count, sizeof *plan->nodes, compare_name))
			continue;
		sp_fail(&run->report, "unknown-node", (struct sp_place){ run->inputs.nodes_source, 0, 0 },
			"no Node named \"%s\" in it", name);
	}
	return run->report.errors == 0;
}

static enum sp_exit run_explain(struct sp_run *run)
{
	const char *form = run->options.output ? run->options.output : "text";
	bool json = strcmp(form, "json") == 0;
	struct gathering gathering = {
		.arena = &run->arena,
		.names = run->options.arguments,
		.name_count = run->options.argument_count,
		.all = json && run->options.argument_count == 0,
	};
	struct sp_render_options how = { .color = sp_print_color(&run->options, STDOUT_FILENO) };
	struct sp_plan plan;
	enum sp_exit status;

	status = sp_shared_plan(run, visit, &gathering, &plan);
	if (status != SP_EXIT_DONE)
		return status;
	if (!find_all(run, &plan))
		return SP_EXIT_ERROR;
	join(&gathering, &plan);
	if (json)
		sp_explanations_write_json(&run->out, &plan, gathering.explanations, gathering.count);
	else if (run->options.argument_count == 0)
		sp_explain_groups(&run->out, &plan);
	else
		sp_explanations_write(&run->out, gathering.explanations, gathering.count, &how);
	return SP_EXIT_DONE;
}

const struct sp_command sp_command_explain = {
	.name = "explain",
	.arguments = "[NODE...]",
	.summary = "why each node is selected or not, requirement by requirement",
	.description = "For each NODE: every requirement of the selector with the label that the node has and the "
		       "verdict, the two keys as they are and as they will be, and what decides. Without a NODE, one "
		       "line for each group of nodes with the same explanation.",
	.accepted = { options, "text|json" },
	.run = run_explain,
};
