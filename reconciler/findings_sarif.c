/* SPDX-License-Identifier: Apache-2.0 */
/* For code scanning: the Static Analysis Results Interchange Format, version 2.1.0 (OASIS). */
#include <string.h>

#include "reconciler/document.h"
#include "reconciler/findings.h"
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

static const char *level_of(const struct sp_finding *finding)
{
	return finding->kind == SP_FINDING_WARNING ? "warning" : "error";
}

static bool is_new_code(const struct sp_findings *findings, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(findings->entries[i].code, findings->entries[index].code) == 0)
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

static void describe_tool(struct sp_document *document, const struct sp_findings *findings)
{
	begin_map(document, "tool");
	begin_map(document, "driver");
	sp_document_field(document, "name", "samepage");
	sp_document_field(document, "semanticVersion", SAMEPAGE_VERSION);
	begin_list(document, "rules");
	for (size_t i = 0; i < findings->count; i++)
		if (is_new_code(findings, i))
			describe_rule(document, findings->entries[i].code, level_of(&findings->entries[i]));
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

static void describe_region(struct sp_document *document, const struct sp_place *place)
{
	begin_map(document, "region");
	sp_document_number_field(document, "startLine", place->line > 0 ? place->line : 1);
	if (place->line > 0 && place->column > 0)
		sp_document_number_field(document, "startColumn", place->column);
	sp_document_end_map(document);
}

/* Code scanning shows only what has a place: what has none gets the first line of the file that all is about. */
static void describe_where(struct sp_document *document, const struct sp_findings *findings,
			   const struct sp_place *place)
{
	struct sp_text uri = { 0 };

	add_uri(&uri, place->source ? sp_source_name(place->source) : findings->path);
	begin_list(document, "locations");
	sp_document_begin_map(document);
	begin_map(document, "physicalLocation");
	begin_map(document, "artifactLocation");
	sp_document_field(document, "uri", sp_text_string(&uri));
	sp_document_end_map(document);
	describe_region(document, place);
	sp_document_end_map(document);
	sp_document_end_map(document);
	sp_document_end_list(document);
	sp_text_free(&uri);
}

static void describe_result(struct sp_document *document, const struct sp_findings *findings,
			    const struct sp_finding *finding)
{
	struct sp_text text = { 0 };

	sp_text_add(&text, finding->message);
	if (finding->help)
		sp_text_format(&text, "\n%s", finding->help);
	sp_document_begin_map(document);
	sp_document_field(document, "ruleId", finding->code);
	sp_document_field(document, "level", level_of(finding));
	describe_text(document, "message", text.bytes);
	describe_where(document, findings, &finding->place);
	sp_document_end_map(document);
	sp_text_free(&text);
}

void sp_findings_sarif(struct sp_text *out, const struct sp_findings *findings)
{
	struct sp_document *document = sp_document_start(out, SP_DOCUMENT_JSON);

	sp_document_begin_map(document);
	sp_document_field(document, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	sp_document_field(document, "version", "2.1.0");
	begin_list(document, "runs");
	sp_document_begin_map(document);
	describe_tool(document, findings);
	sp_document_field(document, "columnKind", "unicodeCodePoints");
	begin_list(document, "results");
	for (size_t i = 0; i < findings->count; i++)
		describe_result(document, findings, &findings->entries[i]);
	sp_document_end_list(document);
	sp_document_end_map(document);
	sp_document_end_list(document);
	sp_document_end_map(document);
	sp_document_finish(document);
}
