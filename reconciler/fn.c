/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/fn.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/fn_check.h"
#include "reconciler/fn_config.h"
#include "reconciler/fn_result.h"
#include "reconciler/guard.h"
#include "reconciler/splice.h"
#include "selectors/expression.h"
#include "state/resource_list.h"

struct function {
	struct sp_inputs *inputs;
	struct sp_source *source;
	struct sp_arena *arena;
	struct sp_report *report;
	struct sp_resource_list *list; /* read to its end: its root, and the aliases in it */
	struct sp_fn_item *items;
	size_t item_count;
	size_t item_capacity;
	struct sp_fn_config config;
	struct sp_selector considered;
	struct sp_selector protect;
	struct sp_plan plan;
	const struct sp_plan_node **nodes; /* of the plan, in the order of the text */
	struct sp_splice splice;
	size_t unlisted; /* changes that are made, and that have no result of their own */
	size_t edited;   /* nodes of which something was put into the splice */
	struct sp_fn_result *results;
	size_t result_count;
	size_t result_capacity;
};

/* Reading */

static bool survey(struct function *function)
{
	const struct sp_layout *item;

	while ((item = sp_resource_list_next(function->list))) {
		function->items = sp_arena_grow(function->arena, function->items, function->item_count,
						&function->item_capacity, sizeof *function->items);
		function->items[function->item_count++] = sp_fn_item_describe(item, function->arena);
	}
	return sp_resource_list_is_read(function->list);
}

static const struct sp_layout *root_value(const struct function *function, const char *name)
{
	const struct sp_layout_entry *entry = sp_layout_find(sp_resource_list_root(function->list), name);

	return entry ? entry->value : NULL;
}

static bool read_selector(struct function *function, const char *name, const char *expression,
			  struct sp_source **source, struct sp_selector *selector)
{
	*selector = (struct sp_selector){ 0 };
	if (!expression)
		return true;
	*source = sp_source_text(name, expression, strlen(expression));
	return sp_expression_parse(*source, function->arena, selector, function->report);
}

static bool read_config(struct function *function)
{
	struct sp_fn_config *config = &function->config;

	return sp_fn_config_read(root_value(function, "functionConfig"), function->arena, config, function->report) &&
	       read_selector(function, "functionConfig selector", config->selector, &function->inputs->selector_source,
			     &function->considered) &&
	       read_selector(function, "functionConfig protect", config->protect, &function->inputs->protect_source,
			     &function->protect);
}

/* Planning */

static bool read_nodes(struct function *function, struct sp_planner *planner, struct sp_plan_inputs *counts)
{
	struct sp_node_options reading = { .full = true }; /* places are compared with those of the layout */
	struct sp_node_reader *reader;
	struct sp_node node;

	sp_source_rewind(function->source);
	reader = sp_node_reader_new(function->source, &reading, function->report);
	while (sp_node_reader_next(reader, &node)) {
		counts->node_total++;
		if (sp_selector_matches(&function->considered, &node.labels, NULL))
			sp_planner_add(planner, &node, NULL);
	}
	counts->skipped = sp_node_reader_skipped(reader);
	sp_node_reader_free(reader);
	if (function->report->errors > 0)
		return false;
	if (counts->node_total > 0)
		return true;
	sp_fail(function->report, "no-node", (struct sp_place){ function->source, 0, 0 }, "no Node among the items");
	return sp_help(function->report, "kubectl get nodes -o yaml writes them");
}

static int compare_places(const void *left, const void *right)
{
	const struct sp_plan_node *const *first = left;
	const struct sp_plan_node *const *second = right;
	struct sp_place one = (*first)->place;
	struct sp_place other = (*second)->place;

	if (one.line != other.line)
		return one.line < other.line ? -1 : 1;
	return one.column < other.column ? -1 : one.column > other.column;
}

static void sort_nodes(struct function *function)
{
	size_t count = function->plan.node_count;

	function->nodes = sp_arena_array(function->arena, count, sizeof(struct sp_plan_node *));
	for (size_t i = 0; i < count; i++)
		function->nodes[i] = &function->plan.nodes[i];
	if (count > 0)
		qsort(function->nodes, count, sizeof *function->nodes, compare_places);
}

