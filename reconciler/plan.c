/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reconciler/decide.h"
#include "reconciler/digest.h"
#include "state/text.h"

static const char *const action_names[] = { "enable", "disable", "restore", "tune", "label", "unchanged", "blocked" };
static const char *const reason_names[] = {
	"selected", "drifted-off", "adopted",         "deselected",    "configuration-removed", "metadata-only",
	"in-sync",  "external",    "ksm-unavailable", "pressure-rose", "pressure-eased",        "pressure-unknown",
};
static const char *const policy_names[] = { "static", "pressure" };
static const char *const selector_kind_names[] = { "absent", "nil", "empty", "requirements" };

const char *const sp_control_plane_labels[SP_CONTROL_PLANE_LABEL_COUNT] = {
	"node-role.kubernetes.io/control-plane",
	"node-role.kubernetes.io/master",
};

/* What of a node goes into the digest of the plan. */
struct fingerprint {
	unsigned char bytes[SP_DIGEST_SIZE];
};

enum { MESSAGES_LOOKED_AT = 64 };

struct sp_planner {
	struct sp_arena *arena;
	const struct sp_kubevirt *kubevirt;
	enum sp_policy policy;
	const struct sp_selector *protect; /* NULL: none */
	bool allows_all;
	const char *selector_text;
	const char **keys; /* the labels that the selector names, sorted, each once */
	size_t key_count;
	struct sp_plan_node *nodes;
	struct fingerprint *fingerprints; /* of each of them */
	size_t count;
	size_t capacity;       /* of both */
	size_t control_planes; /* how many of the nodes are one */
	/* thousands of nodes share a handful of messages; where each has its own, only the last ones are looked at */
	const char *messages[MESSAGES_LOOKED_AT];
	size_t message_count;
	struct sp_desired_messages desired_messages;
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

static bool find_name(const char *const *names, size_t count, const char *name, int *index)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0) {
			*index = (int)i;
			return true;
		}
	return false;
}

#define FIND(names, name, index) find_name(names, sizeof(names) / sizeof *(names), name, index)

bool sp_action_find(const char *name, enum sp_action *action)
{
	int index = 0;
	bool found = FIND(action_names, name, &index);

	*action = (enum sp_action)index;
	return found;
}

bool sp_reason_find(const char *name, enum sp_reason *reason)
{
	int index = 0;
	bool found = FIND(reason_names, name, &index);

	*reason = (enum sp_reason)index;
	return found;
}

bool sp_policy_find(const char *name, enum sp_policy *policy)
{
	int index = 0;
	bool found = FIND(policy_names, name, &index);

	*policy = (enum sp_policy)index;
	return found;
}

bool sp_selector_kind_find(const char *name, enum sp_selector_kind *kind)
{
	int index = 0;
	bool found = FIND(selector_kind_names, name, &index);

	*kind = (enum sp_selector_kind)index;
	return found;
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
	planner->desired_messages.arena = arena;
	planner->selector_text = canonical_text(&kubevirt->selector, arena);
	collect_keys(planner);
	return planner;
}

void sp_planner_protect(struct sp_planner *planner, const struct sp_selector *protect)
{
	planner->protect = protect;
}

void sp_planner_expect(struct sp_planner *planner, size_t count)
{
	if (planner->count > 0)
		return;
	planner->nodes = sp_arena_array(planner->arena, count, sizeof *planner->nodes);
	planner->fingerprints = sp_arena_array(planner->arena, count, sizeof *planner->fingerprints);
	planner->capacity = count;
}

void sp_planner_allow_all(struct sp_planner *planner)
{
	planner->allows_all = true;
}

static void digest_knobs(struct sp_digest *digest, const struct sp_knobs *knobs)
{
	for (size_t i = 0; i < SP_WRITTEN_KNOB_COUNT; i++)
		sp_digest_add(digest, sp_knobs_get(knobs, sp_written_knobs[i]));
}

static void digest_number(struct sp_digest *digest, uint64_t number)
{
	char digits[32];

	snprintf(digits, sizeof digits, "%" PRIu64, number);
	sp_digest_add(digest, digits);
}

/* Of the facts, what the policy looks at. */
static void digest_host(struct sp_digest *digest, const struct sp_host *host, enum sp_policy policy)
{
	sp_digest_add(digest, sp_host_has_advisor(host) ? "advisor" : "no advisor");
	sp_digest_add(digest, sp_knobs_get(&host->knobs, "run"));
	sp_digest_add(digest, host->has_original ? "original" : "no original");
	digest_knobs(digest, &host->original);
	if (policy == SP_POLICY_STATIC)
		return;
	digest_knobs(digest, &host->knobs);
	digest_number(digest, host->memory_total_kib);
	digest_number(digest, host->memory_available_kib);
}

