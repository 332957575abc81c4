/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/command.h"
#include "reconciler/command_fleet.h"
#include "reconciler/command_shared.h"
#include "reconciler/emit.h"

static const char *const options[] = {
	"kubevirt",       "nodes",        "facts",
	"facts-max-age",  "plan",         "dir",
	"format",         "force",        "gitops",
	"selector",       "policy",       "output",
	"lenient",        "reader",       "max-input",
	"max-changed",    "max-bytes",    "fleet",
	"fleet-kubevirt", "fleet-nodes",  "jobs",
	"min-nodes",      "protect",      "allow-all",
	"workloads",      "fail-on-warn", "detailed-exitcode",
	"color",          "config",       "quiet",
	"verbose",        "help",         NULL,
};

static enum sp_exit run_emit(struct sp_run *run)
{
	struct sp_emit_options how = sp_shared_emit_options(run);
	struct sp_plan plan;
	enum sp_exit status;

	if (!run->options.folder)
		return sp_usage(run, "-d DIR is missing: the folder to write");
	status = sp_shared_no_arguments(run);
	if (status == SP_EXIT_DONE && run->options.fleet)
		return sp_fleet_run(run);
	if (status == SP_EXIT_DONE)
		status = run->options.plan ? sp_shared_saved(run, &plan) : sp_shared_plan(run, NULL, NULL, &plan);
	if (status == SP_EXIT_DONE)
		status = sp_shared_guard(run, &plan);
	if (status == SP_EXIT_DONE)
		status = sp_shared_render(run, &plan);
	if (status != SP_EXIT_DONE)
		return status;
	if (!sp_emit(&plan, run->options.folder, &how, &run->report))
		return SP_EXIT_ERROR;
	return sp_shared_status(run, &plan);
}

const struct sp_command sp_command_emit = {
	.name = "emit",
	.arguments = "",
	.summary = "write the patch files into a folder",
	.description = "Plans, and writes a folder: plan.json, patches/NODE.yaml, all of them in nodes.yaml, apply.sh, "
		       "and a README.md for the reviewer. The folder is complete or it is not there. With --plan, it "
		       "is that of a saved plan, as it was reviewed; with -n as well, only if the plan is still true "
		       "for that snapshot.",
	.accepted = { options, "text|json|yaml|markdown|github|sarif|junit|html|names" },
	.run = run_emit,
};
