/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that write on this node: apply, once or again and again, and release. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "reconciler/apply.h"
#include "reconciler/command.h"
#include "reconciler/command_node.h"
#include "reconciler/command_shared.h"
#include "reconciler/print.h"
#include "state/duration.h"

static const char *const apply_options[] = {
	"kubevirt",  "nodes",  "plan",         "node",   "policy",    "dry-run",   "every",      "patch-out",
	"unmerge",   "force",  "lenient",      "reader", "max-input", "allow-all", "sysfs-root", "meminfo",
	"state-dir", "output", "lock-timeout", "color",  "config",    "quiet",     "help",       NULL,
};

static const char *const release_options[] = {
	"node",   "dry-run",      "patch-out", "unmerge", "force", "sysfs-root", "meminfo", "state-dir",
	"output", "lock-timeout", "color",     "config",  "quiet", "help",       NULL,
};

/* The signals that end a pass between two writes, and SIGHUP, which begins the next at once. They are blocked while a
 * pass runs, and looked at where it is safe. */
static void ending_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
}

static bool should_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

static enum sp_exit exit_of(enum sp_apply_outcome outcome)
{
	static const enum sp_exit exits[] = {
		[SP_APPLY_DONE] = SP_EXIT_DONE,       [SP_APPLY_FAILED] = SP_EXIT_ERROR,
		[SP_APPLY_REFUSED] = SP_EXIT_REFUSED, [SP_APPLY_RESTORED] = SP_EXIT_PARTLY,
		[SP_APPLY_PARTLY] = SP_EXIT_PARTLY,   [SP_APPLY_STALE] = SP_EXIT_STALE,
	};

	return exits[outcome];
}

static enum sp_exit run_pass(struct sp_run *run, const struct sp_apply_request *request)
{
	struct sp_apply_result result;
	bool json = run->options.output && strcmp(run->options.output, "json") == 0;

	sp_apply(request, &run->arena, &run->inputs, &result, &run->report);
	if (json)
		sp_apply_write_json(&run->out, request, &result);
	else if (!run->options.quiet)
		sp_apply_write(&run->out, request, &result);
	/* what was done must be told, above all where it went wrong; JSON says itself how it ended */
	run->print_anyway = json || result.done.count > 0;
	return exit_of(result.outcome);
}

/* Waits until it is time for the next pass; false where a signal ends it all. */
static bool wait_for_next(double seconds)
{
	struct timespec left = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
	sigset_t signals;
	int got;

	ending_signals(&signals);
	sigaddset(&signals, SIGHUP);
	do {
		got = sigtimedwait(&signals, NULL, &left);
	} while (got < 0 && errno == EINTR);
	return got < 0 || got == SIGHUP;
}

/* Every pass reads the files anew, and has memory and a report of its own. One that fails does not end the loop: what
 * it could not do, the next will. */
static enum sp_exit run_again_and_again(struct sp_run *run, const struct sp_apply_request *request, double seconds)
{
	do {
		struct sp_run pass = { .options = run->options, .program = run->program };

		pass.report.arena = &pass.arena;
		sp_run_print(&pass, run_pass(&pass, request));
		sp_inputs_close(&pass.inputs);
		sp_text_free(&pass.out);
		sp_arena_free(&pass.arena);
	} while (!should_stop() && wait_for_next(seconds));
	return SP_EXIT_DONE;
}

static enum sp_exit prepare(struct sp_run *run, struct sp_apply_request *request, double *every)
{
	const struct sp_options *options = &run->options;

	if (options->argument_count > 0)
		return sp_usage(run, "unexpected argument '%s'", options->arguments[0]);
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
	request->stop = should_stop;
	return request->node ? SP_EXIT_DONE : sp_usage(run, "this node's name is not known: --node NAME says it");
}

static enum sp_exit run_request(struct sp_run *run, struct sp_apply_request *request, double every)
{
	sigset_t signals;
	sigset_t before;
	enum sp_exit status;

	ending_signals(&signals);
	if (every > 0)
		sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	status = every > 0 ? run_again_and_again(run, request, every) : run_pass(run, request);
	if (every <= 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

static enum sp_exit check_inputs(struct sp_run *run)
{
	const struct sp_options *options = &run->options;

	if (options->plan && options->kubevirt)
		return sp_usage(run, "-f and --plan exclude each other: the plan knows what the CR said");
	if (options->plan)
		return SP_EXIT_DONE;
	if (!options->kubevirt)
		return sp_usage(run, "-f FILE is missing: the KubeVirt custom resource");
	if (!options->nodes)
		return sp_usage(run, "-n FILE is missing: the snapshot of the nodes");
	if (strcmp(options->kubevirt, "-") == 0 && strcmp(options->nodes, "-") == 0)
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
		       "there before\n"
		       "is recorded first and given back once the node is no longer selected. Only what differs is "
		       "written; a\n"
		       "second apply writes nothing. A write that fails is undone together with those before it. With "
		       "--plan, a\n"
		       "saved plan is carried out, and refused (exit status 4) where it no longer fits this node.",
	.accepted = { apply_options, "text|json" },
	.run = run_apply,
};

const struct sp_command sp_command_release = {
	.name = "release",
	.arguments = "",
	.summary = "give this node back its original KSM values, whatever the CR says",
	.description = "For the day samepage leaves a node: what was recorded before its first write is written back, "
		       "and the\n"
		       "record is removed. Without a record nothing is changed.",
	.accepted = { release_options, "text|json" },
	.run = run_release,
};
