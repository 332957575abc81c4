/* SPDX-License-Identifier: Apache-2.0 */
#include "state/requirement.h"

#include <string.h>

#include "selectors/node_selector.h"

static const struct sp_field fields[] = {
	{ "key", SP_FIELD_STRING },
	{ "operator", SP_FIELD_STRING },
	{ "values", SP_FIELD_STRING_LIST },
	{ NULL, SP_FIELD_ANY },
};

struct home {
	const char *selector; /* what it is a requirement of */
	const char *value;    /* what one of its values is called in messages */
	enum sp_operator last;
	const char *operators;
};

static const struct home homes[] = {
	[SP_HOME_LABEL_SELECTOR] = { "label selector", "a value of matchExpressions", SP_OPERATOR_DOES_NOT_EXIST,
				     "In, NotIn, Exists and DoesNotExist" },
	[SP_HOME_NODE_LABELS] = { "node selector", "a value of matchExpressions", SP_OPERATOR_LESS_THAN,
				  "In, NotIn, Exists, DoesNotExist, Gt and Lt" },
	[SP_HOME_NODE_FIELDS] = { "field selector", "a value of matchFields", SP_OPERATOR_NOT_IN, "In and NotIn" },
};

/* The place of value number `wrong`; `values` is a list, or the one value that there is. Without it, `place`. */
static struct sp_place place_of_value(const struct sp_tree *values, size_t wrong, struct sp_place place)
{
	if (!values)
		return place;
	return values->type == SP_TREE_SEQUENCE ? values->entries[wrong].value->place : values->place;
}

static bool check_labels(const struct sp_decoder *decoder, const struct sp_requirement *requirement,
			 struct sp_place place, const struct sp_tree *values)
{
	size_t wrong;
	const char *problem = sp_requirement_problem(requirement, &wrong);

	if (!problem)
		return true;
	if (wrong < requirement->value_count)
		return sp_fail(decoder->report, "invalid-label-value", place_of_value(values, wrong, place),
			       "value \"%s\" of \"%s\" %s", requirement->values[wrong], requirement->key, problem);
	if (sp_label_key_problem(requirement->key))
		return sp_fail(decoder->report, "invalid-label-key", place, "label key \"%s\" %s", requirement->key,
			       problem);
	return sp_fail(decoder->report, "invalid-requirement", place, "\"%s\": %s", requirement->key, problem);
}

static bool check_fields(const struct sp_decoder *decoder, const struct sp_requirement *requirement,
			 struct sp_place place, const struct sp_tree *values)
{
	size_t wrong;
	const char *problem = sp_node_field_problem(requirement, &wrong);

	if (!problem)
		return true;
	if (wrong < requirement->value_count)
		return sp_fail(decoder->report, "invalid-requirement", place_of_value(values, wrong, place),
			       "value \"%s\" of \"%s\" %s", requirement->values[wrong], requirement->key, problem);
	return sp_fail(decoder->report, "invalid-requirement", place, "\"%s\": %s", requirement->key, problem);
}

bool sp_requirement_read_label(const struct sp_decoder *decoder, const struct sp_tree_entry *entry, const char *path,
			       struct sp_requirement *requirement)
{
	const char **values = sp_arena_array(decoder->arena, 1, sizeof *values);

	*requirement = (struct sp_requirement){ entry->key, SP_OPERATOR_EQUALS, values, 1 };
	if (entry->key_is_converted) {
		sp_warn(decoder->report, "unquoted-key", entry->key_place,
			"this key is no string, and the API server takes it for \"%s\"", entry->key);
		sp_help(decoder->report, "put the label's key in quotes");
	}
	values[0] = sp_decode_text(decoder, entry->value,
				   sp_arena_format(decoder->arena, "%s[\"%s\"]", path, entry->key));
	return values[0] && check_labels(decoder, requirement, entry->key_place, entry->value);
}

/* The operator that was probably meant, or NULL. */
static const char *suggest(const struct home *home, const char *name)
{
	struct sp_field names[SP_OPERATOR_LESS_THAN + 2] = { { NULL, SP_FIELD_ANY } };
	size_t count = 0;

	for (enum sp_operator operation = SP_OPERATOR_IN; operation <= home->last; operation++)
		names[count++].name = sp_operator_name(operation);
	return sp_decode_suggest(name, names);
}

static bool read_operator(const struct sp_decoder *decoder, const struct sp_tree *tree, const struct home *home,
			  enum sp_operator *operation)
{
	const struct sp_tree *value = sp_tree_get(tree, "operator");
	const char *name;
	const char *meant;

	if (!value || sp_tree_is_null(value)) {
		sp_fail(decoder->report, "invalid-operator", value ? value->place : tree->place,
			"this requirement has no operator");
		return sp_help(decoder->report, "the operators are %s", home->operators);
	}
	name = sp_decode_text(decoder, value, "operator");
	if (!name)
		return false;
	if (sp_operator_find(name, home->last, operation))
		return true;
	sp_fail(decoder->report, "invalid-operator", value->place, "\"%s\" is not a valid %s operator", name,
		home->selector);
	meant = suggest(home, name);
	if (meant)
		return sp_help(decoder->report, "did you mean %s? The operators are %s", meant, home->operators);
	return sp_help(decoder->report, "the operators are %s", home->operators);
}

static bool read_values(const struct sp_decoder *decoder, const struct sp_tree *list, const struct home *home,
			struct sp_requirement *requirement)
{
	const char **values;
	bool good = true;

	if (!list)
		return true;
	values = sp_arena_array(decoder->arena, list->count, sizeof *values);
	for (size_t i = 0; i < list->count; i++) {
		values[i] = sp_decode_text(decoder, list->entries[i].value, home->value);
		good = values[i] && good;
	}
	requirement->values = values;
	requirement->value_count = list->count;
	return good;
}

bool sp_requirement_read(const struct sp_decoder *decoder, const struct sp_tree *tree, const char *path,
			 enum sp_requirement_home home, struct sp_requirement *requirement)
{
	const struct sp_tree *key = sp_tree_get(tree, "key");
	const struct sp_tree *values = sp_tree_get(tree, "values");

	*requirement = (struct sp_requirement){ .key = "" };
	if (tree->type != SP_TREE_MAPPING)
		return sp_fail(decoder->report, "wrong-type", tree->place, "%s must be a mapping, not %s", path,
			       sp_tree_type_name(tree));
	if (!sp_decode_check(decoder, tree, path, fields))
		return false;
	if (!key)
		return sp_fail(decoder->report, "invalid-requirement", tree->place, "this requirement has no key");
	if (values && sp_tree_is_null(values))
		values = NULL;
	requirement->key = sp_decode_text(decoder, key, "key");
	if (!requirement->key || !read_operator(decoder, tree, &homes[home], &requirement->operation) ||
	    !read_values(decoder, values, &homes[home], requirement))
		return false;
	if (home == SP_HOME_NODE_FIELDS)
		return check_fields(decoder, requirement, tree->place, values);
	return check_labels(decoder, requirement, sp_label_key_problem(requirement->key) ? key->place : tree->place,
			    values);
}
