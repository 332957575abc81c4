/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as a review comment: GitHub's flavour of Markdown. */
#include <string.h>
#include <strings.h>

#include "reconciler/group.h"
#include "reconciler/render.h"
#include "reconciler/wording.h"

/* Whether what stands here would become a link, or call somebody: @name, #12, !12, https://, www. GitHub and GitLab
 * look for these in the text of the page that they have made, where a character reference has become its character
 * again. */
static bool is_reference(const char *text, const char *at)
{
	if (*at == ':')
		return at[1] == '/';
	if (*at == '.')
		return at - text >= 3 && strncasecmp(at - 3, "www", 3) == 0;
	return *at && strchr("@#!$%~", *at) && at[1] && !strchr(" ,;:.)", at[1]);
}

/* Appends text of unknown origin so that it is read as text. Character references cannot start any markup, and unlike
 * backslashes they also hold inside HTML. What could be a reference stands in an element of its own, so that it is no
 * longer next to its name. */
static void add_escaped(struct sp_text *out, const char *string)
{
	struct sp_text visible = { 0 };

	sp_text_add_visible(&visible, string);
	for (const char *next = sp_text_string(&visible); *next; next++) {
		if (is_reference(visible.bytes, next))
			sp_text_format(out, "<span>&#%d;</span>", *next);
		else if (strchr("&<>|`*_[]\\~#!$@", *next))
			sp_text_format(out, "&#%d;", *next);
		else
			sp_text_add_char(out, *next);
	}
	sp_text_free(&visible);
}

/* The same as code: between backticks where that is safe, as it reads better in the raw file. */
void sp_render_markdown_code(struct sp_text *out, const char *string)
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
	sp_render_markdown_code(out, name.bytes);
	sp_text_add(out, " from ");
	sp_render_markdown_code(out, sp_wording_path(plan->kubevirt.path));
	sp_text_add(out, "\n- selector: ");
	if (meaning)
		sp_text_add(out, meaning);
	else
		sp_render_markdown_code(out, plan->selector_text);
	sp_text_format(out, "\n- policy: %s\n- ", sp_policy_name(plan->policy));
	sp_wording_add_nodes(out, plan->nodes_input.count);
	sp_text_add(out, " from ");
	sp_render_markdown_code(out, sp_wording_path(plan->nodes_input.path));
	if (plan->facts_input.path) {
		sp_text_add(out, "\n- facts of ");
		sp_wording_add_nodes(out, plan->facts_input.count);
		sp_text_add(out, " from ");
		sp_render_markdown_code(out, sp_wording_path(plan->facts_input.path));
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
		sp_render_markdown_code(out, rows[i].name);
		sp_text_add(out, ": ");
		add_escaped(out, rows[i].before);
		sp_text_add(out, " → ");
		add_escaped(out, rows[i].after);
	}
	sp_text_add(out, " |\n");
}

/* What has to fit into a comment. Pieces that do not are left out, and counted. */
struct paper {
	struct sp_text *out;
	size_t start;   /* of this plan in `out` */
	size_t most;    /* bytes; 0: no limit */
	size_t reserve; /* for the last lines: that something is missing, where the whole is, the next command */
	size_t rows_left_out;
	size_t names_left_out;
};

/* The words of the last lines, without the two commands in them. */
enum { RESERVED_WORDS = 400 };

/* Appends the piece if it fits, and empties it. */
static bool put(struct paper *paper, struct sp_text *piece)
{
	size_t used = paper->out->length - paper->start;
	bool fits = paper->most == 0 || used + paper->reserve + piece->length <= paper->most;

	if (fits)
		sp_text_append(paper->out, sp_text_string(piece), piece->length);
	piece->length = 0;
	return fits;
}

static void add_table(struct paper *paper, const struct sp_group *groups, size_t count,
		      const struct sp_render_options *options)
{
	struct sp_arena arena = { 0 };
	struct sp_text row = { 0 };
	bool has_header = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_shown(&groups[i], options))
			continue;
		if (!has_header)
			sp_text_add(&row, "\n| action | nodes | why | what changes |\n|---|---:|---|---|\n");
		add_table_row(&row, &groups[i], &arena);
		if (paper->rows_left_out > 0 || !put(paper, &row))
			paper->rows_left_out++;
		else
			has_header = true;
		row.length = 0;
	}
	sp_text_free(&row);
	sp_arena_free(&arena);
}

