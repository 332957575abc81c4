/* SPDX-License-Identifier: Apache-2.0 */
/* The plan for a GitHub workflow's log: what asks for attention becomes an annotation beside its line.
 * Source of the syntax and of the escapes: "Workflow commands for GitHub Actions", and @actions/core's command.ts. */
#include <string.h>

#include "reconciler/render.h"
#include "reconciler/wording.h"
#include "state/source.h"

/* In a message "%" and line ends mean something, in a property ":" and "," do, too. */
static void add_escaped(struct sp_text *out, const char *text, bool is_property)
{
	struct sp_text visible = { 0 };

	sp_text_add_visible(&visible, text);
	for (const char *at = sp_text_string(&visible); *at; at++) {
		if (*at == '%' || (is_property && (*at == ':' || *at == ',')))
			sp_text_format(out, "%%%02X", (unsigned char)*at);
		else
			sp_text_add_char(out, *at);
	}
	sp_text_free(&visible);
}

static void add_message(struct sp_text *out, const char *message, const char *help)
{
	sp_text_add(out, "::");
	add_escaped(out, message, false);
	if (help) {
		sp_text_add(out, "%0A");
		add_escaped(out, help, false);
	}
	sp_text_add_char(out, '\n');
}

static void add_warning(struct sp_text *out, const struct sp_plan_warning *warning)
{
	sp_text_format(out, "::warning title=samepage %s", warning->code);
	if (warning->place.source) {
		sp_text_add(out, ",file=");
		add_escaped(out, sp_source_name(warning->place.source), true);
	}
	if (warning->place.line > 0)
		sp_text_format(out, ",line=%zu", warning->place.line);
	if (warning->place.column > 0)
		sp_text_format(out, ",col=%zu", warning->place.column);
	add_message(out, warning->message, warning->help);
}

/* The plan itself goes into a part of the log that is folded. No line of it can be a command: none begins with "::". */
void sp_render_github(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_render_options plain = { .verbosity = options->verbosity };
	struct sp_text summary = { 0 };

	for (size_t i = 0; i < plan->warning_count; i++)
		add_warning(out, &plan->warnings[i]);
	for (size_t i = 0; i < plan->refusal_count; i++) {
		sp_text_format(out, "::error title=samepage %s", plan->refusals[i].code);
		add_message(out, plan->refusals[i].message, plan->refusals[i].help);
	}
	sp_wording_add_summary(&summary, plan);
	sp_text_add(out, "::notice title=samepage");
	add_message(out, summary.bytes, NULL);
	sp_text_add(out, "::group::samepage plan\n");
	sp_render_text(out, plan, &plain);
	sp_text_add(out, "::endgroup::\n");
	sp_text_free(&summary);
}
