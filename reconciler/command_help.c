/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs about the program itself: help and version. */
#include "reconciler/command.h"
#include "reconciler/command_shared.h"

#ifndef SAMEPAGE_VERSION
#define SAMEPAGE_VERSION "unknown"
#endif

static const char *const only_help[] = { "help", NULL };

static enum sp_exit run_help(struct sp_run *run)
{
	const struct sp_command *command = NULL;

	if (run->options.argument_count > 1)
		return sp_usage(run, "unexpected argument '%s'", run->options.arguments[1]);
	if (run->options.argument_count == 1) {
		command = sp_command_find(run->options.arguments[0]);
		if (!command)
			return sp_usage(run, "unknown verb '%s'", run->options.arguments[0]);
	}
	sp_help_write(&run->out, run->program, command);
	return SP_EXIT_DONE;
}

static enum sp_exit run_version(struct sp_run *run)
{
	if (sp_shared_no_arguments(run) != SP_EXIT_DONE)
		return SP_EXIT_USAGE;
	sp_text_add(&run->out, "samepage " SAMEPAGE_VERSION "\n");
	return SP_EXIT_DONE;
}

const struct sp_command sp_command_version = {
	.name = "version",
	.arguments = "",
	.summary = "print the version",
	.description = "Prints the version.",
	.accepted = { only_help, NULL },
	.run = run_version,
};

const struct sp_command sp_command_help = {
	.name = "help",
	.arguments = "[VERB]",
	.summary = "explain a verb and its flags",
	.description = "Without a verb, lists all of them.",
	.accepted = { only_help, NULL },
	.run = run_help,
};