static bool plan(struct function *function)
{
	struct sp_kubevirt_options reading = { .lenient = function->config.lenient };
	struct sp_plan_inputs counts = { .kubevirt_path = "-", .nodes_path = "-" };
	struct sp_planner *planner;

	sp_source_rewind(function->source);
	if (!sp_kubevirt_read(function->source, &reading, function->arena, &function->inputs->kubevirt,
			      function->report))
		return false;
	planner = sp_planner_start(function->arena, &function->inputs->kubevirt, function->config.policy);
	if (function->config.protect)
		sp_planner_protect(planner, &function->protect);
	if (function->config.allow_all)
		sp_planner_allow_all(planner);
	if (!read_nodes(function, planner, &counts) ||
	    !sp_planner_finish(planner, &counts, &function->plan, function->report))
		return false;
	sort_nodes(function);
	return true;
}

/* The planned node at `place`, if it gets another label or annotation. */
static const struct sp_plan_node *find_changed(const void *context, struct sp_place place)
{
	const struct function *function = context;
	struct sp_plan_node wanted = { .place = place };
	const struct sp_plan_node *key = &wanted;
	const struct sp_plan_node **found;

	if (function->plan.node_count == 0)
		return NULL;
	found = bsearch(&key, function->nodes, function->plan.node_count, sizeof *function->nodes, compare_places);
	return found && sp_plan_node_is_patched(*found) ? *found : NULL;
}

/* Results */

/* So many changes are listed: nobody reads more, and a list without an end would take memory without one. */
enum { MOST_CHANGES = 10000 };

static void add_result(struct function *function, const struct sp_fn_result *result)
{
	function->results = sp_arena_grow(function->arena, function->results, function->result_count,
					  &function->result_capacity, sizeof *function->results);
	function->results[function->result_count++] = *result;
}

static bool is_before(struct sp_place left, struct sp_place right)
{
	return left.line < right.line || (left.line == right.line && left.column < right.column);
}

/* The item in which `place` is, or NULL. */
static const struct sp_fn_item *find_item(const struct function *function, struct sp_place place)
{
	const struct sp_fn_item *found = NULL;

	if (place.source != function->source || place.line == 0)
		return NULL;
	for (size_t i = 0; i < function->item_count && !is_before(place, function->items[i].place); i++)
		found = &function->items[i];
	return found && is_before(place, sp_source_place(function->source, found->end)) ? found : NULL;
}

static void add_diagnostics(struct function *function)
{
	for (size_t i = 0; i < function->report->count; i++) {
		const struct sp_diagnostic *diagnostic = &function->report->diagnostics[i];
		struct sp_fn_result result = {
			.severity = diagnostic->severity == SP_ERROR ? "error" : "warning",
			.code = diagnostic->code,
			.message = diagnostic->message,
			.help = diagnostic->help,
			.item = find_item(function, diagnostic->place),
		};

		add_result(function, &result);
	}
}

static bool has_proposed_values(const struct function *function)
{
	const char *version = sp_layout_text(sp_resource_list_root(function->list), "apiVersion");

	return version && strcmp(version, "config.kubernetes.io/v2alpha1") == 0;
}

/* How much deeper the results stand than their key: as deep as the items, which kustomize writes as deep as theirs, and
 * others deeper; in brackets, as much as the list's fields stand deeper than its bracket. */
static size_t results_step(const struct sp_layout *root, const struct sp_layout *items)
{
	const struct sp_layout *first = root->entries[0].key;

	if (root->is_flow)
		return first->place.column > root->place.column ? first->place.column - root->place.column : 2;
	if (items && !items->is_flow && items->place.column >= root->place.column)
		return items->place.column - root->place.column;
	return 2;
}

/* Puts the results that do not stand there already behind those that do. */
static bool put_results(struct function *function)
{
	const struct sp_layout *root = sp_resource_list_root(function->list);
	const struct sp_layout *old = root_value(function, "results");
	const struct sp_layout *items = root_value(function, "items");
	struct sp_splice_item *written = sp_arena_array(function->arena, function->result_count, sizeof *written);
	struct sp_splice_content content = { .items = written };
	const char *problem;

	for (size_t i = 0; i < function->result_count; i++)
		if (!sp_fn_result_is_in(old, &function->results[i], function->arena))
			written[content.item_count++] = sp_fn_result_write(&function->results[i],
									   has_proposed_values(function),
									   function->arena);
	if (content.item_count == 0)
		return true;
	problem = sp_splice_put(&function->splice, root, "results", NULL, results_step(root, items), &content);
	return !problem || sp_fail(function->report, "not-editable", old ? old->place : root->place,
				   "cannot add to the results: %s", problem);
}