static struct fingerprint take_fingerprint(const struct sp_planner *planner, const struct sp_node *node,
					   const struct sp_host *host)
{
	struct sp_digest digest;
	struct fingerprint fingerprint = { 0 };

	sp_digest_start(&digest);
	sp_digest_add(&digest, node->name);
	sp_digest_add(&digest, node->uid);
	for (size_t i = 0; i < planner->key_count; i++)
		sp_digest_add(&digest, sp_labels_get(&node->labels, planner->keys[i]));
	sp_digest_add(&digest, sp_labels_get(&node->labels, SP_LABEL_ENABLED));
	sp_digest_add(&digest, sp_labels_get(&node->annotations, SP_ANNOTATION_MANAGED));
	for (size_t i = 0; i < SP_OVERRIDE_COUNT; i++)
		sp_digest_add(&digest, sp_labels_get(&node->annotations, sp_override_annotations[i]));
	if (host)
		digest_host(&digest, host, planner->policy);
	sp_digest_finish(&digest, fingerprint.bytes);
	return fingerprint;
}

/* What a saved plan must know of the Node to be carried out later. */
static struct sp_labels keep_overrides(struct sp_planner *planner, const struct sp_node *node)
{
	struct sp_label *kept = NULL;
	size_t count = 0;

	for (size_t i = 0; planner->policy == SP_POLICY_PRESSURE && i < SP_OVERRIDE_COUNT; i++) {
		const char *value = sp_labels_get(&node->annotations, sp_override_annotations[i]);

		if (!value)
			continue;
		if (!kept)
			kept = sp_arena_array(planner->arena, SP_OVERRIDE_COUNT, sizeof *kept);
		kept[count++] = (struct sp_label){ sp_override_annotations[i], sp_arena_string(planner->arena, value) };
	}
	return (struct sp_labels){ kept, count };
}

/* The same message as made before, if it was made lately, else a copy. */
static const char *share_message(struct sp_planner *planner, const char *message)
{
	const char *copy;

	for (size_t i = 0; i < planner->message_count && i < MESSAGES_LOOKED_AT; i++)
		if (strcmp(planner->messages[i], message) == 0)
			return planner->messages[i];
	copy = sp_arena_string(planner->arena, message);
	planner->messages[planner->message_count++ % MESSAGES_LOOKED_AT] = copy;
	return copy;
}

/* Room for one node more. */
static void grow(struct sp_planner *planner)
{
	size_t capacity = planner->capacity;

	planner->nodes = sp_arena_grow(planner->arena, planner->nodes, planner->count, &planner->capacity,
				       sizeof *planner->nodes);
	planner->fingerprints = sp_arena_grow(planner->arena, planner->fingerprints, planner->count, &capacity,
					      sizeof *planner->fingerprints);
}

static bool is_control_plane(const struct sp_labels *labels)
{
	for (size_t i = 0; i < SP_CONTROL_PLANE_LABEL_COUNT; i++)
		if (sp_labels_get(labels, sp_control_plane_labels[i]))
			return true;
	return false;
}

const struct sp_plan_node *sp_planner_add(struct sp_planner *planner, const struct sp_node *node,
					  const struct sp_host *host)
{
	struct sp_situation situation = {
		.policy = planner->policy,
		.kubevirt = planner->kubevirt,
		.node = node,
		.host = host,
		.messages = &planner->desired_messages,
	};
	struct sp_arena *arena = planner->arena;
	struct sp_arena scratch = { 0 };
	struct sp_plan_node *planned;

	grow(planner);
	planned = &planner->nodes[planner->count];
	*planned = (struct sp_plan_node){
		.name = sp_arena_string(arena, node->name),
		.uid = sp_arena_string(arena, node->uid),
		.place = node->place,
		.has_labels = node->has_labels,
		.has_annotations = node->has_annotations,
		.is_protected = planner->protect && sp_selector_matches(planner->protect, &node->labels, NULL),
		.overrides = keep_overrides(planner, node),
	};
	sp_decide(&situation, arena, &scratch, planned);
	planned->message = share_message(planner, planned->message);
	sp_arena_free(&scratch);
	planner->fingerprints[planner->count++] = take_fingerprint(planner, node, host);
	planner->control_planes += is_control_plane(&node->labels);
	return planned;
}

static int compare_nodes(const struct sp_plan_node *first, const struct sp_plan_node *second)
{
	int order = strcmp(first->name, second->name);

	if (order != 0)
		return order;
	if (first->place.line != second->place.line)
		return first->place.line < second->place.line ? -1 : 1;
	return first->place.column < second->place.column ? -1 : first->place.column > second->place.column;
}

static int compare_pointers(const void *left, const void *right)
{
	return compare_nodes(*(const struct sp_plan_node *const *)left, *(const struct sp_plan_node *const *)right);
}

