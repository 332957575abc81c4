/* SPDX-License-Identifier: Apache-2.0 */
/* --workloads: whatever is read, what is kept asks for the label and is in order, a lenient reader keeps what a
 * strict one does, and a machine is on no more nodes than there are. */
#include <string.h>

#include "reconciler/scheduling.h"
#include "state/source.h"
#include "tests/fuzz/property.h"

static bool read_workloads(struct sp_source *source, bool lenient, struct sp_arena *arena,
			   struct sp_workloads *workloads)
{
	struct sp_workload_options options = { .key = SP_LABEL_ENABLED, .lenient = lenient };
	struct sp_report report = { .arena = arena };
	bool accepted = sp_workloads_read(source, &options, arena, workloads, &report);

	must_be_readable(&report, accepted);
	return accepted;
}

static void must_be_in_order(const struct sp_workloads *workloads)
{
	must(workloads->count <= workloads->total, "what is kept was counted");
	for (size_t i = 0; i < workloads->count; i++) {
		must(workloads->items[i].name[0] != '\0', "every workload has a name");
		must(workloads->items[i].place.line > 0, "every workload has a place");
		must(strstr(workloads->items[i].requirement, SP_LABEL_ENABLED), "every workload asks for the label");
		must(i == 0 || strcmp(workloads->items[i - 1].namespace, workloads->items[i].namespace) <= 0,
		     "they are sorted");
	}
}

static void must_be_the_same(const struct sp_workloads *first, const struct sp_workloads *second)
{
	must(first->count == second->count && first->total == second->total && first->skipped == second->skipped,
	     "there are as many workloads");
	for (size_t i = 0; i < first->count; i++) {
		must_equal(first->items[i].kind, second->items[i].kind, "the kind is the same");
		must_equal(first->items[i].namespace, second->items[i].namespace, "the namespace is the same");
		must_equal(first->items[i].name, second->items[i].name, "the name is the same");
		must_equal(first->items[i].requirement, second->items[i].requirement, "the requirement is the same");
	}
}

/* Three times the same node, on which the label goes, stays or is unknown. */
static void check_counts(const struct sp_workloads *workloads, struct sp_arena *arena)
{
	static const struct sp_label labels[] = { { SP_LABEL_ENABLED, "true" }, { "zone", "a" } };
	static const struct sp_change changes[] = { { true, "true", "false" }, { true, "true", NULL }, { 0 } };
	const struct sp_node node = { .name = "node01", .labels = { labels, 2 } };
	struct sp_scheduling *scheduling = sp_scheduling_start(arena, workloads);
	struct sp_report report = { .arena = arena };
	struct sp_plan plan = { 0 };

	for (size_t i = 0; i < 3; i++)
		sp_scheduling_add(scheduling, &node, &changes[i]);
	sp_scheduling_finish(scheduling, &plan, &report);
	must_be_readable(&report, true);
	for (size_t i = 0; i < plan.impact_count; i++) {
		const struct sp_impact *impact = &plan.impacts[i];

		must(impact->before == 0 || impact->before == 3, "the node is the same before");
		must(impact->after + impact->unknown <= 3, "there are no more nodes after");
		must(impact->after + impact->lost <= impact->before + impact->gained, "nodes come from somewhere");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sp_arena arena = { 0 };
	struct sp_source *first = sp_source_text("vms.yaml", (const char *)bytes, size);
	struct sp_source *second = sp_source_text("vms.yaml", (const char *)bytes, size);
	struct sp_workloads strict;
	struct sp_workloads lenient;
	bool is_accepted = read_workloads(first, false, &arena, &strict);
	bool is_let_pass = read_workloads(second, true, &arena, &lenient);

	must(is_let_pass || !is_accepted, "a lenient reader accepts what a strict one does");
	if (is_accepted) {
		must_be_in_order(&strict);
		must_be_the_same(&strict, &lenient);
		check_counts(&strict, &arena);
	}
	sp_source_close(first);
	sp_source_close(second);
	sp_arena_free(&arena);
	return 0;
}
