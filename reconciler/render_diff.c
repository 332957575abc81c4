/* SPDX-License-Identifier: Apache-2.0 */
/* A diff as bytes, in every form that it has. */
#include <string.h>

#include "reconciler/diff.h"
#include "reconciler/wording.h"

/* The nodes of one membership as a plan of their own, so that they are shown as a plan's are. */
static struct sp_plan part_of(const struct sp_diff *diff, enum sp_membership membership, struct sp_arena *arena)
{
	struct sp_plan_node *nodes = sp_arena_array(arena, diff->counts[membership], sizeof *nodes);
	struct sp_plan part = *diff->plan;

	part.nodes = nodes;
	part.node_count = 0;
	for (size_t i = 0; i < diff->plan->node_count; i++)
		if (diff->nodes[i].membership == membership)
			nodes[part.node_count++] = *diff->nodes[i].planned;
	return part;
}

static const char *selector_of(const struct sp_diff_side *side)
{
	const char *meaning = sp_wording_selector(side->selector_kind);

	return meaning ? meaning : side->selector_text;
}

/* "Diff: 1 joins, 2 leave, 3 stay, 4 stay out." */
static void add_summary(struct sp_text *out, const struct sp_diff *diff)
{
	static const char *const one[] = { "joins", "leaves", "stays", "stays out" };
	static const char *const many[] = { "join", "leave", "stay", "stay out" };

	if (!diff->has_nodes) {
		sp_text_format(out, "Diff: the selector %s; no snapshot was given.",
			       sp_diff_differs(diff) ? "changes" : "stays as it is");
		return;
	}
	sp_text_add(out, "Diff: ");
	for (enum sp_membership at = 0; at < SP_MEMBERSHIP_COUNT; at++)
		sp_text_format(out, "%s%zu %s", at > 0 ? ", " : "", diff->counts[at],
			       diff->counts[at] == 1 ? one[at] : many[at]);
	sp_text_add_char(out, '.');
}

static void add_title(struct sp_text *out, const struct sp_diff *diff, enum sp_membership membership)
{
	static const char *const titles[] = { "Joins", "Leaves", "Stays", "Stays out" };

	sp_text_format(out, "%s (", titles[membership]);
	sp_wording_add_nodes(out, diff->counts[membership]);
	if (diff->managed[membership] > 0)
		sp_text_format(out, ", %zu managed", diff->managed[membership]);
	sp_text_add_char(out, ')');
}

/* Which nodes are shown: those that the change is about, or all. */
static enum sp_membership last_shown(const struct sp_render_options *options)
{
	return options->verbosity > 0 ? SP_STAYS_OUT : SP_LEAVES;
}

/* The nodes that a plan changes whatever this change of the CR does: they are not as they should be yet. */
static size_t count_pending(const struct sp_diff *diff)
{
	size_t count = 0;

	for (size_t i = 0; i < diff->plan->node_count; i++)
		count += diff->nodes[i].membership > SP_LEAVES && diff->nodes[i].planned->action != SP_ACTION_UNCHANGED;
	return count;
}

static void add_pending(struct sp_text *out, const struct sp_diff *diff, const struct sp_render_options *options,
			const char *before, const char *behind)
{
	size_t count = options->verbosity == 0 ? count_pending(diff) : 0;

	if (count == 0)
		return;
	sp_text_add(out, before);
	sp_wording_add_nodes(out, count);
	sp_text_add(out, count == 1 ? " that neither joins nor leaves is not yet as it should be: -v shows it." :
				      " that neither join nor leave are not yet as they should be: -v shows them.");
	sp_text_add(out, behind);
}

static bool is_selector_changed(const struct sp_diff *diff)
{
	return strcmp(selector_of(&diff->old_side), selector_of(&diff->new_side)) != 0;
}

static void add_text_heading(struct sp_text *out, const struct sp_diff *diff)
{
	sp_text_add_visible(out, sp_wording_path(diff->old_side.path));
	sp_text_add(out, " -> ");
	sp_text_add_visible(out, sp_wording_path(diff->new_side.path));
	sp_text_add(out, "\n  selector  ");
	if (is_selector_changed(diff)) {
		sp_text_add(out, "- ");
		sp_text_add_visible(out, selector_of(&diff->old_side));
		sp_text_add(out, "\n            + ");
	}
	sp_text_add_visible(out, selector_of(&diff->new_side));
	if (diff->has_nodes) {
		sp_text_format(out, "\n  nodes     %zu from ", diff->plan->nodes_input.count);
		sp_text_add_visible(out, sp_wording_path(diff->plan->nodes_input.path));
	}
	sp_text_add(out, "\n\n");
}

static void write_text(struct sp_text *out, const struct sp_diff *diff, const struct sp_render_options *options)
{
	struct sp_arena arena = { 0 };
	struct sp_render_options all = *options;

	all.verbosity = 1; /* a node that joins and is as it should be is worth a line, too */
	if (options->verbosity >= 0)
		add_text_heading(out, diff);
	for (enum sp_membership at = SP_JOINS; at <= last_shown(options) && options->verbosity >= 0; at++) {
		struct sp_plan part = part_of(diff, at, &arena);

		if (part.node_count == 0)
			continue;
		add_title(out, diff, at);
		sp_text_add(out, ":\n\n");
		sp_render_text_groups(out, &part, &all);
	}
	add_pending(out, diff, options, "", "\n\n");
	if (options->verbosity >= 0)
		sp_render_text_scheduling(out, diff->plan, options);
	add_summary(out, diff);
	sp_text_add_char(out, '\n');
	sp_arena_free(&arena);
}

