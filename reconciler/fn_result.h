/* SPDX-License-Identifier: Apache-2.0 */
/* The results of a KRM function, as they stand in its ResourceList. Pure.
 * Source of their fields: the KRM Functions Specification v1. */
#ifndef SAMEPAGE_RECONCILER_FN_RESULT_H
#define SAMEPAGE_RECONCILER_FN_RESULT_H

#include "reconciler/splice.h"
#include "state/layout.h"

/* An item of the list, as results refer to it. All but the place may be NULL. */
struct sp_fn_item {
	struct sp_place place;
	size_t end; /* the byte behind it */
	const char *api_version;
	const char *kind;
	const char *namespace;
	const char *name;
	const char *path;  /* of the file it is from, as kustomize and kpt note it in an annotation */
	const char *index; /* in that file */
};

/* Notes what `layout`, an item, says of itself; copied into `arena`. */
struct sp_fn_item sp_fn_item_describe(const struct sp_layout *layout, struct sp_arena *arena);

struct sp_fn_result {
	const char *severity; /* "info", "warning", "error" */
	const char *code;     /* of the diagnostic, or the action */
	const char *message;
	const char *help;              /* or NULL */
	const struct sp_fn_item *item; /* or NULL */
	const char *field;             /* the JSON path of the field, or NULL */
	const char *before;            /* its value, or NULL where it has none */
	const char *after;
};

/* The result in block and in flow style, owned by `arena`. `has_list` asks for proposedValues, of v2alpha1. */
struct sp_splice_item sp_fn_result_write(const struct sp_fn_result *result, bool has_list, struct sp_arena *arena);

/* Whether `results`, the layout of those that are there already (or NULL), has one that says the same. */
bool sp_fn_result_is_in(const struct sp_layout *results, const struct sp_fn_result *result, struct sp_arena *arena);

#endif
