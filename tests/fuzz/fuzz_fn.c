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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sp_text first = { 0 };
	struct sp_text second = { 0 };
	enum sp_fn_outcome outcome = run((const char *)bytes, size, &first);

	if (outcome == SP_FN_UNREADABLE) {
		must(first.length == 0, "what cannot be handed back is not");
	} else {
		must(run(sp_text_string(&first), first.length, &second) == outcome, "the same again");
		/* what libfyaml says of a text that it cannot read may be another thing of the edited text */
		must(outcome != SP_FN_DONE || memmem(first.bytes, first.length, "no-second-opinion", 17) ||
			     (first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0),
		     "a second run changes nothing");
	}
	sp_text_free(&first);
	sp_text_free(&second);
	return 0;
}