/* Editing */

/* What one of the two keys becomes. */
struct wanted {
	const char *map; /* "labels" */
	const char *key;
	const struct sp_change *change;
	bool has_map; /* as far as the text's meaning goes */
};

static bool is_shared(const struct function *function, const struct sp_layout *layout)
{
	return layout && sp_resource_list_is_aliased(function->list, layout->anchor);
}

/* Why a key cannot be set without a change to something else, or NULL. What it means was told by the planner; what is
 * written may differ from it, where aliases and merge keys bring in what stands elsewhere. */
static const char *find_problem(const struct function *function, const struct sp_layout *item,
				const struct sp_layout *metadata, const struct wanted *wanted)
{
	const struct sp_layout_entry *map = sp_layout_find(metadata, wanted->map);
	const struct sp_layout_entry *old = map ? sp_layout_find(map->value, wanted->key) : NULL;

	if (!metadata || metadata->type != SP_LAYOUT_MAPPING)
		return "its metadata is an alias, or comes from a merge key";
	if (is_shared(function, item) || is_shared(function, metadata) || (map && is_shared(function, map->value)) ||
	    (old && is_shared(function, old->value)))
		return "it has an anchor, and an alias shares it";
	if (map && map->value->type == SP_LAYOUT_ALIAS)
		return "it is an alias";
	if ((wanted->has_map && !map) || (wanted->change->before && !old))
		return "it comes from a merge key, or its key is an alias";
	return NULL;
}

static bool put(struct function *function, const struct sp_plan_node *node, const struct sp_layout *item,
		const struct wanted *wanted)
{
	const struct sp_layout_entry *entry = sp_layout_find(item, "metadata");
	const struct sp_layout *metadata = entry ? entry->value : NULL;
	const struct sp_layout_entry *map = sp_layout_find(metadata, wanted->map);
	struct sp_splice_content content = { .key = wanted->key, .value = wanted->change->after };
	const char *problem = find_problem(function, item, metadata, wanted);
	const struct sp_layout *sibling = map && map->value->type == SP_LAYOUT_MAPPING ? map->value : NULL;
	size_t step;

	if (!problem) {
		step = sibling ? sp_splice_step(metadata, sibling) : sp_splice_step(item, metadata);
		problem = sp_splice_put(&function->splice, metadata, wanted->map, "name", step, &content);
	}
	if (!problem)
		return true;
	sp_fail(function->report, "not-editable", map ? map->key->place : item->place,
		"cannot set %s in metadata.%s of Node \"%s\": %s", wanted->key, wanted->map, node->name, problem);
	return sp_help(function->report, "write metadata.%s of this Node out, as a mapping of its own", wanted->map);
}

static void add_change(struct function *function, const struct sp_plan_node *node, const struct sp_fn_item *item,
		       const struct wanted *wanted)
{
	struct sp_fn_result result;

	if (function->result_count == MOST_CHANGES) {
		function->unlisted++;
		return;
	}
	result = (struct sp_fn_result){
		.severity = "info",
		.code = sp_reason_name(node->reason),
		.message = sp_arena_format(function->arena, "%s: %s", sp_action_name(node->action), node->message),
		.item = item,
		.field = sp_arena_format(function->arena, "metadata.%s['%s']", wanted->map, wanted->key),
		.before = wanted->change->before,
		.after = wanted->change->after,
	};

	add_result(function, &result);
}

static void add_unlisted(struct function *function)
{
	struct sp_fn_result result = {
		.severity = "info",
		.code = "not-listed",
		.message = sp_arena_format(function->arena, "%zu more changes were made, which are not listed",
					   function->unlisted),
	};

	if (function->unlisted > 0)
		add_result(function, &result);
}

