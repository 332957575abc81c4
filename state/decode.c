/* SPDX-License-Identifier: Apache-2.0 */
#include "state/decode.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct sp_field sp_metadata_fields[] = {
	{ "annotations", SP_FIELD_STRING_MAP },
	{ "creationTimestamp", SP_FIELD_TIME },
	{ "deletionGracePeriodSeconds", SP_FIELD_INTEGER },
	{ "deletionTimestamp", SP_FIELD_TIME },
	{ "finalizers", SP_FIELD_STRING_LIST },
	{ "generateName", SP_FIELD_STRING },
	{ "generation", SP_FIELD_INTEGER },
	{ "labels", SP_FIELD_STRING_MAP },
	{ "managedFields", SP_FIELD_LIST },
	{ "name", SP_FIELD_STRING },
	{ "namespace", SP_FIELD_STRING },
	{ "ownerReferences", SP_FIELD_LIST },
	{ "resourceVersion", SP_FIELD_STRING },
	{ "selfLink", SP_FIELD_STRING },
	{ "uid", SP_FIELD_STRING },
	{ NULL, SP_FIELD_ANY },
};

static const char *join(struct sp_arena *arena, const char *path, const char *name)
{
	return path[0] ? sp_arena_format(arena, "%s.%s", path, name) : name;
}

/* The Levenshtein distance, or `most` + 1 where it is above `most`. */
static size_t distance(const char *left, const char *right, size_t most)
{
	size_t row[64];
	size_t length = strlen(right);

	if (length + 1 >= sizeof row / sizeof *row || strlen(left) > 64)
		return most + 1;
	for (size_t i = 0; i <= length; i++)
		row[i] = i;
	for (size_t i = 0; left[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			size_t replaced = diagonal + (left[i] != right[j]);
			size_t shorter = row[j] < row[j + 1] ? row[j] : row[j + 1];

			diagonal = row[j + 1];
			row[j + 1] = replaced < shorter + 1 ? replaced : shorter + 1;
		}
	}
	return row[length];
}

bool sp_decode_resembles(const char *name, const char *wanted, size_t most)
{
	return distance(name, wanted, most) <= most;
}

const char *sp_decode_suggest(const char *name, const struct sp_field *fields)
{
	const char *nearest = NULL;
	size_t half = strlen(name) / 2;
	size_t least = half < 2 ? 2 : half > 6 ? 6 : half; /* a name that differs by more is no slip */

	for (; fields->name; fields++) {
		size_t count;

		if (strcasecmp(name, fields->name) == 0)
			return fields->name;
		count = distance(name, fields->name, least);
		if (count < least) {
			nearest = fields->name;
			least = count;
		}
	}
	return nearest;
}

static const char *list_names(struct sp_arena *arena, const struct sp_field *fields)
{
	const char *names = fields->name;

	while (names && (++fields)->name)
		names = sp_arena_format(arena, "%s%s%s", names, fields[1].name ? ", " : " and ", fields->name);
	return names;
}

bool sp_decode_unknown(const struct sp_decoder *decoder, const struct sp_tree_entry *entry, const char *path,
		       const struct sp_field *fields)
{
	const char *name = join(decoder->arena, path, entry->key);
	const char *meant = sp_decode_suggest(entry->key, fields);

	if (decoder->lenient)
		sp_warn(decoder->report, "unknown-field", entry->key_place,
			"unknown field \"%s\" IS DROPPED, as the API server drops it; what is left decides", name);
	else
		sp_fail(decoder->report, "unknown-field", entry->key_place, "unknown field \"%s\"", name);
	if (meant)
		sp_help(decoder->report, "did you mean \"%s\"?", meant);
	else
		sp_help(decoder->report, "the fields here are %s", list_names(decoder->arena, fields));
	return decoder->lenient;
}

static bool wrong_type(const struct sp_decoder *decoder, const struct sp_tree *value, const char *what,
		       const char *expected)
{
	const char *code = "wrong-type";

	/* the composer has told of these two */
	if (value->type == SP_TREE_SCALAR &&
	    (value->scalar == SP_SCALAR_NOT_FINITE || value->scalar == SP_SCALAR_WRONG))
		return false;
	if (value->type == SP_TREE_SCALAR && value->is_plain && strcmp(expected, "a string") == 0)
		code = "unquoted-scalar";
	sp_fail(decoder->report, code, value->place, "%s must be %s, not %s", what, expected, sp_tree_type_name(value));
	if (code[0] == 'u')
		sp_help(decoder->report, "put it in quotes: \"%s\"", value->text);
	return false;
}

static bool is_string(const struct sp_tree *value)
{
	return value->type == SP_TREE_SCALAR && value->scalar == SP_SCALAR_STRING;
}

const char *sp_decode_text(const struct sp_decoder *decoder, const struct sp_tree *value, const char *what)
{
	if (sp_tree_is_null(value))
		return "";
	if (is_string(value))
		return value->text;
	wrong_type(decoder, value, what, "a string");
	return NULL;
}

