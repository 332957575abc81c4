/* SPDX-License-Identifier: Apache-2.0 */
/* -l: the canonical text of an expression that is accepted is accepted too, and means the same. */
#include <string.h>

#include "selectors/expression.h"
#include "state/source.h"
#include "tests/fuzz/property.h"

enum { LONGEST_ARGUMENT = 4096, MOST_LABELS = 64 };

static bool parse(const char *text, struct sp_arena *arena, struct sp_selector *selector)
{
	struct sp_source *source = sp_source_text("--selector", text, strlen(text));
	struct sp_report report = { .arena = arena };
	bool accepted = sp_expression_parse(source, arena, selector, &report);

	must_be_readable(&report, accepted);
	sp_source_close(source);
	return accepted;
}

static void match_both(const struct sp_selector *first, const struct sp_selector *second,
		       const struct sp_labels *labels)
{
	must(sp_selector_matches(first, labels, NULL) == sp_selector_matches(second, labels, NULL),
	     "a selector and its canonical text match the same nodes");
}

/* A label for each requirement, whose value is one that the requirement names, or else `other`. */
static void match_labels(const struct sp_selector *first, const struct sp_selector *second, size_t choice,
			 const char *other)
{
	struct sp_label items[MOST_LABELS];
	struct sp_labels labels = { items, 0 };

	for (size_t i = 0; i < first->count && labels.count < MOST_LABELS; i++) {
		const struct sp_requirement *requirement = &first->requirements[i];
		const char *value = choice < requirement->value_count ? requirement->values[choice] : other;
		struct sp_labels alone = { &items[labels.count], 1 };

		if (sp_labels_get(&labels, requirement->key))
			continue;
		items[labels.count++] = (struct sp_label){ requirement->key, value };
		match_both(first, second, &alone);
	}
	match_both(first, second, &labels);
}

static void check_meaning(const struct sp_selector *selector, struct sp_arena *arena)
{
	struct sp_selector again;
	const char *text = canonical_text(selector, arena);

	must(parse(text, arena, &again), "a canonical text is accepted");
	must_equal(text, canonical_text(&again, arena), "a canonical text stays the same");
	match_both(selector, &again, &(struct sp_labels){ 0 });
	for (size_t choice = 0; choice < 3; choice++)
		match_labels(selector, &again, choice, "7");
	match_labels(selector, &again, (size_t)-1, "");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sp_arena arena = { 0 };
	struct sp_selector selector;
	char text[LONGEST_ARGUMENT + 1] = { 0 };

	if (size > LONGEST_ARGUMENT)
		return -1;
	memcpy(text, bytes, size); /* an argument ends at its first NUL */
	if (parse(text, &arena, &selector))
		check_meaning(&selector, &arena);
	sp_arena_free(&arena);
	return 0;
}
