/* SPDX-License-Identifier: Apache-2.0 */
/* The proof that an edited ResourceList says what it said before, but for what was to be changed: both are read anew
 * and compared value by value, in what they say and in how it is written. Pure. */
#ifndef SAMEPAGE_RECONCILER_FN_CHECK_H
#define SAMEPAGE_RECONCILER_FN_CHECK_H

#include <stdbool.h>

#include "reconciler/plan.h"
#include "state/source.h"

/* The planned node that stands at `place` of the list, if its metadata was changed, else NULL. */
typedef const struct sp_plan_node *sp_fn_find_function(const void *context, struct sp_place place);

/* Compares the texts of two sources. True where they differ in nothing but the labels and annotations that the plan
 * changes, which then have the planned values, and in results that were added. */
bool sp_fn_check(struct sp_source *before, struct sp_source *after, sp_fn_find_function *find, const void *context);

#endif
