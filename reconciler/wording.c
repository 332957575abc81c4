/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/wording.h"

#include <string.h>

#include "state/utf8.h"

/* An annotation's value may be long, and only its beginning is of use to a reader. */
enum { LONGEST_VALUE = 40 };

/* `value` in quotes, so that "absent" and absent cannot be confused; what would end the quotes is escaped. */
static const char *quote(struct sp_arena *arena, const char *value)
{
	size_t left = strlen(value);
	struct sp_text escaped = { 0 };
	struct sp_text shown = { 0 };
	const char *result;

	for (size_t i = 0; i < LONGEST_VALUE && left > 0; i++) {
		size_t length = sp_utf8_length(value, left);

		length += !length;
		if (*value == '"' || *value == '\\')
			sp_text_add_char(&escaped, '\\');
		sp_text_append(&escaped, value, length);
		value += length;
		left -= length;
	}
	sp_text_add_char(&shown, '"');
	sp_text_add_visible(&shown, sp_text_string(&escaped));
	sp_text_add(&shown, left > 0 ? "...\"" : "\"");
	result = sp_arena_copy(arena, shown.bytes, shown.length);
	sp_text_free(&escaped);
	sp_text_free(&shown);
	return result;
}

static const char *show(struct sp_arena *arena, const char *value)
{
	struct sp_text shown = { 0 };
	const char *result;

	sp_text_add_visible(&shown, value);
	result = sp_arena_string(arena, sp_text_string(&shown));
	sp_text_free(&shown);
	return result;
}

static struct sp_row metadata_row(struct sp_arena *arena, const char *kind, const char *name,
				  const struct sp_change *change)
{
	return (struct sp_row){
		.kind = kind,
		.name = name,
		.before = change->before ? quote(arena, change->before) : "absent",
		.after = change->after ? quote(arena, change->after) : "unknown",
	};
}

/* A node that is let go gets back what is recorded on it, and that record is not among the inputs. */
static const char *unknown_value(enum sp_action action, const char *knob)
{
	if (action != SP_ACTION_DISABLE && action != SP_ACTION_RESTORE)
		return "unknown";
	return strcmp(knob, "run") == 0 ? "the recorded original, else 0" : "the recorded original";
}

static struct sp_row knob_row(struct sp_arena *arena, enum sp_action action, const struct sp_knob_change *knob)
{
	const struct sp_change *change = &knob->change;

	return (struct sp_row){
		.kind = "sysfs",
		.name = knob->knob,
		.before = change->before ? show(arena, change->before) : "unknown",
		.after = change->after ? show(arena, change->after) : unknown_value(action, knob->knob),
	};
}

const struct sp_row *sp_wording_rows(const struct sp_plan_node *node, struct sp_arena *arena, size_t *count)
{
	struct sp_row *rows = sp_arena_array(arena, node->knob_count + 2, sizeof *rows);

	*count = 0;
	for (size_t i = 0; i < node->knob_count; i++)
		if (node->knobs[i].change.changes)
			rows[(*count)++] = knob_row(arena, node->action, &node->knobs[i]);
	if (node->annotation.changes)
		rows[(*count)++] = metadata_row(arena, "annotation", SP_ANNOTATION_MANAGED, &node->annotation);
	if (node->label.changes)
		rows[(*count)++] = metadata_row(arena, "label", SP_LABEL_ENABLED, &node->label);
	return rows;
}

char sp_wording_symbol(enum sp_action action)
{
	static const char symbols[SP_ACTION_COUNT] = {
		[SP_ACTION_ENABLE] = '+',    [SP_ACTION_DISABLE] = '-', [SP_ACTION_RESTORE] = '<',
		[SP_ACTION_TUNE] = '~',      [SP_ACTION_LABEL] = '~',   [SP_ACTION_BLOCKED] = '!',
		[SP_ACTION_UNCHANGED] = ' ',
	};

	return symbols[action];
}

