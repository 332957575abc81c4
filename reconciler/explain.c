/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/explain.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/document.h"
#include "reconciler/group.h"
#include "reconciler/wording.h"
#include "state/source.h"

static const struct sp_verdict *judge(const struct sp_kubevirt *kubevirt, const struct sp_node *node,
				      struct sp_arena *arena)
{
	size_t count = kubevirt->selector.count;
	struct sp_verdict *verdicts = sp_arena_array(arena, count, sizeof *verdicts);

	for (size_t i = 0; i < count; i++) {
		const struct sp_requirement *requirement = &kubevirt->selector.requirements[i];

		verdicts[i] = (struct sp_verdict){
			.requirement = requirement,
			.place = kubevirt->requirement_places[i],
			.observed = sp_arena_string(arena, sp_labels_get(&node->labels, requirement->key)),
			.holds = sp_requirement_matches(requirement, &node->labels),
		};
	}
	return verdicts;
}

static void take_overrides(const struct sp_node *node, struct sp_arena *arena, struct sp_explanation *explanation)
{
	struct sp_override_effect *effects = sp_arena_array(arena, SP_OVERRIDE_COUNT, sizeof *effects);
	size_t count = 0;

	sp_overrides_read(&node->annotations, effects);
	for (size_t i = 0; i < SP_OVERRIDE_COUNT; i++) {
		if (!effects[i].value)
			continue;
		effects[count] = effects[i];
		effects[count].value = sp_arena_string(arena, effects[i].value);
		count++;
	}
	explanation->overrides = effects;
	explanation->override_count = count;
}

struct sp_explanation sp_explain(const struct sp_kubevirt *kubevirt, const struct sp_node *node, struct sp_arena *arena)
{
	struct sp_explanation explanation = {
		.name = sp_arena_string(arena, node->name),
		.verdicts = judge(kubevirt, node, arena),
		.verdict_count = kubevirt->selector.count,
		.managed = sp_arena_string(arena, sp_labels_get(&node->annotations, SP_ANNOTATION_MANAGED)),
		.enabled = sp_arena_string(arena, sp_labels_get(&node->labels, SP_LABEL_ENABLED)),
	};

	take_overrides(node, arena, &explanation);
	return explanation;
}

/* "holds: rack is "r1"" */
static void write_verdict(struct sp_text *out, const struct sp_verdict *verdict, bool color)
{
	sp_text_add(out, verdict->holds ? "  holds  " : color ? "  \033[31mfails\033[0m  " : "  fails  ");
	sp_requirement_write(out, verdict->requirement);
	if (verdict->observed) {
		sp_text_add(out, "    the node has ");
		sp_text_add_visible(out, verdict->requirement->key);
		sp_text_add(out, "=");
		sp_text_add_visible(out, verdict->observed);
	} else {
		sp_text_add(out, "    the node has no such label");
	}
	sp_text_add(out, "    (");
	sp_place_write(out, verdict->place);
	sp_text_add(out, ")\n");
}

/* "annotation  kubevirt.io/…  "false", will be "true"" */
static void write_key(struct sp_text *out, const char *kind, const char *key, const char *now,
		      const struct sp_change *change)
{
	sp_text_format(out, "  %-10s  %-32s  ", kind, key);
	if (now) {
		sp_text_add_char(out, '"');
		sp_text_add_visible(out, now);
		sp_text_add_char(out, '"');
	} else {
		sp_text_add(out, "absent");
	}
	if (!change->changes)
		sp_text_add(out, ", stays\n");
	else if (change->after)
		sp_text_format(out, ", will be \"%s\"\n", change->after);
	else
		sp_text_add(out, ", will be what cannot be known from here\n");
}

/* "override  kubevirt.io/…  "x" is no number: 300 counts" */
static void write_override(struct sp_text *out, const struct sp_override_effect *effect)
{
	sp_text_format(out, "  %-10s  %-32s  \"", "override", effect->annotation);
	sp_text_add_visible(out, effect->value);
	sp_text_format(out, "\"%s%s: %s counts\n", effect->problem ? " " : "", effect->problem ? effect->problem : "",
		       effect->effective);
}

static void write_explanation(struct sp_text *out, const struct sp_explanation *explanation, bool color)
{
	const struct sp_plan_node *node = explanation->planned;

	sp_text_format(out, "%s%s%s is %sselected: ", color ? "\033[1m" : "", explanation->name, color ? "\033[0m" : "",
		       node->selected ? "" : "not ");
	sp_text_add_visible(out, node->message);
	sp_text_add_char(out, '\n');
	for (size_t i = 0; i < explanation->verdict_count; i++)
		write_verdict(out, &explanation->verdicts[i], color);
	write_key(out, "annotation", SP_ANNOTATION_MANAGED, explanation->managed, &node->annotation);
	write_key(out, "label", SP_LABEL_ENABLED, explanation->enabled, &node->label);
	for (size_t i = 0; i < explanation->override_count; i++)
		write_override(out, &explanation->overrides[i]);
	sp_text_format(out, "  %-10s  %c %s (%s)\n", "plan", sp_wording_symbol(node->action),
		       sp_action_name(node->action), sp_reason_name(node->reason));
}

void sp_explanations_write(struct sp_text *out, const struct sp_explanation *explanations, size_t count,
			   const struct sp_render_options *options)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			sp_text_add_char(out, '\n');
		write_explanation(out, &explanations[i], options->color);
	}
}

