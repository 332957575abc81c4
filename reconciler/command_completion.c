/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "reconciler/command.h"

static const char *const options[] = { "help", NULL };

static void write_flags(struct sp_text *text, const struct sp_command *command)
{
	for (const char *const *name = command->accepted.options; *name; name++)
		sp_text_format(text, "%s--%s", name == command->accepted.options ? "" : " ", *name);
}

static void write_choices(struct sp_text *text, const char *choices)
{
	for (; *choices; choices++)
		sp_text_add_char(text, *choices == '|' ? ' ' : *choices);
}

static void write_verbs(struct sp_text *text)
{
	for (const struct sp_command *const *command = sp_commands; *command; command++)
		sp_text_format(text, "%s%s", command == sp_commands ? "" : " ", (*command)->name);
}

/* The values of the flags that have a fixed set of them. */
static void write_values(struct sp_text *text)
{
	static const char *const names[] = { "policy", "format", "color", "reader" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		sp_text_format(text, "\t--%s) words='", names[i]);
		write_choices(text, sp_option_find(names[i])->argument);
		sp_text_add(text, "' ;;\n");
	}
}

/* Each verb has forms of output of its own. */
static void write_forms(struct sp_text *text)
{
	sp_text_add(text, "\t-o|--output)\n\t\tcase ${COMP_WORDS[1]} in\n");
	for (const struct sp_command *const *command = sp_commands; *command; command++) {
		if (!(*command)->accepted.forms)
			continue;
		sp_text_format(text, "\t\t%s) words='", (*command)->name);
		write_choices(text, (*command)->accepted.forms);
		sp_text_add(text, "' ;;\n");
	}
	sp_text_add(text, "\t\tesac ;;\n");
}

static void write_bash(struct sp_text *text)
{
	sp_text_add(text, "# bash completion for samepage; load it with: source <(samepage completion bash)\n"
			  "_samepage() {\n"
			  "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=''\n"
			  "\tCOMPREPLY=()\n"
			  "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords='");
	write_verbs(text);
	sp_text_add(text, "'\n\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n\t\treturn\n\tfi\n"
			  "\tcase $before in\n");
	write_values(text);
	write_forms(text);
	sp_text_add(text, "\tesac\n\tif [ -z \"$words\" ] && [[ $word == -* ]]; then\n\t\tcase ${COMP_WORDS[1]} in\n");
	for (const struct sp_command *const *command = sp_commands; *command; command++) {
		sp_text_format(text, "\t\t%s) words='", (*command)->name);
		write_flags(text, *command);
		sp_text_add(text, "' ;;\n");
	}
	sp_text_add(text, "\t\tesac\n\tfi\n"
			  "\tif [ -n \"$words\" ]; then\n"
			  "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
			  "\telse\n"
			  "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
			  "\tfi\n}\n"
			  "complete -o filenames -F _samepage samepage\n");
}

static enum sp_exit run_completion(struct sp_run *run)
{
	if (run->options.argument_count != 1)
		return sp_usage(run, "which shell? bash is supported");
	if (strcmp(run->options.arguments[0], "bash") != 0)
		return sp_usage(run, "bash is the only shell supported, not '%s'", run->options.arguments[0]);
	write_bash(&run->out);
	return SP_EXIT_DONE;
}

const struct sp_command sp_command_completion = {
	.name = "completion",
	.arguments = "SHELL",
	.summary = "print the completion script for a shell",
	.description = "Load it with: source <(samepage completion bash)",
	.accepted = { options, NULL },
	.run = run_completion,
};
