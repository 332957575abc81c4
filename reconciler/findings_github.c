/* SPDX-License-Identifier: Apache-2.0 */
/* Source of the syntax and of the escapes: "Workflow commands for GitHub Actions", and @actions/core's command.ts. */
#include <string.h>

#include "reconciler/findings.h"
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

static void add_finding(struct sp_text *out, const struct sp_finding *finding)
{
	sp_text_format(out, "::%s title=samepage %s", finding->kind == SP_FINDING_WARNING ? "warning" : "error",
		       finding->code);
	if (finding->place.source) {
		sp_text_add(out, ",file=");
		add_escaped(out, sp_source_name(finding->place.source), true);
	}
	if (finding->place.line > 0)
		sp_text_format(out, ",line=%zu", finding->place.line);
	if (finding->place.column > 0)
		sp_text_format(out, ",col=%zu", finding->place.column);
	add_message(out, finding->message, finding->help);
}

void sp_findings_github(struct sp_text *out, const struct sp_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		add_finding(out, &findings->entries[i]);
}

void sp_findings_github_command(struct sp_text *out, const char *command, const char *message)
{
	sp_text_format(out, "::%s", command);
	add_message(out, message, NULL);
}
