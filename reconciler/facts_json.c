/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/facts_json.h"

#include "reconciler/document.h"

static void write_node(struct sp_document *document, const struct sp_host *host)
{
	sp_document_key(document, "node");
	sp_document_begin_map(document);
	sp_document_field(document, "name", host->node);
	sp_document_field(document, "bootId", host->boot_id);
	sp_document_field(document, "kernel", host->kernel);
	if (host->time > 0)
		sp_document_number_field(document, "time", (size_t)host->time);
	sp_document_end_map(document);
}

static void write_memory(struct sp_document *document, const struct sp_host *host)
{
	sp_document_key(document, "memory");
	sp_document_begin_map(document);
	if (host->meminfo_problem) {
		sp_document_field(document, "problem", host->meminfo_problem);
	} else {
		sp_document_number_field(document, "totalKiB", (size_t)host->memory_total_kib);
		sp_document_number_field(document, "availableKiB", (size_t)host->memory_available_kib);
	}
	if (host->page_size > 0)
		sp_document_number_field(document, "pageSize", (size_t)host->page_size);
	sp_document_end_map(document);
}

/* A file that cannot be read is null. */
static void write_knobs(struct sp_document *document, const char *key, const struct sp_knobs *knobs)
{
	sp_document_key(document, key);
	if (knobs->count == 0) {
		sp_document_null(document);
		return;
	}
	sp_document_begin_map(document);
	for (size_t i = 0; i < knobs->count; i++)
		sp_document_field(document, knobs->items[i].name, knobs->items[i].value);
	sp_document_end_map(document);
}

void sp_facts_write_json(struct sp_text *out, const struct sp_host *host)
{
	static const struct sp_knobs none = { 0 };
	struct sp_document *document = sp_document_start(out, SP_DOCUMENT_JSON);

	sp_document_begin_map(document);
	sp_document_field(document, "apiVersion", "samepage.dev/v1");
	sp_document_field(document, "kind", "Facts");
	write_node(document, host);
	write_memory(document, host);
	write_knobs(document, "ksm", &host->knobs);
	write_knobs(document, "original", host->has_original ? &host->original : &none);
	sp_document_end_map(document);
	sp_document_finish(document);
}
