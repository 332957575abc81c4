/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the verb, runs it, and prints what came of it: errors and warnings to stderr, the result to stdout, but no
 * result where something failed. */
#include <malloc.h>
#include <string.h>

#include "reconciler/command.h"
#include "reconciler/print.h"

/* kubectl calls its plugins kubectl-NAME. */
static const char *program_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;

	return name && strncmp(name, "kubectl-", 8) == 0 ? "kubectl samepage" : "samepage";
}

static enum sp_exit run_command(struct sp_run *run, const struct sp_command *command, int count, char *arguments[])
{
	enum sp_exit status;

	run->has_status_of_diff = command->has_status_of_diff;
	if (!sp_options_parse(count, arguments, &command->accepted, &run->arena, &run->options, &run->report))
		status = strcmp(run->report.diagnostics[0].code, "usage") == 0 ? SP_EXIT_USAGE : SP_EXIT_ERROR;
	else if (run->options.help)
		return sp_help_write(&run->out, run->program, command), SP_EXIT_DONE;
	else {
		run->shows_progress = true;
		status = command->run(run);
	}
	if (status == SP_EXIT_USAGE && command == &sp_command_help)
		sp_help(&run->report, "'%s help' lists the verbs", run->program);
	else if (status == SP_EXIT_USAGE && !run->report.diagnostics[0].help)
		sp_help(&run->report, "'%s help %s' lists the flags", run->program, command->name);
	return status;
}

static enum sp_exit dispatch(struct sp_run *run, int count, char *arguments[])
{
	const char *verb = count > 1 ? arguments[1] : NULL;
	const struct sp_command *command;

	if (!verb) {
		sp_usage(run, "which verb?");
		sp_help(&run->report, "'%s help' lists them", run->program);
		return SP_EXIT_USAGE;
	}
	if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0)
		verb = "help";
	if (strcmp(verb, "--version") == 0)
		verb = "version";
	command = sp_command_find(verb);
	if (command)
		return run_command(run, command, count - 1, arguments + 1);
	sp_usage(run, verb[0] == '-' ? "the verb comes first, not '%s'" : "unknown verb '%s'", verb);
	sp_help(&run->report, "'%s help' lists them", run->program);
	return SP_EXIT_USAGE;
}

/* diff(1)'s: 0 for no difference, 1 for differences, 2 for trouble. */
static int status_of_diff(enum sp_exit status)
{
	if (status == SP_EXIT_DONE)
		return 0;
	return status == SP_EXIT_CHANGES ? 1 : 2;
}

/* The heap grows by steps that a small run does not outgrow, and is not given back bit by bit to a system that gets
 * it all in a moment. */
static void set_up_heap(void)
{
	mallopt(M_TOP_PAD, 256 * 1024);
	mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024);
}

int main(int count, char *arguments[])
{
	struct sp_run run = { .program = program_name(arguments[0]) };
	enum sp_exit status;

	set_up_heap();
	run.report.arena = &run.arena;
	status = dispatch(&run, count, arguments);
	status = sp_run_print(&run, status);
	sp_inputs_close(&run.inputs);
	sp_inputs_close(&run.old_inputs);
	sp_source_close(run.options.config_source);
	sp_text_free(&run.out);
	for (size_t i = 0; i < run.part_count; i++)
		sp_text_free(&run.parts[i].text);
	sp_arena_free(&run.arena);
	return run.has_status_of_diff ? status_of_diff(status) : (int)status;
}
