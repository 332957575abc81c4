/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/decode.h"
#include "state/ini.h"
#include "state/source.h"

#define FIELD(name) offsetof(struct sp_options, name)

static const char default_config[] = "/etc/samepage/samepage.ini";
enum { LARGEST_CONFIG = 1024 * 1024, FIRST_LONG = 256 };

static const struct sp_option table[] = {
	{ "kubevirt", 'f', SP_OPTION_TEXT, "FILE", false, FIELD(kubevirt),
	  "the KubeVirt (or HyperConverged), as YAML or JSON; - is stdin" },
	{ "nodes", 'n', SP_OPTION_TEXT, "FILE", false, FIELD(nodes),
	  "the nodes, as 'kubectl get nodes -o yaml' or '-o json' writes them; - is stdin" },
	{ "policy", 0, SP_OPTION_CHOICE, "static|pressure", true, FIELD(policy),
	  "static: a selected node runs KSM; pressure: only while memory is short" },
	{ "selector", 'l', SP_OPTION_TEXT, "EXPR", false, FIELD(selector),
	  "consider only the nodes that match, in kubectl's syntax" },
	{ "output", 'o', SP_OPTION_FORM, "FORM", true, FIELD(output), NULL },
	{ "out", 0, SP_OPTION_TEXT, "FILE", false, FIELD(out),
	  "write to FILE: of a plan its JSON, beside what is printed; else what would be printed" },
	{ "plan", 0, SP_OPTION_TEXT, "FILE", false, FIELD(plan), "a saved plan, in place of -f and -n" },
	{ "max-changed", 0, SP_OPTION_TEXT, "N|N%", true, FIELD(max_changed), "refuse a plan that changes more nodes" },
	{ "min-nodes", 0, SP_OPTION_TEXT, "N", true, FIELD(min_nodes), "refuse a snapshot that has fewer nodes" },
	{ "protect", 0, SP_OPTION_TEXT, "EXPR", true, FIELD(protect),
	  "refuse a plan that changes a node that matches, in kubectl's syntax" },
	{ "fail-on-warn", 0, SP_OPTION_SWITCH, NULL, false, FIELD(fail_on_warn), "refuse a plan that has warnings" },
	{ "allow-all", 0, SP_OPTION_SWITCH, NULL, false, FIELD(allow_all),
	  "an empty selector may select control planes, too: no warning" },
	{ "max-bytes", 0, SP_OPTION_TEXT, "N", true, FIELD(max_bytes),
	  "markdown: leave out, and count, what does not fit into so many bytes; default 60000, 0 for no limit" },
	{ "fleet", 0, SP_OPTION_TEXT, "DIR", false, FIELD(fleet),
	  "plan every cluster: each folder in DIR and below it with a custom resource and a snapshot" },
	{ "fleet-kubevirt", 0, SP_OPTION_TEXT, "GLOB", true, FIELD(fleet_kubevirt),
	  "how the custom resource of a cluster is called; default kubevirt.yaml" },
	{ "fleet-nodes", 0, SP_OPTION_TEXT, "GLOB", true, FIELD(fleet_nodes),
	  "how the snapshot of a cluster is called; default nodes.yaml" },
	{ "jobs", 'j', SP_OPTION_TEXT, "N", true, FIELD(jobs), "plan so many clusters at a time; default 1" },
	{ "max-input", 0, SP_OPTION_TEXT, "SIZE", true, FIELD(max_input),
	  "refuse an input that is larger, such as 512Mi; default 4Gi" },
	{ "reader", 0, SP_OPTION_CHOICE, "auto|full", true, FIELD(reader),
	  "auto: read snapshots in kubectl's style fast; full: never" },
	{ "dir", 'd', SP_OPTION_TEXT, "DIR", false, FIELD(folder),
	  "the folder to write, in one that exists; --force replaces it" },
	{ "format", 0, SP_OPTION_CHOICE, "merge|json-patch", false, FIELD(format),
	  "partial Nodes in YAML, or RFC 6902 patches that test before they write" },
	{ "gitops", 0, SP_OPTION_SWITCH, NULL, false, FIELD(gitops),
	  "nodes.yaml with both keys of every node, and a kustomization.yaml, for Argo CD or Flux" },
	{ "force", 0, SP_OPTION_SWITCH, NULL, false, FIELD(force),
	  "emit: replace a folder in which samepage wrote everything; --unmerge: even without the memory" },
	{ "lenient", 0, SP_OPTION_SWITCH, NULL, false, FIELD(lenient),
	  "drop unknown fields of the CR with a warning, as the API server does for lenient clients" },
	{ "facts", 0, SP_OPTION_TEXT, "PATH", false, FIELD(facts),
	  "what 'samepage facts' wrote on the nodes: a file, or a folder of *.ini" },
	{ "workloads", 0, SP_OPTION_TEXT, "FILE", false, FIELD(workloads),
	  "VirtualMachines: on how many nodes each may run, before and after; - is stdin" },
	{ "facts-max-age", 0, SP_OPTION_TEXT, "TIME", true, FIELD(facts_max_age),
	  "warn of facts that are older, such as 90s, 15m, 24h; 0 for never" },
	{ "node", 0, SP_OPTION_TEXT, "NAME", false, FIELD(node),
	  "this node's name; else NODE_NAME, else the hostname" },
	{ "sysfs-root", 0, SP_OPTION_TEXT, "DIR", true, FIELD(sysfs_root), "instead of /sys/kernel/mm/ksm" },
	{ "meminfo", 0, SP_OPTION_TEXT, "FILE", true, FIELD(meminfo), "instead of /proc/meminfo" },
	{ "state-dir", 0, SP_OPTION_TEXT, "DIR", true, FIELD(state_dir), "instead of /run/samepage" },
	{ "proc-root", 0, SP_OPTION_TEXT, "DIR", true, FIELD(proc_root), "instead of /proc, for the processes" },
	{ "watch", 0, SP_OPTION_SWITCH, NULL, false, FIELD(watch),
	  "draw it anew every two seconds, with a chart of the savings" },
	{ "patch-out", 0, SP_OPTION_TEXT, "FILE", false, FIELD(patch_out),
	  "write the patch of the node's two keys; JSON where the name ends in .json" },
	{ "dry-run", 0, SP_OPTION_SWITCH, NULL, false, FIELD(dry_run), "say what would be written, and write nothing" },
	{ "unmerge", 0, SP_OPTION_SWITCH, NULL, false, FIELD(unmerge),
	  "where KSM is switched off, take merged pages apart as well, if memory allows" },
	{ "every", 0, SP_OPTION_TEXT, "TIME", false, FIELD(every), "repeat, such as every 3m, until SIGTERM" },
	{ "lock-timeout", 0, SP_OPTION_TEXT, "TIME", true, FIELD(lock_timeout),
	  "how long to wait for another samepage on this node; default 10s" },
	{ "detailed-exitcode", 0, SP_OPTION_SWITCH, NULL, false, FIELD(detailed_exitcode),
	  "exit with 2 where there are changes" },
	{ "color", 0, SP_OPTION_CHOICE, "auto|always|never", true, FIELD(color),
	  "colours; auto looks at the terminal, NO_COLOR and TERM" },
	{ "config", 0, SP_OPTION_TEXT, "FILE", false, FIELD(config),
	  "settings; default /etc/samepage/samepage.ini, if it is there" },
	{ "quiet", 'q', SP_OPTION_SWITCH, NULL, false, FIELD(quiet), "less output" },
	{ "verbose", 'v', SP_OPTION_SWITCH, NULL, false, FIELD(verbose),
	  "more output: every node, the unchanged ones too" },
	{ "help", 'h', SP_OPTION_SWITCH, NULL, false, FIELD(help), "this help" },
};
enum { OPTION_COUNT = sizeof table / sizeof *table };

