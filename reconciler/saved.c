/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/saved.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/checksum.h"
#include "reconciler/saved_check.h"
#include "selectors/expression.h"
#include "state/document.h"
#include "state/tree.h"

#define API_VERSION "samepage.dev/v1"

/* Reads item by item: a plan may have 100,000 nodes. */
struct reading {
	struct sp_composer *composer;
	struct sp_arena *arena; /* owns the plan */
	struct sp_arena item;   /* owns the tree that is being looked at */
	struct sp_saved *saved;
	struct sp_report *report;
	struct sp_saved_judge judge;
	struct sp_checksum checksum;
	struct sp_plan_node *nodes;
	size_t node_capacity;
	struct sp_impact *impacts;
	size_t impact_capacity;
	struct sp_plan_warning *warnings;
	size_t warning_capacity;
	struct sp_plan_refusal *refusals;
	size_t refusal_capacity;
	size_t file_capacity;
	struct sp_place place; /* of the plan */
	unsigned seen;         /* which of the fields that must be there have been */
};

static bool doubt(const struct reading *reading, const char *code, struct sp_place place, const char *what)
{
	return sp_saved_doubt(&reading->judge, code, place, what);
}

static bool refuse(const struct reading *reading, const struct sp_tree *value, struct sp_place place, const char *what,
		   const char *wanted)
{
	return sp_fail(reading->report, "invalid-plan", value ? value->place : place, "%s: %s, and should be %s", what,
		       value ? sp_tree_type_name(value) : "is missing", wanted);
}

/* The string in field `name`; null, where it may be, is NULL. */
static bool read_text(const struct reading *reading, const struct sp_tree *tree, const char *name, bool may_be_null,
		      const char **text)
{
	const struct sp_tree *value = sp_tree_get(tree, name);

	*text = NULL;
	if (may_be_null && value && sp_tree_is_null(value))
		return true;
	if (!value || value->type != SP_TREE_SCALAR || value->scalar != SP_SCALAR_STRING)
		return refuse(reading, value, tree->place, name, "a string");
	*text = sp_arena_copy(reading->arena, value->text, value->length);
	return true;
}

