/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs about the program itself: help, version and completion. */
#include <string.h>

#include "reconciler/command.h"

#ifndef SAMEPAGE_VERSION
#define SAMEPAGE_VERSION "unknown"
#endif

static const char *const only_help[] = { "help", NULL };

const struct sp_command *const sp_commands[] = {
	&sp_command_plan, &sp_command_emit, &sp_command_completion, &sp_command_version, &sp_command_help, NULL,
};

const struct sp_command *sp_command_find(const char *name)
{
	for (const struct sp_command *const *command = sp_commands; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

static void write_option(struct sp_text *text, const struct sp_option *option)
{
	struct sp_text flag = { 0 };

	if (option->letter)
		sp_text_format(&flag, "  -%c, --%s", option->letter, option->name);
	else
		sp_text_format(&flag, "      --%s", option->name);
	if (option->argument)
		sp_text_format(&flag, " %s", option->argument);
	sp_text_format(text, "%-32s  %s", sp_text_string(&flag), option->help);
	sp_text_add(text, option->is_setting ? " (setting)\n" : "\n");
	sp_text_free(&flag);
}

static void write_command(struct sp_text *text, const char *program, const struct sp_command *command)
{
	sp_text_format(text, "%s %s: %s\n\nUsage: %s %s [flags]%s%s\n\n%s\n\nFlags:\n", program, command->name,
		       command->summary, program, command->name, command->arguments[0] ? " " : "", command->arguments,
		       command->description);
	for (const char *const *name = command->options; *name; name++)
		write_option(text, sp_option_find(*name));
}

static void write_overview(struct sp_text *text, const char *program)
{
	sp_text_format(text,
		       "samepage plans, reviews and applies KubeVirt's KSM settings from files alone.\n\n"
		       "Usage: %s VERB [flags]\n\nVerbs:\n",
		       program);
	for (const struct sp_command *const *command = sp_commands; *command; command++)
		sp_text_format(text, "  %-12s %s\n", (*command)->name, (*command)->summary);
	sp_text_format(text, "\n'%s help VERB' tells more. Settings come from the flag, else from SAMEPAGE_NAME in the\n"
			     "environment, else from /etc/samepage/samepage.ini.\n\n"
			     "Exit: 0 done, 1 error, 2 changes (--detailed-exitcode), 3 refused, 64 usage.\n",
		       program);
}

void sp_help_write(struct sp_text *text, const char *program, const struct sp_command *command)
{
	if (command)
		write_command(text, program, command);
	else
		write_overview(text, program);
}

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
	if (run->options.argument_count > 0)
		return sp_usage(run, "unexpected argument '%s'", run->options.arguments[0]);
	sp_text_add(&run->out, "samepage " SAMEPAGE_VERSION "\n");
	return SP_EXIT_DONE;
}

const struct sp_command sp_command_version = {
	.name = "version",
	.arguments = "",
	.summary = "print the version",
	.description = "Prints the version.",
	.options = only_help,
	.run = run_version,
};

const struct sp_command sp_command_help = {
	.name = "help",
	.arguments = "[VERB]",
	.summary = "explain a verb and its flags",
	.description = "Without a verb, lists all of them.",
	.options = only_help,
	.run = run_help,
};
