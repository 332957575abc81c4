/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/command_shared.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reconciler/guard.h"
#include "reconciler/load.h"
#include "reconciler/print.h"
#include "reconciler/render.h"
#include "reconciler/stale.h"
#include "state/duration.h"
#include "state/size.h"

enum sp_exit sp_shared_no_arguments(struct sp_run *run)
{
	const struct sp_options *options = &run->options;

	if (options->argument_count > 0)
		return sp_usage(run, "unexpected argument '%s'", options->arguments[0]);
	return SP_EXIT_DONE;
}

enum sp_exit sp_shared_limit(struct sp_run *run, struct sp_load_options *load)
{
	const char *size = run->options.max_input;

	if (size && (!sp_size_parse(size, &load->max_input) || load->max_input == 0))
		return sp_usage(run, "--max-input is a size such as 512Mi, not '%s'", size);
	return SP_EXIT_DONE;
}

enum sp_exit sp_shared_facts(struct sp_run *run, struct sp_load_options *load)
{
	const char *age = run->options.facts_max_age;
	enum sp_exit status = sp_shared_limit(run, load);

	if (status != SP_EXIT_DONE)
		return status;
	load->shows_progress = run->shows_progress && !run->options.quiet;
	load->facts = run->options.facts;
	if (age && !sp_duration_parse(age, &load->facts_max_age))
		return sp_usage(run, "--facts-max-age is a time such as 15m, not '%s'", age);
	if (load->facts_max_age > 0)
		load->now = (uint64_t)time(NULL);
	return SP_EXIT_DONE;
}

/* What the flags say of the inputs of a plan. */
static enum sp_exit load_options(struct sp_run *run, struct sp_load_options *load)
{
	const struct sp_options *options = &run->options;

	*load = (struct sp_load_options){
		.kubevirt = options->kubevirt,
		.nodes = options->nodes,
		.selector = options->selector,
		.protect = options->protect,
		.allow_all = options->allow_all,
		.policy = (enum sp_policy)options->policy,
		.lenient = options->lenient,
		.full_reader = options->reader != 0,
	};
	return sp_shared_facts(run, load);
}

