/* SPDX-License-Identifier: Apache-2.0 */
/* The plan for people at a terminal. */
#include <string.h>

#include "reconciler/group.h"
#include "reconciler/render.h"
#include "reconciler/wording.h"

enum {
	LINE_WIDTH = 80,
	MOST_NAMES = 20,   /* of one group, unless asked for all */
	NAMES_COLUMN = 16, /* where the names of the nodes begin: below those of the values that change */
};

#define BOLD    "\033[1m"
#define RED     "\033[31m"
#define GREEN   "\033[32m"
#define YELLOW  "\033[33m"
#define MAGENTA "\033[35m"
#define PLAIN   "\033[0m"

static const char *color_of(enum sp_action action)
{
	static const char *const colors[SP_ACTION_COUNT] = {
		[SP_ACTION_ENABLE] = GREEN,    [SP_ACTION_DISABLE] = RED,  [SP_ACTION_RESTORE] = YELLOW,
		[SP_ACTION_TUNE] = YELLOW,     [SP_ACTION_LABEL] = YELLOW, [SP_ACTION_UNCHANGED] = "",
		[SP_ACTION_BLOCKED] = MAGENTA,
	};

	return colors[action];
}

/* How many characters `text` is wide, near enough: one column each. */
static size_t width(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

static void add_padded(struct sp_text *out, const char *text, size_t columns)
{
	sp_text_add_visible(out, text);
	for (size_t i = width(text); i < columns; i++)
		sp_text_add_char(out, ' ');
}

static void add_input(struct sp_text *out, const char *title, size_t count, const char *path)
{
	sp_text_format(out, "  %s %zu from ", title, count);
	sp_text_add_visible(out, sp_wording_path(path));
	sp_text_add_char(out, '\n');
}

/* What of the snapshot is not in the plan. */
static void add_left_out(struct sp_text *out, const struct sp_plan *plan, int verbosity)
{
	size_t left_out = plan->nodes_input.total - plan->nodes_input.count;

	if (plan->nodes_input.total > plan->nodes_input.count)
		sp_text_format(out, "            %zu more left out by --selector\n", left_out);
	if (plan->nodes_input.skipped > 0 && verbosity > 0)
		sp_text_format(out, "            %zu objects that are no Nodes skipped\n", plan->nodes_input.skipped);
}

static void add_heading(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	bool color = options->color;
	const char *meaning = sp_wording_selector(plan->selector_kind);

	sp_text_add(out, color ? BOLD : "");
	sp_text_add_visible(out, plan->kubevirt.kind);
	sp_text_add_char(out, ' ');
	if (plan->kubevirt.namespace[0] != '\0') {
		sp_text_add_visible(out, plan->kubevirt.namespace);
		sp_text_add_char(out, '/');
	}
	sp_text_add_visible(out, plan->kubevirt.name);
	sp_text_add(out, color ? PLAIN : "");
	sp_text_add(out, " from ");
	sp_text_add_visible(out, sp_wording_path(plan->kubevirt.path));
	sp_text_add(out, "\n  selector  ");
	sp_text_add_visible(out, meaning ? meaning : plan->selector_text);
	sp_text_format(out, "\n  policy    %s\n", sp_policy_name(plan->policy));
	add_input(out, "nodes    ", plan->nodes_input.count, plan->nodes_input.path);
	add_left_out(out, plan, options->verbosity);
	if (plan->facts_input.path)
		add_input(out, "facts    ", plan->facts_input.count, plan->facts_input.path);
	if (plan->workloads_input.path)
		add_input(out, "workloads", plan->workloads_input.count, plan->workloads_input.path);
	sp_text_add_char(out, '\n');
}

/* "+ enable 2 nodes (selected): matches zone=a" */
static void add_group_title(struct sp_text *out, const struct sp_group *group, bool color)
{
	const struct sp_plan_node *node = group->nodes[0];

	sp_text_add(out, color ? color_of(node->action) : "");
	sp_text_format(out, "%c %s ", sp_wording_symbol(node->action), sp_action_name(node->action));
	sp_wording_add_nodes(out, group->count);
	sp_text_add(out, color && color_of(node->action)[0] ? PLAIN : "");
	sp_text_format(out, " (%s): ", sp_reason_name(node->reason));
	sp_text_add_visible(out, node->message);
	sp_text_add_char(out, '\n');
}

static void add_rows(struct sp_text *out, const struct sp_plan_node *node, struct sp_arena *arena)
{
	size_t count;
	const struct sp_row *rows = sp_wording_rows(node, arena, &count);
	size_t name_width = 0;
	size_t before_width = 0;

	for (size_t i = 0; i < count; i++) {
		if (width(rows[i].name) > name_width)
			name_width = width(rows[i].name);
		if (width(rows[i].before) > before_width)
			before_width = width(rows[i].before);
	}
	for (size_t i = 0; i < count; i++) {
		sp_text_format(out, "    %-10s  ", rows[i].kind);
		add_padded(out, rows[i].name, name_width);
		sp_text_add(out, "  ");
		add_padded(out, rows[i].before, before_width);
		sp_text_format(out, " -> %s\n", rows[i].after);
	}
}

static void add_names(struct sp_text *out, const struct sp_group *group, bool all)
{
	size_t shown = all || group->count <= MOST_NAMES ? group->count : MOST_NAMES;
	size_t column = NAMES_COLUMN;

	sp_text_format(out, "    %-10s  ", group->count == 1 ? "node" : "nodes");
	for (size_t i = 0; i < shown; i++) {
		const char *name = group->nodes[i]->name;

		if (i > 0 && column + 1 + width(name) > LINE_WIDTH) {
			sp_text_format(out, "\n%*s", NAMES_COLUMN, "");
			column = NAMES_COLUMN;
		} else if (i > 0) {
			sp_text_add_char(out, ' ');
			column++;
		}
		sp_text_add_visible(out, name);
		column += width(name);
	}
	if (shown < group->count)
		sp_text_format(out, "\n%*sand %zu more (-v shows all)", NAMES_COLUMN, "", group->count - shown);
	sp_text_add_char(out, '\n');
}

void sp_render_text_groups(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_arena arena = { 0 };
	size_t count;
	const struct sp_group *groups = sp_group_nodes(plan, &arena, &count);

	for (size_t i = 0; i < count; i++) {
		if (groups[i].nodes[0]->action == SP_ACTION_UNCHANGED && options->verbosity <= 0)
			continue;
		add_group_title(out, &groups[i], options->color);
		add_rows(out, groups[i].nodes[0], &arena);
		add_names(out, &groups[i], options->verbosity > 0);
		sp_text_add_char(out, '\n');
	}
	sp_arena_free(&arena);
}

static bool is_shown(const struct sp_impact *impact, const struct sp_render_options *options)
{
	return options->verbosity > 0 || sp_wording_is_hit(impact);
}

/* "VirtualMachine default/testvm" */
static void add_machine(struct sp_text *out, const struct sp_impact *impact)
{
	sp_text_format(out, "%s ", impact->kind);
	sp_wording_add_name(out, impact->namespace, impact->name);
}

/* The impacts to show, and how wide their first two columns are. */
struct shown {
	const struct sp_impact **impacts;
	size_t count;
	size_t machine_width;
	size_t requirement_width;
};

static struct shown choose_impacts(const struct sp_plan *plan, const struct sp_render_options *options,
				   struct sp_arena *arena)
{
	struct shown shown = { .impacts = sp_arena_array(arena, plan->impact_count, sizeof *shown.impacts) };

	for (size_t i = 0; i < plan->impact_count; i++) {
		const struct sp_impact *impact = &plan->impacts[i];
		struct sp_text machine = { 0 };

		if (!is_shown(impact, options))
			continue;
		shown.impacts[shown.count++] = impact;
		if (options->verbosity <= 0 && shown.count > MOST_NAMES)
			continue;
		add_machine(&machine, impact);
		if (width(machine.bytes) > shown.machine_width)
			shown.machine_width = width(machine.bytes);
		if (width(impact->requirement) > shown.requirement_width)
			shown.requirement_width = width(impact->requirement);
		sp_text_free(&machine);
	}
	return shown;
}

/* "    VirtualMachine default/testvm  kubevirt.io/ksm-enabled=true  5 -> 3 (3 lost, 1 gained)" */
static void add_impact(struct sp_text *out, const struct sp_impact *impact, const struct shown *shown, bool color)
{
	bool is_stranded = sp_wording_is_stranded(impact);
	struct sp_text machine = { 0 };

	add_machine(&machine, impact);
	sp_text_add(out, is_stranded ? "  ! " : "    ");
	add_padded(out, machine.bytes, shown->machine_width);
	sp_text_add(out, "  ");
	add_padded(out, impact->requirement, shown->requirement_width);
	sp_text_format(out, "  %s%zu -> %zu%s", is_stranded && color ? RED : "", impact->before, impact->after,
		       is_stranded && color ? PLAIN : "");
	if (impact->lost > 0 && impact->gained > 0)
		sp_text_format(out, " (%zu lost, %zu gained)", impact->lost, impact->gained);
	if (impact->unknown > 0)
		sp_text_format(out, " (and %zu unknown)", impact->unknown);
	sp_text_add_char(out, '\n');
	sp_text_free(&machine);
}

void sp_render_text_scheduling(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_arena arena = { 0 };
	struct shown shown;
	size_t most;

	if (!plan->workloads_input.path)
		return;
	shown = choose_impacts(plan, options, &arena);
	most = options->verbosity > 0 || shown.count <= MOST_NAMES ? shown.count : MOST_NAMES;
	sp_wording_add_workloads(out, plan);
	if (shown.count > 0)
		sp_text_add(out, "; on how many nodes each may run:\n");
	else
		sp_text_add(out,
			    plan->impact_count > 0 ? ", and the nodes that each may run on stay the same\n" : "\n");
	for (size_t i = 0; i < most; i++)
		add_impact(out, shown.impacts[i], &shown, options->color);
	if (most < shown.count)
		sp_text_format(out, "    and %zu more (-v shows all)\n", shown.count - most);
	sp_text_add_char(out, '\n');
	sp_arena_free(&arena);
}

void sp_render_text(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	if (options->verbosity >= 0) {
		add_heading(out, plan, options);
		sp_render_text_groups(out, plan, options);
		sp_render_text_scheduling(out, plan, options);
	}
	sp_wording_add_summary(out, plan);
	sp_text_add_char(out, '\n');
}