static bool is_sorted(const struct sp_planner *planner)
{
	for (size_t i = 1; i < planner->count; i++)
		if (compare_nodes(&planner->nodes[i - 1], &planner->nodes[i]) > 0)
			return false;
	return true;
}

/* Most snapshots come sorted, and then nothing is moved. */
static void sort(struct sp_planner *planner)
{
	const struct sp_plan_node *old = planner->nodes;
	const struct fingerprint *old_fingerprints = planner->fingerprints;
	const struct sp_plan_node **order;

	if (is_sorted(planner))
		return;
	order = sp_arena_array(planner->arena, planner->count, sizeof *order);
	planner->nodes = sp_arena_array(planner->arena, planner->count, sizeof *planner->nodes);
	planner->fingerprints = sp_arena_array(planner->arena, planner->count, sizeof *planner->fingerprints);
	for (size_t i = 0; i < planner->count; i++)
		order[i] = &old[i];
	qsort(order, planner->count, sizeof *order, compare_pointers);
	for (size_t i = 0; i < planner->count; i++) {
		planner->nodes[i] = *order[i];
		planner->fingerprints[i] = old_fingerprints[order[i] - old];
	}
}

static bool check_names(const struct sp_planner *planner, struct sp_report *report)
{
	for (size_t i = 1; i < planner->count; i++) {
		const struct sp_plan_node *first = &planner->nodes[i - 1];
		const struct sp_plan_node *second = &planner->nodes[i];

		if (strcmp(first->name, second->name) != 0)
			continue;
		sp_fail(report, "duplicate-node", second->place,
			"a second Node named \"%s\"; the first is in line %zu, "
			"column %zu",
			second->name, first->place.line, first->place.column);
	}
	return report->errors == 0;
}

static void warn(const struct sp_planner *planner, struct sp_report *report)
{
	const struct sp_kubevirt *kubevirt = planner->kubevirt;
	size_t selected = 0;

	for (size_t i = 0; i < planner->count; i++)
		selected += planner->nodes[i].selected;
	if (kubevirt->selector_kind == SP_SELECTOR_EMPTY && planner->control_planes > 0 && !planner->allows_all) {
		sp_warn(report, "selects-all", kubevirt->selector_place,
			"the empty nodeLabelSelector selects every node, the control plane's (%zu of %zu) among them",
			planner->control_planes, planner->count);
		sp_help(report, "to leave those out: matchExpressions with key node-role.kubernetes.io/control-plane, "
				"operator DoesNotExist; --allow-all if all are meant");
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

void sp_plan_take_warnings(struct sp_plan *plan, const struct sp_report *report, struct sp_arena *arena)
{
	struct sp_plan_warning *warnings = sp_arena_array(arena, report->count, sizeof *warnings);

	plan->warning_count = 0;
	for (size_t i = 0; i < report->count; i++) {
		const struct sp_diagnostic *diagnostic = &report->diagnostics[i];

		if (diagnostic->severity == SP_WARNING)
			warnings[plan->warning_count++] = (struct sp_plan_warning){
				diagnostic->code, sp_arena_string(arena, diagnostic->message),
				sp_arena_string(arena, diagnostic->help), diagnostic->place
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
		sp_digest_add_bytes(&digest, planner->fingerprints[i].bytes, SP_DIGEST_SIZE);
	sp_digest_finish(&digest, bytes);
	return sp_digest_text(bytes, planner->arena);
}

bool sp_planner_finish(struct sp_planner *planner, const struct sp_plan_inputs *inputs, struct sp_plan *plan,
		       struct sp_report *report)
{
	const struct sp_kubevirt *kubevirt = planner->kubevirt;

	sort(planner);
	if (!check_names(planner, report))
		return false;
	*plan = (struct sp_plan){
		.policy = planner->policy,
		.digest = digest_plan(planner),
		.selector_kind = kubevirt->selector_kind,
		.selector_text = planner->selector_text,
		.nodes = planner->nodes,
		.node_count = planner->count,
	};
	for (size_t i = 0; i < planner->count; i++)
		plan->summary[planner->nodes[i].action]++;
	plan->kubevirt.kind = kubevirt->kind;
	plan->kubevirt.namespace = kubevirt->namespace;
	plan->kubevirt.name = kubevirt->name;
	plan->kubevirt.path = inputs->kubevirt_path;
	plan->nodes_input.path = inputs->nodes_path;
	plan->nodes_input.count = planner->count;
	plan->nodes_input.total = inputs->node_total;
	plan->nodes_input.skipped = inputs->skipped;
	plan->facts_input.path = inputs->facts_path;
	plan->facts_input.count = inputs->facts_count;
	warn(planner, report);
	sp_plan_take_warnings(plan, report, planner->arena);
	return true;
}