/* A blank line must follow the summary: what comes after it is Markdown again. */
static void add_names(struct paper *paper, const struct sp_group *group)
{
	static const char end[] = "\n\n</details>\n";
	const struct sp_plan_node *node = group->nodes[0];
	struct sp_text piece = { 0 };
	size_t shown = 0;

	sp_text_format(&piece, "\n<details>\n<summary>%s ", sp_action_name(node->action));
	sp_wording_add_nodes(&piece, group->count);
	sp_text_add(&piece, ": ");
	add_escaped(&piece, node->message);
	sp_text_add(&piece, "</summary>\n\n");
	if (paper->names_left_out == 0) {
		for (; shown < group->count; shown++) {
			sp_text_add(&piece, shown > 0 ? ",\n" : "");
			sp_render_markdown_code(&piece, group->nodes[shown]->name);
			if (!put(paper, &piece))
				break;
		}
	}
	paper->names_left_out += group->count - shown;
	if (shown > 0)
		sp_text_add(paper->out, end);
	sp_text_free(&piece);
}

static void add_code_and_help(struct sp_text *out, const char *code, const char *help)
{
	sp_text_format(out, " (%s)", code);
	if (help) {
		sp_text_add(out, "; ");
		add_escaped(out, help);
	}
	sp_text_add_char(out, '\n');
}

static void add_warning(struct sp_text *out, const struct sp_plan_warning *warning)
{
	struct sp_text place = { 0 };

	sp_place_write(&place, warning->place);
	sp_text_add(out, "- ");
	if (place.length > 0) {
		sp_render_markdown_code(out, place.bytes);
		sp_text_add(out, ": ");
	}
	add_escaped(out, warning->message);
	add_code_and_help(out, warning->code, warning->help);
	sp_text_free(&place);
}

static void add_warnings(struct paper *paper, const struct sp_plan *plan)
{
	struct sp_text piece = { 0 };

	if (plan->warning_count > 0)
		sp_text_add(&piece, "\nWarnings:\n\n");
	for (size_t i = 0; i < plan->warning_count; i++) {
		add_warning(&piece, &plan->warnings[i]);
		if (!put(paper, &piece))
			paper->rows_left_out++;
	}
	sp_text_free(&piece);
}

static void add_impact(struct sp_text *out, const struct sp_impact *impact)
{
	struct sp_text name = { 0 };

	sp_wording_add_name(&name, impact->namespace, impact->name);
	sp_text_add(out, "| ");
	add_escaped(out, impact->kind);
	sp_text_add_char(out, ' ');
	sp_render_markdown_code(out, name.bytes);
	sp_text_add(out, " | ");
	sp_render_markdown_code(out, impact->requirement);
	sp_text_format(out, sp_wording_is_stranded(impact) ? " | %zu | **%zu**" : " | %zu | %zu", impact->before,
		       impact->after);
	if (impact->unknown > 0)
		sp_text_format(out, " (and %zu unknown)", impact->unknown);
	sp_text_format(out, " | %zu | %zu |\n", impact->lost, impact->gained);
	sp_text_free(&name);
}

static void add_scheduling(struct paper *paper, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_text piece = { 0 };
	bool has_header = false;

	if (!plan->workloads_input.path)
		return;
	sp_text_add_char(&piece, '\n');
	sp_wording_add_workloads(&piece, plan);
	sp_text_add(&piece, " (");
	sp_render_markdown_code(&piece, sp_wording_path(plan->workloads_input.path));
	sp_text_add(&piece, ").\n");
	put(paper, &piece);
	for (size_t i = 0; i < plan->impact_count; i++) {
		if (options->verbosity <= 0 && !sp_wording_is_hit(&plan->impacts[i]))
			continue;
		if (!has_header)
			sp_text_add(&piece, "\n| virtual machine | asks for | nodes before | after | lost | gained |\n"
					    "|---|---|---:|---:|---:|---:|\n");
		add_impact(&piece, &plan->impacts[i]);
		if (put(paper, &piece))
			has_header = true;
		else
			paper->rows_left_out++;
	}
	sp_text_free(&piece);
}

static void add_refusals(struct paper *paper, const struct sp_plan *plan)
{
	struct sp_text piece = { 0 };

	if (plan->refusal_count > 0)
		sp_text_add(&piece, "\n**Refused:**\n\n");
	for (size_t i = 0; i < plan->refusal_count; i++) {
		const struct sp_plan_refusal *refusal = &plan->refusals[i];

		/* another sign than that of the list which follows: to Markdown they would be one */
		sp_text_add(&piece, "* ");
		add_escaped(&piece, refusal->message);
		add_code_and_help(&piece, refusal->code, refusal->help);
		put(paper, &piece);
	}
	sp_text_free(&piece);
}