static void edit_node(struct function *function, const struct sp_plan_node *node, const struct sp_layout *layout,
		      const struct sp_fn_item *item)
{
	const struct wanted both[] = {
		{ "labels", SP_LABEL_ENABLED, &node->label, node->has_labels },
		{ "annotations", SP_ANNOTATION_MANAGED, &node->annotation, node->has_annotations },
	};

	function->edited++;
	for (size_t i = 0; i < sizeof both / sizeof *both; i++)
		if (both[i].change->changes && both[i].change->after && put(function, node, layout, &both[i]))
			add_change(function, node, item, &both[i]);
}

static size_t count_changed(const struct function *function)
{
	size_t changed = 0;

	for (size_t i = 0; i < function->plan.node_count; i++)
		changed += sp_plan_node_is_patched(&function->plan.nodes[i]);
	return changed;
}

static void report_aliased_items(struct function *function)
{
	sp_fail(function->report, "not-editable", (struct sp_place){ function->source, 0, 0 },
		"a Node among the items is an alias of something else");
	sp_help(function->report, "write it out");
}

/* Reads the list once more, now that it is known what is to be edited. */
static bool edit(struct function *function)
{
	struct sp_resource_list *list = sp_resource_list_new(function->source, function->report);
	const struct sp_layout *layout;

	for (size_t i = 0; (layout = sp_resource_list_next(list)); i++) {
		const struct sp_plan_node *node = layout->type == SP_LAYOUT_ALIAS ?
							  NULL :
							  find_changed(function, layout->place);

		if (node)
			edit_node(function, node, layout, &function->items[i]);
	}
	sp_resource_list_free(list);
	if (function->report->errors == 0 && function->edited < count_changed(function))
		report_aliased_items(function);
	return function->report->errors == 0;
}

/* Writing */

static void start_splice(struct function *function)
{
	size_t length;
	const char *text = sp_source_bytes(function->source, &length);

	sp_splice_start(&function->splice, text, length, sp_resource_list_is_json(function->list), function->arena);
}

static const struct sp_plan_node *find_none(const void *context, struct sp_place place)
{
	(void)context;
	(void)place;
	return NULL;
}

/* Appends the edited text, once it is proved that the edits did what they should. */
static bool write(struct function *function, sp_fn_find_function *find, struct sp_text *out)
{
	struct sp_source *edited;
	bool good;

	if (!put_results(function))
		return false;
	good = sp_splice_write(&function->splice, out);
	edited = sp_source_text("the edited text", sp_text_string(out), out->length);
	good = good && (function->splice.count == 0 || sp_fn_check(function->source, edited, find, function));
	sp_source_close(edited);
	if (good)
		return true;
	out->length = 0;
	sp_fail(function->report, "not-editable", (struct sp_place){ function->source, 0, 0 },
		"the edited text would not read as it should");
	return sp_help(function->report,
		       "this layout is not one that samepage knows how to edit; kubectl writes one that it does");
}

/* What was to be changed is not; the list is handed back with the errors. */
static enum sp_fn_outcome fail(struct function *function, enum sp_fn_outcome outcome, struct sp_text *out)
{
	function->result_count = 0;
	add_diagnostics(function);
	start_splice(function);
	return write(function, find_none, out) ? outcome : SP_FN_UNREADABLE;
}

static enum sp_fn_outcome run(struct function *function, struct sp_text *out)
{
	struct sp_place place = { function->source, 0, 0 };

	if (!survey(function))
		return SP_FN_UNREADABLE;
	if (!read_config(function) || !plan(function))
		return fail(function, SP_FN_FAILED, out);
	if (!sp_guard_check(&function->config.guards, &function->plan, place, function->arena, function->report))
		return fail(function, SP_FN_REFUSED, out);
	start_splice(function);
	if (!edit(function))
		return fail(function, SP_FN_FAILED, out);
	add_unlisted(function);
	add_diagnostics(function);
	if (!write(function, find_changed, out))
		return fail(function, SP_FN_FAILED, out);
	return SP_FN_DONE;
}

enum sp_fn_outcome sp_fn_run(struct sp_inputs *inputs, struct sp_arena *arena, struct sp_text *out,
			     struct sp_report *report)
{
	struct function function = {
		.inputs = inputs, .source = inputs->nodes_source, .arena = arena, .report = report
	};
	enum sp_fn_outcome outcome;

	function.list = sp_resource_list_new(function.source, report);
	outcome = run(&function, out);
	sp_resource_list_free(function.list);
	return outcome;
}
