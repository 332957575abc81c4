/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a saved plan, each of the type that it must have. Texts are copied into the plan's arena; all
 * functions are false after an error, which is in the report. Pure. */
#ifndef SAMEPAGE_RECONCILER_SAVED_FIELD_H
#define SAMEPAGE_RECONCILER_SAVED_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "reconciler/saved_check.h"
#include "state/tree.h"

struct sp_saved_fields {
	struct sp_saved_judge judge;
	struct sp_arena *arena; /* owns the plan */
};

bool sp_saved_field_doubt(const struct sp_saved_fields *fields, const char *code, struct sp_place place,
			  const char *what);

bool sp_saved_field_refuse(const struct sp_saved_fields *fields, const struct sp_tree *value, struct sp_place place,
			   const char *what, const char *wanted);

/* The string in field `name`; null, where it may be, is NULL. */
bool sp_saved_field_text(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			 bool may_be_null, const char **text);

/* The same for a string that may not be there. */
bool sp_saved_field_optional_text(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
				  const char **text);

bool sp_saved_field_number(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			   size_t *number);

/* A number that is left out where it says nothing, and then stays as it is. */
bool sp_saved_field_optional_number(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
				    size_t *number);

/* A line or a column: null is 0. */
bool sp_saved_field_position(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			     size_t *number);

bool sp_saved_field_flag(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			 bool *flag);

/* A flag that is left out where it is false. */
bool sp_saved_field_optional_flag(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
				  bool *flag);

bool sp_saved_field_map(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			const struct sp_tree **map);

bool sp_saved_field_list(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			 const struct sp_tree **list);

/* No field may be there that this program does not know: it would be left out of what is carried out. */
bool sp_saved_fields_check(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *what,
			   const char *const *names);

#endif
