/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/command_shared.h"

#include <string.h>
#include <time.h>

#include "reconciler/load.h"
#include "reconciler/render.h"
#include "state/duration.h"

enum sp_exit sp_shared_check(struct sp_run *run)
{
	const struct sp_options *options = &run->options;

	if (options->argument_count > 0)
		return sp_usage(run, "unexpected argument '%s'", options->arguments[0]);
	return SP_EXIT_DONE;
}

enum sp_exit sp_shared_facts(struct sp_run *run, struct sp_load_options *load)
{
	const char *age = run->options.facts_max_age;

	load->facts = run->options.facts;
	if (age && !sp_duration_parse(age, &load->facts_max_age))
		return sp_usage(run, "--facts-max-age is a time such as 15m, not '%s'", age);
	if (load->facts_max_age > 0)
		load->now = (uint64_t)time(NULL);
	return SP_EXIT_DONE;
}

enum sp_exit sp_shared_plan(struct sp_run *run, sp_visit_function *visit, void *context, struct sp_plan *plan)
{
	const struct sp_options *options = &run->options;
	struct sp_load_options load = {
		.kubevirt = options->kubevirt,
		.nodes = options->nodes,
		.selector = options->selector,
		.policy = (enum sp_policy)options->policy,
		.lenient = options->lenient,
		.visit = visit,
		.visit_context = context,
	};

	enum sp_exit status = sp_shared_facts(run, &load);

	if (status != SP_EXIT_DONE)
		return status;
	if (!options->kubevirt)
		return sp_usage(run, "-f FILE is missing: the KubeVirt custom resource");
	if (!options->nodes)
		return sp_usage(run, "-n FILE is missing: the snapshot of the nodes");
	if (strcmp(options->kubevirt, "-") == 0 && strcmp(options->nodes, "-") == 0)
		return sp_usage(run, "-f and -n cannot both be stdin");
	if (!sp_load_plan(&load, &run->arena, &run->inputs, plan, &run->report))
		return SP_EXIT_ERROR;
	return SP_EXIT_DONE;
}

void sp_shared_render(struct sp_run *run, const struct sp_plan *plan)
{
	const struct sp_options *options = &run->options;
	struct sp_render_options how = {
		.color = run->color,
		.verbosity = options->verbose ? 1 :
			     options->quiet   ? -1 :
						0,
	};

	sp_render_find(options->output ? options->output : "text")(&run->out, plan, &how);
}

enum sp_exit sp_shared_status(const struct sp_run *run, const struct sp_plan *plan)
{
	return run->options.detailed_exitcode && sp_plan_changed(plan) > 0 ? SP_EXIT_CHANGES : SP_EXIT_DONE;
}
