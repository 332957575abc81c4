/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the files of an emitted folder, but for plan.json and the patches. Pure. */
#ifndef SAMEPAGE_RECONCILER_EMIT_FILES_H
#define SAMEPAGE_RECONCILER_EMIT_FILES_H

#include "reconciler/patch.h"
#include "reconciler/plan.h"
#include "state/text.h"

/* nodes.yaml: all merge patches as one stream. */
void sp_emit_nodes(struct sp_text *out, const struct sp_plan *plan);

/* apply.sh: a POSIX shell script that hands every patch to kubectl. */
void sp_emit_script(struct sp_text *out, const struct sp_plan *plan, enum sp_patch_format format);

/* README.md: the plan for a reviewer, and the commands to run. */
void sp_emit_readme(struct sp_text *out, const struct sp_plan *plan, enum sp_patch_format format);

#endif
