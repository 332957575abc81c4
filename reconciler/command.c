/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the verbs, and what can be told from it alone. */
#include "reconciler/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum sp_exit sp_usage(struct sp_run *run, const char *format, ...)
{
	va_list arguments;
	char *message;

	va_start(arguments, format);
	if (vasprintf(&message, format, arguments) < 0)
		sp_out_of_memory();
	va_end(arguments);
	sp_fail(&run->report, "usage", (struct sp_place){ 0 }, "%s", message);
	free(message);
	return SP_EXIT_USAGE;
}

const struct sp_command *const sp_commands[] = {
	&sp_command_plan, &sp_command_show,       &sp_command_diff,    &sp_command_explain, &sp_command_check,
	&sp_command_emit, &sp_command_facts,      &sp_command_apply,   &sp_command_release, &sp_command_status,
	&sp_command_fn,   &sp_command_completion, &sp_command_version, &sp_command_help,    NULL,
};

const struct sp_command *sp_command_find(const char *name)
{
	for (const struct sp_command *const *command = sp_commands; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

/* "text, json or yaml" for "text|json|yaml" */
static void write_forms(struct sp_text *text, const char *forms)
{
	for (; *forms; forms++) {
		if (*forms != '|')
			sp_text_add_char(text, *forms);
		else
			sp_text_add(text, strchr(forms + 1, '|') ? ", " : " or ");
	}
}

static void write_option(struct sp_text *text, const struct sp_option *option, const struct sp_command *command)
{
	struct sp_text flag = { 0 };

	if (option->letter)
		sp_text_format(&flag, "  -%c, --%s", option->letter, option->name);
	else
		sp_text_format(&flag, "      --%s", option->name);
	if (option->argument)
		sp_text_format(&flag, " %s", option->argument);
	sp_text_format(text, "%-32s  ", sp_text_string(&flag));
	if (option->help)
		sp_text_add(text, option->help);
	else
		write_forms(text, command->accepted.forms);
	sp_text_add(text, option->is_setting ? " (setting)\n" : "\n");
	sp_text_free(&flag);
}

static void write_command(struct sp_text *text, const char *program, const struct sp_command *command)
{
	sp_text_format(text, "%s %s: %s\n\nUsage: %s %s [flags]%s%s\n\n%s\n\nFlags:\n", program, command->name,
		       command->summary, program, command->name, command->arguments[0] ? " " : "", command->arguments,
		       command->description);
	for (const char *const *name = command->accepted.options; *name; name++)
		write_option(text, sp_option_find(*name), command);
}

static void write_overview(struct sp_text *text, const char *program)
{
	sp_text_format(text,
		       "samepage plans, reviews and applies KubeVirt's KSM settings from files alone.\n\n"
		       "Usage: %s VERB [flags]\n\nVerbs:\n",
		       program);
	for (const struct sp_command *const *command = sp_commands; *command; command++)
		sp_text_format(text, "  %-12s %s\n", (*command)->name, (*command)->summary);
	sp_text_format(text,
		       "\n'%s help VERB' tells more. Settings come from the flag, else from SAMEPAGE_NAME in the\n"
		       "environment, else from /etc/samepage/samepage.ini.\n\n"
		       "Exit: 0 done, 1 error, 2 changes (--detailed-exitcode), 3 refused by a guard,\n"
		       "4 the plan is stale, 5 partly applied, 64 usage. diff: 0 none, 1 differences, 2 error.\n",
		       program);
}

void sp_help_write(struct sp_text *text, const char *program, const struct sp_command *command)
{
	if (command)
		write_command(text, program, command);
	else
		write_overview(text, program);
}
