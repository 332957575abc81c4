/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings and refusals for code scanning: the Static Analysis Results Interchange Format, version 2.1.0 (OASIS). */
#include <string.h>

#include "reconciler/document.h"
#include "reconciler/render.h"
#include "state/source.h"

static void begin_map(struct sp_document *document, const char *key)
{
	sp_document_key(document, key);
	sp_document_begin_map(document);
}

static void begin_list(struct sp_document *document, const char *key)
{
	sp_document_key(document, key);
	sp_document_begin_list(document);
}

static void describe_text(struct sp_document *document, const char *key, const char *text)
{
	begin_map(document, key);
	sp_document_field(document, "text", text);
	sp_document_end_map(document);
}

static bool is_new_code(const struct sp_plan *plan, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(plan->warnings[i].code, plan->warnings[index].code) == 0)
			return false;
	return true;
}

/* Code scanning heads an alert with the short description: the code in words. */
static void describe_rule_texts(struct sp_document *document, const char *code)
{
	struct sp_text text = { 0 };

	sp_text_add(&text, code);
	for (char *at = text.bytes; *at; at++)
		if (*at == '-')
			*at = ' ';
	describe_text(document, "shortDescription", text.bytes);
	text.length = 0;
	sp_text_format(&text, "samepage's docs/diagnostics.md tells what %s means, and what to do.", code);
	describe_text(document, "fullDescription", text.bytes);
	describe_text(document, "help", text.bytes);
	sp_text_free(&text);
}

static void describe_rule(struct sp_document *document, const char *code, const char *level)
{
	sp_document_begin_map(document);
	sp_document_field(document, "id", code);
	describe_rule_texts(document, code);
	begin_map(document, "defaultConfiguration");
	sp_document_field(document, "level", level);
	sp_document_end_map(document);
	sp_document_end_map(document);
}

static void describe_tool(struct sp_document *document, const struct sp_plan *plan)
{
	begin_map(document, "tool");
	begin_map(document, "driver");
	sp_document_field(document, "name", "samepage");
	sp_document_field(document, "semanticVersion", SAMEPAGE_VERSION);
	begin_list(document, "rules");
	for (size_t i = 0; i < plan->warning_count; i++)
		if (is_new_code(plan, i))
			describe_rule(document, plan->warnings[i].code, "warning");
	for (size_t i = 0; i < plan->refusal_count; i++)
		describe_rule(document, plan->refusals[i].code, "error");
	sp_document_end_list(document);
	sp_document_end_map(document);
	sp_document_end_map(document);
}

/* A path as a URI reference (RFC 3986): what is no plain character of a path is escaped. */
static void add_uri(struct sp_text *uri, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

	for (; *path; path++) {
		if (strchr(plain, *path))
			sp_text_add_char(uri, *path);
		else
			sp_text_format(uri, "%%%02X", (unsigned char)*path);
	}
}

/* Where the result is: code scanning shows only those that have a place. */
struct where {
	const char *path;
	size_t line; /* 0 where there is none to name */
	size_t column;
};

static void describe_region(struct sp_document *document, const struct where *where)
{
	if (where->line == 0)
		return;
	begin_map(document, "region");
	sp_document_number_field(document, "startLine", where->line);
	if (where->column > 0)
		sp_document_number_field(document, "startColumn", where->column);
	sp_document_end_map(document);
}

static void describe_where(struct sp_document *document, const struct where *where)
{
	struct sp_text uri = { 0 };

	add_uri(&uri, where->path);
	begin_list(document, "locations");
	sp_document_begin_map(document);
	begin_map(document, "physicalLocation");
	begin_map(document, "artifactLocation");
	sp_document_field(document, "uri", sp_text_string(&uri));
	sp_document_end_map(document);
	describe_region(document, where);
	sp_document_end_map(document);
	sp_document_end_map(document);
	sp_document_end_list(document);
	sp_text_free(&uri);
}

static void describe_result(struct sp_document *document, const char *code, const char *level, const char *message,
			    const char *help, const struct where *where)
{
	struct sp_text text = { 0 };

	sp_text_add(&text, message);
	if (help)
		sp_text_format(&text, "\n%s", help);
	sp_document_begin_map(document);
	sp_document_field(document, "ruleId", code);
	sp_document_field(document, "level", level);
	describe_text(document, "message", text.bytes);
	describe_where(document, where);
	sp_document_end_map(document);
	sp_text_free(&text);
}

static void describe_results(struct sp_document *document, const struct sp_plan *plan)
{
	begin_list(document, "results");
	for (size_t i = 0; i < plan->warning_count; i++) {
		const struct sp_plan_warning *warning = &plan->warnings[i];
		const struct sp_source *source = warning->place.source;
		struct where where = { source ? sp_source_name(source) : plan->kubevirt.path, warning->place.line,
				       warning->place.column };

		describe_result(document, warning->code, "warning", warning->message, warning->help, &where);
	}
	for (size_t i = 0; i < plan->refusal_count; i++) {
		const struct sp_plan_refusal *refusal = &plan->refusals[i];
		struct where where = { plan->kubevirt.path, 1, 0 };

		describe_result(document, refusal->code, "error", refusal->message, refusal->help, &where);
	}
	sp_document_end_list(document);
}

void sp_render_sarif(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_document *document = sp_document_start(out, SP_DOCUMENT_JSON);

	(void)options;
	sp_document_begin_map(document);
	sp_document_field(document, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	sp_document_field(document, "version", "2.1.0");
	begin_list(document, "runs");
	sp_document_begin_map(document);
	describe_tool(document, plan);
	sp_document_field(document, "columnKind", "unicodeCodePoints");
	describe_results(document, plan);
	sp_document_end_map(document);
	sp_document_end_list(document);
	sp_document_end_map(document);
	sp_document_finish(document);
}
