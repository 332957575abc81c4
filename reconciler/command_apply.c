/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that write on this node: apply, once or again and again, and release. */
#include <string.h>

#include "reconciler/apply.h"
#include "reconciler/command.h"
#include "reconciler/command_node.h"
#include "reconciler/command_shared.h"
#include "reconciler/print.h"
#include "reconciler/signals.h"
#include "state/duration.h"
#include "state/privileges.h"

static const char *const apply_options[] = {
	"kubevirt",  "nodes",  "plan",         "node",   "policy",    "dry-run",   "every",      "patch-out",
	"unmerge",   "force",  "lenient",      "reader", "max-input", "allow-all", "sysfs-root", "meminfo",
	"state-dir", "output", "lock-timeout", "color",  "config",    "quiet",     "help",       NULL,
};

static const char *const release_options[] = {
	"node",   "dry-run",      "patch-out", "unmerge", "force", "sysfs-root", "meminfo", "state-dir",
	"output", "lock-timeout", "color",     "config",  "quiet", "help",       NULL,
};

static enum sp_exit exit_of(enum sp_apply_outcome outcome)
{
	static const enum sp_exit exits[] = {
		[SP_APPLY_DONE] = SP_EXIT_DONE,       [SP_APPLY_FAILED] = SP_EXIT_ERROR,
		[SP_APPLY_REFUSED] = SP_EXIT_REFUSED, [SP_APPLY_RESTORED] = SP_EXIT_PARTLY,
		[SP_APPLY_PARTLY] = SP_EXIT_PARTLY,   [SP_APPLY_STALE] = SP_EXIT_STALE,
	};

	return exits[outcome];
}

/* A pass that a signal has cut short tells of it before the signal ends the process. */
static enum sp_exit run_pass(struct sp_run *run, const struct sp_apply_request *request)
{
	struct sp_apply_result result;
	enum sp_exit status;
	bool json = run->options.output && strcmp(run->options.output, "json") == 0;

	sp_apply(request, &run->arena, &run->inputs, &result, &run->report);
	if (json)
		sp_apply_write_json(&run->out, request, &result);
	else if (!run->options.quiet)
		sp_apply_write(&run->out, request, &result);
	/* what was done must be told, above all where it went wrong; JSON says itself how it ended */
	run->print_anyway = json || result.done.count > 0;
	status = exit_of(result.outcome);
	if (result.has_changes && sp_signals_should_stop())
		sp_run_print(run, status);
	if (result.has_changes)
		sp_signals_let_go();
	return status;
}

/* Every pass reads the files anew, and has memory and a report of its own. One that fails does not end the loop: what
 * it could not do, the next will. */
static enum sp_exit run_again_and_again(struct sp_run *run, const struct sp_apply_request *request, double seconds)
{
	do {
		struct sp_run pass = { .options = run->options, .program = run->program };
		enum sp_exit status;

		pass.report.arena = &pass.arena;
		sp_signals_let_go();
		status = run_pass(&pass, request);
		sp_run_print(&pass, status);
		sp_signals_hold();
		sp_inputs_close(&pass.inputs);
		sp_text_free(&pass.out);
		sp_arena_free(&pass.arena);
	} while (!sp_signals_should_stop() && sp_signals_wait(seconds));
	return SP_EXIT_DONE;
}

static enum sp_exit prepare(struct sp_run *run, struct sp_apply_request *request, double *every)
{
	const struct sp_options *options = &run->options;

