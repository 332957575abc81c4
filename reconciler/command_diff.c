/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "reconciler/command.h"
#include "reconciler/command_shared.h"
#include "reconciler/diff.h"

static const char *const options[] = { "nodes",     "facts",        "facts-max-age", "selector",  "policy",
				       "output",    "lenient",      "reader",        "max-input", "allow-all",
				       "workloads", "fail-on-warn", "max-bytes",     "color",     "config",
				       "quiet",     "verbose",      "help",          NULL };

/* What git gives an external diff: path old-file old-hex old-mode new-file new-hex new-mode, and for a file that was
 * renamed its new name and what changed besides. */
enum { GIT_ARGUMENTS = 7, GIT_ARGUMENTS_RENAMED = 9 };

/* The two files to compare, and the names to show for them. */
struct pair {
	const char *old_path;
	const char *new_path;
	const char *old_name;
	const char *new_name;
	bool is_git;
};

/* The name for messages: a version that git has in no file of the tree is handed over in a temporary one. */
static const char *name_for_messages(const struct pair *pair, const char *path, const char *name)
{
	return pair->is_git && strcmp(path, name + strlen("a/")) != 0 ? name : NULL;
}

/* Of a path that a merge left in conflict git gives the name alone, and says itself what the conflict is. */
static bool is_unmerged(const struct sp_run *run)
{
	return run->options.argument_count == 1 && getenv("GIT_DIFF_PATH_COUNTER");
}

static enum sp_exit pass_over(struct sp_run *run)
{
	sp_text_add(&run->out, "* Unmerged path ");
	sp_text_add_visible(&run->out, run->options.arguments[0]);
	sp_text_add_char(&run->out, '\n');
	return SP_EXIT_DONE;
}

static bool take_arguments(struct sp_run *run, struct pair *pair)
{
	const char *const *arguments = run->options.arguments;
	size_t count = run->options.argument_count;

	if (count == 2) {
		*pair = (struct pair){ arguments[0], arguments[1], arguments[0], arguments[1], false };
		return true;
	}
	if (count != GIT_ARGUMENTS && count != GIT_ARGUMENTS_RENAMED)
		return false;
	*pair = (struct pair){
		arguments[1], arguments[4], sp_arena_format(&run->arena, "a/%s", arguments[0]),
		sp_arena_format(&run->arena, "b/%s", arguments[count == GIT_ARGUMENTS ? 0 : GIT_ARGUMENTS]), true
	};
	return true;
}

/* Reads one side. A file that is not there any more, or not yet, is /dev/null to git: no configuration. */
static bool read_side(struct sp_run *run, const struct sp_load_options *load, struct sp_inputs *inputs)
{
	if (strcmp(load->kubevirt, "/dev/null") != 0)
		return sp_load_kubevirt(load, &run->arena, inputs, &run->report);
	inputs->kubevirt = (struct sp_kubevirt){ .kind = "KubeVirt", .namespace = "", .name = "none" };
	return true;
}

static void visit(void *context, const struct sp_kubevirt *kubevirt, const struct sp_node *node)
{
	sp_differ_add(context, kubevirt, node);
}

/* Plans by the new side; without a snapshot, for no node at all. */
static bool plan_new_side(struct sp_run *run, const struct pair *pair, struct sp_load_options *load,
			  struct sp_plan *plan)
{
	if (strcmp(pair->new_path, "/dev/null") == 0)
		load->known_kubevirt = &run->inputs.kubevirt;
	if (load->nodes)
		return sp_load_plan(load, &run->arena, &run->inputs, plan, &run->report);
	return sp_planner_finish(sp_planner_start(&run->arena, &run->inputs.kubevirt, load->policy),
				 &(struct sp_plan_inputs){ .kubevirt_path = pair->new_name }, plan, &run->report);
}

