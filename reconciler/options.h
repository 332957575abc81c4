/* SPDX-License-Identifier: Apache-2.0 */
/* The flags: one table says each one's name, values, setting and help; parsing, help and completion read it. */
#ifndef SAMEPAGE_RECONCILER_OPTIONS_H
#define SAMEPAGE_RECONCILER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "reconciler/patch.h"
#include "reconciler/plan.h"
#include "state/report.h"

enum sp_color { SP_COLOR_AUTO, SP_COLOR_ALWAYS, SP_COLOR_NEVER };

/* What the flags, the environment and the settings file said. */
struct sp_options {
	const char *kubevirt;
	const char *nodes;
	const char *selector;
	const char *output;
	const char *out;
	const char *folder;
	const char *config;
	const char *facts;
	const char *facts_max_age;
	const char *node;
	const char *sysfs_root;
	const char *meminfo;
	const char *state_dir;
	const char *proc_root;
	const char *patch_out;
	const char *lock_timeout;
	const char *every;
	const char *plan;
	const char *workloads;
	const char *max_changed;
	const char *min_nodes;
	const char *max_bytes;
	const char *max_input;
	const char *fleet;
	const char *fleet_kubevirt;
	const char *fleet_nodes;
	const char *jobs;
	const char *protect;
	int policy; /* enum sp_policy */
	int color;  /* enum sp_color */
	int format; /* enum sp_patch_format */
	int reader; /* 1: the full one */
	bool detailed_exitcode;
	bool force;
	bool lenient;
	bool dry_run;
	bool unmerge;
	bool allow_all;
	bool gitops;
	bool watch;
	bool fail_on_warn;
	bool help;
	bool verbose;
	bool quiet;
	struct sp_source *config_source; /* the settings file, which errors name; closed by the caller */
	const char *const *arguments;    /* what is no flag */
	size_t argument_count;
};

enum sp_option_type { SP_OPTION_TEXT, SP_OPTION_SWITCH, SP_OPTION_CHOICE, SP_OPTION_FORM };

struct sp_option {
	const char *name; /* without the dashes */
	char letter;      /* 0 for none */
	enum sp_option_type type;
	const char *argument; /* what stands for the value in the help; choices are separated by '|' */
	bool is_setting;      /* may also come from SAMEPAGE_NAME and from the settings file */
	size_t offset;        /* of the field in struct sp_options */
	const char *help;     /* NULL: the command's own forms of output */
};

/* The row of the table for a flag's name, or NULL. */
const struct sp_option *sp_option_find(const char *name);

/* What a command takes. */
struct sp_accepted {
	const char *const *options; /* the names of its flags; NULL ends it */
	const char *forms;          /* what --output may be, separated by '|'; NULL where it has no such flag */
};

/* Reads the arguments of a command. Texts are those of the arguments. Errors have the code "usage". A form of output
 * that the command does not have is an error as a flag; as a setting, which holds for all commands, it is passed
 * over. */
bool sp_options_parse(int count, char *const arguments[], const struct sp_accepted *accepted, struct sp_arena *arena,
		      struct sp_options *options, struct sp_report *report);

#endif
