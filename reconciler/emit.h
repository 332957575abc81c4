/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of patches that `emit` writes: plan.json, patches/, nodes.yaml, apply.sh and README.md. */
#ifndef SAMEPAGE_RECONCILER_EMIT_H
#define SAMEPAGE_RECONCILER_EMIT_H

#include <stdbool.h>

#include "reconciler/patch.h"
#include "reconciler/plan.h"

/* Writes the folder for `plan` at `path`, all or nothing: it is built beside its destination and put in place by one
 * rename. An existing folder is replaced only with `force`, and only if samepage wrote all that is in it. */
bool sp_emit(const struct sp_plan *plan, const char *path, enum sp_patch_format format, bool force,
	     struct sp_report *report);

#endif
