/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/plan.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/desired.h"
#include "reconciler/digest.h"
#include "state/text.h"

static const char *const action_names[] = { "enable", "disable", "restore", "tune", "label", "unchanged", "blocked" };
static const char *const reason_names[] = {
	"selected",	   "drifted-off",   "adopted",	      "deselected",
	"configuration-removed", "metadata-only", "in-sync",	      "external",
	"ksm-unavailable", "pressure-rose", "pressure-eased", "pressure-unknown",
};
static const char *const policy_names[] = { "static", "pressure" };
static const char *const selector_kind_names[] = { "absent", "nil", "empty", "requirements" };

const char *const sp_override_annotations[SP_OVERRIDE_COUNT] = {
	"kubevirt.io/ksm-pages-boost-override", "kubevirt.io/ksm-pages-decay-override",
	"kubevirt.io/ksm-pages-min-override",	"kubevirt.io/ksm-pages-max-override",
	"kubevirt.io/ksm-pages-init-override",	"kubevirt.io/ksm-sleep-ms-baseline-override",
	"kubevirt.io/ksm-free-percent-override",
};

/* A node of the plan, and what of it goes into the digest. */
struct entry {
	struct sp_plan_node node;
	unsigned char digest[SP_DIGEST_SIZE];
	bool is_control_plane;
};

struct sp_planner {
	struct sp_arena *arena;
	const struct sp_kubevirt *kubevirt;
	enum sp_policy policy;
	const char *selector_text;
	const char **keys; /* the labels that the selector names, sorted, each once */
	size_t key_count;
	struct entry *entries;
	size_t count;
	size_t capacity;
	/* thousands of nodes share a handful of messages */
	const char **messages;
	size_t message_count;
	size_t message_capacity;
};

const char *sp_action_name(enum sp_action action)
{
	return action_names[action];
}

const char *sp_reason_name(enum sp_reason reason)
{
	return reason_names[reason];
}

const char *sp_policy_name(enum sp_policy policy)
{
	return policy_names[policy];
}

const char *sp_selector_kind_name(enum sp_selector_kind kind)
{
	return selector_kind_names[kind];
}

bool sp_plan_node_is_patched(const struct sp_plan_node *node)
{
	return (node->label.changes && node->label.after) || (node->annotation.changes && node->annotation.after);
}

size_t sp_plan_changed(const struct sp_plan *plan)
{
	return plan->node_count - plan->summary[SP_ACTION_UNCHANGED];
}

static const char *canonical_text(const struct sp_selector *selector, struct sp_arena *arena)
{
	struct sp_text text = { 0 };
	const char *canonical;

	sp_selector_write(&text, selector);
	canonical = sp_arena_copy(arena, sp_text_string(&text), text.length);
	sp_text_free(&text);
	return canonical;
}

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sorted, so that the order in which the CR names them does not matter for the digest. */
static void collect_keys(struct sp_planner *planner)
{
	const struct sp_selector *selector = &planner->kubevirt->selector;
	const char **keys = sp_arena_array(planner->arena, selector->count, sizeof *keys);

	for (size_t i = 0; i < selector->count; i++)
		keys[i] = selector->requirements[i].key;
	if (selector->count > 0)
		qsort(keys, selector->count, sizeof *keys, compare_texts);
	for (size_t i = 0; i < selector->count; i++)
		if (i == 0 || strcmp(keys[i], keys[i - 1]) != 0)
			keys[planner->key_count++] = keys[i];
	planner->keys = keys;
}

struct sp_planner *sp_planner_start(struct sp_arena *arena, const struct sp_kubevirt *kubevirt, enum sp_policy policy)
{
	struct sp_planner *planner = sp_arena_alloc(arena, sizeof *planner);

	planner->arena = arena;
	planner->kubevirt = kubevirt;
	planner->policy = policy;
	planner->selector_text = canonical_text(&kubevirt->selector, arena);
	collect_keys(planner);
	return planner;
}

static void digest_node(const struct sp_planner *planner, const struct sp_node *node,
			unsigned char bytes[SP_DIGEST_SIZE])
{
	struct sp_digest digest;

	sp_digest_start(&digest);
	sp_digest_add(&digest, node->name);
	sp_digest_add(&digest, node->uid);
	for (size_t i = 0; i < planner->key_count; i++)
		sp_digest_add(&digest, sp_labels_get(&node->labels, planner->keys[i]));
	sp_digest_add(&digest, sp_labels_get(&node->labels, SP_LABEL_ENABLED));
	sp_digest_add(&digest, sp_labels_get(&node->annotations, SP_ANNOTATION_MANAGED));
	for (size_t i = 0; i < SP_OVERRIDE_COUNT; i++)
		sp_digest_add(&digest, sp_labels_get(&node->annotations, sp_override_annotations[i]));
	sp_digest_finish(&digest, bytes);
}

/* The change from what the node has to "true" or "false". */
static struct sp_change change_to(struct sp_arena *arena, const char *before, bool after)
{
	const char *wanted = after ? "true" : "false";

