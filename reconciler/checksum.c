/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/checksum.h"

#include "reconciler/digest.h"

static void add_number(struct sp_digest *digest, size_t number)
{
	uint64_t wide = number;

	sp_digest_add_bytes(digest, &wide, sizeof wide);
}

static void add_change(struct sp_digest *digest, const char *key, const struct sp_change *change)
{
	if (!change->changes)
		return;
	sp_digest_add(digest, key);
	sp_digest_add(digest, change->before);
	sp_digest_add(digest, change->after);
}

static void add_node(struct sp_digest *digest, const struct sp_plan_node *node)
{
	sp_digest_add(digest, node->name);
	sp_digest_add(digest, node->uid);
	sp_digest_add(digest, sp_action_name(node->action));
	sp_digest_add(digest, sp_reason_name(node->reason));
	sp_digest_add(digest, node->selected ? "selected" : NULL);
	add_change(digest, SP_LABEL_ENABLED, &node->label);
	add_change(digest, SP_ANNOTATION_MANAGED, &node->annotation);
	add_number(digest, node->knob_count);
	for (size_t i = 0; i < node->knob_count; i++)
		add_change(digest, node->knobs[i].knob, &node->knobs[i].change);
	sp_digest_add(digest, node->label.changes && !node->has_labels ? "lacks labels" : NULL);
	sp_digest_add(digest, node->annotation.changes && !node->has_annotations ? "lacks annotations" : NULL);
	for (size_t i = 0; i < node->overrides.count; i++) {
		sp_digest_add(digest, node->overrides.items[i].key);
		sp_digest_add(digest, node->overrides.items[i].value);
	}
}

const char *sp_checksum(const struct sp_plan *plan, struct sp_arena *arena)
{
	struct sp_digest digest;
	unsigned char bytes[SP_DIGEST_SIZE];

	sp_digest_start(&digest);
	sp_digest_add(&digest, sp_policy_name(plan->policy));
	sp_digest_add(&digest, plan->kubevirt.kind);
	sp_digest_add(&digest, plan->kubevirt.namespace);
	sp_digest_add(&digest, plan->kubevirt.name);
	sp_digest_add(&digest, plan->digest);
	sp_digest_add(&digest, sp_selector_kind_name(plan->selector_kind));
	sp_digest_add(&digest, plan->selector_text);
	for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
		add_number(&digest, plan->summary[action]);
	for (size_t i = 0; i < plan->node_count; i++)
		add_node(&digest, &plan->nodes[i]);
	for (size_t i = 0; i < plan->refusal_count; i++)
		sp_digest_add(&digest, plan->refusals[i].code);
	sp_digest_finish(&digest, bytes);
	return sp_digest_text(bytes, arena);
}
