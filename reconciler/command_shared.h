/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands that plan have in common. */
#ifndef SAMEPAGE_RECONCILER_COMMAND_SHARED_H
#define SAMEPAGE_RECONCILER_COMMAND_SHARED_H

#include "reconciler/command.h"
#include "reconciler/emit.h"
#include "reconciler/plan.h"
#include "reconciler/render.h"

/* Checks the flags that name the inputs, reads these and plans; `visit`, where not NULL, is shown each node.
 * SP_EXIT_DONE, or why not. */
enum sp_exit sp_shared_plan(struct sp_run *run, sp_visit_function *visit, void *context, struct sp_plan *plan);

/* Fills in how large an input may be. SP_EXIT_DONE, or a usage error. */
enum sp_exit sp_shared_limit(struct sp_run *run, struct sp_load_options *load);

/* The same, and what the flags say of facts and progress. */
enum sp_exit sp_shared_facts(struct sp_run *run, struct sp_load_options *load);

/* Reads the saved plan that --plan names. Where -n is given, plans anew as well, with -f or with what the plan knows of
 * the CR: a plan that is no longer true is SP_EXIT_STALE. */
enum sp_exit sp_shared_saved(struct sp_run *run, struct sp_plan *plan);

/* Asks the guards that the flags name. SP_EXIT_DONE, or SP_EXIT_REFUSED: the plan says why. */
enum sp_exit sp_shared_guard(struct sp_run *run, struct sp_plan *plan);

/* SP_EXIT_DONE, or the error where there are arguments that are no flags. */
enum sp_exit sp_shared_no_arguments(struct sp_run *run);

/* What the flags say of the forms of output. SP_EXIT_DONE, or a usage error. */
enum sp_exit sp_shared_render_options(struct sp_run *run, struct sp_render_options *how);

/* Appends the plan to run->out in the form that the flags ask for. SP_EXIT_DONE, or a usage error. */
enum sp_exit sp_shared_render(struct sp_run *run, const struct sp_plan *plan);

/* What the flags say of an emitted folder. */
struct sp_emit_options sp_shared_emit_options(const struct sp_run *run);

/* SP_EXIT_DONE, or with --detailed-exitcode SP_EXIT_CHANGES where there are some. */
enum sp_exit sp_shared_status(const struct sp_run *run, const struct sp_plan *plan);

#endif
