/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/saved_field.h"

#include <stdint.h>
#include <string.h>

bool sp_saved_field_doubt(const struct sp_saved_fields *fields, const char *code, struct sp_place place,
			  const char *what)
{
	return sp_saved_doubt(&fields->judge, code, place, what);
}

bool sp_saved_field_refuse(const struct sp_saved_fields *fields, const struct sp_tree *value, struct sp_place place,
			   const char *what, const char *wanted)
{
	return sp_fail(fields->judge.report, "invalid-plan", value ? value->place : place, "%s: %s, and should be %s",
		       what, value ? sp_tree_type_name(value) : "is missing", wanted);
}

bool sp_saved_field_text(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			 bool may_be_null, const char **text)
{
	const struct sp_tree *value = sp_tree_get(tree, name);

	*text = NULL;
	if (may_be_null && value && sp_tree_is_null(value))
		return true;
	if (!value || value->type != SP_TREE_SCALAR || value->scalar != SP_SCALAR_STRING)
		return sp_saved_field_refuse(fields, value, tree->place, name, "a string");
	*text = sp_arena_copy(fields->arena, value->text, value->length);
	return true;
}

bool sp_saved_field_optional_text(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
				  const char **text)
{
	*text = NULL;
	return !sp_tree_get(tree, name) || sp_saved_field_text(fields, tree, name, false, text);
}

static bool parse_number(const struct sp_tree *value, size_t *number)
{
	*number = 0;
	if (!value || value->type != SP_TREE_SCALAR || value->scalar != SP_SCALAR_INTEGER || value->length == 0)
		return false;
	for (const char *digit = value->text; *digit; digit++)
		if (*digit < '0' || *digit > '9' || __builtin_mul_overflow(*number, (size_t)10, number) ||
		    __builtin_add_overflow(*number, (size_t)(*digit - '0'), number))
			return false;
	return true;
}

bool sp_saved_field_number(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			   size_t *number)
{
	const struct sp_tree *value = sp_tree_get(tree, name);

	if (parse_number(value, number))
		return true;
	if (value && value->type == SP_TREE_SCALAR && value->is_plain && !sp_tree_is_null(value))
		return sp_fail(fields->judge.report, "invalid-plan", value->place,
			       "%s: %.20s%s is no whole number from 0 to %zu", name, value->text,
			       value->length > 20 ? "..." : "", SIZE_MAX);
	return sp_saved_field_refuse(fields, value, tree->place, name, "a number");
}

bool sp_saved_field_optional_number(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
				    size_t *number)
{
	return !sp_tree_get(tree, name) || sp_saved_field_number(fields, tree, name, number);
}

bool sp_saved_field_position(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			     size_t *number)
{
	const struct sp_tree *value = sp_tree_get(tree, name);

	return (value && sp_tree_is_null(value)) || sp_saved_field_number(fields, tree, name, number);
}

bool sp_saved_field_flag(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name, bool *flag)
{
	const struct sp_tree *value = sp_tree_get(tree, name);

	*flag = false;
	if (!value || value->type != SP_TREE_SCALAR || value->scalar != SP_SCALAR_BOOL)
		return sp_saved_field_refuse(fields, value, tree->place, name, "true or false");
	*flag = strcmp(value->text, "true") == 0;
	return true;
}

bool sp_saved_field_optional_flag(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
				  bool *flag)
{
	*flag = false;
	if (!sp_tree_get(tree, name))
		return true;
	return sp_saved_field_flag(fields, tree, name, flag) &&
	       (*flag || sp_fail(fields->judge.report, "invalid-plan", sp_tree_get(tree, name)->place,
				 "%s: is true, or left out", name));
}

bool sp_saved_field_map(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			const struct sp_tree **map)
{
	*map = sp_tree_get(tree, name);
	return (*map && (*map)->type == SP_TREE_MAPPING) ||
	       sp_saved_field_refuse(fields, *map, tree->place, name, "a mapping");
}

bool sp_saved_field_list(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name,
			 const struct sp_tree **list)
{
	*list = sp_tree_get(tree, name);
	return (*list && (*list)->type == SP_TREE_SEQUENCE) ||
	       sp_saved_field_refuse(fields, *list, tree->place, name, "a list");
}

bool sp_saved_fields_check(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *what,
			   const char *const *names)
{
	for (size_t i = 0; i < tree->count; i++) {
		const char *const *name = names;

		while (*name && strcmp(*name, tree->entries[i].key) != 0)
			name++;
		if (*name)
			continue;
		if (!sp_saved_field_doubt(fields, "plan-version", tree->entries[i].key_place,
					  sp_arena_format(fields->judge.report->arena,
							  "%s has a field \"%s\" that this samepage does not know",
							  what, tree->entries[i].key)))
			return false;
	}
	return true;
}
