/* SPDX-License-Identifier: Apache-2.0 */
/* Carrying out the knob changes of one planned node, in order, and putting them back where one fails. */
#ifndef SAMEPAGE_RECONCILER_CARRY_OUT_H
#define SAMEPAGE_RECONCILER_CARRY_OUT_H

#include <stdbool.h>

#include "reconciler/plan.h"
#include "state/machine.h"

enum sp_carried_out {
	SP_CARRIED_OUT,          /* all of it */
	SP_CARRIED_OUT_NOTHING,  /* it failed before the first write, or with it, and nothing is other than it was */
	SP_CARRIED_OUT_RESTORED, /* a write failed, and those before it were put back */
	SP_CARRIED_OUT_PARTLY,   /* a write failed, and so did putting back: the report says what stands where */
};

struct sp_done_write {
	const char *knob;
	const char *before; /* what stood there; NULL: not known */
	const char *after;
	bool is_rollback;
};

struct sp_done {
	struct sp_done_write *writes; /* those that changed a file, in order, roll-back included */
	size_t count;
	bool lacks_permission; /* a write failed for that, or because the file system is read-only */
};

/* Writes what changes of the node's knobs, in their order; each value before is `host`'s. `stop`, where not NULL, is
 * asked before each write: where it says so, the rest is left, and what was written is put back (code
 * "interrupted"). Errors (code "sysfs-write") name the file, the value and errno. Memory is taken from the report's
 * arena before the first write. */
enum sp_carried_out sp_carry_out(struct sp_machine *machine, const struct sp_host *host,
				 const struct sp_plan_node *node, bool (*stop)(void), struct sp_done *done,
				 struct sp_report *report);

#endif
