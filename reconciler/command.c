/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the verbs, and what can be told from it alone. */
#include "reconciler/command.h"

#include <stdarg.h>
#include <string.h>

enum sp_exit sp_usage(struct sp_run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	sp_fail(&run->report, "usage", (struct sp_place){ 0 }, "%s", sp_arena_vformat(&run->arena, format, arguments));
	va_end(arguments);
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
static void add_forms(struct sp_text *text, const char *forms)
{
	for (; *forms; forms++) {
		if (*forms != '|')
			sp_text_add_char(text, *forms);
		else
			sp_text_add(text, strchr(forms + 1, '|') ? ", " : " or ");
	}
}

enum { LINE_WIDTH = 80, HELP_COLUMN = 34 };

/* Appends words to a line that has reached `column`, and goes on in column `indent` of the next where one does not
 * fit. A line end among the words, and blanks behind it, stay. */
static void add_wrapped(struct sp_text *text, const char *words, size_t column, size_t indent)
{
	while (*words) {
		size_t blanks = strspn(words, " ");
		size_t length = blanks + strcspn(words + blanks, " \n");

		if (words[0] == ' ' && column > indent && column + length > LINE_WIDTH) {
			sp_text_format(text, "\n%*s", (int)indent, "");
			column = indent;
			words += blanks;
			length -= blanks;
		}
		sp_text_append(text, words, length);
		column += length;
		words += length;
		if (*words == '\n') {
			sp_text_add_char(text, *words++);
			column = 0;
		}
	}
}

static void write_option(struct sp_text *text, const struct sp_option *option, const struct sp_command *command)
{
	struct sp_text flag = { 0 };
	struct sp_text help = { 0 };

	if (option->letter)
		sp_text_format(&flag, "  -%c, --%s", option->letter, option->name);
	else
		sp_text_format(&flag, "      --%s", option->name);
	if (option->argument)
		sp_text_format(&flag, " %s", option->argument);
	if (option->help)
		sp_text_add(&help, option->help);
	else
		add_forms(&help, command->accepted.forms);
	if (option->is_setting)
		sp_text_add(&help, " (setting)");
	sp_text_format(text, "%-*s", HELP_COLUMN, sp_text_string(&flag));
	add_wrapped(text, sp_text_string(&help), HELP_COLUMN, HELP_COLUMN);
	sp_text_add_char(text, '\n');
	sp_text_free(&flag);
	sp_text_free(&help);
}

static void write_command(struct sp_text *text, const char *program, const struct sp_command *command)
{
	struct sp_text title = { 0 };

	sp_text_format(&title, "%s %s: %s\n\n", program, command->name, command->summary);
	add_wrapped(text, sp_text_string(&title), 0, 0);
	sp_text_free(&title);
	sp_text_format(text, "Usage: %s %s [flags]%s%s\n\n", program, command->name, command->arguments[0] ? " " : "",
		       command->arguments);
	add_wrapped(text, command->description, 0, 0);
	sp_text_add(text, "\n\nFlags:\n");
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
		       "\n'%s help VERB' tells more. Settings come from the flag, else from\n"
		       "SAMEPAGE_NAME in the environment, else from /etc/samepage/samepage.ini.\n\n"
		       "Exit: 0 done, 1 error, 2 changes (--detailed-exitcode), 3 refused by a guard,\n"
		       "4 the plan is stale, 5 a write failed, 64 usage.\n"
		       "diff: 0 no difference, 1 differences, 2 error.\n",
		       program);
}

void sp_help_write(struct sp_text *text, const char *program, const struct sp_command *command)
{
	if (command)
		write_command(text, program, command);
	else
		write_overview(text, program);
}
