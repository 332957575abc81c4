/* SPDX-License-Identifier: Apache-2.0 */
/* --plan and show: a plan that is read is written and read again as the same, and every form can show it. */
#include <string.h>

#include "reconciler/render.h"
#include "reconciler/saved.h"
#include "tests/fuzz/property.h"

static bool read_plan(const char *bytes, size_t size, bool lenient, struct sp_arena *arena, struct sp_saved *saved)
{
	struct sp_report report = { .arena = arena };
	bool accepted = sp_saved_read(sp_source_text("plan.json", bytes, size), lenient, arena, saved, &report);

	must_be_readable(&report, accepted);
	return accepted;
}

static void must_be_showable(const struct sp_plan *plan)
{
	static const char *const forms[] = { "text",   "json",  "yaml",  "markdown", "names",
					     "github", "sarif", "junit", "html" };
	struct sp_render_options options = { .verbosity = 1, .most_bytes = 1000, .marker = "fuzz" };

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct sp_text text = { 0 };

		sp_render_find(forms[i])(&text, plan, &options);
		must(strcmp(forms[i], "markdown") != 0 || text.length <= options.most_bytes,
		     "Markdown keeps its limit");
		sp_text_free(&text);
	}
}

static void must_be_read_again(const struct sp_plan *plan, struct sp_arena *arena)
{
	struct sp_render_options options = { 0 };
	struct sp_text first = { 0 };
	struct sp_text second = { 0 };
	struct sp_saved again;

	sp_render_json(&first, plan, &options);
	must(read_plan(first.bytes, first.length, false, arena, &again), "a plan that samepage writes, it reads");
	sp_render_json(&second, &again.plan, &options);
	must_equal(first.bytes, second.bytes, "and it is the same plan");
	sp_saved_close(&again);
	sp_text_free(&first);
	sp_text_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sp_arena arena = { 0 };
	struct sp_saved strict;
	struct sp_saved lenient;
	bool accepted = read_plan((const char *)bytes, size, false, &arena, &strict);
	bool accepted_leniently = read_plan((const char *)bytes, size, true, &arena, &lenient);

	must(accepted_leniently || !accepted, "who only looks may see what can be carried out");
	if (accepted)
		must_be_read_again(&strict.plan, &arena);
	if (accepted_leniently)
		must_be_showable(&lenient.plan);
	sp_saved_close(&strict);
	sp_saved_close(&lenient);
	sp_arena_free(&arena);
	return 0;
}