static bool is_stdin(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

static enum sp_exit check_stdin(struct sp_run *run)
{
	const struct sp_options *options = &run->options;

	if (is_stdin(options->kubevirt) && is_stdin(options->nodes))
		return sp_usage(run, "-f and -n cannot both be stdin");
	if (is_stdin(options->workloads) && (is_stdin(options->kubevirt) || is_stdin(options->nodes)))
		return sp_usage(run, "%s and --workloads cannot both be stdin", is_stdin(options->nodes) ? "-n" : "-f");
	return SP_EXIT_DONE;
}

enum sp_exit sp_shared_plan(struct sp_run *run, sp_visit_function *visit, void *context, struct sp_plan *plan)
{
	const struct sp_options *options = &run->options;
	struct sp_load_options load;
	enum sp_exit status = load_options(run, &load);

	if (status != SP_EXIT_DONE)
		return status;
	load.visit = visit;
	load.visit_context = context;
	if (!options->kubevirt)
		return sp_usage(run, "-f FILE is missing: the KubeVirt custom resource");
	if (!options->nodes)
		return sp_usage(run, "-n FILE is missing: the snapshot of the nodes");
	load.workloads = options->workloads;
	status = check_stdin(run);
	if (status != SP_EXIT_DONE)
		return status;
	if (!sp_load_plan(&load, &run->arena, &run->inputs, plan, &run->report))
		return SP_EXIT_ERROR;
	return SP_EXIT_DONE;
}

/* Whether the saved plan is still true for the snapshot that was given with it. */
static enum sp_exit compare_with_snapshot(struct sp_run *run, struct sp_plan *saved)
{
	struct sp_place place = { run->inputs.saved.source, 0, 0 };
	struct sp_kubevirt known;
	struct sp_load_options load;
	struct sp_plan fresh;
	enum sp_exit status = load_options(run, &load);

	if (status != SP_EXIT_DONE)
		return status;
	load.policy = saved->policy;
	if (saved->facts_input.path && !load.facts)
		return sp_usage(run, "--facts PATH is missing: the plan was made with facts");
	if (!load.kubevirt) {
		if (!sp_saved_kubevirt(&run->inputs.saved, &run->arena, &known, &run->report))
			return SP_EXIT_ERROR;
		load.known_kubevirt = &known;
	}
	if (!sp_load_plan(&load, &run->arena, &run->inputs, &fresh, &run->report))
		return SP_EXIT_ERROR;
	if (!sp_stale_check(saved, &fresh, place, &run->report))
		return SP_EXIT_STALE;
	run->snapshot_nodes = fresh.nodes_input.total;
	saved->nodes = fresh.nodes; /* the same, and marked by --protect */
	return SP_EXIT_DONE;
}

/* A plan that a guard refused when it was made is not carried out later. */
static enum sp_exit refuse_refused(struct sp_run *run, const struct sp_plan *plan)
{
	struct sp_place place = { run->inputs.saved.source, 0, 0 };

	for (size_t i = 0; i < plan->refusal_count; i++) {
		sp_fail(&run->report, plan->refusals[i].code, place, "%s", plan->refusals[i].message);
		sp_help(&run->report, "the plan was refused when it was made; plan anew");
	}
	return plan->refusal_count > 0 ? SP_EXIT_REFUSED : SP_EXIT_DONE;
}

enum sp_exit sp_shared_saved(struct sp_run *run, struct sp_plan *plan)
{
	const struct sp_options *options = &run->options;
	enum sp_exit status;

	if (options->kubevirt && !options->nodes)
		return sp_usage(run, "-n FILE is missing: --plan is compared with -f and -n, or with -n");
	if (options->facts && !options->nodes)
		return sp_usage(run, "-n FILE is missing: --plan is compared with --facts and -n");
	if (options->selector && !options->nodes)
		return sp_usage(run, "-n FILE is missing: --selector chooses among the nodes of a snapshot, and a plan "
				     "is carried out whole");
	if (options->workloads)
		return sp_usage(run, "--workloads goes with -f and -n, not with --plan, which has what was found then");
	if (options->protect && !options->nodes)
		return sp_usage(run, "-n FILE is missing: --protect asks for the nodes' labels, and a plan has none");
	if (!sp_load_saved(options->plan, false, &run->arena, &run->inputs, &run->report))
		return SP_EXIT_ERROR;
	*plan = run->inputs.saved.plan;
	status = refuse_refused(run, plan);
	return status == SP_EXIT_DONE && options->nodes ? compare_with_snapshot(run, plan) : status;
}

static enum sp_exit read_guards(struct sp_run *run, struct sp_guards *guards)
{
	const struct sp_options *options = &run->options;

	*guards = (struct sp_guards){ .fail_on_warn = options->fail_on_warn, .snapshot = run->snapshot_nodes };
	if (options->max_changed && !sp_guard_parse_max_changed(options->max_changed, guards))
		return sp_usage(run, "--max-changed is a number such as 10, or a part such as 5%%, not '%s'",
				options->max_changed);
	if (options->min_nodes && !sp_guard_parse_count(options->min_nodes, &guards->min_nodes))
		return sp_usage(run, "--min-nodes is a number, not '%s'", options->min_nodes);
	return SP_EXIT_DONE;
}

enum sp_exit sp_shared_guard(struct sp_run *run, struct sp_plan *plan)
{
	const struct sp_inputs *inputs = &run->inputs;
	struct sp_place place = { inputs->saved.source ? inputs->saved.source : inputs->kubevirt_source, 0, 0 };
	struct sp_guards guards;
	enum sp_exit status = read_guards(run, &guards);

	if (status != SP_EXIT_DONE)
		return status;
	return sp_guard_check(&guards, plan, place, &run->arena, &run->report) ? SP_EXIT_DONE : SP_EXIT_REFUSED;
}

enum { COMMENT_BYTES = 60000, LEAST_COMMENT_BYTES = 1000 };

enum sp_exit sp_shared_render_options(struct sp_run *run, struct sp_render_options *how)
{
	const struct sp_options *options = &run->options;

	*how = (struct sp_render_options){
		.color = sp_print_color(options, STDOUT_FILENO),
		.verbosity = options->verbose ? 1 :
			     options->quiet   ? -1 :
						0,
		.most_bytes = COMMENT_BYTES,
		.marker = "samepage:plan",
	};
	if (!options->max_bytes)
		return SP_EXIT_DONE;
	if (!sp_guard_parse_count(options->max_bytes, &how->most_bytes) ||
	    (how->most_bytes > 0 && how->most_bytes < LEAST_COMMENT_BYTES))
		return sp_usage(run, "--max-bytes is 0 or a number from %d, not '%s'", LEAST_COMMENT_BYTES,
				options->max_bytes);
	return SP_EXIT_DONE;
}

enum sp_exit sp_shared_render(struct sp_run *run, const struct sp_plan *plan)
{
	const char *form = run->options.output ? run->options.output : "text";
	struct sp_render_options how;
	enum sp_exit status = sp_shared_render_options(run, &how);

	if (status == SP_EXIT_DONE)
		sp_render_find(form)(&run->out, plan, &how);
	return status;
}

struct sp_emit_options sp_shared_emit_options(const struct sp_run *run)
{
	return (struct sp_emit_options){
		.format = (enum sp_patch_format)run->options.format,
		.force = run->options.force,
		.gitops = run->options.gitops,
	};
}

enum sp_exit sp_shared_status(const struct sp_run *run, const struct sp_plan *plan)
{
	return run->options.detailed_exitcode && sp_plan_changed(plan) > 0 ? SP_EXIT_CHANGES : SP_EXIT_DONE;
}
