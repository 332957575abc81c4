/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a saved plan is still true: compared with a plan made anew, or with what this machine shows. Every field that
 * differs is reported as an error (code "plan-stale"). Pure. */
#ifndef SAMEPAGE_RECONCILER_STALE_H
#define SAMEPAGE_RECONCILER_STALE_H

#include <stdbool.h>

#include "reconciler/plan.h"

/* Whether `fresh`, made from a snapshot, says what the saved plan says. `place` is that of the saved plan. */
bool sp_stale_check(const struct sp_plan *saved, const struct sp_plan *fresh, struct sp_place place,
		    struct sp_report *report);

/* Whether what the saved plan says of one node still holds on its machine: `now` is the decision made there, `host`
 * what it shows. What the plan did not know, it does not claim. */
bool sp_stale_check_node(const struct sp_plan_node *saved, const struct sp_plan_node *now, const struct sp_host *host,
			 struct sp_place place, struct sp_report *report);

#endif
