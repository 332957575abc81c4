/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/desired.h"

#include "state/text.h"

struct sp_desired sp_desire(const struct sp_kubevirt *kubevirt, const struct sp_labels *labels)
{
	struct sp_desired desired = { 0 };

	if (kubevirt->selector_kind == SP_SELECTOR_EMPTY)
		desired.selected = true;
	if (kubevirt->selector_kind != SP_SELECTOR_REQUIREMENTS)
		return desired;
	desired.selected = sp_selector_matches(&kubevirt->selector, labels, &desired.failed);
	desired.lacks_key = desired.failed && !sp_labels_get(labels, desired.failed->key);
	return desired;
}

static const char *make_message(const struct sp_desired *desired, const struct sp_kubevirt *kubevirt,
				struct sp_arena *arena)
{
	struct sp_text text = { 0 };
	const char *message;

	sp_text_add(&text, desired->selected ? "matches " : "does not match ");
	if (desired->selected)
		sp_selector_write(&text, &kubevirt->selector);
	else
		sp_requirement_write(&text, desired->failed);
	if (desired->lacks_key)
		sp_text_add(&text, ": the node has no such label");
	message = sp_arena_copy(arena, sp_text_string(&text), text.length);
	sp_text_free(&text);
	return message;
}

/* Where the message is kept. */
static const char **find_message(const struct sp_desired *desired, const struct sp_selector *selector,
				 struct sp_desired_messages *messages)
{
	if (desired->selected)
		return &messages->matching;
	if (!messages->failing)
		messages->failing = sp_arena_array(messages->arena, 2 * selector->count, sizeof *messages->failing);
	return &messages->failing[2 * (desired->failed - selector->requirements) + desired->lacks_key];
}

const char *sp_desired_message(const struct sp_desired *desired, const struct sp_kubevirt *kubevirt,
			       struct sp_desired_messages *messages)
{
	const char **message;

	if (kubevirt->selector_kind == SP_SELECTOR_ABSENT)
		return "there is no ksmConfiguration, which selects no node";
	if (kubevirt->selector_kind == SP_SELECTOR_NIL)
		return "ksmConfiguration has no nodeLabelSelector, which selects no node";
	if (kubevirt->selector_kind == SP_SELECTOR_EMPTY)
		return "the empty nodeLabelSelector selects every node";
	message = find_message(desired, &kubevirt->selector, messages);
	if (!*message)
		*message = make_message(desired, kubevirt, messages->arena);
	return *message;
}