bool sp_decode_mapping(const struct sp_decoder *decoder, const struct sp_tree *tree, const char *path, const char *name,
		       const struct sp_tree **mapping)
{
	const struct sp_tree *value = sp_tree_get(tree, name);

	*mapping = NULL;
	if (!value || sp_tree_is_null(value))
		return true;
	if (value->type != SP_TREE_MAPPING)
		return wrong_type(decoder, value, join(decoder->arena, path, name), "a mapping");
	*mapping = value;
	return true;
}

bool sp_decode_string(const struct sp_decoder *decoder, const struct sp_tree *tree, const char *path, const char *name,
		      const char **text)
{
	const struct sp_tree *value = sp_tree_get(tree, name);

	*text = NULL;
	if (!value)
		return true;
	*text = sp_decode_text(decoder, value, join(decoder->arena, path, name));
	return *text != NULL;
}

static bool is_time(const char *text)
{
	int fields[6];
	int end = 0;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &fields[0], &fields[1], &fields[2], &fields[3], &fields[4],
		   &fields[5], &end) != 6)
		return false;
	if (text[end] == '.' || text[end] == ',')
		end += 1 + (int)strspn(text + end + 1, "0123456789");
	return strcmp(text + end, "Z") == 0 || ((text[end] == '+' || text[end] == '-') && strlen(text + end) == 6);
}

/* What an entry is called is made only for the message: a Node has hundreds of labels. */
static bool check_strings(const struct sp_decoder *decoder, const struct sp_tree *tree, const char *what)
{
	bool good = true;

	for (size_t i = 0; i < tree->count; i++) {
		const struct sp_tree_entry *entry = &tree->entries[i];

		if (!is_string(entry->value) &&
		    !sp_decode_text(decoder, entry->value, entry->key ? join(decoder->arena, what, entry->key) : what))
			good = false;
	}
	return good;
}

static bool check_value(const struct sp_decoder *decoder, const struct sp_tree *value, const char *what,
			enum sp_field_type type)
{
	const char *text;

	if (sp_tree_is_null(value))
		return true;
	switch (type) {
	case SP_FIELD_STRING:
		return sp_decode_text(decoder, value, what) != NULL;
	case SP_FIELD_INTEGER:
		return (value->type == SP_TREE_SCALAR && value->scalar == SP_SCALAR_INTEGER) ||
		       wrong_type(decoder, value, what, "a whole number");
	case SP_FIELD_TIME:
		text = sp_decode_text(decoder, value, what);
		return text && (is_time(text) || sp_fail(decoder->report, "wrong-type", value->place,
							 "%s is not a time as RFC 3339 writes it", what));
	case SP_FIELD_MAPPING:
	case SP_FIELD_STRING_MAP:
		if (value->type != SP_TREE_MAPPING)
			return wrong_type(decoder, value, what, "a mapping");
		return type == SP_FIELD_MAPPING || check_strings(decoder, value, what);
	case SP_FIELD_LIST:
	case SP_FIELD_STRING_LIST:
		if (value->type != SP_TREE_SEQUENCE)
			return wrong_type(decoder, value, what, "a list");
		return type == SP_FIELD_LIST || check_strings(decoder, value, what);
	default:
		return true;
	}
}

bool sp_decode_check(const struct sp_decoder *decoder, const struct sp_tree *tree, const char *path,
		     const struct sp_field *fields)
{
	bool good = true;

	for (size_t i = 0; i < tree->count; i++) {
		const struct sp_tree_entry *entry = &tree->entries[i];
		const struct sp_field *field = fields;

		while (field->name && strcmp(field->name, entry->key) != 0)
			field++;
		if (!field->name)
			good = sp_decode_unknown(decoder, entry, path, fields) && good;
		else
			good = check_value(decoder, entry->value, join(decoder->arena, path, entry->key),
					   field->type) &&
			       good;
	}
	return good;
}

bool sp_decode_labels(const struct sp_decoder *decoder, const struct sp_tree *metadata, const char *name,
		      struct sp_labels *labels, bool *present)
{
	const struct sp_tree *mapping;
	struct sp_label *items;
	bool good = true;

	*labels = (struct sp_labels){ 0 };
	*present = false;
	if (!sp_decode_mapping(decoder, metadata, "metadata", name, &mapping))
		return false;
	if (!mapping)
		return true;
	*present = true;
	items = sp_arena_array(decoder->arena, mapping->count, sizeof *items);
	for (size_t i = 0; i < mapping->count; i++) {
		const struct sp_tree *value = mapping->entries[i].value;

		items[i].key = mapping->entries[i].key;
		items[i].value = value->text;
		if (is_string(value))
			continue;
		items[i].value = sp_decode_text(decoder, value,
						sp_arena_format(decoder->arena, "metadata.%s[\"%s\"]", name,
								items[i].key));
		good = items[i].value && good;
	}
	*labels = (struct sp_labels){ items, mapping->count };
	return good;
}
