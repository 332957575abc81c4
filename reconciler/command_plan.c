/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "reconciler/command.h"
#include "reconciler/command_fleet.h"
#include "reconciler/command_shared.h"
#include "reconciler/render.h"
#include "state/file.h"

static const char *const options[] = {
	"kubevirt",
	"nodes",
	"facts",
	"facts-max-age",
	"selector",
	"policy",
	"output",
	"out",
	"lenient",
	"reader",
	"max-input",
	"max-changed",
	"fleet",
	"fleet-kubevirt",
	"fleet-nodes",
	"jobs",
	"max-bytes",
	"min-nodes",
	"protect",
	"allow-all",
	"workloads",
	"fail-on-warn",
	"detailed-exitcode",
	"color",
	"config",
	"quiet",
	"verbose",
	"help",
	NULL,
};

static bool save(struct sp_run *run, const struct sp_plan *plan)
{
	struct sp_text json = { 0 };
	struct sp_render_options plain = { 0 };
	bool good;

	if (!run->options.out)
		return true;
	sp_render_json(&json, plan, &plain);
	good = sp_file_write(run->options.out, sp_text_string(&json), json.length, &run->report);
	sp_text_free(&json);
	return good;
}

/* A plan that a guard refuses is shown, and not saved. */
static enum sp_exit run_plan(struct sp_run *run)
{
	struct sp_plan plan;
	enum sp_exit status = sp_shared_no_arguments(run);

	if (status == SP_EXIT_DONE && run->options.fleet)
		return sp_fleet_run(run);
	if (status == SP_EXIT_DONE)
		status = sp_shared_plan(run, NULL, NULL, &plan);
	if (status != SP_EXIT_DONE)
		return status;
	status = sp_shared_guard(run, &plan);
	if (status == SP_EXIT_USAGE)
		return status;
	run->print_anyway = status == SP_EXIT_REFUSED;
	if (sp_shared_render(run, &plan) != SP_EXIT_DONE)
		return SP_EXIT_USAGE;
	if (status != SP_EXIT_DONE)
		return status;
	if (!save(run, &plan))
		return SP_EXIT_ERROR;
	return sp_shared_status(run, &plan);
}

const struct sp_command sp_command_plan = {
	.name = "plan",
	.arguments = "",
	.summary = "compute and print the plan",
	.description = "Reads a KubeVirt custom resource and a snapshot of the nodes, and says for every node what "
		       "changes and why. Nothing is changed anywhere.",
	.accepted = { options, "text|json|yaml|markdown|github|sarif|junit|html|names" },
	.run = run_plan,
};