static enum sp_exit write_diff(struct sp_run *run, const struct pair *pair, struct sp_diff *diff)
{
	const struct sp_options *given = &run->options;
	struct sp_render_options how;
	enum sp_exit status = sp_shared_render_options(run, &how);

	if (status != SP_EXIT_DONE)
		return status;
	how.marker = "samepage:diff";
	diff->old_side.path = pair->old_name;
	diff->new_side.path = pair->new_name;
	diff->has_nodes = given->nodes != NULL;
	sp_diff_write(&run->out, diff, given->output ? given->output : "text", &how);
	/* git takes any other status than 0 for a failure of its helper */
	return sp_diff_differs(diff) && !pair->is_git ? SP_EXIT_CHANGES : SP_EXIT_DONE;
}

static enum sp_exit compare(struct sp_run *run, const struct pair *pair)
{
	const struct sp_options *given = &run->options;
	struct sp_load_options load = {
		.kubevirt = pair->old_path,
		.kubevirt_name = name_for_messages(pair, pair->old_path, pair->old_name),
		.policy = (enum sp_policy)given->policy,
		.selector = given->selector,
		.allow_all = given->allow_all,
		.workloads = given->workloads,
		.lenient = true, /* what the API server dropped did nothing */
		.full_reader = given->reader != 0,
		.visit = visit,
	};
	struct sp_plan plan;
	struct sp_diff diff;
	enum sp_exit status;

	if (sp_shared_facts(run, &load) != SP_EXIT_DONE || !read_side(run, &load, &run->old_inputs))
		return SP_EXIT_ERROR;
	load.kubevirt = pair->new_path;
	load.kubevirt_name = name_for_messages(pair, pair->new_path, pair->new_name);
	load.nodes = given->nodes;
	load.lenient = given->lenient;
	load.also = &run->old_inputs.kubevirt.selector;
	load.visit_context = sp_differ_start(&run->arena, &run->old_inputs.kubevirt);
	if ((!load.nodes || strcmp(pair->new_path, "/dev/null") == 0) && !read_side(run, &load, &run->inputs))
		return SP_EXIT_ERROR;
	if (!plan_new_side(run, pair, &load, &plan))
		return SP_EXIT_ERROR;
	diff = sp_differ_finish(load.visit_context, &plan);
	run->print_anyway = sp_shared_guard(run, &plan) == SP_EXIT_REFUSED;
	status = write_diff(run, pair, &diff);
	return run->print_anyway ? SP_EXIT_REFUSED : status;
}

static enum sp_exit run_diff(struct sp_run *run)
{
	struct pair pair;

	if (is_unmerged(run))
		return pass_over(run);
	if (!take_arguments(run, &pair))
		return sp_usage(run, "diff takes two files: OLD_CR NEW_CR");
	if (run->options.workloads && !run->options.nodes)
		return sp_usage(run, "-n FILE is missing: --workloads counts its nodes");
	if (strcmp(pair.old_path, "-") == 0 && strcmp(pair.new_path, "-") == 0)
		return sp_usage(run, "OLD_CR and NEW_CR cannot both be stdin");
	return compare(run, &pair);
}

const struct sp_command sp_command_diff = {
	.name = "diff",
	.arguments = "OLD_CR NEW_CR",
	.summary = "what a change of the CR does to the nodes",
	.description = "Asks both selectors about every node of the snapshot: who joins, who leaves, and what then "
		       "happens there. Without -n it compares the selectors alone. The exit status is that of diff(1): "
		       "0 for no difference, 1 for differences, 2 for trouble.\n"
		       "\n"
		       "As git's external diff it takes git's seven arguments, and then ends with 0:\n"
		       "  echo 'kubevirt.yaml diff=samepage' >>.gitattributes\n"
		       "  git config diff.samepage.command 'samepage diff -n nodes.yaml'",
	.accepted = { options, "text|json|yaml|markdown|names" },
	.has_status_of_diff = true,
	.run = run_diff,
};
