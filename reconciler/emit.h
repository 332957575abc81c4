/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of patches that `emit` writes: plan.json, patches/, nodes.yaml, apply.sh and README.md. */
#ifndef SAMEPAGE_RECONCILER_EMIT_H
#define SAMEPAGE_RECONCILER_EMIT_H

#include <stdbool.h>

#include "reconciler/patch.h"
#include "reconciler/plan.h"

struct sp_emit_options {
	enum sp_patch_format format;
	bool force;  /* replace an existing folder, if samepage wrote all that is in it */
	bool gitops; /* for a controller that applies again and again: both keys of each node, kustomization.yaml */
};

/* Writes the folder for `plan` at `path`, all or nothing: it is built beside its destination and put in place by one
 * rename. */
bool sp_emit(const struct sp_plan *plan, const char *path, const struct sp_emit_options *options,
	     struct sp_report *report);

#endif
