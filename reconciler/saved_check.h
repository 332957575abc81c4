/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a saved plan is as samepage wrote it: its parts fit together, and its checksum fits them. Pure. */
#ifndef SAMEPAGE_RECONCILER_SAVED_CHECK_H
#define SAMEPAGE_RECONCILER_SAVED_CHECK_H

#include <stdbool.h>

#include "reconciler/checksum.h"
#include "reconciler/plan.h"

struct sp_saved_judge {
	struct sp_report *report;
	bool lenient; /* the plan is only looked at */
};

/* Says that the plan is not as samepage wrote it: an error, or a warning for a lenient judge. Returns whether to go
 * on. */
bool sp_saved_doubt(const struct sp_saved_judge *judge, const char *code, struct sp_place place, const char *what);

/* Checks a plan that was read whole, in `place`. `found` is what it says itself; parts of it may be NULL. What was
 * edited is named, as far as that can be told. */
bool sp_saved_check(const struct sp_saved_judge *judge, const struct sp_plan *plan, const struct sp_checksum *found,
		    struct sp_place place, struct sp_arena *arena);

#endif
