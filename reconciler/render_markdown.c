/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as a review comment: GitHub's flavour of Markdown. */
#include <string.h>

#include "reconciler/group.h"
#include "reconciler/render.h"
#include "reconciler/wording.h"

/* Appends text of unknown origin so that it is read as text. Character references cannot start any markup, and unlike
 * backslashes they also hold inside HTML. */
static void add_escaped(struct sp_text *out, const char *string)
{
	struct sp_text visible = { 0 };

	sp_text_add_visible(&visible, string);
	for (const char *next = sp_text_string(&visible); *next; next++) {
		bool is_link = *next == ':' && next[1] == '/';

		if (strchr("&<>|`*_[]\\~#!$@", *next) || is_link)
			sp_text_format(out, "&#%d;", *next);
		else
			sp_text_add_char(out, *next);
	}
	sp_text_free(&visible);
}

/* The same as code: between backticks where that is safe, as it reads better in the raw file. */
static void add_code(struct sp_text *out, const char *string)
{
	size_t length = strlen(string);
	struct sp_text visible = { 0 };

	sp_text_add_visible(&visible, string);
	if (length > 0 && string[0] != ' ' && string[length - 1] != ' ' && !strpbrk(visible.bytes, "`|\\")) {
		sp_text_format(out, "`%s`", visible.bytes);
	} else {
		sp_text_add(out, "<code>");
		add_escaped(out, string);
		sp_text_add(out, "</code>");
	}
	sp_text_free(&visible);
}

static void add_inputs(struct sp_text *out, const struct sp_plan *plan)
{
	const char *meaning = sp_wording_selector(plan->selector_kind);
	struct sp_text name = { 0 };

	sp_text_format(&name, "%s%s%s", plan->kubevirt.namespace, plan->kubevirt.namespace[0] ? "/" : "",
		       plan->kubevirt.name);
	sp_text_add(out, "- ");
	add_escaped(out, plan->kubevirt.kind);
	sp_text_add_char(out, ' ');
	add_code(out, name.bytes);
	sp_text_add(out, " from ");
	add_code(out, sp_wording_path(plan->kubevirt.path));
	sp_text_add(out, "\n- selector: ");
	if (meaning)
		sp_text_add(out, meaning);
	else
		add_code(out, plan->selector_text);
	sp_text_format(out, "\n- policy: %s\n- ", sp_policy_name(plan->policy));
	sp_wording_add_nodes(out, plan->nodes_input.count);
	sp_text_add(out, " from ");
	add_code(out, sp_wording_path(plan->nodes_input.path));
	if (plan->facts_input.path) {
		sp_text_add(out, "\n- facts of ");
		sp_wording_add_nodes(out, plan->facts_input.count);
		sp_text_add(out, " from ");
		add_code(out, sp_wording_path(plan->facts_input.path));
	}
	sp_text_add_char(out, '\n');
	sp_text_free(&name);
}

static bool is_shown(const struct sp_group *group, const struct sp_render_options *options)
{
	return group->nodes[0]->action != SP_ACTION_UNCHANGED || options->verbosity > 0;
}

static void add_table_row(struct sp_text *out, const struct sp_group *group, struct sp_arena *arena)
{
	const struct sp_plan_node *node = group->nodes[0];
	size_t count;
	const struct sp_row *rows = sp_wording_rows(node, arena, &count);

	sp_text_format(out, "| %s | %zu | ", sp_action_name(node->action), group->count);
	add_escaped(out, node->message);
	sp_text_format(out, " (%s) | ", sp_reason_name(node->reason));
	for (size_t i = 0; i < count; i++) {
		sp_text_format(out, "%s%s ", i > 0 ? "<br>" : "", rows[i].kind);
		add_code(out, rows[i].name);
		sp_text_add(out, ": ");
		add_escaped(out, rows[i].before);
		sp_text_add(out, " → ");
		add_escaped(out, rows[i].after);
	}
	sp_text_add(out, " |\n");
}

static void add_table(struct sp_text *out, const struct sp_group *groups, size_t count,
		      const struct sp_render_options *options)
{
	struct sp_arena arena = { 0 };
	bool has_header = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_shown(&groups[i], options))
			continue;
		if (!has_header)
			sp_text_add(out, "\n| action | nodes | why | what changes |\n|---|---:|---|---|\n");
		has_header = true;
		add_table_row(out, &groups[i], &arena);
	}
	sp_arena_free(&arena);
}

/* A blank line must follow the summary: what comes after it is Markdown again. */
static void add_names(struct sp_text *out, const struct sp_group *group)
{
	const struct sp_plan_node *node = group->nodes[0];

	sp_text_format(out, "\n<details>\n<summary>%s ", sp_action_name(node->action));
	sp_wording_add_nodes(out, group->count);
	sp_text_add(out, ": ");
	add_escaped(out, node->message);
	sp_text_add(out, "</summary>\n\n");
	for (size_t i = 0; i < group->count; i++) {
		sp_text_add(out, i > 0 ? ",\n" : "");
		add_code(out, group->nodes[i]->name);
	}
	sp_text_add(out, "\n\n</details>\n");
}

static void add_warnings(struct sp_text *out, const struct sp_plan *plan)
{
	if (plan->warning_count > 0)
		sp_text_add(out, "\nWarnings:\n\n");
	for (size_t i = 0; i < plan->warning_count; i++) {
		const struct sp_plan_warning *warning = &plan->warnings[i];
		struct sp_text place = { 0 };

		sp_place_write(&place, warning->place);
		sp_text_add(out, "- ");
		if (place.length > 0) {
			add_code(out, place.bytes);
			sp_text_add(out, ": ");
		}
		add_escaped(out, warning->message);
		sp_text_format(out, " (%s)\n", warning->code);
		sp_text_free(&place);
	}
}

void sp_render_markdown(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_arena arena = { 0 };
	size_t count;
	const struct sp_group *groups;

	sp_text_add(out, "**");
	sp_wording_add_summary(out, plan);
	sp_text_add(out, "**\n");
	if (options->verbosity < 0)
		return;
	groups = sp_group_nodes(plan, &arena, &count);
	sp_text_add_char(out, '\n');
	add_inputs(out, plan);
	add_table(out, groups, count, options);
	for (size_t i = 0; i < count; i++)
		if (is_shown(&groups[i], options))
			add_names(out, &groups[i]);
	add_warnings(out, plan);
	sp_arena_free(&arena);
}
