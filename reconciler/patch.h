/* SPDX-License-Identifier: Apache-2.0 */
/* The patch of one node, as kubectl takes it. Pure. */
#ifndef SAMEPAGE_RECONCILER_PATCH_H
#define SAMEPAGE_RECONCILER_PATCH_H

#include "reconciler/plan.h"
#include "state/text.h"

enum sp_patch_format {
	SP_PATCH_MERGE, /* a partial Node in YAML: --type merge, --type strategic, kustomize and server-side apply */
	SP_PATCH_JSON,  /* RFC 6902, with test operations */
	SP_PATCH_MERGE_JSON, /* a partial Node in JSON */
};

/* Appends the patch of `node`, which must be patched (sp_plan_node_is_patched). */
void sp_patch_write(struct sp_text *out, const struct sp_plan_node *node, enum sp_patch_format format);

/* Appends a partial Node in YAML with both keys, whether they change or not, as far as they are known. */
void sp_patch_write_whole(struct sp_text *out, const struct sp_plan_node *node);

/* Appends the name of the patch's file, without a folder: "NODE.yaml", or "NODE.json". A name above 255 bytes gets a
 * stand-in: its first bytes, "_" (which no Node's name contains, so that nothing can collide), and the first 16
 * hexadecimal digits of the SHA-256 of the name. */
void sp_patch_file_name(struct sp_text *out, const char *node_name, enum sp_patch_format format);

#endif