/* One reading of a command line: where a value came from decides whether a later source may still set it. */
struct parsing {
	struct sp_options *options;
	struct sp_report *report;
	struct sp_arena *arena;
	const struct sp_accepted *accepted;
	bool is_set[OPTION_COUNT];
};

const struct sp_option *sp_option_find(const char *name)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static bool is_allowed(const struct parsing *parsing, const struct sp_option *option)
{
	for (size_t i = 0; parsing->accepted->options[i]; i++)
		if (strcmp(parsing->accepted->options[i], option->name) == 0)
			return true;
	return false;
}

/* The index of `value` among the choices "one|two", or -1. */
static int find_choice(const char *choices, const char *value)
{
	size_t length = strlen(value);

	for (int i = 0; *choices; i++) {
		size_t size = strcspn(choices, "|");

		if (size == length && strncmp(choices, value, size) == 0)
			return i;
		choices += size + (choices[size] == '|');
	}
	return -1;
}

/* Every form that some command has. */
static const char all_forms[] = "text|json|yaml|markdown|github|sarif|junit|html|names|prometheus";

/* Takes a form of output. A setting, which has a place or comes from the environment, holds for all commands: one that
 * does not have the form uses its own. */
static bool set_form(struct parsing *parsing, const char *value, const char *origin, struct sp_place place)
{
	const char *forms = parsing->accepted->forms ? parsing->accepted->forms : "";
	bool is_flag = strncmp(origin, "--", 2) == 0;

	if (find_choice(forms, value) >= 0) {
		parsing->options->output = value;
		return true;
	}
	if (!is_flag && find_choice(all_forms, value) >= 0)
		return true;
	return sp_fail(parsing->report, "usage", place, "%s is %s, not '%s'", origin, is_flag ? forms : all_forms,
		       value);
}

