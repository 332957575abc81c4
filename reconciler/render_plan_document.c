/* SPDX-License-Identifier: Apache-2.0 */
/* plan.json and its twin in YAML: one description of the plan for both. */
#include <pthread.h>

#include "reconciler/checksum.h"
#include "reconciler/document.h"
#include "reconciler/render.h"
#include "state/source.h"

enum { MANY_NODES = 500 };

/* A node that changes, as text: with room for that many, it need not be moved while it grows. */
enum { BYTES_OF_NODE = 768 };

static void describe_workloads_input(struct sp_document *document, const struct sp_plan *plan)
{
	if (!plan->workloads_input.path)
		return;
	sp_document_key(document, "workloads");
	sp_document_begin_map(document);
	sp_document_field(document, "path", plan->workloads_input.path);
	sp_document_number_field(document, "count", plan->workloads_input.count);
	if (plan->workloads_input.skipped > 0)
		sp_document_number_field(document, "skipped", plan->workloads_input.skipped);
	sp_document_end_map(document);
}

static void describe_inputs(struct sp_document *document, const struct sp_plan *plan)
{
	sp_document_key(document, "inputs");
	sp_document_begin_map(document);

	sp_document_key(document, "kubevirt");
	sp_document_begin_map(document);
	sp_document_field(document, "path", plan->kubevirt.path);
	sp_document_field(document, "kind", plan->kubevirt.kind);
	sp_document_field(document, "namespace", plan->kubevirt.namespace);
	sp_document_field(document, "name", plan->kubevirt.name);
	sp_document_end_map(document);

	sp_document_key(document, "nodes");
	sp_document_begin_map(document);
	sp_document_field(document, "path", plan->nodes_input.path);
	sp_document_number_field(document, "count", plan->nodes_input.count);
	if (plan->nodes_input.total > plan->nodes_input.count)
		sp_document_number_field(document, "total", plan->nodes_input.total);
	if (plan->nodes_input.skipped > 0)
		sp_document_number_field(document, "skipped", plan->nodes_input.skipped);
	sp_document_end_map(document);

	sp_document_key(document, "facts");
	if (plan->facts_input.path) {
		sp_document_begin_map(document);
		sp_document_field(document, "path", plan->facts_input.path);
		sp_document_number_field(document, "count", plan->facts_input.count);
		sp_document_end_map(document);
	} else {
		sp_document_null(document);
	}
	describe_workloads_input(document, plan);

	sp_document_end_map(document);
}

static void describe_selector(struct sp_document *document, const struct sp_plan *plan)
{
	sp_document_key(document, "selector");
	sp_document_begin_map(document);
	sp_document_field(document, "kind", sp_selector_kind_name(plan->selector_kind));
	sp_document_field(document, "text", plan->selector_text);
	sp_document_end_map(document);
}

static void describe_summary(struct sp_document *document, const struct sp_plan *plan)
{
	sp_document_key(document, "summary");
	sp_document_begin_map(document);
	for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
		sp_document_number_field(document, sp_action_name(action), plan->summary[action]);
	sp_document_end_map(document);
}

static void describe_true(struct sp_document *document, const char *key)
{
	sp_document_key(document, key);
	sp_document_bool(document, true);
}

static void describe_change(struct sp_document *document, const char *key, const struct sp_change *change)
{
	if (!change->changes)
		return;
	sp_document_key(document, key);
	sp_document_begin_map(document);
	sp_document_field(document, "before", change->before);
	if (change->after) {
		sp_document_field(document, "after", change->after);
	} else {
		describe_true(document, "afterUnknown");
	}
	sp_document_end_map(document);
}

/* What few nodes have: it is there only where it says something. */
static void describe_oddities(struct sp_document *document, const struct sp_plan_node *node)
{
	if (!node->has_labels && node->label.changes)
		describe_true(document, "lacksLabels");
	if (!node->has_annotations && node->annotation.changes)
		describe_true(document, "lacksAnnotations");
	if (node->overrides.count == 0)
		return;
	sp_document_key(document, "overrides");
	sp_document_begin_map(document);
	for (size_t i = 0; i < node->overrides.count; i++)
		sp_document_field(document, node->overrides.items[i].key, node->overrides.items[i].value);
	sp_document_end_map(document);
}

static void describe_node(struct sp_document *document, const struct sp_plan_node *node)
{
	sp_document_begin_map(document);
	sp_document_field(document, "name", node->name);
	sp_document_field(document, "uid", node->uid);
	sp_document_field(document, "action", sp_action_name(node->action));
	sp_document_field(document, "reason", sp_reason_name(node->reason));
	sp_document_field(document, "message", node->message);
	sp_document_key(document, "selected");
	sp_document_bool(document, node->selected);

	sp_document_key(document, "labels");
	sp_document_begin_map(document);
	describe_change(document, SP_LABEL_ENABLED, &node->label);
	sp_document_end_map(document);

	sp_document_key(document, "annotations");
	sp_document_begin_map(document);
	describe_change(document, SP_ANNOTATION_MANAGED, &node->annotation);
	sp_document_end_map(document);

	sp_document_key(document, "sysfs");
	sp_document_begin_map(document);
	for (size_t i = 0; i < node->knob_count; i++)
		describe_change(document, node->knobs[i].knob, &node->knobs[i].change);
	sp_document_end_map(document);

	describe_oddities(document, node);
	sp_document_end_map(document);
}

