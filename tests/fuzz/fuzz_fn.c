/* SPDX-License-Identifier: Apache-2.0 */
/* fn: whatever comes out of the function goes in again, and comes out as it is, but for errors that name lines. */
#include <string.h>

#include "reconciler/fn.h"
#include "tests/fuzz/property.h"

static enum sp_fn_outcome run(const char *bytes, size_t size, struct sp_text *out)
{
	struct sp_arena arena = { 0 };
	struct sp_report report = { .arena = &arena };
	struct sp_inputs inputs = { .nodes_source = sp_source_text("stdin", bytes, size) };
	enum sp_fn_outcome outcome = sp_fn_run(&inputs, &arena, out, &report);

	must_be_readable(&report, outcome == SP_FN_DONE);
	sp_inputs_close(&inputs);
	sp_arena_free(&arena);
	return outcome;
}

/* What libfyaml says of a text depends on the text, and it refuses some that are fine: what it says of the edited text
 * comes with the second run. */
static bool has_no_second_opinion(const struct sp_text *text)
{
	return memmem(text->bytes, text->length, "no-second-opinion", strlen("no-second-opinion")) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sp_text first = { 0 };
	struct sp_text second = { 0 };
	enum sp_fn_outcome outcome = run((const char *)bytes, size, &first);

	if (outcome == SP_FN_UNREADABLE) {
		must(first.length == 0, "what cannot be handed back is not");
	} else {
		must(run(sp_text_string(&first), first.length, &second) == outcome, "the same again");
		must(outcome != SP_FN_DONE || has_no_second_opinion(&second) ||
			     (first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0),
		     "a second run changes nothing");
	}
	sp_text_free(&first);
	sp_text_free(&second);
	return 0;
}