/* Sets the field of an option. `origin` names the value's source in the message ("--color", "SAMEPAGE_COLOR"). */
static bool set(struct parsing *parsing, const struct sp_option *option, const char *value, const char *origin,
		struct sp_place place)
{
	void *field = (char *)parsing->options + option->offset;
	int choice;

	parsing->is_set[option - table] = true;
	switch (option->type) {
	case SP_OPTION_SWITCH:
		*(bool *)field = true;
		return true;
	case SP_OPTION_FORM:
		return set_form(parsing, value, origin, place);
	case SP_OPTION_TEXT:
		if (value[0] == '\0')
			return sp_fail(parsing->report, "usage", place, "%s needs a value", origin);
		*(const char **)field = value;
		return true;
	default:
		choice = find_choice(option->argument, value);
		if (choice < 0)
			return sp_fail(parsing->report, "usage", place, "%s is %s, not '%s'", origin, option->argument,
				       value);
		*(int *)field = choice;
		return true;
	}
}

static bool unknown_flag(struct parsing *parsing, const char *flag)
{
	struct sp_field names[OPTION_COUNT + 1] = { { NULL, SP_FIELD_ANY } };
	size_t count = 0;
	const char *meant;

	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (is_allowed(parsing, &table[i]))
			names[count++].name = table[i].name;
	names[count].name = NULL;
	if (strncmp(flag, "--", 2) == 0 && sp_option_find(flag + 2))
		return sp_fail(parsing->report, "usage", (struct sp_place){ 0 }, "%s is a flag of other verbs", flag);
	sp_fail(parsing->report, "usage", (struct sp_place){ 0 }, "unknown flag '%s'", flag);
	meant = strncmp(flag, "--", 2) == 0 ? sp_decode_suggest(flag + 2, names) : NULL;
	return meant ? sp_help(parsing->report, "did you mean --%s?", meant) : false;
}

/* The option behind what getopt_long returned, or NULL. */
static const struct sp_option *option_of(int found)
{
	if (found >= FIRST_LONG)
		return &table[found - FIRST_LONG];
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (table[i].letter && table[i].letter == found)
			return &table[i];
	return NULL;
}

/* getopt's error for the argument that it stopped at. */
static bool fail_to_parse(struct parsing *parsing, int found, int letter, char *const arguments[])
{
	const char *argument = arguments[optind - 1];
	const struct sp_option *option = option_of(letter);

	if (letter > 0 && letter < FIRST_LONG && strncmp(argument, "--", 2) != 0)
		argument = sp_arena_format(parsing->arena, "-%c", letter);
	if (found == ':' && option)
		return sp_fail(parsing->report, "usage", (struct sp_place){ 0 }, "%s needs a value", argument);
	if (option && option->type == SP_OPTION_SWITCH && letter >= FIRST_LONG)
		return sp_fail(parsing->report, "usage", (struct sp_place){ 0 }, "--%s takes no value", option->name);
	return unknown_flag(parsing, argument);
}

/* The table as getopt_long wants it, with the flags that the command takes. */
static void describe(const struct parsing *parsing, struct option long_options[OPTION_COUNT + 1],
		     char letters[2 * OPTION_COUNT + 2])
{
	size_t count = 0;
	char *letter = letters;

	*letter++ = ':';
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!is_allowed(parsing, &table[i]))
			continue;
		long_options[count++] = (struct option){ table[i].name,
							 table[i].type == SP_OPTION_SWITCH ? no_argument :
											     required_argument,
							 NULL, FIRST_LONG + (int)i };
		if (table[i].letter) {
			*letter++ = table[i].letter;
			if (table[i].type != SP_OPTION_SWITCH)
				*letter++ = ':';
		}
	}
	long_options[count] = (struct option){ 0 };
	*letter = '\0';
}