/* The same for a string that may not be there. */
static bool read_optional_text(const struct reading *reading, const struct sp_tree *tree, const char *name,
			       const char **text)
{
	*text = NULL;
	return !sp_tree_get(tree, name) || read_text(reading, tree, name, false, text);
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

static bool read_number(const struct reading *reading, const struct sp_tree *tree, const char *name, size_t *number)
{
	const struct sp_tree *value = sp_tree_get(tree, name);

	if (parse_number(value, number))
		return true;
	if (value && value->type == SP_TREE_SCALAR && value->is_plain && !sp_tree_is_null(value))
		return sp_fail(reading->report, "invalid-plan", value->place,
			       "%s: %.20s%s is no whole number from 0 to %zu", name, value->text,
			       value->length > 20 ? "..." : "", SIZE_MAX);
	return refuse(reading, value, tree->place, name, "a number");
}

/* A number that is left out where it says nothing, and then stays as it is. */
static bool read_optional_number(const struct reading *reading, const struct sp_tree *tree, const char *name,
				 size_t *number)
{
	return !sp_tree_get(tree, name) || read_number(reading, tree, name, number);
}

/* A line or a column: null is 0. */
static bool read_position(const struct reading *reading, const struct sp_tree *tree, const char *name, size_t *number)
{
	const struct sp_tree *value = sp_tree_get(tree, name);

	return (value && sp_tree_is_null(value)) || read_number(reading, tree, name, number);
}

static bool read_flag(const struct reading *reading, const struct sp_tree *tree, const char *name, bool *flag)
{
	const struct sp_tree *value = sp_tree_get(tree, name);

	*flag = false;
	if (!value || value->type != SP_TREE_SCALAR || value->scalar != SP_SCALAR_BOOL)
		return refuse(reading, value, tree->place, name, "true or false");
	*flag = strcmp(value->text, "true") == 0;
	return true;
}

/* A flag that is left out where it is false. */
static bool read_optional_flag(const struct reading *reading, const struct sp_tree *tree, const char *name, bool *flag)
{
	*flag = false;
	if (!sp_tree_get(tree, name))
		return true;
	return read_flag(reading, tree, name, flag) &&
	       (*flag || sp_fail(reading->report, "invalid-plan", sp_tree_get(tree, name)->place,
				 "%s: is true, or left out", name));
}

static bool read_map(const struct reading *reading, const struct sp_tree *tree, const char *name,
		     const struct sp_tree **map)
{
	*map = sp_tree_get(tree, name);
	return (*map && (*map)->type == SP_TREE_MAPPING) || refuse(reading, *map, tree->place, name, "a mapping");
}

static bool read_list(const struct reading *reading, const struct sp_tree *tree, const char *name,
		      const struct sp_tree **list)
{
	*list = sp_tree_get(tree, name);
	return (*list && (*list)->type == SP_TREE_SEQUENCE) || refuse(reading, *list, tree->place, name, "a list");
}

/* No field may be there that this program does not know: it would be left out of what is carried out. */
static bool check_fields(const struct reading *reading, const struct sp_tree *tree, const char *what,
			 const char *const *names)
{
	for (size_t i = 0; i < tree->count; i++) {
		const char *const *name = names;

		while (*name && strcmp(*name, tree->entries[i].key) != 0)
			name++;
		if (*name)
			continue;
		if (!doubt(reading, "plan-version", tree->entries[i].key_place,
			   sp_arena_format(reading->report->arena,
					   "%s has a field \"%s\" that this samepage does not know", what,
					   tree->entries[i].key)))
			return false;
	}
	return true;
}

static bool read_change(const struct reading *reading, const struct sp_tree *tree, struct sp_change *change)
{
	static const char *const fields[] = { "before", "after", "afterUnknown", NULL };
	bool is_unknown;

	if (tree->type != SP_TREE_MAPPING)
		return refuse(reading, tree, tree->place, "a change", "a mapping");
	change->changes = true;
	if (!check_fields(reading, tree, "a change", fields) ||
	    !read_text(reading, tree, "before", true, &change->before) ||
	    !read_optional_flag(reading, tree, "afterUnknown", &is_unknown))
		return false;
	if (is_unknown && sp_tree_get(tree, "after"))
		return sp_fail(reading->report, "invalid-plan", sp_tree_get(tree, "after")->place,
			       "a change has after or afterUnknown, not both");
	return is_unknown || read_text(reading, tree, "after", false, &change->after);
}

/* The change of the one key that we set in labels or in annotations. */
static bool read_key(const struct reading *reading, const struct sp_tree *node, const char *map_name, const char *key,
		     struct sp_change *change)
{
	const char *const keys[] = { key, NULL };
	const struct sp_tree *map;

	if (!read_map(reading, node, map_name, &map) || !check_fields(reading, map, map_name, keys))
		return false;
	return !sp_tree_get(map, key) || read_change(reading, sp_tree_get(map, key), change);
}

/* The knob's name as the program knows it, or NULL. */
static const char *known_knob(const char *name)
{
	for (size_t i = 0; i < SP_WRITTEN_KNOB_COUNT; i++)
		if (strcmp(sp_written_knobs[i], name) == 0)
			return sp_written_knobs[i];
	return NULL;
}

static bool read_knobs(const struct reading *reading, const struct sp_tree *tree, struct sp_plan_node *node)
{
	const struct sp_tree *map;
	struct sp_knob_change *knobs;

	if (!read_map(reading, tree, "sysfs", &map))
		return false;
	knobs = sp_arena_array(reading->arena, map->count, sizeof *knobs);
	for (size_t i = 0; i < map->count; i++) {
		const struct sp_tree_entry *entry = &map->entries[i];

		knobs[i].knob = known_knob(entry->key);
		if (!knobs[i].knob)
			return sp_fail(reading->report, "invalid-plan", entry->key_place,
				       "sysfs: samepage never writes \"%s\"", entry->key);
		if (!read_change(reading, entry->value, &knobs[i].change))
			return false;
	}
	node->knobs = knobs;
	node->knob_count = map->count;
	return true;
}

static bool read_overrides(const struct reading *reading, const struct sp_tree *tree, struct sp_plan_node *node)
{
	const char *fields[SP_OVERRIDE_COUNT + 1] = { NULL };
	const struct sp_tree *map = sp_tree_get(tree, "overrides");
	struct sp_label *items;

	if (!map)
		return true;
	if (map->type != SP_TREE_MAPPING)
		return refuse(reading, map, map->place, "overrides", "a mapping");
	memcpy(fields, sp_override_annotations, sizeof fields - sizeof *fields);
	if (!check_fields(reading, map, "overrides", fields))
		return false;
	items = sp_arena_array(reading->arena, map->count, sizeof *items);
	for (size_t i = 0; i < map->count; i++) {
		items[i].key = sp_arena_string(reading->arena, map->entries[i].key);
		if (!read_text(reading, map, items[i].key, false, &items[i].value))
			return false;
	}
	node->overrides = (struct sp_labels){ items, map->count };
	return true;
}

/* A field that holds one of some names. */
#define READ_NAME(reading, tree, field, find, result, wanted)                                               \
	(read_text(reading, tree, field, false, &name) &&                                                   \
	 (find(name, result) || sp_fail((reading)->report, "invalid-plan", sp_tree_get(tree, field)->place, \
					field ": %s is not known", name)))

static bool read_action(const struct reading *reading, const struct sp_tree *tree, struct sp_plan_node *node)
{
	const char *name;

	return READ_NAME(reading, tree, "action", sp_action_find, &node->action, "an action") &&
	       READ_NAME(reading, tree, "reason", sp_reason_find, &node->reason, "a reason");
}

static bool check_name(const struct reading *reading, const struct sp_tree *tree, const char *name)
{
	const char *problem = sp_subdomain_problem(name);

	return !problem || sp_fail(reading->report, "invalid-node-name", sp_tree_get(tree, "name")->place,
				   "node name \"%s\" %s", name, problem);
}

/* What a key that stays is, as far as the plan lets it be told: the label always, the annotation under the static
 * policy. */
static void fill_in(const struct sp_plan *plan, struct sp_plan_node *node)
{
	const char *wanted = node->selected && node->action != SP_ACTION_BLOCKED ? "true" : "false";

	if (!node->label.changes)
		node->label.after = wanted;
	if (!node->annotation.changes && plan->policy == SP_POLICY_STATIC)
		node->annotation.after = wanted;
}

static bool read_node(struct reading *reading, const struct sp_tree *tree)
{
	static const char *const fields[] = { "name",    "uid",         "action",           "reason",
					      "message", "selected",    "labels",           "annotations",
					      "sysfs",   "lacksLabels", "lacksAnnotations", "overrides",
					      NULL };
	struct sp_plan *plan = &reading->saved->plan;
	struct sp_plan_node node = { .place = tree->place };
	bool lacks_labels;
	bool lacks_annotations;

	if (tree->type != SP_TREE_MAPPING)
		return refuse(reading, tree, tree->place, "a node", "a mapping");
	if (!check_fields(reading, tree, "a node", fields) || !read_text(reading, tree, "name", false, &node.name) ||
	    !check_name(reading, tree, node.name) || !read_text(reading, tree, "uid", true, &node.uid) ||
	    !read_action(reading, tree, &node) || !read_text(reading, tree, "message", false, &node.message) ||
	    !read_flag(reading, tree, "selected", &node.selected) ||
	    !read_key(reading, tree, "labels", SP_LABEL_ENABLED, &node.label) ||
	    !read_key(reading, tree, "annotations", SP_ANNOTATION_MANAGED, &node.annotation) ||
	    !read_knobs(reading, tree, &node) || !read_overrides(reading, tree, &node) ||
	    !read_optional_flag(reading, tree, "lacksLabels", &lacks_labels) ||
	    !read_optional_flag(reading, tree, "lacksAnnotations", &lacks_annotations))
		return false;
	if ((lacks_labels && !node.label.changes) || (lacks_annotations && !node.annotation.changes))
		return sp_fail(reading->report, "invalid-plan", tree->place,
			       "lacksLabels and lacksAnnotations go with a change of them");
	fill_in(plan, &node);
	node.has_labels = !lacks_labels;
	node.has_annotations = !lacks_annotations;
	reading->nodes = sp_arena_grow(reading->arena, reading->nodes, plan->node_count, &reading->node_capacity,
				       sizeof *reading->nodes);
	reading->nodes[plan->node_count++] = node;
	return true;
}

static bool read_counted(const struct reading *reading, const struct sp_tree *inputs, const char *name,
			 const char *const *fields, const char **path, size_t *count)
{
	const struct sp_tree *map;

	return read_map(reading, inputs, name, &map) && check_fields(reading, map, name, fields) &&
	       read_text(reading, map, "path", false, path) && read_number(reading, map, "count", count);
}

static bool read_nodes_input(const struct reading *reading, const struct sp_tree *inputs)
{
	static const char *const fields[] = { "path", "count", "total", "skipped", NULL };
	struct sp_plan *plan = &reading->saved->plan;
	const struct sp_tree *map = sp_tree_get(inputs, "nodes");

	if (!read_counted(reading, inputs, "nodes", fields, &plan->nodes_input.path, &plan->nodes_input.count))
		return false;
	plan->nodes_input.total = plan->nodes_input.count;
	return read_optional_number(reading, map, "total", &plan->nodes_input.total) &&
	       read_optional_number(reading, map, "skipped", &plan->nodes_input.skipped);
}

static bool read_workloads_input(const struct reading *reading, const struct sp_tree *inputs)
{
	static const char *const fields[] = { "path", "count", "skipped", NULL };
	struct sp_plan *plan = &reading->saved->plan;
	const struct sp_tree *map = sp_tree_get(inputs, "workloads");

	if (!map)
		return true;
	return read_counted(reading, inputs, "workloads", fields, &plan->workloads_input.path,
			    &plan->workloads_input.count) &&
	       read_optional_number(reading, map, "skipped", &plan->workloads_input.skipped);
}

static bool read_facts_input(const struct reading *reading, const struct sp_tree *inputs)
{
	static const char *const fields[] = { "path", "count", NULL };
	struct sp_plan *plan = &reading->saved->plan;
	const struct sp_tree *map = sp_tree_get(inputs, "facts");

	return (map && sp_tree_is_null(map)) ||
	       read_counted(reading, inputs, "facts", fields, &plan->facts_input.path, &plan->facts_input.count);
}

static bool read_kubevirt_input(const struct reading *reading, const struct sp_tree *inputs)
{
	static const char *const fields[] = { "path", "kind", "namespace", "name", NULL };
	struct sp_plan *plan = &reading->saved->plan;
	const struct sp_tree *map;

	return read_map(reading, inputs, "kubevirt", &map) && check_fields(reading, map, "kubevirt", fields) &&
	       read_text(reading, map, "path", false, &plan->kubevirt.path) &&
	       read_text(reading, map, "kind", false, &plan->kubevirt.kind) &&
	       read_text(reading, map, "namespace", false, &plan->kubevirt.namespace) &&
	       read_text(reading, map, "name", false, &plan->kubevirt.name);
}

static bool read_inputs(struct reading *reading, const struct sp_tree *inputs)
{
	static const char *const fields[] = { "kubevirt", "nodes", "facts", "workloads", NULL };

	if (inputs->type != SP_TREE_MAPPING)
		return refuse(reading, inputs, inputs->place, "inputs", "a mapping");
	return check_fields(reading, inputs, "inputs", fields) && read_kubevirt_input(reading, inputs) &&
	       read_nodes_input(reading, inputs) && read_facts_input(reading, inputs) &&
	       read_workloads_input(reading, inputs);
}

static bool read_selector(struct reading *reading, const struct sp_tree *tree)
{
	static const char *const fields[] = { "kind", "text", NULL };
	struct sp_plan *plan = &reading->saved->plan;
	const char *name;

	if (tree->type != SP_TREE_MAPPING)
		return refuse(reading, tree, tree->place, "selector", "a mapping");
	return check_fields(reading, tree, "selector", fields) &&
	       READ_NAME(reading, tree, "kind", sp_selector_kind_find, &plan->selector_kind, "a kind") &&
	       read_text(reading, tree, "text", false, &plan->selector_text);
}

static bool read_summary(struct reading *reading, const struct sp_tree *tree)
{
	const char *fields[SP_ACTION_COUNT + 1] = { NULL };

	if (tree->type != SP_TREE_MAPPING)
		return refuse(reading, tree, tree->place, "summary", "a mapping");
	for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
		fields[action] = sp_action_name(action);
	if (!check_fields(reading, tree, "summary", fields))
		return false;
	for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
		if (!read_number(reading, tree, sp_action_name(action), &reading->saved->plan.summary[action]))
			return false;
	return true;
}

/* A plan names few files; one that names many is not searched for each of them. */
enum { MOST_FILES = 16 };

/* A source that stands for a file which is named, and not read. */
static const struct sp_source *file_called(struct reading *reading, const char *name)
{
	struct sp_saved *saved = reading->saved;
	size_t first = saved->file_count > MOST_FILES ? saved->file_count - MOST_FILES : 0;

	for (size_t i = first; i < saved->file_count; i++)
		if (strcmp(sp_source_name(saved->files[i]), name) == 0)
			return saved->files[i];
	saved->files = sp_arena_grow(reading->arena, saved->files, saved->file_count, &reading->file_capacity,
				     sizeof *saved->files);
	return saved->files[saved->file_count++] = sp_source_text(name, "", 0);
}

/* A place in a file that the plan names. */
static bool read_place(struct reading *reading, const struct sp_tree *tree, struct sp_place *place)
{
	const char *file;

	if (!read_text(reading, tree, "file", true, &file) || !read_position(reading, tree, "line", &place->line) ||
	    !read_position(reading, tree, "column", &place->column))
		return false;
	if (file)
		place->source = file_called(reading, file);
	return true;
}

static bool read_impact(struct reading *reading, const struct sp_tree *tree)
{
	static const char *const fields[] = { "kind",   "namespace", "name", "requirement", "before", "after", "lost",
					      "gained", "unknown",   "file", "line",        "column", NULL };
	struct sp_plan *plan = &reading->saved->plan;
	struct sp_impact impact = { 0 };

	if (tree->type != SP_TREE_MAPPING)
		return refuse(reading, tree, tree->place, "an entry of scheduling", "a mapping");
	if (!check_fields(reading, tree, "an entry of scheduling", fields) ||
	    !read_text(reading, tree, "kind", false, &impact.kind) ||
	    !read_text(reading, tree, "namespace", false, &impact.namespace) ||
	    !read_text(reading, tree, "name", false, &impact.name) ||
	    !read_text(reading, tree, "requirement", false, &impact.requirement) ||
	    !read_number(reading, tree, "before", &impact.before) ||
	    !read_number(reading, tree, "after", &impact.after) || !read_number(reading, tree, "lost", &impact.lost) ||
	    !read_number(reading, tree, "gained", &impact.gained) ||
	    !read_optional_number(reading, tree, "unknown", &impact.unknown) ||
	    !read_place(reading, tree, &impact.place))
		return false;
	reading->impacts = sp_arena_grow(reading->arena, reading->impacts, plan->impact_count,
					 &reading->impact_capacity, sizeof *reading->impacts);
	reading->impacts[plan->impact_count++] = impact;
	return true;
}

static bool read_warning(struct reading *reading, const struct sp_tree *tree)
{
	static const char *const fields[] = { "code", "message", "help", "file", "line", "column", NULL };
	struct sp_plan *plan = &reading->saved->plan;
	struct sp_plan_warning warning = { 0 };

	if (tree->type != SP_TREE_MAPPING)
		return refuse(reading, tree, tree->place, "a warning", "a mapping");
	if (!check_fields(reading, tree, "a warning", fields) ||
	    !read_text(reading, tree, "code", false, &warning.code) ||
	    !read_text(reading, tree, "message", false, &warning.message) ||
	    !read_optional_text(reading, tree, "help", &warning.help) || !read_place(reading, tree, &warning.place))
		return false;
	reading->warnings = sp_arena_grow(reading->arena, reading->warnings, plan->warning_count,
					  &reading->warning_capacity, sizeof *reading->warnings);
	reading->warnings[plan->warning_count++] = warning;
	return true;
}

static bool read_refused_nodes(const struct reading *reading, const struct sp_tree *tree,
			       struct sp_plan_refusal *refusal)
{
	const struct sp_tree *list;
	const char **names;

	if (!read_list(reading, tree, "nodes", &list))
		return false;
	names = sp_arena_array(reading->arena, list->count, sizeof *names);
	for (size_t i = 0; i < list->count; i++) {
		const struct sp_tree *name = list->entries[i].value;

		if (name->type != SP_TREE_SCALAR || name->scalar != SP_SCALAR_STRING)
			return refuse(reading, name, name->place, "nodes", "a list of names");
		names[i] = sp_arena_copy(reading->arena, name->text, name->length);
	}
	refusal->nodes = names;
	refusal->node_count = list->count;
	return true;
}

static bool read_refusal(struct reading *reading, const struct sp_tree *tree)
{
	static const char *const fields[] = { "code", "message", "help", "nodes", NULL };
	struct sp_plan *plan = &reading->saved->plan;
	struct sp_plan_refusal refusal = { 0 };

	if (tree->type != SP_TREE_MAPPING)
		return refuse(reading, tree, tree->place, "a refusal", "a mapping");
	if (!check_fields(reading, tree, "a refusal", fields) ||
	    !read_text(reading, tree, "code", false, &refusal.code) ||
	    !read_text(reading, tree, "message", false, &refusal.message) ||
	    !read_text(reading, tree, "help", true, &refusal.help) || !read_refused_nodes(reading, tree, &refusal))
		return false;
	reading->refusals = sp_arena_grow(reading->arena, reading->refusals, plan->refusal_count,
					  &reading->refusal_capacity, sizeof *reading->refusals);
	reading->refusals[plan->refusal_count++] = refusal;
	return true;
}

static bool read_version(struct reading *reading, const struct sp_tree *value)
{
	const char *version = value->type == SP_TREE_SCALAR ? value->text : "";

	return strcmp(version, API_VERSION) == 0 ||
	       doubt(reading, "plan-version", value->place,
		     sp_arena_format(reading->report->arena,
				     "apiVersion: the plan's format is \"%s\"; this samepage's is " API_VERSION,
				     version));
}

static bool read_kind(struct reading *reading, const struct sp_tree *value)
{
	const char *kind = value->type == SP_TREE_SCALAR ? value->text : "";

	if (strcmp(kind, "Plan") == 0)
		return true;
	sp_fail(reading->report, "invalid-plan", value->place, "a \"%s\" is no plan", kind);
	return sp_help(reading->report, "samepage plan --out FILE saves one");
}

static bool read_policy(struct reading *reading, const struct sp_tree *value)
{
	const char *name = value->type == SP_TREE_SCALAR ? value->text : "";

	return sp_policy_find(name, &reading->saved->plan.policy) ||
	       sp_fail(reading->report, "invalid-plan", value->place, "policy: \"%s\" is not known", name);
}

static bool read_string(struct reading *reading, const struct sp_tree *value, const char *what, const char **text)
{
	if (value->type != SP_TREE_SCALAR || value->scalar != SP_SCALAR_STRING)
		return refuse(reading, value, value->place, what, "a string");
	*text = sp_arena_copy(reading->arena, value->text, value->length);
	return true;
}

static bool read_digest(struct reading *reading, const struct sp_tree *value)
{
	return read_string(reading, value, "digest", &reading->saved->plan.digest);
}

static bool read_checksum(struct reading *reading, const struct sp_tree *value)
{
	return read_string(reading, value, "checksum", &reading->checksum.text);
}

static bool read_locator(struct reading *reading, const struct sp_tree *value)
{
	return read_string(reading, value, "locator", &reading->checksum.locator);
}

/* What a plan has at its top. Of a list each item is read by itself. */
static const struct part {
	const char *name;
	bool (*read)(struct reading *reading, const struct sp_tree *value);
	bool may_be_absent;
	bool is_list;
} parts[] = {
	{ "apiVersion", read_version, false, false }, { "kind", read_kind, false, false },
	{ "policy", read_policy, false, false },      { "inputs", read_inputs, false, false },
	{ "digest", read_digest, false, false },      { "selector", read_selector, false, false },
	{ "summary", read_summary, false, false },    { "nodes", read_node, false, true },
	{ "warnings", read_warning, false, true },    { "refusals", read_refusal, true, true },
	{ "scheduling", read_impact, true, true },    { "checksum", read_checksum, true, false },
	{ "locator", read_locator, true, false },
};
enum { PART_COUNT = sizeof parts / sizeof *parts };

static bool read_unknown(struct reading *reading, const struct sp_tree_entry *entry, const struct sp_tree *value)
{
	return value &&
	       doubt(reading, "plan-version", entry->key_place,
		     sp_arena_format(reading->report->arena,
				     "the plan has a field \"%s\" that this samepage does not know", entry->key));
}

static bool read_items(struct reading *reading, const struct part *part)
{
	struct sp_event event;

	while (sp_composer_next(reading->composer, &event)) {
		const struct sp_tree *tree;

		if (event.type == SP_EVENT_SEQUENCE_END)
			return true;
		tree = sp_composer_value(reading->composer, &event, &reading->item);
		if (!tree || !part->read(reading, tree))
			return false;
		sp_arena_reset(&reading->item);
	}
	return false;
}

static bool read_part(struct reading *reading, const struct sp_event *key_event)
{
	struct sp_tree_entry entry;
	struct sp_event event;
	const struct sp_tree *value;
	size_t at = 0;

	if (!sp_composer_key(reading->composer, key_event, &reading->item, &entry) ||
	    !sp_composer_next(reading->composer, &event))
		return false;
	while (at < PART_COUNT && strcmp(parts[at].name, entry.key) != 0)
		at++;
	if (at < PART_COUNT && (reading->seen & 1U << at))
		return sp_fail(reading->report, "duplicate-key", entry.key_place, "\"%s\" stands here a second time",
			       entry.key);
	if (at < PART_COUNT)
		reading->seen |= 1U << at;
	if (at < PART_COUNT && parts[at].is_list && event.type == SP_EVENT_SEQUENCE_START)
		return read_items(reading, &parts[at]);
	value = sp_composer_value(reading->composer, &event, &reading->item);
	if (!value || at == PART_COUNT)
		return read_unknown(reading, &entry, value);
	if (parts[at].is_list)
		return refuse(reading, value, value->place, parts[at].name, "a list");
	return parts[at].read(reading, value);
}

static bool read_parts(struct reading *reading)
{
	struct sp_event event;

	if (!sp_composer_next(reading->composer, &event))
		return false;
	reading->place = event.place;
	if (event.type != SP_EVENT_MAPPING_START) {
		sp_fail(reading->report, "invalid-plan", event.place, "this is no plan");
		return sp_help(reading->report, "samepage plan --out FILE saves one");
	}
	while (sp_composer_next(reading->composer, &event) && event.type != SP_EVENT_MAPPING_END)
		if (!read_part(reading, &event))
			return false;
	if (reading->report->errors > 0 || !sp_composer_next(reading->composer, &event)) /* the document's end */
		return false;
	for (size_t i = 0; i < PART_COUNT && reading->report->errors == 0; i++)
		if (!parts[i].may_be_absent && !(reading->seen & 1U << i))
			return refuse(reading, NULL, reading->place, parts[i].name, "there");
	return reading->report->errors == 0;
}

static bool read_document(struct reading *reading, struct sp_events *events, struct sp_arena *document)
{
	struct sp_plan *plan = &reading->saved->plan;
	bool is_read;

	reading->composer = sp_composer_new(events, document, reading->report);
	is_read = read_parts(reading);
	plan->nodes = reading->nodes;
	plan->impacts = reading->impacts;
	plan->warnings = reading->warnings;
	plan->refusals = reading->refusals;
	sp_composer_free(reading->composer);
	return is_read && sp_saved_check(&reading->judge, plan, &reading->checksum, reading->place, reading->arena);
}

/* Nothing may stand behind the plan: nobody would know which of two is meant. */
static bool check_end(struct sp_documents *documents, struct sp_report *report)
{
	struct sp_events *events;
	struct sp_event event;
	bool good;

	while ((good = sp_documents_next(documents, &events)) && events) {
		good = events->next(events, &event) &&
		       (event.type == SP_EVENT_END ||
			sp_fail(report, "invalid-plan", event.place, "something stands behind the plan"));
		events->free(events);
		if (!good)
			break;
	}
	return good;
}

bool sp_saved_read(struct sp_source *source, bool lenient, struct sp_arena *arena, struct sp_saved *saved,
		   struct sp_report *report)
{
	struct sp_arena document = { 0 };
	struct sp_documents documents;
	struct sp_events *events = NULL;
	struct reading reading = { .arena = arena, .saved = saved, .report = report, .judge = { report, lenient } };
	bool is_read;

	*saved = (struct sp_saved){ .source = source };
	if (!source)
		return false;
	sp_documents_start(&documents, saved->source, report);
	is_read = sp_documents_next(&documents, &events);
	if (is_read && !events)
		is_read = sp_fail(report, "invalid-plan", (struct sp_place){ saved->source, 0, 0 }, "this is no plan");
	else if (is_read)
		is_read = read_document(&reading, events, &document);
	if (events)
		events->free(events);
	is_read = is_read && check_end(&documents, report);
	sp_arena_free(&reading.item);
	sp_arena_free(&document);
	return is_read;
}

void sp_saved_close(struct sp_saved *saved)
{
	for (size_t i = 0; i < saved->file_count; i++)
		sp_source_close(saved->files[i]);
	sp_source_close(saved->source);
	*saved = (struct sp_saved){ 0 };
}

static int compare_name(const void *name, const void *node)
{
	return strcmp(name, ((const struct sp_plan_node *)node)->name);
}

const struct sp_plan_node *sp_saved_find(const struct sp_plan *plan, const char *name)
{
	return plan->node_count > 0 ? bsearch(name, plan->nodes, plan->node_count, sizeof *plan->nodes, compare_name) :
				      NULL;
}

bool sp_saved_kubevirt(const struct sp_saved *saved, struct sp_arena *arena, struct sp_kubevirt *kubevirt,
		       struct sp_report *report)
{
	const struct sp_plan *plan = &saved->plan;
	struct sp_source *source = sp_source_text("selector.text", plan->selector_text, strlen(plan->selector_text));
	struct sp_report unheard = { .arena = arena };
	const struct sp_place place = { saved->source, 0, 0 };
	struct sp_place *places;
	bool is_read = sp_expression_parse(source, arena, &kubevirt->selector, &unheard);

	sp_source_close(source);
	kubevirt->kind = plan->kubevirt.kind;
	kubevirt->namespace = plan->kubevirt.namespace;
	kubevirt->name = plan->kubevirt.name;
	kubevirt->selector_kind = plan->selector_kind;
	kubevirt->place = kubevirt->selector_place = place;
	places = sp_arena_array(arena, kubevirt->selector.count, sizeof *places);
	for (size_t i = 0; i < kubevirt->selector.count; i++)
		places[i] = place;
	kubevirt->requirement_places = places;
	return is_read || sp_fail(report, "invalid-plan", place, "selector.text: %s", unheard.diagnostics[0].message);
}
