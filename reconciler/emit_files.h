/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the files of an emitted folder, but for plan.json and the patches. Pure. */
#ifndef SAMEPAGE_RECONCILER_EMIT_FILES_H
#define SAMEPAGE_RECONCILER_EMIT_FILES_H

#include "reconciler/emit.h"
#include "reconciler/patch.h"
#include "reconciler/plan.h"
#include "state/text.h"

/* nodes.yaml, the merge patches as one stream: adds one of them; and says so where there is none. */
void sp_emit_stream_add(struct sp_text *stream, const struct sp_text *patch);
void sp_emit_stream_finish(struct sp_text *stream);

/* nodes.yaml for a controller: every node with both keys, so that what is left out is never taken for what is to go. */
void sp_emit_whole_nodes(struct sp_text *out, const struct sp_plan *plan);

/* kustomization.yaml: nodes.yaml and nothing else of the folder. */
void sp_emit_kustomization(struct sp_text *out);

/* apply.sh: a POSIX shell script that hands every patch to kubectl. */
void sp_emit_script(struct sp_text *out, const struct sp_plan *plan, enum sp_patch_format format);

/* README.md: the plan for a reviewer, and the commands to run. */
void sp_emit_readme(struct sp_text *out, const struct sp_plan *plan, const struct sp_emit_options *options);

#endif