/* A line or column that is not known is null: 0 would look like one. */
static void describe_position(struct sp_document *document, const char *key, size_t number)
{
	sp_document_key(document, key);
	if (number > 0)
		sp_document_number(document, number);
	else
		sp_document_null(document);
}

static void describe_place(struct sp_document *document, struct sp_place place)
{
	sp_document_field(document, "file", place.source ? sp_source_name(place.source) : NULL);
	describe_position(document, "line", place.line);
	describe_position(document, "column", place.column);
}

static void describe_impact(struct sp_document *document, const struct sp_impact *impact)
{
	sp_document_begin_map(document);
	sp_document_field(document, "kind", impact->kind);
	sp_document_field(document, "namespace", impact->namespace);
	sp_document_field(document, "name", impact->name);
	sp_document_field(document, "requirement", impact->requirement);
	sp_document_number_field(document, "before", impact->before);
	sp_document_number_field(document, "after", impact->after);
	sp_document_number_field(document, "lost", impact->lost);
	sp_document_number_field(document, "gained", impact->gained);
	if (impact->unknown > 0)
		sp_document_number_field(document, "unknown", impact->unknown);
	describe_place(document, impact->place);
	sp_document_end_map(document);
}

void sp_render_document_scheduling(struct sp_document *document, const struct sp_plan *plan)
{
	if (!plan->workloads_input.path)
		return;
	sp_document_key(document, "scheduling");
	sp_document_begin_list(document);
	for (size_t i = 0; i < plan->impact_count; i++)
		describe_impact(document, &plan->impacts[i]);
	sp_document_end_list(document);
}

static void describe_warning(struct sp_document *document, const struct sp_plan_warning *warning)
{
	sp_document_begin_map(document);
	sp_document_field(document, "code", warning->code);
	sp_document_field(document, "message", warning->message);
	if (warning->help)
		sp_document_field(document, "help", warning->help);
	describe_place(document, warning->place);
	sp_document_end_map(document);
}

static void describe_warnings(struct sp_document *document, const struct sp_plan *plan)
{
	sp_document_key(document, "warnings");
	sp_document_begin_list(document);
	for (size_t i = 0; i < plan->warning_count; i++)
		describe_warning(document, &plan->warnings[i]);
	sp_document_end_list(document);
}

static void describe_refusals(struct sp_document *document, const struct sp_plan *plan)
{
	if (plan->refusal_count == 0)
		return;
	sp_document_key(document, "refusals");
	sp_document_begin_list(document);
	for (size_t i = 0; i < plan->refusal_count; i++) {
		const struct sp_plan_refusal *refusal = &plan->refusals[i];

		sp_document_begin_map(document);
		sp_document_field(document, "code", refusal->code);
		sp_document_field(document, "message", refusal->message);
		sp_document_field(document, "help", refusal->help);
		sp_document_key(document, "nodes");
		sp_document_begin_list(document);
		for (size_t at = 0; at < refusal->node_count; at++)
			sp_document_string(document, refusal->nodes[at]);
		sp_document_end_list(document);
		sp_document_end_map(document);
	}
	sp_document_end_list(document);
}

void sp_render_document_remarks(struct sp_document *document, const struct sp_plan *plan)
{
	describe_warnings(document, plan);
	describe_refusals(document, plan);
}

/* The checksum takes as long as the document; of a large plan, it is made at the same time. */
struct summing {
	const struct sp_plan *plan;
	struct sp_arena arena;
	struct sp_checksum checksum;
};

static void *sum_up(void *context)
{
	struct summing *summing = context;

	summing->checksum = sp_checksum(summing->plan, &summing->arena);
	return NULL;
}

void sp_render_document_plan(struct sp_document *document, const struct sp_plan *plan,
			     const struct sp_checksum *checksum)
{
	struct summing summing = { .plan = plan };
	pthread_t thread;
	bool is_apart = !checksum && plan->node_count >= MANY_NODES &&
			pthread_create(&thread, NULL, sum_up, &summing) == 0;

	sp_document_begin_map(document);
	sp_document_field(document, "apiVersion", "samepage.dev/v1");
	sp_document_field(document, "kind", "Plan");
	sp_document_field(document, "policy", sp_policy_name(plan->policy));
	describe_inputs(document, plan);
	sp_document_field(document, "digest", plan->digest);
	describe_selector(document, plan);
	describe_summary(document, plan);

	sp_document_key(document, "nodes");
	sp_document_begin_list(document);
	for (size_t i = 0; i < plan->node_count; i++)
		describe_node(document, &plan->nodes[i]);
	sp_document_end_list(document);

	sp_render_document_scheduling(document, plan);
	sp_render_document_remarks(document, plan);
	if (is_apart)
		pthread_join(thread, NULL);
	else if (checksum)
		summing.checksum = *checksum;
	else
		sum_up(&summing);
	sp_document_field(document, "checksum", summing.checksum.text);
	sp_document_field(document, "locator", summing.checksum.locator);
	sp_arena_free(&summing.arena);
	sp_document_end_map(document);
}

static void render(struct sp_text *out, const struct sp_plan *plan, enum sp_document_form form)
{
	struct sp_document *document = sp_document_start(out, form);

	sp_text_reserve(out, plan->node_count * BYTES_OF_NODE);
	sp_render_document_plan(document, plan, NULL);
	sp_document_finish(document);
}

void sp_render_json(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	(void)options;
	render(out, plan, SP_DOCUMENT_JSON);
}

void sp_render_yaml(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	(void)options;
	render(out, plan, SP_DOCUMENT_YAML);
}