	if (before && strcmp(before, wanted) == 0)
		return (struct sp_change){ .changes = false, .before = wanted, .after = wanted };
	return (struct sp_change){ .changes = true, .before = sp_arena_string(arena, before), .after = wanted };
}

static const struct sp_knob_change *change_run(struct sp_arena *arena, const char *after)
{
	struct sp_knob_change *knob = sp_arena_alloc(arena, sizeof *knob);

	*knob = (struct sp_knob_change){ "run", { .changes = true, .after = after } };
	return knob;
}

/* Without facts, what a node's KSM does now is not known, and neither is the original that it would get back. */
static void decide(const struct sp_planner *planner, struct sp_plan_node *node, bool managed)
{
	bool removed = planner->kubevirt->selector_kind <= SP_SELECTOR_NIL;

	if (node->selected && planner->policy == SP_POLICY_PRESSURE) {
		node->annotation = (struct sp_change){ .changes = true, .before = node->annotation.before };
		node->action = node->label.changes ? SP_ACTION_LABEL : SP_ACTION_UNCHANGED;
		node->reason = SP_REASON_PRESSURE_UNKNOWN;
	} else if (node->selected && !managed) {
		node->action = SP_ACTION_ENABLE;
		node->reason = SP_REASON_SELECTED;
		node->knobs = change_run(planner->arena, "1");
		node->knob_count = 1;
	} else if (!node->selected && managed) {
		node->action = removed ? SP_ACTION_RESTORE : SP_ACTION_DISABLE;
		node->reason = removed ? SP_REASON_CONFIGURATION_REMOVED : SP_REASON_DESELECTED;
		node->knobs = change_run(planner->arena, NULL);
		node->knob_count = 1;
	} else if (sp_plan_node_is_patched(node)) {
		node->action = SP_ACTION_LABEL;
		node->reason = SP_REASON_METADATA_ONLY;
	} else {
		node->action = SP_ACTION_UNCHANGED;
		node->reason = SP_REASON_IN_SYNC;
	}
}

/* A message that was made before, if there is one, else a new one. */
static const char *share_message(struct sp_planner *planner, const struct sp_desired *desired)
{
	struct sp_arena scratch = { 0 };
	const char *message = sp_desired_message(desired, planner->kubevirt, &scratch);
	size_t at = 0;

	while (at < planner->message_count && strcmp(planner->messages[at], message) != 0)
		at++;
	if (at == planner->message_count) {
		planner->messages = sp_arena_grow(planner->arena, planner->messages, planner->message_count,
						  &planner->message_capacity, sizeof *planner->messages);
		planner->messages[planner->message_count++] = sp_arena_string(planner->arena, message);
	}
	sp_arena_free(&scratch);
	return planner->messages[at];
}

void sp_planner_add(struct sp_planner *planner, const struct sp_node *node)
{
	struct sp_arena *arena = planner->arena;
	struct sp_desired desired = sp_desire(planner->kubevirt, &node->labels);
	const char *managed = sp_labels_get(&node->annotations, SP_ANNOTATION_MANAGED);
	struct entry *entry;

	planner->entries = sp_arena_grow(arena, planner->entries, planner->count, &planner->capacity,
					 sizeof *planner->entries);
	entry = &planner->entries[planner->count++];
	entry->node = (struct sp_plan_node){
		.name = sp_arena_string(arena, node->name),
		.uid = sp_arena_string(arena, node->uid),
		.place = node->place,
		.selected = desired.selected,
		.has_labels = node->has_labels,
		.has_annotations = node->has_annotations,
		.message = share_message(planner, &desired),
		.label = change_to(arena, sp_labels_get(&node->labels, SP_LABEL_ENABLED), desired.selected),
		.annotation = change_to(arena, managed, desired.selected),
	};
	entry->is_control_plane = sp_labels_get(&node->labels, "node-role.kubernetes.io/control-plane") ||
				  sp_labels_get(&node->labels, "node-role.kubernetes.io/master");
	digest_node(planner, node, entry->digest);
	/* only the exact value "true" says that KSM was switched on by configuration */
	decide(planner, &entry->node, managed && strcmp(managed, "true") == 0);
}

static int compare_entries(const void *left, const void *right)
{
	const struct sp_plan_node *first = &((const struct entry *)left)->node;
	const struct sp_plan_node *second = &((const struct entry *)right)->node;
	int order = strcmp(first->name, second->name);

	if (order != 0)
		return order;
	if (first->place.line != second->place.line)
		return first->place.line < second->place.line ? -1 : 1;
	return first->place.column < second->place.column ? -1 : first->place.column > second->place.column;
}

static bool check_names(const struct sp_planner *planner, struct sp_report *report)
{
	for (size_t i = 1; i < planner->count; i++) {
		const struct sp_plan_node *first = &planner->entries[i - 1].node;
		const struct sp_plan_node *second = &planner->entries[i].node;

		if (strcmp(first->name, second->name) != 0)
			continue;
		sp_fail(report, "duplicate-node", second->place, "a second Node named \"%s\"; the first is in line %zu, "
			"column %zu", second->name, first->place.line, first->place.column);
	}
	return report->errors == 0;
}

