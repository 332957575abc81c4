/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/fn_check.h"

#include <string.h>

#include "state/resource_list.h"

static bool is_called(const struct sp_layout_entry *entry, const char *name)
{
	return entry->key->type == SP_LAYOUT_SCALAR && strcmp(entry->key->text, name) == 0;
}

static bool has_value(const struct sp_layout_entry *entry, const char *value)
{
	return entry && entry->value->type == SP_LAYOUT_SCALAR && !entry->value->is_plain &&
	       strcmp(entry->value->text, value) == 0;
}

/* A map that got a key: the others are as before, and in the same order. It may not have been there. */
static bool is_with_key(const struct sp_layout *before, const struct sp_layout *after, const char *key,
			const char *value)
{
	size_t at = 0;
	size_t count = before && before->type == SP_LAYOUT_MAPPING ? before->count : 0;

	if (after->type != SP_LAYOUT_MAPPING || !has_value(sp_layout_find(after, key), value))
		return false;
	for (size_t i = 0; i < after->count; i++) {
		const struct sp_layout_entry *entry = &after->entries[i];

		if (is_called(entry, key)) {
			at += at < count && is_called(&before->entries[at], key);
			continue;
		}
		if (at == count || !sp_layout_equal(before->entries[at].key, entry->key) ||
		    !sp_layout_equal(before->entries[at].value, entry->value))
			return false;
		at++;
	}
	return at == count;
}

/* One entry of the metadata; `before` is NULL where it is new. */
static bool is_planned(const struct sp_plan_node *node, const struct sp_layout_entry *before,
		       const struct sp_layout_entry *after)
{
	const struct sp_layout *old = before ? before->value : NULL;

	if (is_called(after, "labels") && node->label.changes && node->label.after)
		return is_with_key(old, after->value, SP_LABEL_ENABLED, node->label.after);
	if (is_called(after, "annotations") && node->annotation.changes && node->annotation.after)
		return is_with_key(old, after->value, SP_ANNOTATION_MANAGED, node->annotation.after);
	return before && sp_layout_equal(old, after->value);
}

static bool is_planned_metadata(const struct sp_plan_node *node, const struct sp_layout *before,
				const struct sp_layout *after)
{
	size_t at = 0;

	if (before->type != SP_LAYOUT_MAPPING || after->type != SP_LAYOUT_MAPPING)
		return false;
	for (size_t i = 0; i < after->count; i++) {
		const struct sp_layout_entry *entry = &after->entries[i];
		bool is_old = at < before->count && sp_layout_equal(before->entries[at].key, entry->key);

		if (!is_planned(node, is_old ? &before->entries[at] : NULL, entry))
			return false;
		at += is_old;
	}
	return at == before->count;
}

static bool is_planned_item(const struct sp_plan_node *node, const struct sp_layout *before,
			    const struct sp_layout *after)
{
	if (!node)
		return sp_layout_equal(before, after);
	if (before->type != SP_LAYOUT_MAPPING || after->type != SP_LAYOUT_MAPPING || before->count != after->count)
		return false;
	for (size_t i = 0; i < before->count; i++) {
		const struct sp_layout_entry *old = &before->entries[i];
		const struct sp_layout_entry *new = &after->entries[i];

		if (!sp_layout_equal(old->key, new->key))
			return false;
		if (is_called(old, "metadata") ? !is_planned_metadata(node, old->value, new->value) :
						 !sp_layout_equal(old->value, new->value))
			return false;
	}
	return true;
}

/* Results that were there are there still, before those that were added. */
static bool has_added(const struct sp_layout *before, const struct sp_layout *after)
{
	bool is_list = before && before->type == SP_LAYOUT_SEQUENCE;

	if (after->type != SP_LAYOUT_SEQUENCE || (is_list && after->count < before->count))
		return sp_layout_equal(before, after);
	for (size_t i = 0; is_list && i < before->count; i++) {
		size_t skipped = after->count - before->count;
		const struct sp_layout *old = before->entries[i].value;

		/* they may also have been put before the others */
		if (!sp_layout_equal(old, after->entries[i].value) &&
		    !sp_layout_equal(old, after->entries[i + skipped].value))
			return false;
	}
	return true;
}

static bool is_same_root(const struct sp_layout *before, const struct sp_layout *after)
{
	size_t at = 0;

	for (size_t i = 0; i < after->count; i++) {
		const struct sp_layout_entry *entry = &after->entries[i];
		bool is_old = at < before->count && sp_layout_equal(before->entries[at].key, entry->key);
		const struct sp_layout *old = is_old ? before->entries[at].value : NULL;

		if (is_called(entry, "results") ? !has_added(old, entry->value) :
						  !is_old || !sp_layout_equal(old, entry->value))
			return false;
		at += is_old;
	}
	return at == before->count;
}

static bool compare(struct sp_resource_list *before, struct sp_resource_list *after, sp_fn_find_function *find,
		    const void *context)
{
	for (;;) {
		const struct sp_layout *old = sp_resource_list_next(before);
		const struct sp_layout *new = sp_resource_list_next(after);

		if (!old && !new)
			break;
		if (!old || !new || !is_planned_item(find(context, old->place), old, new))
			return false;
	}
	return sp_resource_list_is_read(before) && sp_resource_list_is_read(after) &&
	       is_same_root(sp_resource_list_root(before), sp_resource_list_root(after));
}

bool sp_fn_check(struct sp_source *before, struct sp_source *after, sp_fn_find_function *find, const void *context)
{
	struct sp_arena arena = { 0 };
	struct sp_report report = { .arena = &arena };
	struct sp_resource_list *old = sp_resource_list_new(before, &report);
	struct sp_resource_list *new = sp_resource_list_new(after, &report);
	bool good = compare(old, new, find, context);

	sp_resource_list_free(old);
	sp_resource_list_free(new);
	sp_arena_free(&arena);
	return good;
}