/* The flag that getopt_long has just found, as it was written. */
static const char *flag_at(char *const arguments[])
{
	bool has_own_argument = optarg && optarg == arguments[optind - 1];

	return arguments[optind - (has_own_argument ? 2 : 1)];
}

static const char *written_flag(const struct parsing *parsing, char *const arguments[])
{
	const char *flag = flag_at(arguments);

	return sp_arena_copy(parsing->arena, flag, strcspn(flag, "="));
}

/* getopt_long takes "--node" for "--nodes" as long as no other flag begins so; a script that relies on that breaks, or
 * does something else, once there is one. */
static bool is_abbreviated(const struct sp_option *option, int found, char *const arguments[])
{
	const char *flag = flag_at(arguments);

	return found >= FIRST_LONG && strcspn(flag, "=") != strlen(option->name) + 2;
}

static bool parse_flags(struct parsing *parsing, int count, char *const arguments[])
{
	struct option long_options[OPTION_COUNT + 1];
	char letters[2 * OPTION_COUNT + 2];
	int found;

	describe(parsing, long_options, letters);
	opterr = 0;
	optind = 0; /* glibc: start anew, and sort what is no flag to the end */
	while ((found = getopt_long(count, arguments, letters, long_options, NULL)) != -1) {
		const struct sp_option *option = found == '?' || found == ':' ? NULL : option_of(found);

		if (!option)
			return fail_to_parse(parsing, found, optopt, arguments);
		if (is_abbreviated(option, found, arguments)) {
			const char *flag = written_flag(parsing, arguments);

			if (sp_option_find(flag + 2))
				return unknown_flag(parsing, flag);
			sp_fail(parsing->report, "usage", (struct sp_place){ 0 }, "flags are not abbreviated");
			return sp_help(parsing->report, "did you mean --%s?", option->name);
		}
		if (!set(parsing, option, optarg, sp_arena_format(parsing->arena, "--%s", option->name),
			 (struct sp_place){ 0 }))
			return false;
	}
	parsing->options->arguments = (const char *const *)arguments + optind;
	parsing->options->argument_count = (size_t)(count - optind);
	return true;
}

/* SAMEPAGE_OUTPUT for "output". */
static const char *environment_name(struct sp_arena *arena, const char *name)
{
	char *text = sp_arena_format(arena, "SAMEPAGE_%s", name);

	for (char *at = text; *at; at++)
		*at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
	return text;
}

static bool take_environment(struct parsing *parsing)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const char *name;
		const char *value;

		if (!table[i].is_setting || parsing->is_set[i])
			continue;
		name = environment_name(parsing->arena, table[i].name);
		value = getenv(name);
		if (value && value[0] && !set(parsing, &table[i], value, name, (struct sp_place){ 0 }))
			return false;
	}
	return true;
}

static bool take_setting(void *context, const char *section, const char *name, const char *value, struct sp_place place)
{
	struct parsing *parsing = context;
	const struct sp_option *option = sp_option_find(name);

	if (strcmp(section, "samepage") != 0 && section[0] != '\0')
		return sp_fail(parsing->report, "unknown-setting", place, "unknown section [%s]", section);
	if (!option || !option->is_setting) {
		sp_fail(parsing->report, "unknown-setting", place, "unknown setting \"%s\"", name);
		return sp_help(parsing->report, "samepage.ini(5) lists them");
	}
	if (parsing->is_set[option - table])
		return true;
	return set(parsing, option, sp_arena_string(parsing->arena, value), name, place);
}

static bool take_settings(struct parsing *parsing)
{
	const char *path = parsing->options->config;
	struct sp_source *source;

	if (!path && access(default_config, F_OK) != 0)
		return true;
	source = sp_source_open(path ? path : default_config, LARGEST_CONFIG, parsing->report);
	if (!source)
		return false;
	parsing->options->config_source = source;
	return sp_ini_read(source, take_setting, parsing, parsing->report);
}

bool sp_options_parse(int count, char *const arguments[], const struct sp_accepted *accepted, struct sp_arena *arena,
		      struct sp_options *options, struct sp_report *report)
{
	struct parsing parsing = { .options = options, .report = report, .arena = arena, .accepted = accepted };

	*options = (struct sp_options){ 0 };
	return parse_flags(&parsing, count, arguments) &&
	       (options->help || (take_environment(&parsing) && take_settings(&parsing)));
}
