/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/file.h"

static bool is_terminal(int file)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	return isatty(file) && !(no_color && no_color[0]) && !(term && strcmp(term, "dumb") == 0);
}

bool sp_print_color(const struct sp_options *options, int file)
{
	if (options->color == SP_COLOR_AUTO)
		return is_terminal(file);
	return options->color == SP_COLOR_ALWAYS;
}

static void print_report(const struct sp_run *run)
{
	struct sp_text text = { 0 };
	bool color;

	if (run->report.count == 0)
		return;
	color = sp_print_color(&run->options, STDERR_FILENO);
	sp_report_write(&text, &run->report, color || isatty(STDERR_FILENO), color);
	sp_write_all(STDERR_FILENO, sp_text_string(&text), text.length);
	sp_text_free(&text);
}

static bool print_out(const struct sp_run *run)
{
	const char *bytes = sp_text_string(&run->out);
	size_t printed = 0;

	for (size_t i = 0; i < run->part_count; i++) {
		const struct sp_document_part *part = &run->parts[i];

		if (!sp_write_all(STDOUT_FILENO, bytes + printed, part->at - printed) ||
		    !sp_write_all(STDOUT_FILENO, part->text.bytes, part->text.length))
			return false;
		printed = part->at;
	}
	return sp_write_all(STDOUT_FILENO, bytes + printed, run->out.length - printed);
}

enum sp_exit sp_run_print(const struct sp_run *run, enum sp_exit status)
{
	print_report(run);
	if (status != SP_EXIT_DONE && status != SP_EXIT_CHANGES && !run->print_anyway)
		return status;
	if (print_out(run))
		return status;
	fprintf(stderr, "samepage: stdout: %s\n", strerror(errno));
	return SP_EXIT_ERROR;
}
