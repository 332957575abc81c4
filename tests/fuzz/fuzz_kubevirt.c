/* SPDX-License-Identifier: Apache-2.0 */
/* -f: what is read, written anew and read again is the same, and a lenient reader reads what a strict one does. */
#include <string.h>

#include "reconciler/document.h"
#include "selectors/expression.h"
#include "state/kubevirt.h"
#include "state/source.h"
#include "tests/fuzz/property.h"

static bool read_kubevirt(const char *bytes, size_t size, bool lenient, struct sp_arena *arena,
			  struct sp_kubevirt *kubevirt)
{
	struct sp_source *source = sp_source_text("kubevirt.yaml", bytes, size);
	struct sp_kubevirt_options options = { .lenient = lenient };
	struct sp_report report = { .arena = arena };
	bool accepted = sp_kubevirt_read(source, &options, arena, kubevirt, &report);

	must_be_readable(&report, accepted);
	sp_source_close(source);
	return accepted;
}

static void must_be_the_same(const struct sp_kubevirt *first, const struct sp_kubevirt *second, struct sp_arena *arena)
{
	must_equal(first->kind, second->kind, "the kind is the same");
	must_equal(first->namespace, second->namespace, "the namespace is the same");
	must_equal(first->name, second->name, "the name is the same");
	must(first->selector_kind == second->selector_kind, "the kind of the selector is the same");
	must_equal(canonical_text(&first->selector, arena), canonical_text(&second->selector, arena),
		   "the selector is the same");
}

/* matchLabels cannot hold a key twice, and need not: `key In (value)` says the same, but reads `key in (value)`. */
static void write_match_labels(struct sp_document *out, const struct sp_selector *selector)
{
	sp_document_key(out, "matchLabels");
	sp_document_begin_map(out);
	for (size_t i = 0; i < selector->count; i++)
		if (selector->requirements[i].operation == SP_OPERATOR_EQUALS)
			sp_document_field(out, selector->requirements[i].key, selector->requirements[i].values[0]);
	sp_document_end_map(out);
}

static void write_match_expressions(struct sp_document *out, const struct sp_selector *selector)
{
	sp_document_key(out, "matchExpressions");
	sp_document_begin_list(out);
	for (size_t i = 0; i < selector->count; i++) {
		const struct sp_requirement *requirement = &selector->requirements[i];

		if (requirement->operation == SP_OPERATOR_EQUALS)
			continue;
		sp_document_begin_map(out);
		sp_document_field(out, "key", requirement->key);
		sp_document_field(out, "operator", sp_operator_name(requirement->operation));
		sp_document_key(out, "values");
		sp_document_begin_list(out);
		for (size_t j = 0; j < requirement->value_count; j++)
			sp_document_string(out, requirement->values[j]);
		sp_document_end_list(out);
		sp_document_end_map(out);
	}
	sp_document_end_list(out);
}

static void write_configuration(struct sp_document *out, const struct sp_kubevirt *kubevirt)
{
	if (kubevirt->selector_kind == SP_SELECTOR_ABSENT)
		return;
	sp_document_key(out, "ksmConfiguration");
	sp_document_begin_map(out);
	if (kubevirt->selector_kind != SP_SELECTOR_NIL) {
		sp_document_key(out, "nodeLabelSelector");
		sp_document_begin_map(out);
		write_match_labels(out, &kubevirt->selector);
		write_match_expressions(out, &kubevirt->selector);
		sp_document_end_map(out);
	}
	sp_document_end_map(out);
}

/* The object, as the API server would store it. */
static void write_kubevirt(struct sp_text *text, enum sp_document_form form, const struct sp_kubevirt *kubevirt)
{
	struct sp_document *out = sp_document_start(text, form);
	bool is_hyperconverged = kubevirt->kind[0] == 'H';

	sp_document_begin_map(out);
	sp_document_field(out, "apiVersion", is_hyperconverged ? "hco.kubevirt.io/v1beta1" : "kubevirt.io/v1");
	sp_document_field(out, "kind", kubevirt->kind);
	sp_document_key(out, "metadata");
	sp_document_begin_map(out);
	sp_document_field(out, "namespace", kubevirt->namespace);
	sp_document_field(out, "name", kubevirt->name);
	sp_document_end_map(out);
	sp_document_key(out, "spec");
	sp_document_begin_map(out);
	if (!is_hyperconverged) {
		sp_document_key(out, "configuration");
		sp_document_begin_map(out);
	}
	write_configuration(out, kubevirt);
	if (!is_hyperconverged)
		sp_document_end_map(out);
	sp_document_end_map(out);
	sp_document_end_map(out);
	sp_document_finish(out);
}

static void check_again(const struct sp_kubevirt *kubevirt, enum sp_document_form form, struct sp_arena *arena)
{
	struct sp_text text = { 0 };
	struct sp_kubevirt again;

	write_kubevirt(&text, form, kubevirt);
	must(read_kubevirt(sp_text_string(&text), text.length, false, arena, &again), "what samepage writes, it reads");
	must_be_the_same(kubevirt, &again, arena);
	sp_text_free(&text);
}

/* The plan says the selector in the syntax of -l. */
static void check_selector(const struct sp_selector *selector, struct sp_arena *arena)
{
	const char *text = canonical_text(selector, arena);
	struct sp_source *source = sp_source_text("--selector", text, strlen(text));
	struct sp_report report = { .arena = arena };
	struct sp_selector again;

	must(sp_expression_parse(source, arena, &again, &report), "-l takes the canonical text of a selector");
	sp_source_close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sp_arena arena = { 0 };
	struct sp_kubevirt strict;
	struct sp_kubevirt lenient;
	bool accepted = read_kubevirt((const char *)bytes, size, false, &arena, &strict);
	bool accepted_leniently = read_kubevirt((const char *)bytes, size, true, &arena, &lenient);

	must(accepted_leniently || !accepted, "a lenient reader takes what a strict one takes");
	if (accepted)
		must_be_the_same(&strict, &lenient, &arena);
	if (accepted_leniently) {
		check_again(&lenient, SP_DOCUMENT_JSON, &arena);
		check_again(&lenient, SP_DOCUMENT_YAML, &arena);
		check_selector(&lenient.selector, &arena);
	}
	sp_arena_free(&arena);
	return 0;
}
