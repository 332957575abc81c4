/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/fleet.h"

#include <string.h>

#include "reconciler/wording.h"

size_t sp_fleet_count(const struct sp_fleet *fleet, enum sp_fleet_outcome outcome)
{
	size_t count = 0;

	for (size_t i = 0; i < fleet->count; i++)
		count += fleet->entries[i].outcome == outcome;
	return count;
}

size_t sp_fleet_changed(const struct sp_fleet *fleet)
{
	size_t changed = 0;

	for (size_t i = 0; i < fleet->count; i++)
		if (fleet->entries[i].outcome != SP_FLEET_BROKEN)
			changed += sp_plan_changed(&fleet->entries[i].plan);
	return changed;
}

/* All nodes of all clusters, as the summary of one plan. */
static struct sp_plan total_of(const struct sp_fleet *fleet)
{
	struct sp_plan total = { 0 };

	for (size_t i = 0; i < fleet->count; i++)
		for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
			total.summary[action] += fleet->entries[i].outcome == SP_FLEET_BROKEN ?
							 0 :
							 fleet->entries[i].plan.summary[action];
	return total;
}

/* "Fleet: 3 clusters, 1 broken. Plan: 4 to enable, ..." */
static void add_summary(struct sp_text *out, const struct sp_fleet *fleet)
{
	struct sp_plan total = total_of(fleet);
	size_t refused = sp_fleet_count(fleet, SP_FLEET_REFUSED);
	size_t broken = sp_fleet_count(fleet, SP_FLEET_BROKEN);

	sp_text_format(out, "Fleet: %zu cluster%s", fleet->count, fleet->count == 1 ? "" : "s");
	if (refused > 0)
		sp_text_format(out, ", %zu refused", refused);
	if (broken > 0)
		sp_text_format(out, ", %zu broken", broken);
	sp_text_add(out, ". ");
	sp_wording_add_summary(out, &total);
}

static void add_line(struct sp_text *out, const struct sp_fleet_entry *entry)
{
	if (entry->outcome != SP_FLEET_BROKEN)
		sp_wording_add_summary(out, &entry->plan);
	if (entry->outcome == SP_FLEET_PLANNED)
		return;
	sp_text_add(out, entry->outcome == SP_FLEET_REFUSED ? " Refused: " : "Broken: ");
	sp_text_add(out, entry->problem);
}

/* A line that begins with "::", blanks aside, would be a command to a runner that reads the log. */
static void add_name(struct sp_text *out, const char *name)
{
	if (strncmp(name + strspn(name, " "), "::", 2) == 0)
		sp_text_add(out, "./");
	sp_text_add_visible(out, name);
}

static size_t name_width(const char *name)
{
	struct sp_text shown = { 0 };
	size_t width;

	add_name(&shown, name);
	width = shown.length;
	sp_text_free(&shown);
	return width;
}

static void write_text(struct sp_text *out, const struct sp_fleet *fleet, const struct sp_render_options *options)
{
	size_t width = 0;

	for (size_t i = 0; i < fleet->count; i++)
		if (name_width(fleet->entries[i].name) > width)
			width = name_width(fleet->entries[i].name);
	for (size_t i = 0; i < fleet->count && options->verbosity >= 0; i++) {
		struct sp_text line = { 0 };

		add_line(&line, &fleet->entries[i]);
		add_name(out, fleet->entries[i].name);
		sp_text_format(out, "%*s", (int)(width - name_width(fleet->entries[i].name)) + 2, "");
		sp_text_add_visible(out, line.bytes);
		sp_text_add_char(out, '\n');
		sp_text_free(&line);
	}
	add_summary(out, fleet);
	sp_text_add_char(out, '\n');
}

static void write_markdown(struct sp_text *out, const struct sp_fleet *fleet, const struct sp_render_options *options)
{
	static const char *const outcomes[] = { "planned", "**refused**", "**broken**" };

	if (options->marker)
		sp_text_format(out, "<!-- %s -->\n", options->marker);
	sp_text_add(out, "**");
	add_summary(out, fleet);
	sp_text_add(out, "**\n\n| cluster | enable | disable | restore | tune | label | unchanged | blocked | |\n"
			 "|---|---:|---:|---:|---:|---:|---:|---:|---|\n");
	for (size_t i = 0; i < fleet->count; i++) {
		const struct sp_fleet_entry *entry = &fleet->entries[i];
		size_t start = out->length;

		sp_text_add(out, "| ");
		sp_render_markdown_code(out, entry->name);
		for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
			if (entry->outcome == SP_FLEET_BROKEN)
				sp_text_add(out, " |");
			else
				sp_text_format(out, " | %zu", entry->plan.summary[action]);
		sp_text_format(out, " | %s", outcomes[entry->outcome]);
		if (entry->problem) {
			sp_text_add(out, ": ");
			sp_render_markdown_code(out, entry->problem);
		}
		sp_text_add(out, " |\n");
		if (options->most_bytes > 0 && out->length + 200 > options->most_bytes) {
			out->length = start;
			sp_text_format(out, "\nNot shown, as a comment has no room for all: %zu clusters.\n",
				       fleet->count - i);
			return;
		}
	}
}