static void write_markdown(struct sp_text *out, const struct sp_diff *diff, const struct sp_render_options *options)
{
	struct sp_arena arena = { 0 };
	struct sp_render_options all = *options;

	all.verbosity = 1;
	/* a part of the room for each group of nodes, for warnings, and for virtual machines */
	all.most_bytes = options->most_bytes / (last_shown(options) + 3);
	if (options->marker)
		sp_text_format(out, "<!-- %s -->\n", options->marker);
	sp_text_add(out, "**");
	add_summary(out, diff);
	sp_text_add(out, "**\n\n- selector before: ");
	sp_render_markdown_code(out, selector_of(&diff->old_side));
	sp_text_add(out, "\n- selector after: ");
	sp_render_markdown_code(out, selector_of(&diff->new_side));
	sp_text_add(out, "\n");
	sp_render_markdown_remarks(out, diff->plan, &all);
	for (enum sp_membership at = SP_JOINS; at <= last_shown(options); at++) {
		struct sp_plan part = part_of(diff, at, &arena);

		if (part.node_count == 0)
			continue;
		sp_text_add(out, "\n#### ");
		add_title(out, diff, at);
		sp_text_add_char(out, '\n');
		sp_render_markdown_groups(out, &part, &all);
	}
	all.verbosity = options->verbosity;
	add_pending(out, diff, options, "\n", "\n");
	sp_render_markdown_scheduling(out, diff->plan, &all);
	sp_arena_free(&arena);
}

static void describe_side(struct sp_document *document, const char *key, const struct sp_diff_side *side)
{
	sp_document_key(document, key);
	sp_document_begin_map(document);
	sp_document_field(document, "path", side->path);
	sp_document_field(document, "kind", sp_selector_kind_name(side->selector_kind));
	sp_document_field(document, "text", side->selector_text);
	sp_document_end_map(document);
}

static void describe_node(struct sp_document *document, const struct sp_diff_node *node)
{
	sp_document_begin_map(document);
	sp_document_field(document, "name", node->planned->name);
	sp_document_field(document, "change", sp_membership_name(node->membership));
	sp_document_key(document, "managed");
	sp_document_bool(document, node->is_managed);
	sp_document_field(document, "action", sp_action_name(node->planned->action));
	sp_document_field(document, "reason", sp_reason_name(node->planned->reason));
	sp_document_field(document, "message", node->planned->message);
	sp_document_end_map(document);
}

static void write_document(struct sp_text *out, const struct sp_diff *diff, enum sp_document_form form)
{
	struct sp_document *document = sp_document_start(out, form);

	sp_document_begin_map(document);
	sp_document_field(document, "apiVersion", "samepage.dev/v1");
	sp_document_field(document, "kind", "Diff");
	sp_document_field(document, "policy", sp_policy_name(diff->plan->policy));
	sp_document_key(document, "differs");
	sp_document_bool(document, sp_diff_differs(diff));
	sp_document_key(document, "selector");
	sp_document_begin_map(document);
	describe_side(document, "before", &diff->old_side);
	describe_side(document, "after", &diff->new_side);
	sp_document_end_map(document);
	sp_document_key(document, "summary");
	sp_document_begin_map(document);
	for (enum sp_membership at = 0; at < SP_MEMBERSHIP_COUNT; at++)
		sp_document_number_field(document, sp_membership_name(at), diff->counts[at]);
	sp_document_end_map(document);
	sp_document_key(document, "nodes");
	sp_document_begin_list(document);
	for (size_t i = 0; i < diff->plan->node_count; i++)
		describe_node(document, &diff->nodes[i]);
	sp_document_end_list(document);
	sp_render_document_scheduling(document, diff->plan);
	sp_render_document_remarks(document, diff->plan);
	sp_document_end_map(document);
	sp_document_finish(document);
}

static void write_names(struct sp_text *out, const struct sp_diff *diff)
{
	for (size_t i = 0; i < diff->plan->node_count; i++)
		if (diff->nodes[i].membership <= SP_LEAVES)
			sp_text_format(out, "%s\n", diff->plan->nodes[i].name);
}

void sp_diff_write(struct sp_text *out, const struct sp_diff *diff, const char *form,
		   const struct sp_render_options *options)
{
	if (strcmp(form, "json") == 0)
		write_document(out, diff, SP_DOCUMENT_JSON);
	else if (strcmp(form, "yaml") == 0)
		write_document(out, diff, SP_DOCUMENT_YAML);
	else if (strcmp(form, "markdown") == 0)
		write_markdown(out, diff, options);
	else if (strcmp(form, "names") == 0)
		write_names(out, diff);
	else
		write_text(out, diff, options);
}
