/* SPDX-License-Identifier: Apache-2.0 */
/* Prints as JSON what was read, for tests that compare it with what Kubernetes reads:
 *
 *	dump kubevirt FILE     dump nodes FILE
 */
#include <stdio.h>
#include <string.h>

#include "reconciler/document.h"
#include "reconciler/plan.h"
#include "state/node.h"
#include "state/source.h"

static void write_labels(struct sp_document *out, const char *name, const struct sp_labels *labels)
{
	sp_document_key(out, name);
	sp_document_begin_map(out);
	for (size_t i = 0; i < labels->count; i++)
		sp_document_field(out, labels->items[i].key, labels->items[i].value);
	sp_document_end_map(out);
}

static bool dump_nodes(const char *path, struct sp_document *out, struct sp_report *report)
{
	struct sp_source *source = sp_source_open(path, (size_t)1 << 30, report);
	struct sp_node_reader *reader = source ? sp_node_reader_new(source, &(struct sp_node_options){ 0 }, report) :
						 NULL;
	struct sp_node node;

	sp_document_begin_list(out);
	while (reader && sp_node_reader_next(reader, &node)) {
		sp_document_begin_map(out);
		sp_document_field(out, "name", node.name);
		sp_document_field(out, "uid", node.uid);
		write_labels(out, "labels", &node.labels);
		write_labels(out, "annotations", &node.annotations);
		sp_document_end_map(out);
	}
	sp_document_end_list(out);
	sp_node_reader_free(reader);
	sp_source_close(source);
	return report->errors == 0;
}

static void write_requirement(struct sp_document *out, const struct sp_requirement *requirement)
{
	sp_document_begin_map(out);
	sp_document_field(out, "key", requirement->key);
	sp_document_field(out, "operator", sp_operator_name(requirement->operation));
	sp_document_key(out, "values");
	sp_document_begin_list(out);
	for (size_t i = 0; i < requirement->value_count; i++)
		sp_document_string(out, requirement->values[i]);
	sp_document_end_list(out);
	sp_document_end_map(out);
}

/* Whether a CR was read, though its selector does not convert: labels and operators are judged after decoding. */
static bool was_decoded(const struct sp_report *report)
{
	static const char *const codes[] = { "invalid-label-value", "invalid-label-key", "invalid-requirement",
					     "invalid-operator" };

	for (size_t i = 0; i < report->count; i++) {
		bool found = report->diagnostics[i].severity == SP_WARNING;

		for (size_t j = 0; j < sizeof codes / sizeof *codes; j++)
			found = found || strcmp(report->diagnostics[i].code, codes[j]) == 0;
		if (!found)
			return false;
	}
	return true;
}

static bool dump_kubevirt(const char *path, struct sp_document *out, struct sp_arena *arena, struct sp_report *report)
{
	struct sp_source *source = sp_source_slurp(path, (size_t)1 << 26, report);
	struct sp_kubevirt_options options = { 0 };
	struct sp_kubevirt kubevirt = { 0 };
	bool good = source && sp_kubevirt_read(source, &options, arena, &kubevirt, report);

	sp_document_begin_map(out);
	sp_document_field(out, "kind", kubevirt.kind);
	sp_document_field(out, "namespace", kubevirt.namespace);
	sp_document_field(out, "name", kubevirt.name);
	sp_document_field(out, "selector", sp_selector_kind_name(kubevirt.selector_kind));
	sp_document_key(out, "requirements");
	sp_document_begin_list(out);
	for (size_t i = 0; i < kubevirt.selector.count; i++)
		write_requirement(out, &kubevirt.selector.requirements[i]);
	sp_document_end_list(out);
	sp_document_end_map(out);
	sp_source_close(source);
	return good || (kubevirt.kind && was_decoded(report));
}

int main(int count, char *arguments[])
{
	struct sp_arena arena = { 0 };
	struct sp_report report = { .arena = &arena };
	struct sp_text text = { 0 };
	struct sp_document *out = sp_document_start(&text, SP_DOCUMENT_JSON);
	bool good;

	if (count == 3 && strcmp(arguments[1], "nodes") == 0)
		good = dump_nodes(arguments[2], out, &report);
	else if (count == 3 && strcmp(arguments[1], "kubevirt") == 0)
		good = dump_kubevirt(arguments[2], out, &arena, &report);
	else
		return 64;
	sp_document_finish(out);
	if (good) {
		fputs(sp_text_string(&text), stdout);
	} else {
		for (size_t i = 0; i < report.count; i++)
			fprintf(stderr, "%s\n", report.diagnostics[i].message);
	}
	sp_text_free(&text);
	sp_arena_free(&arena);
	return good ? 0 : 1;
}