void sp_fleet_write_part(struct sp_document_part *part, const struct sp_plan *plan)
{
	enum { DEPTH = 3 }; /* the fleet's map, the list of clusters, the cluster's map */
	struct sp_arena arena = { 0 };
	struct sp_checksum checksum = sp_checksum(plan, &arena);
	struct sp_document *document = sp_document_start_part(part, DEPTH);

	sp_render_document_plan(document, plan, &checksum);
	sp_document_finish(document);
	sp_arena_free(&arena);
}

static void describe_entry(struct sp_document *document, const struct sp_fleet_entry *entry)
{
	static const char *const outcomes[] = { "planned", "refused", "broken" };

	sp_document_begin_map(document);
	sp_document_field(document, "name", entry->name);
	sp_document_field(document, "outcome", outcomes[entry->outcome]);
	sp_document_field(document, "problem", entry->problem);
	sp_document_key(document, "plan");
	if (entry->outcome == SP_FLEET_BROKEN)
		sp_document_null(document);
	else if (entry->part)
		sp_document_leave_out(document, entry->part);
	else
		sp_render_document_plan(document, &entry->plan, &entry->checksum);
	sp_document_end_map(document);
}

static void write_document(struct sp_text *out, const struct sp_fleet *fleet, enum sp_document_form form)
{
	struct sp_document *document = sp_document_start(out, form);
	struct sp_plan total = total_of(fleet);

	sp_document_begin_map(document);
	sp_document_field(document, "apiVersion", "samepage.dev/v1");
	sp_document_field(document, "kind", "FleetPlan");
	sp_document_field(document, "path", fleet->root);
	sp_document_key(document, "summary");
	sp_document_begin_map(document);
	sp_document_number_field(document, "clusters", fleet->count);
	sp_document_number_field(document, "refused", sp_fleet_count(fleet, SP_FLEET_REFUSED));
	sp_document_number_field(document, "broken", sp_fleet_count(fleet, SP_FLEET_BROKEN));
	for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
		sp_document_number_field(document, sp_action_name(action), total.summary[action]);
	sp_document_end_map(document);
	sp_document_key(document, "clusters");
	sp_document_begin_list(document);
	for (size_t i = 0; i < fleet->count; i++)
		describe_entry(document, &fleet->entries[i]);
	sp_document_end_list(document);
	sp_document_end_map(document);
	sp_document_finish(document);
}

/* The clusters in which something changes. */
static void write_names(struct sp_text *out, const struct sp_fleet *fleet, const struct sp_render_options *options)
{
	(void)options;
	for (size_t i = 0; i < fleet->count; i++) {
		const struct sp_fleet_entry *entry = &fleet->entries[i];

		if (entry->outcome == SP_FLEET_BROKEN || sp_plan_changed(&entry->plan) == 0)
			continue;
		add_name(out, entry->name);
		sp_text_add_char(out, '\n');
	}
}

typedef void write_function(struct sp_text *out, const struct sp_fleet *fleet, const struct sp_render_options *options);

static void write_json(struct sp_text *out, const struct sp_fleet *fleet, const struct sp_render_options *options)
{
	(void)options;
	write_document(out, fleet, SP_DOCUMENT_JSON);
}

static void write_yaml(struct sp_text *out, const struct sp_fleet *fleet, const struct sp_render_options *options)
{
	(void)options;
	write_document(out, fleet, SP_DOCUMENT_YAML);
}

static write_function *find_form(const char *form)
{
	static const struct {
		const char *name;
		write_function *write;
	} forms[] = {
		{ "text", write_text },         { "json", write_json },   { "yaml", write_yaml },
		{ "markdown", write_markdown }, { "names", write_names },
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i].name, form) == 0)
			return forms[i].write;
	return NULL;
}

bool sp_fleet_has_form(const char *form)
{
	return find_form(form) != NULL;
}

void sp_fleet_write(struct sp_text *out, const struct sp_fleet *fleet, const char *form,
		    const struct sp_render_options *options)
{
	find_form(form)(out, fleet, options);
}
