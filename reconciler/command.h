/* SPDX-License-Identifier: Apache-2.0 */
/* A verb, and one run of it. One file per verb; the verb describes itself, so that help and completion cannot drift. */
#ifndef SAMEPAGE_RECONCILER_COMMAND_H
#define SAMEPAGE_RECONCILER_COMMAND_H

#include <stdbool.h>

#include "reconciler/document.h"
#include "reconciler/load.h"
#include "reconciler/options.h"
#include "state/arena.h"
#include "state/report.h"
#include "state/text.h"

enum sp_exit {
	SP_EXIT_DONE = 0,
	SP_EXIT_ERROR = 1,
	SP_EXIT_CHANGES = 2, /* done, and there are changes (--detailed-exitcode) */
	SP_EXIT_REFUSED = 3, /* by a guard */
	SP_EXIT_STALE = 4,   /* the plan no longer fits this node */
	SP_EXIT_PARTLY = 5,  /* partly applied, and rolled back or not */
	SP_EXIT_USAGE = 64,
};

/* One run of the program. Commands fill `out` and `report`; main prints them, `out` only where nothing failed. */
struct sp_run {
	struct sp_arena arena;
	struct sp_report report;
	struct sp_options options;
	struct sp_inputs inputs;
	struct sp_inputs old_inputs; /* of diff */
	struct sp_text out;
	struct sp_document_part *parts; /* of the document in `out`, which leaves them out; in order */
	size_t part_count;
	const char *program;   /* how the user called us: "samepage", "kubectl samepage" */
	size_t snapshot_nodes; /* of the snapshot that a saved plan was compared with; 0 where there was none */
	bool shows_progress;   /* it has the terminal, if there is one, for itself */
	bool print_anyway;     /* `out` says itself that something failed */
	bool has_status_of_diff;
};

struct sp_command {
	const char *name;
	const char *arguments; /* what follows the flags, for the synopsis: "PLAN"; "" for nothing */
	const char *summary;
	const char *description; /* for `help VERB`, which wraps it: a line is a paragraph */
	struct sp_accepted accepted;
	bool has_status_of_diff; /* it ends with 0 for no difference, 1 for differences, 2 for trouble */
	enum sp_exit (*run)(struct sp_run *run);
};

extern const struct sp_command sp_command_plan;
extern const struct sp_command sp_command_show;
extern const struct sp_command sp_command_diff;
extern const struct sp_command sp_command_explain;
extern const struct sp_command sp_command_check;
extern const struct sp_command sp_command_emit;
extern const struct sp_command sp_command_facts;
extern const struct sp_command sp_command_apply;
extern const struct sp_command sp_command_release;
extern const struct sp_command sp_command_status;
extern const struct sp_command sp_command_fn;
extern const struct sp_command sp_command_completion;
extern const struct sp_command sp_command_version;
extern const struct sp_command sp_command_help;

/* All commands in the order of the help; NULL ends it. */
extern const struct sp_command *const sp_commands[];

/* The command called `name`, or NULL. */
const struct sp_command *sp_command_find(const char *name);

/* Appends the help of one command, or with NULL the list of all. */
void sp_help_write(struct sp_text *text, const char *program, const struct sp_command *command);

/* Adds an error of usage and returns its exit status. */
enum sp_exit sp_usage(struct sp_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