void sp_wording_add_summary(struct sp_text *out, const struct sp_plan *plan)
{
	const size_t *summary = plan->summary;

	sp_text_format(out, "Plan: %zu to enable, %zu to disable, %zu to restore", summary[SP_ACTION_ENABLE],
		       summary[SP_ACTION_DISABLE], summary[SP_ACTION_RESTORE]);
	if (summary[SP_ACTION_TUNE] > 0)
		sp_text_format(out, ", %zu to tune", summary[SP_ACTION_TUNE]);
	sp_text_format(out, ", %zu to label, %zu unchanged", summary[SP_ACTION_LABEL], summary[SP_ACTION_UNCHANGED]);
	if (summary[SP_ACTION_BLOCKED] > 0)
		sp_text_format(out, ", %zu blocked", summary[SP_ACTION_BLOCKED]);
	sp_text_add_char(out, '.');
}

const char *sp_wording_selector(enum sp_selector_kind kind)
{
	switch (kind) {
	case SP_SELECTOR_ABSENT:
		return "absent (no ksmConfiguration): selects no node";
	case SP_SELECTOR_NIL:
		return "nil (a ksmConfiguration without nodeLabelSelector): selects no node";
	case SP_SELECTOR_EMPTY:
		return "empty (no requirements): selects every node";
	case SP_SELECTOR_REQUIREMENTS:
		break;
	}
	return NULL;
}

void sp_wording_add_markup(struct sp_text *out, const char *text)
{
	struct sp_text visible = { 0 };

	sp_text_add_visible(&visible, text);
	for (const char *at = sp_text_string(&visible); *at; at++) {
		if (strchr("&<>\"'", *at))
			sp_text_format(out, "&#%d;", *at);
		else
			sp_text_add_char(out, *at);
	}
	sp_text_free(&visible);
}

const char *sp_wording_path(const char *path)
{
	return strcmp(path, "-") == 0 ? "stdin" : path;
}

void sp_wording_add_nodes(struct sp_text *out, size_t count)
{
	sp_text_format(out, "%zu node%s", count, count == 1 ? "" : "s");
}

void sp_wording_add_shell_word(struct sp_text *out, const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-";

	if (*word && word[strspn(word, safe)] == '\0') {
		sp_text_add(out, word);
		return;
	}
	sp_text_add_char(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			sp_text_add(out, "'\\''");
		else
			sp_text_add_char(out, *word);
	}
	sp_text_add_char(out, '\'');
}

void sp_wording_add_command(struct sp_text *out, const char *verb, const struct sp_plan *plan)
{
	sp_text_format(out, "samepage %s -f ", verb);
	sp_wording_add_shell_word(out, plan->kubevirt.path);
	sp_text_add(out, " -n ");
	sp_wording_add_shell_word(out, plan->nodes_input.path);
	if (plan->facts_input.path) {
		sp_text_add(out, " --facts ");
		sp_wording_add_shell_word(out, plan->facts_input.path);
	}
	if (plan->workloads_input.path) {
		sp_text_add(out, " --workloads ");
		sp_wording_add_shell_word(out, plan->workloads_input.path);
	}
	if (plan->policy != SP_POLICY_STATIC)
		sp_text_format(out, " --policy %s", sp_policy_name(plan->policy));
}

void sp_wording_add_workloads(struct sp_text *out, const struct sp_plan *plan)
{
	size_t total = plan->workloads_input.count;

	sp_text_format(out, "%zu of %zu virtual machine%s ask%s for %s", plan->impact_count, total,
		       total == 1 ? "" : "s", plan->impact_count == 1 ? "s" : "", SP_LABEL_ENABLED);
}

void sp_wording_add_name(struct sp_text *out, const char *namespace, const char *name)
{
	sp_text_format(out, "%s%s%s", namespace, namespace[0] != '\0' ? "/" : "", name);
}

bool sp_wording_is_stranded(const struct sp_impact *impact)
{
	return impact->after + impact->unknown == 0;
}

bool sp_wording_is_hit(const struct sp_impact *impact)
{
	return impact->lost > 0 || impact->gained > 0 || impact->unknown > 0 || impact->after == 0;
}
