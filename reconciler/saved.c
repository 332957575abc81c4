/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/saved.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/checksum.h"
#include "reconciler/saved_node.h"
#include "selectors/expression.h"
#include "state/document.h"
#include "state/tree.h"

#define API_VERSION "samepage.dev/v1"

/* Reads item by item: a plan may have 100,000 nodes. */
struct reading {
	struct sp_composer *composer;
	struct sp_saved_fields fields;
	struct sp_arena item; /* owns the tree that is being looked at */
	struct sp_saved *saved;
	struct sp_report *report;
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

static bool read_node(struct reading *reading, const struct sp_tree *tree)
{
	struct sp_plan *plan = &reading->saved->plan;
	struct sp_plan_node node;

	if (!sp_saved_read_node(&reading->fields, tree, plan->policy, &node))
		return false;
	reading->nodes = sp_arena_grow(reading->fields.arena, reading->nodes, plan->node_count, &reading->node_capacity,
				       sizeof *reading->nodes);
	reading->nodes[plan->node_count++] = node;
	return true;
}

static bool read_counted(const struct reading *reading, const struct sp_tree *inputs, const char *name,
			 const char *const *fields, const char **path, size_t *count)
{
	const struct sp_tree *map;

	return sp_saved_field_map(&reading->fields, inputs, name, &map) &&
	       sp_saved_fields_check(&reading->fields, map, name, fields) &&
	       sp_saved_field_text(&reading->fields, map, "path", false, path) &&
	       sp_saved_field_number(&reading->fields, map, "count", count);
}

static bool read_nodes_input(const struct reading *reading, const struct sp_tree *inputs)
{
	static const char *const fields[] = { "path", "count", "total", "skipped", NULL };
	struct sp_plan *plan = &reading->saved->plan;
	const struct sp_tree *map = sp_tree_get(inputs, "nodes");

	if (!read_counted(reading, inputs, "nodes", fields, &plan->nodes_input.path, &plan->nodes_input.count))
		return false;
	plan->nodes_input.total = plan->nodes_input.count;
	return sp_saved_field_optional_number(&reading->fields, map, "total", &plan->nodes_input.total) &&
	       sp_saved_field_optional_number(&reading->fields, map, "skipped", &plan->nodes_input.skipped);
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
	       sp_saved_field_optional_number(&reading->fields, map, "skipped", &plan->workloads_input.skipped);
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

	return sp_saved_field_map(&reading->fields, inputs, "kubevirt", &map) &&
	       sp_saved_fields_check(&reading->fields, map, "kubevirt", fields) &&
	       sp_saved_field_text(&reading->fields, map, "path", false, &plan->kubevirt.path) &&
	       sp_saved_field_text(&reading->fields, map, "kind", false, &plan->kubevirt.kind) &&
	       sp_saved_field_text(&reading->fields, map, "namespace", false, &plan->kubevirt.namespace) &&
	       sp_saved_field_text(&reading->fields, map, "name", false, &plan->kubevirt.name);
}

static bool read_inputs(struct reading *reading, const struct sp_tree *inputs)
{
	static const char *const fields[] = { "kubevirt", "nodes", "facts", "workloads", NULL };

	if (inputs->type != SP_TREE_MAPPING)
		return sp_saved_field_refuse(&reading->fields, inputs, inputs->place, "inputs", "a mapping");
	return sp_saved_fields_check(&reading->fields, inputs, "inputs", fields) &&
	       read_kubevirt_input(reading, inputs) && read_nodes_input(reading, inputs) &&
	       read_facts_input(reading, inputs) && read_workloads_input(reading, inputs);
}

static bool read_selector(struct reading *reading, const struct sp_tree *tree)
{
	static const char *const fields[] = { "kind", "text", NULL };
	struct sp_plan *plan = &reading->saved->plan;
	const char *name;

	if (tree->type != SP_TREE_MAPPING)
		return sp_saved_field_refuse(&reading->fields, tree, tree->place, "selector", "a mapping");
	return sp_saved_fields_check(&reading->fields, tree, "selector", fields) &&
	       sp_saved_field_text(&reading->fields, tree, "kind", false, &name) &&
	       (sp_selector_kind_find(name, &plan->selector_kind) ||
		sp_fail(reading->report, "invalid-plan", sp_tree_get(tree, "kind")->place, "kind: %s is not known",
			name)) &&
	       sp_saved_field_text(&reading->fields, tree, "text", false, &plan->selector_text);
}

static bool read_summary(struct reading *reading, const struct sp_tree *tree)
{
	const char *fields[SP_ACTION_COUNT + 1] = { NULL };

	if (tree->type != SP_TREE_MAPPING)
		return sp_saved_field_refuse(&reading->fields, tree, tree->place, "summary", "a mapping");
	for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
		fields[action] = sp_action_name(action);
	if (!sp_saved_fields_check(&reading->fields, tree, "summary", fields))
		return false;
	for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
		if (!sp_saved_field_number(&reading->fields, tree, sp_action_name(action),
					   &reading->saved->plan.summary[action]))
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
	saved->files = sp_arena_grow(reading->fields.arena, saved->files, saved->file_count, &reading->file_capacity,
				     sizeof *saved->files);
	return saved->files[saved->file_count++] = sp_source_text(name, "", 0);
}

/* A place in a file that the plan names. */
static bool read_place(struct reading *reading, const struct sp_tree *tree, struct sp_place *place)
{
	const char *file;

	if (!sp_saved_field_text(&reading->fields, tree, "file", true, &file) ||
	    !sp_saved_field_position(&reading->fields, tree, "line", &place->line) ||
	    !sp_saved_field_position(&reading->fields, tree, "column", &place->column))
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
		return sp_saved_field_refuse(&reading->fields, tree, tree->place, "an entry of scheduling",
					     "a mapping");
	if (!sp_saved_fields_check(&reading->fields, tree, "an entry of scheduling", fields) ||
	    !sp_saved_field_text(&reading->fields, tree, "kind", false, &impact.kind) ||
	    !sp_saved_field_text(&reading->fields, tree, "namespace", false, &impact.namespace) ||
	    !sp_saved_field_text(&reading->fields, tree, "name", false, &impact.name) ||
	    !sp_saved_field_text(&reading->fields, tree, "requirement", false, &impact.requirement) ||
	    !sp_saved_field_number(&reading->fields, tree, "before", &impact.before) ||
	    !sp_saved_field_number(&reading->fields, tree, "after", &impact.after) ||
	    !sp_saved_field_number(&reading->fields, tree, "lost", &impact.lost) ||
	    !sp_saved_field_number(&reading->fields, tree, "gained", &impact.gained) ||
	    !sp_saved_field_optional_number(&reading->fields, tree, "unknown", &impact.unknown) ||
	    !read_place(reading, tree, &impact.place))
		return false;
	reading->impacts = sp_arena_grow(reading->fields.arena, reading->impacts, plan->impact_count,
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
		return sp_saved_field_refuse(&reading->fields, tree, tree->place, "a warning", "a mapping");
	if (!sp_saved_fields_check(&reading->fields, tree, "a warning", fields) ||
	    !sp_saved_field_text(&reading->fields, tree, "code", false, &warning.code) ||
	    !sp_saved_field_text(&reading->fields, tree, "message", false, &warning.message) ||
	    !sp_saved_field_optional_text(&reading->fields, tree, "help", &warning.help) ||
	    !read_place(reading, tree, &warning.place))
		return false;
	reading->warnings = sp_arena_grow(reading->fields.arena, reading->warnings, plan->warning_count,
					  &reading->warning_capacity, sizeof *reading->warnings);
	reading->warnings[plan->warning_count++] = warning;
	return true;
}

static bool read_refused_nodes(const struct reading *reading, const struct sp_tree *tree,
			       struct sp_plan_refusal *refusal)
{
	const struct sp_tree *list;
	const char **names;

	if (!sp_saved_field_list(&reading->fields, tree, "nodes", &list))
		return false;
	names = sp_arena_array(reading->fields.arena, list->count, sizeof *names);
	for (size_t i = 0; i < list->count; i++) {
		const struct sp_tree *name = list->entries[i].value;

		if (name->type != SP_TREE_SCALAR || name->scalar != SP_SCALAR_STRING)
			return sp_saved_field_refuse(&reading->fields, name, name->place, "nodes", "a list of names");
		names[i] = sp_arena_copy(reading->fields.arena, name->text, name->length);
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
		return sp_saved_field_refuse(&reading->fields, tree, tree->place, "a refusal", "a mapping");
	if (!sp_saved_fields_check(&reading->fields, tree, "a refusal", fields) ||
	    !sp_saved_field_text(&reading->fields, tree, "code", false, &refusal.code) ||
	    !sp_saved_field_text(&reading->fields, tree, "message", false, &refusal.message) ||
	    !sp_saved_field_text(&reading->fields, tree, "help", true, &refusal.help) ||
	    !read_refused_nodes(reading, tree, &refusal))
		return false;
	reading->refusals = sp_arena_grow(reading->fields.arena, reading->refusals, plan->refusal_count,
					  &reading->refusal_capacity, sizeof *reading->refusals);
	reading->refusals[plan->refusal_count++] = refusal;
	return true;
}

static bool read_version(struct reading *reading, const struct sp_tree *value)
{
	const char *version = value->type == SP_TREE_SCALAR ? value->text : "";

	return strcmp(version, API_VERSION) == 0 ||
	       sp_saved_field_doubt(
		       &reading->fields, "plan-version", value->place,
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
		return sp_saved_field_refuse(&reading->fields, value, value->place, what, "a string");
	*text = sp_arena_copy(reading->fields.arena, value->text, value->length);
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
	       sp_saved_field_doubt(&reading->fields, "plan-version", entry->key_place,
				    sp_arena_format(reading->report->arena,
						    "the plan has a field \"%s\" that this samepage does not know",
						    entry->key));
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
		return sp_saved_field_refuse(&reading->fields, value, value->place, parts[at].name, "a list");
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
			return sp_saved_field_refuse(&reading->fields, NULL, reading->place, parts[i].name, "there");
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
	return is_read &&
	       sp_saved_check(&reading->fields.judge, plan, &reading->checksum, reading->place, reading->fields.arena);
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
	struct reading reading = { .fields = { { report, lenient }, arena }, .saved = saved, .report = report };
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
