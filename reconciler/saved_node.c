/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/saved_node.h"

#include <string.h>

static bool read_change(const struct sp_saved_fields *fields, const struct sp_tree *tree, struct sp_change *change)
{
	static const char *const names[] = { "before", "after", "afterUnknown", NULL };
	bool is_unknown;

	if (tree->type != SP_TREE_MAPPING)
		return sp_saved_field_refuse(fields, tree, tree->place, "a change", "a mapping");
	change->changes = true;
	if (!sp_saved_fields_check(fields, tree, "a change", names) ||
	    !sp_saved_field_text(fields, tree, "before", true, &change->before) ||
	    !sp_saved_field_optional_flag(fields, tree, "afterUnknown", &is_unknown))
		return false;
	if (is_unknown && sp_tree_get(tree, "after"))
		return sp_fail(fields->judge.report, "invalid-plan", sp_tree_get(tree, "after")->place,
			       "a change has after or afterUnknown, not both");
	return is_unknown || sp_saved_field_text(fields, tree, "after", false, &change->after);
}

/* The change of the one key that we set in labels or in annotations. */
static bool read_key(const struct sp_saved_fields *fields, const struct sp_tree *node, const char *map_name,
		     const char *key, struct sp_change *change)
{
	const char *const keys[] = { key, NULL };
	const struct sp_tree *map;

	if (!sp_saved_field_map(fields, node, map_name, &map) || !sp_saved_fields_check(fields, map, map_name, keys))
		return false;
	return !sp_tree_get(map, key) || read_change(fields, sp_tree_get(map, key), change);
}

/* The knob's name as the program knows it, or NULL. */
static const char *known_knob(const char *name)
{
	for (size_t i = 0; i < SP_WRITTEN_KNOB_COUNT; i++)
		if (strcmp(sp_written_knobs[i], name) == 0)
			return sp_written_knobs[i];
	return NULL;
}

static bool read_knobs(const struct sp_saved_fields *fields, const struct sp_tree *tree, struct sp_plan_node *node)
{
	const struct sp_tree *map;
	struct sp_knob_change *knobs;

	if (!sp_saved_field_map(fields, tree, "sysfs", &map))
		return false;
	knobs = sp_arena_array(fields->arena, map->count, sizeof *knobs);
	for (size_t i = 0; i < map->count; i++) {
		const struct sp_tree_entry *entry = &map->entries[i];

		knobs[i].knob = known_knob(entry->key);
		if (!knobs[i].knob)
			return sp_fail(fields->judge.report, "invalid-plan", entry->key_place,
				       "sysfs: samepage never writes \"%s\"", entry->key);
		if (!read_change(fields, entry->value, &knobs[i].change))
			return false;
	}
	node->knobs = knobs;
	node->knob_count = map->count;
	return true;
}

static bool read_overrides(const struct sp_saved_fields *fields, const struct sp_tree *tree, struct sp_plan_node *node)
{
	const char *names[SP_OVERRIDE_COUNT + 1] = { NULL };
	const struct sp_tree *map = sp_tree_get(tree, "overrides");
	struct sp_label *items;

	if (!map)
		return true;
	if (map->type != SP_TREE_MAPPING)
		return sp_saved_field_refuse(fields, map, map->place, "overrides", "a mapping");
	memcpy(names, sp_override_annotations, sizeof names - sizeof *names);
	if (!sp_saved_fields_check(fields, map, "overrides", names))
		return false;
	items = sp_arena_array(fields->arena, map->count, sizeof *items);
	for (size_t i = 0; i < map->count; i++) {
		items[i].key = sp_arena_string(fields->arena, map->entries[i].key);
		if (!sp_saved_field_text(fields, map, items[i].key, false, &items[i].value))
			return false;
	}
	node->overrides = (struct sp_labels){ items, map->count };
	return true;
}

/* A field that holds one of some names; it comes in `name`. */
#define READ_NAME(fields, tree, field, find, result)                                                             \
	(sp_saved_field_text(fields, tree, field, false, &name) &&                                               \
	 (find(name, result) || sp_fail((fields)->judge.report, "invalid-plan", sp_tree_get(tree, field)->place, \
					field ": %s is not known", name)))

static bool read_action(const struct sp_saved_fields *fields, const struct sp_tree *tree, struct sp_plan_node *node)
{
	const char *name;

	return READ_NAME(fields, tree, "action", sp_action_find, &node->action) &&
	       READ_NAME(fields, tree, "reason", sp_reason_find, &node->reason);
}

static bool check_name(const struct sp_saved_fields *fields, const struct sp_tree *tree, const char *name)
{
	const char *problem = sp_subdomain_problem(name);

	return !problem || sp_fail(fields->judge.report, "invalid-node-name", sp_tree_get(tree, "name")->place,
				   "node name \"%s\" %s", name, problem);
}

/* What a key that stays is, as far as the plan lets it be told: the label always, the annotation under the static
 * policy. */
static void fill_in(enum sp_policy policy, struct sp_plan_node *node)
{
	const char *wanted = node->selected && node->action != SP_ACTION_BLOCKED ? "true" : "false";

	if (!node->label.changes)
		node->label.after = wanted;
	if (!node->annotation.changes && policy == SP_POLICY_STATIC)
		node->annotation.after = wanted;
}

bool sp_saved_read_node(const struct sp_saved_fields *fields, const struct sp_tree *tree, enum sp_policy policy,
			struct sp_plan_node *node)
{
	static const char *const names[] = { "name",    "uid",         "action",           "reason",
					     "message", "selected",    "labels",           "annotations",
					     "sysfs",   "lacksLabels", "lacksAnnotations", "overrides",
					     NULL };
	bool lacks_labels;
	bool lacks_annotations;

	*node = (struct sp_plan_node){ .place = tree->place };
	if (tree->type != SP_TREE_MAPPING)
		return sp_saved_field_refuse(fields, tree, tree->place, "a node", "a mapping");
	if (!sp_saved_fields_check(fields, tree, "a node", names) ||
	    !sp_saved_field_text(fields, tree, "name", false, &node->name) || !check_name(fields, tree, node->name) ||
	    !sp_saved_field_text(fields, tree, "uid", true, &node->uid) || !read_action(fields, tree, node) ||
	    !sp_saved_field_text(fields, tree, "message", false, &node->message) ||
	    !sp_saved_field_flag(fields, tree, "selected", &node->selected) ||
	    !read_key(fields, tree, "labels", SP_LABEL_ENABLED, &node->label) ||
	    !read_key(fields, tree, "annotations", SP_ANNOTATION_MANAGED, &node->annotation) ||
	    !read_knobs(fields, tree, node) || !read_overrides(fields, tree, node) ||
	    !sp_saved_field_optional_flag(fields, tree, "lacksLabels", &lacks_labels) ||
	    !sp_saved_field_optional_flag(fields, tree, "lacksAnnotations", &lacks_annotations))
		return false;
	if ((lacks_labels && !node->label.changes) || (lacks_annotations && !node->annotation.changes))
		return sp_fail(fields->judge.report, "invalid-plan", tree->place,
			       "lacksLabels and lacksAnnotations go with a change of them");
	fill_in(policy, node);
	node->has_labels = !lacks_labels;
	node->has_annotations = !lacks_annotations;
	return true;
}