	if (sp_shared_no_arguments(run) != SP_EXIT_DONE)
		return SP_EXIT_USAGE;
	if (options->lock_timeout && !sp_duration_parse(options->lock_timeout, &request->lock_timeout))
		return sp_usage(run, "--lock-timeout is a time such as 10s, not '%s'", options->lock_timeout);
	if (options->every && (!sp_duration_parse(options->every, every) || *every <= 0))
		return sp_usage(run, "--every is a time such as 3m, not '%s'", options->every);
	if (options->force && !options->unmerge)
		return sp_usage(run, "--force goes with --unmerge");
	request->node = sp_node_name(run);
	request->paths = sp_node_paths(options);
	request->patch_out = options->patch_out;
	request->dry_run = options->dry_run;
	request->unmerge = options->unmerge;
	request->force = options->force;
	request->stop = sp_signals_should_stop;
	request->before_changes = sp_signals_hold;
	sp_privileges_drop();
	return request->node ? SP_EXIT_DONE : sp_usage(run, "this node's name is not known: --node NAME says it");
}

static enum sp_exit run_request(struct sp_run *run, const struct sp_apply_request *request, double every)
{
	if (every <= 0)
		return run_pass(run, request);
	sp_signals_hold_for_loop();
	return run_again_and_again(run, request, every);
}

static bool is_stdin(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

static enum sp_exit check_inputs(struct sp_run *run)
{
	const struct sp_options *options = &run->options;

	if (options->every && (is_stdin(options->plan) || is_stdin(options->kubevirt) || is_stdin(options->nodes)))
		return sp_usage(run, "--every reads the files again and again, and stdin can be read only once");
	if (options->plan && options->kubevirt)
		return sp_usage(run, "-f and --plan exclude each other: the plan knows what the CR said");
	if (options->plan)
		return SP_EXIT_DONE;
	if (!options->kubevirt)
		return sp_usage(run, "-f FILE is missing: the KubeVirt custom resource");
	if (!options->nodes)
		return sp_usage(run, "-n FILE is missing: the snapshot of the nodes");
	if (is_stdin(options->kubevirt) && is_stdin(options->nodes))
		return sp_usage(run, "-f and -n cannot both be stdin");
	return SP_EXIT_DONE;
}

static enum sp_exit run_apply(struct sp_run *run)
{
	const struct sp_options *options = &run->options;
	struct sp_apply_request request = { .lock_timeout = 10 };
	double every = 0;
	enum sp_exit status = prepare(run, &request, &every);

	if (status != SP_EXIT_DONE)
		return status;
	status = check_inputs(run);
	if (status != SP_EXIT_DONE)
		return status;
	request.plan = options->plan;
	request.load = (struct sp_load_options){
		.kubevirt = options->kubevirt,
		.nodes = options->nodes,
		.policy = (enum sp_policy)options->policy,
		.lenient = options->lenient,
		.full_reader = options->reader != 0,
		.allow_all = options->allow_all,
	};
	status = sp_shared_limit(run, &request.load);
	return status == SP_EXIT_DONE ? run_request(run, &request, every) : status;
}

static enum sp_exit run_release(struct sp_run *run)
{
	struct sp_apply_request request = { .lock_timeout = 10, .release = true };
	double never = 0;
	enum sp_exit status = prepare(run, &request, &never);

	return status == SP_EXIT_DONE ? run_request(run, &request, 0) : status;
}

const struct sp_command sp_command_apply = {
	.name = "apply",
	.arguments = "",
	.summary = "carry out this node's sysfs side",
	.description = "Decides as plan does, with what this machine shows, and sets /sys/kernel/mm/ksm. What stood "
		       "there before is recorded first and given back once the node is no longer selected. Only what "
		       "differs is written; a second apply writes nothing. A write that fails is undone together with "
		       "those before it. With --plan, a saved plan is carried out, and refused (exit status 4) where "
		       "it no longer fits this node.",
	.accepted = { apply_options, "text|json" },
	.run = run_apply,
};

const struct sp_command sp_command_release = {
	.name = "release",
	.arguments = "",
	.summary = "give this node back its original KSM values, whatever the CR says",
	.description =
		"For the day samepage leaves a node: what was recorded before its first write is written back, "
		"and the\n"
		"record is removed. Without a record nothing is changed; with a damaged one KSM is switched off.",
	.accepted = { release_options, "text|json" },
	.run = run_release,
};
