/* SPDX-License-Identifier: Apache-2.0 */
/* What a run prints: errors and warnings to stderr, the result to stdout, but no result where something failed. */
#ifndef SAMEPAGE_RECONCILER_PRINT_H
#define SAMEPAGE_RECONCILER_PRINT_H

#include "reconciler/command.h"

/* Whether what goes to the descriptor `file` is coloured: as --color says, else if it is a terminal that wants
 * colours. */
bool sp_print_color(const struct sp_options *options, int file);

/* Prints the report and the result. Returns the status, which a failed print makes an error. */
enum sp_exit sp_run_print(const struct sp_run *run, enum sp_exit status);

#endif
