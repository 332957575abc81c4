/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over this node: read everything, decide, record, write only what differs, tell what came of it. */
#ifndef SAMEPAGE_RECONCILER_APPLY_H
#define SAMEPAGE_RECONCILER_APPLY_H

#include <stdbool.h>

#include "reconciler/carry_out.h"
#include "reconciler/load.h"
#include "state/machine.h"
#include "state/text.h"

struct sp_apply_request {
	struct sp_load_options load; /* `host` is filled in by the pass */
	const char *plan;            /* a saved plan, in place of load.kubevirt; load.nodes may be NULL then */
	struct sp_machine_paths paths;
	const char *node;      /* this node's name */
	const char *patch_out; /* file for the patch of the two keys, or NULL */
	double lock_timeout;   /* seconds */
	bool release;          /* give the node back its originals, whatever the CR says; load.kubevirt is not read */
	bool dry_run;
	bool unmerge;                 /* where KSM is switched off, take merged pages apart as well */
	bool force;                   /* unmerge even if memory does not allow it */
	bool (*stop)(void);           /* asked between two writes, or NULL */
	void (*before_changes)(void); /* called before anything is changed, if something is; or NULL */
};

enum sp_apply_outcome {
	SP_APPLY_DONE,     /* all is as it should be now, whether something was written or not */
	SP_APPLY_FAILED,   /* nothing was written */
	SP_APPLY_REFUSED,  /* by a guard; nothing was written */
	SP_APPLY_STALE,    /* the saved plan no longer fits this node; nothing was written */
	SP_APPLY_RESTORED, /* a write failed; what was written before is put back */
	SP_APPLY_PARTLY,   /* a write failed, and so did putting back */
};

struct sp_apply_result {
	enum sp_apply_outcome outcome;
	bool has_changes;         /* something was to be changed, so that before_changes was called */
	bool has_node;            /* `node` is set: it went as far as a decision */
	struct sp_plan_node node; /* the decision, with the keys as they really came out */
	struct sp_done done;
};

/* The machine is opened and closed, the inputs are closed by the caller. All memory is of `arena`. */
void sp_apply(const struct sp_apply_request *request, struct sp_arena *arena, struct sp_inputs *inputs,
	      struct sp_apply_result *result, struct sp_report *report);

/* Appends what came of it, for people and for programs. */
void sp_apply_write(struct sp_text *out, const struct sp_apply_request *request, const struct sp_apply_result *result);
void sp_apply_write_json(struct sp_text *out, const struct sp_apply_request *request,
			 const struct sp_apply_result *result);

#endif