/* The command, or what it is where it would not fit. */
static void add_command(struct paper *paper, const char *verb, const struct sp_plan *plan, const char *more)
{
	struct sp_text command = { 0 };

	sp_wording_add_command(&command, verb, plan);
	sp_text_add(&command, more);
	if (paper->most == 0 || 2 * command.length + RESERVED_WORDS <= paper->reserve)
		sp_render_markdown_code(paper->out, command.bytes);
	else
		sp_text_format(paper->out, "samepage %s", verb);
	sp_text_add_char(paper->out, '\n');
	sp_text_free(&command);
}

static void add_missing(struct paper *paper, const struct sp_plan *plan)
{
	if (paper->rows_left_out == 0 && paper->names_left_out == 0)
		return;
	sp_text_add(paper->out, "\nNot shown, as a comment has no room for all: ");
	if (paper->rows_left_out > 0)
		sp_text_format(paper->out, "%zu rows%s", paper->rows_left_out, paper->names_left_out > 0 ? ", " : "");
	if (paper->names_left_out > 0)
		sp_text_format(paper->out, "%zu of %zu nodes by name", paper->names_left_out, plan->node_count);
	sp_text_add(paper->out, ". The whole: ");
	add_command(paper, "plan", plan, " -v");
}

static void add_next(struct paper *paper, const struct sp_plan *plan)
{
	struct sp_text *out = paper->out;

	sp_text_add(out, "\nNext: ");
	if (plan->refusal_count > 0)
		sp_text_add(out, "the plan is refused; see above how to go on.\n");
	else if (sp_plan_changed(plan) == 0)
		sp_text_add(out, "nothing is to be done.\n");
	else
		add_command(paper, "emit", plan, " -d patches");
}

static void add_body(struct paper *paper, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_arena arena = { 0 };
	struct sp_text inputs = { 0 };
	size_t count;
	const struct sp_group *groups = sp_group_nodes(plan, &arena, &count);

	add_refusals(paper, plan);
	sp_text_add_char(&inputs, '\n');
	add_inputs(&inputs, plan);
	if (!put(paper, &inputs))
		paper->rows_left_out++;
	sp_text_free(&inputs);
	add_table(paper, groups, count, options);
	add_warnings(paper, plan);
	add_scheduling(paper, plan, options);
	for (size_t i = 0; i < count; i++)
		if (is_shown(&groups[i], options))
			add_names(paper, &groups[i]);
	add_missing(paper, plan);
	sp_arena_free(&arena);
}

/* Code takes some bytes more than the command itself: five for each that is escaped. */
static size_t reserve_for(const struct sp_plan *plan, size_t most)
{
	struct sp_text command = { 0 };
	size_t reserve;

	sp_wording_add_command(&command, "emit", plan);
	reserve = RESERVED_WORDS + 12 * command.length;
	sp_text_free(&command);
	return reserve <= most / 2 ? reserve : RESERVED_WORDS;
}

static struct paper paper_for(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	return (struct paper){
		.out = out,
		.start = out->length,
		.most = options->most_bytes,
		.reserve = reserve_for(plan, options->most_bytes),
	};
}

void sp_render_markdown_groups(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_arena arena = { 0 };
	struct paper paper = paper_for(out, plan, options);
	size_t count;
	const struct sp_group *groups = sp_group_nodes(plan, &arena, &count);

	/* what comes before it takes some of the room */
	paper.start = 0;
	paper.most = paper.most > 0 ? out->length + paper.most - paper.most / 8 : 0;
	add_table(&paper, groups, count, options);
	for (size_t i = 0; i < count; i++)
		if (is_shown(&groups[i], options))
			add_names(&paper, &groups[i]);
	add_missing(&paper, plan);
	sp_arena_free(&arena);
}

void sp_render_markdown_scheduling(struct sp_text *out, const struct sp_plan *plan,
				   const struct sp_render_options *options)
{
	struct paper paper = paper_for(out, plan, options);

	add_scheduling(&paper, plan, options);
	add_missing(&paper, plan);
}

void sp_render_markdown_remarks(struct sp_text *out, const struct sp_plan *plan,
				const struct sp_render_options *options)
{
	struct paper paper = paper_for(out, plan, options);

	add_refusals(&paper, plan);
	add_warnings(&paper, plan);
	add_missing(&paper, plan);
}

void sp_render_markdown(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct paper paper = paper_for(out, plan, options);

	if (options->marker)
		sp_text_format(out, "<!-- %s -->\n", options->marker);
	sp_text_add(out, "**");
	sp_wording_add_summary(out, plan);
	sp_text_add(out, "**\n");
	if (options->verbosity < 0)
		return;
	add_body(&paper, plan, options);
	if (options->marker)
		add_next(&paper, plan);
}
