/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong, and what deserves a word: the one error type. Pure.
 *
 * A function that can fail returns bool and takes the report as its last argument; `return sp_fail(...)` ends it. Only
 * the command line prints a report. Each diagnostic knows its place, and keeps the line that the place is in. */
#ifndef SAMEPAGE_STATE_REPORT_H
#define SAMEPAGE_STATE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "state/arena.h"

struct sp_source;
struct sp_text;

/* A place in an input. Lines and columns count from 1, columns in characters; 0 where there is none to name. A zeroed
 * place means "no input in particular". */
struct sp_place {
	const struct sp_source *source;
	size_t line;
	size_t column;
};

enum sp_severity { SP_ERROR, SP_WARNING };

struct sp_diagnostic {
	enum sp_severity severity;
	const char *code; /* stable, for programs: "unknown-field"; listed in docs/diagnostics.md */
	struct sp_place place;
	const char *message;
	const char *help;    /* what to do; NULL where the message says it */
	const char *excerpt; /* the line at `place`, or NULL where it is no longer at hand */
};

enum {
	SP_REPORT_MOST_ERRORS = 20,
	SP_REPORT_MOST_ALIKE =
		20, /* warnings of one code in a row that are shown; all are kept, and stand in the plan */
};

struct sp_report {
	struct sp_arena *arena; /* owns everything below */
	struct sp_diagnostic *diagnostics;
	size_t count;
	size_t capacity;
	size_t errors; /* how many errors there were; only the first SP_REPORT_MOST_ERRORS are kept */
	size_t hidden; /* how many of them were not kept */
};

/* Adds an error and returns false. */
bool sp_fail(struct sp_report *report, const char *code, struct sp_place place, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds a warning. */
void sp_warn(struct sp_report *report, const char *code, struct sp_place place, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds what to do about it to the newest diagnostic, and returns false, so that it can follow sp_fail. */
bool sp_help(struct sp_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends "FILE:LINE:COLUMN", as much of it as the place has. */
void sp_place_write(struct sp_text *text, struct sp_place place);

/* Appends the diagnostics as people read them: "samepage: FILE:LINE:COLUMN: message" and, with `excerpts`, the line
 * with a caret below it. Of many warnings of one code in a row the first are shown, and the others counted. */
void sp_report_write(struct sp_text *text, const struct sp_report *report, bool excerpts, bool color);

#endif
