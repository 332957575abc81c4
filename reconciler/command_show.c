/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/command.h"
#include "reconciler/command_shared.h"

static const char *const options[] = { "output",  "max-bytes", "detailed-exitcode",
				       "color",   "config",    "quiet",
				       "verbose", "help",      NULL };

/* The saved plan's warnings are told as those of a new one are. */
static void repeat_warnings(struct sp_run *run, const struct sp_plan *plan)
{
	for (size_t i = 0; i < plan->warning_count; i++) {
		const struct sp_plan_warning *warning = &plan->warnings[i];

		sp_warn(&run->report, warning->code, warning->place, "%s", warning->message);
		if (warning->help)
			sp_help(&run->report, "%s", warning->help);
	}
}

/* That a plan must not be carried out is nowhere in its text. */
static void tell_refusals(struct sp_run *run, const struct sp_plan *plan)
{
	struct sp_place place = { run->inputs.saved.source, 0, 0 };

	for (size_t i = 0; i < plan->refusal_count; i++)
		sp_warn(&run->report, plan->refusals[i].code, place, "refused when it was made: %s",
			plan->refusals[i].message);
}

static enum sp_exit run_show(struct sp_run *run)
{
	const struct sp_plan *plan = &run->inputs.saved.plan;

	if (run->options.argument_count != 1)
		return sp_usage(run, "which plan? show takes one file");
	if (!sp_load_saved(run->options.arguments[0], true, &run->arena, &run->inputs, &run->report))
		return SP_EXIT_ERROR;
	repeat_warnings(run, plan);
	tell_refusals(run, plan);
	if (sp_shared_render(run, plan) != SP_EXIT_DONE)
		return SP_EXIT_USAGE;
	return sp_shared_status(run, plan);
}

const struct sp_command sp_command_show = {
	.name = "show",
	.arguments = "PLAN",
	.summary = "print a saved plan in any output form",
	.description = "Reads what 'plan --out' saved, or the plan.json of an emitted folder, and prints it as plan "
		       "does. It asks neither the CR nor the nodes, so that an old plan can be looked at, too. A plan "
		       "that was edited, or that another version of samepage wrote, is shown with a warning.",
	.accepted = { options, "text|json|yaml|markdown|github|sarif|junit|html|names" },
	.run = run_show,
};