static void warn(const struct sp_planner *planner, struct sp_report *report)
{
	const struct sp_kubevirt *kubevirt = planner->kubevirt;
	size_t selected = 0;
	size_t control_planes = 0;

	for (size_t i = 0; i < planner->count; i++) {
		selected += planner->entries[i].node.selected;
		control_planes += planner->entries[i].is_control_plane;
	}
	if (kubevirt->selector_kind == SP_SELECTOR_EMPTY && control_planes > 0) {
		sp_warn(report, "selects-all", kubevirt->selector_place,
			"the empty nodeLabelSelector selects every node, the control plane's (%zu of %zu) among them",
			control_planes, planner->count);
		sp_help(report, "to leave those out: matchExpressions with key node-role.kubernetes.io/control-plane, "
				"operator DoesNotExist");
	}
	if (kubevirt->selector_kind == SP_SELECTOR_NIL) {
		sp_warn(report, "nil-selector", kubevirt->selector_place,
			"ksmConfiguration without a nodeLabelSelector enables KSM on no node");
		sp_help(report, "nodeLabelSelector: {} selects every node; to switch KSM off, remove ksmConfiguration");
	}
	if (kubevirt->selector_kind == SP_SELECTOR_REQUIREMENTS && selected == 0 && planner->count > 0)
		sp_warn(report, "selects-none", kubevirt->selector_place, "no node matches %s", planner->selector_text);
	for (size_t i = 0; i < kubevirt->selector.count; i++) {
		if (strcmp(kubevirt->selector.requirements[i].key, SP_LABEL_ENABLED) != 0)
			continue;
		sp_warn(report, "selector-on-own-label", kubevirt->requirement_places[i],
			"the selector asks for %s, which follows from the selector itself", SP_LABEL_ENABLED);
		sp_help(report, "select by a label that does not depend on KSM, or nodes will flap");
	}
}

static void take_warnings(const struct sp_planner *planner, struct sp_plan *plan, const struct sp_report *report)
{
	struct sp_plan_warning *warnings = sp_arena_array(planner->arena, report->count, sizeof *warnings);

	for (size_t i = 0; i < report->count; i++) {
		const struct sp_diagnostic *diagnostic = &report->diagnostics[i];

		if (diagnostic->severity == SP_WARNING)
			warnings[plan->warning_count++] = (struct sp_plan_warning){
				diagnostic->code, sp_arena_string(planner->arena, diagnostic->message), diagnostic->place
			};
	}
	plan->warnings = warnings;
}

static const char *digest_plan(const struct sp_planner *planner)
{
	struct sp_digest digest;
	unsigned char bytes[SP_DIGEST_SIZE];

	sp_digest_start(&digest);
	sp_digest_add(&digest, "samepage.dev/v1");
	sp_digest_add(&digest, sp_policy_name(planner->policy));
	sp_digest_add(&digest, sp_selector_kind_name(planner->kubevirt->selector_kind));
	sp_digest_add(&digest, planner->selector_text);
	for (size_t i = 0; i < planner->count; i++)
		sp_digest_add_bytes(&digest, planner->entries[i].digest, SP_DIGEST_SIZE);
	sp_digest_finish(&digest, bytes);
	return sp_digest_text(bytes, planner->arena);
}

bool sp_planner_finish(struct sp_planner *planner, const struct sp_plan_inputs *inputs, struct sp_plan *plan,
		       struct sp_report *report)
{
	const struct sp_kubevirt *kubevirt = planner->kubevirt;
	struct sp_plan_node *nodes = sp_arena_array(planner->arena, planner->count, sizeof *nodes);

	if (planner->count > 0)
		qsort(planner->entries, planner->count, sizeof *planner->entries, compare_entries);
	if (!check_names(planner, report))
		return false;
	*plan = (struct sp_plan){
		.policy = planner->policy,
		.digest = digest_plan(planner),
		.selector_kind = kubevirt->selector_kind,
		.selector_text = planner->selector_text,
		.nodes = nodes,
		.node_count = planner->count,
	};
	for (size_t i = 0; i < planner->count; i++) {
		nodes[i] = planner->entries[i].node;
		plan->summary[nodes[i].action]++;
	}
	plan->kubevirt.kind = kubevirt->kind;
	plan->kubevirt.namespace = kubevirt->namespace;
	plan->kubevirt.name = kubevirt->name;
	plan->kubevirt.path = inputs->kubevirt_path;
	plan->nodes_input.path = inputs->nodes_path;
	plan->nodes_input.count = planner->count;
	plan->nodes_input.total = inputs->node_total;
	plan->nodes_input.skipped = inputs->skipped;
	warn(planner, report);
	take_warnings(planner, plan, report);
	return true;
}