static void describe_verdict(struct sp_document *document, const struct sp_verdict *verdict)
{
	const struct sp_requirement *requirement = verdict->requirement;
	struct sp_text text = { 0 };

	sp_requirement_write(&text, requirement);
	sp_document_begin_map(document);
	sp_document_field(document, "requirement", sp_text_string(&text));
	sp_document_field(document, "key", requirement->key);
	sp_document_field(document, "observed", verdict->observed);
	sp_document_key(document, "holds");
	sp_document_bool(document, verdict->holds);
	sp_document_field(document, "file", sp_source_name(verdict->place.source));
	sp_document_number_field(document, "line", verdict->place.line);
	sp_document_number_field(document, "column", verdict->place.column);
	sp_document_end_map(document);
	sp_text_free(&text);
}

static void describe_key(struct sp_document *document, const char *name, const char *now,
			 const struct sp_change *change)
{
	sp_document_key(document, name);
	sp_document_begin_map(document);
	sp_document_field(document, "now", now);
	if (change->changes && !change->after) {
		sp_document_key(document, "afterUnknown");
		sp_document_bool(document, true);
	} else {
		sp_document_field(document, "after", change->changes ? change->after : now);
	}
	sp_document_end_map(document);
}

static void describe_override(struct sp_document *document, const struct sp_override_effect *effect)
{
	sp_document_key(document, effect->annotation);
	sp_document_begin_map(document);
	sp_document_field(document, "value", effect->value);
	sp_document_field(document, "effective", effect->effective);
	sp_document_field(document, "problem", effect->problem);
	sp_document_end_map(document);
}

static void describe(struct sp_document *document, const struct sp_explanation *explanation)
{
	const struct sp_plan_node *node = explanation->planned;

	sp_document_begin_map(document);
	sp_document_field(document, "name", explanation->name);
	sp_document_key(document, "selected");
	sp_document_bool(document, node->selected);
	sp_document_field(document, "message", node->message);
	sp_document_key(document, "requirements");
	sp_document_begin_list(document);
	for (size_t i = 0; i < explanation->verdict_count; i++)
		describe_verdict(document, &explanation->verdicts[i]);
	sp_document_end_list(document);
	describe_key(document, SP_ANNOTATION_MANAGED, explanation->managed, &node->annotation);
	describe_key(document, SP_LABEL_ENABLED, explanation->enabled, &node->label);
	sp_document_key(document, "overrides");
	sp_document_begin_map(document);
	for (size_t i = 0; i < explanation->override_count; i++)
		describe_override(document, &explanation->overrides[i]);
	sp_document_end_map(document);
	sp_document_field(document, "action", sp_action_name(node->action));
	sp_document_field(document, "reason", sp_reason_name(node->reason));
	sp_document_end_map(document);
}

void sp_explanations_write_json(struct sp_text *out, const struct sp_plan *plan,
				const struct sp_explanation *explanations, size_t count)
{
	struct sp_document *document = sp_document_start(out, SP_DOCUMENT_JSON);

	sp_document_begin_map(document);
	sp_document_field(document, "apiVersion", "samepage.dev/v1");
	sp_document_field(document, "kind", "Explanation");
	sp_document_key(document, "selector");
	sp_document_begin_map(document);
	sp_document_field(document, "kind", sp_selector_kind_name(plan->selector_kind));
	sp_document_field(document, "text", plan->selector_text);
	sp_document_end_map(document);
	sp_document_key(document, "nodes");
	sp_document_begin_list(document);
	for (size_t i = 0; i < count; i++)
		describe(document, &explanations[i]);
	sp_document_end_list(document);
	sp_document_end_map(document);
	sp_document_finish(document);
}

/* "  2 nodes  selected      enable     matches rack=r1    node01 node02" */
static void write_group(struct sp_text *out, const struct sp_plan_node *const *nodes, size_t count)
{
	enum { MOST_NAMES = 5 };

	sp_text_format(out, "%6zu %-5s  %-12s  %-9s  ", count, count == 1 ? "node" : "nodes",
		       nodes[0]->selected ? "selected" : "not selected", sp_action_name(nodes[0]->action));
	sp_text_add_visible(out, nodes[0]->message);
	sp_text_add(out, "  [");
	for (size_t i = 0; i < count && i < MOST_NAMES; i++)
		sp_text_format(out, "%s%s", i > 0 ? " " : "", nodes[i]->name);
	if (count > MOST_NAMES)
		sp_text_format(out, " and %zu more", count - MOST_NAMES);
	sp_text_add(out, "]\n");
}

/* Whether two groups of the plan have one explanation: what is before and after does not matter for that. */
static bool same_explanation(const struct sp_plan_node *left, const struct sp_plan_node *right)
{
	return left->action == right->action && left->reason == right->reason &&
	       strcmp(left->message, right->message) == 0;
}

/* The nodes of a plan stand in the order of their names. */
static int compare_places(const void *left, const void *right)
{
	const struct sp_plan_node *first = *(const struct sp_plan_node *const *)left;
	const struct sp_plan_node *second = *(const struct sp_plan_node *const *)right;

	return (first > second) - (first < second);
}

void sp_explain_groups(struct sp_text *out, const struct sp_plan *plan)
{
	struct sp_arena arena = { 0 };
	size_t count;
	const struct sp_group *groups = sp_group_nodes(plan, &arena, &count);

	for (size_t i = 0; i < count;) {
		size_t end = i + 1;
		size_t nodes = groups[i].count;
		const struct sp_plan_node **joined;

		for (; end < count && same_explanation(groups[i].nodes[0], groups[end].nodes[0]); end++)
			nodes += groups[end].count;
		joined = sp_arena_array(&arena, nodes, sizeof *joined);
		for (nodes = 0; i < end; i++)
			for (size_t j = 0; j < groups[i].count; j++)
				joined[nodes++] = groups[i].nodes[j];
		qsort(joined, nodes, sizeof *joined, compare_places);
		write_group(out, joined, nodes);
	}
	sp_arena_free(&arena);
}
