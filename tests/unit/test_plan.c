/* SPDX-License-Identifier: Apache-2.0 */
/* The planner: every action and reason, with and without what is known of the machine. One row a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/plan.h"

/* What is known of a machine. */
enum known { NOTHING, OFF, ON, UNMERGED, NO_KSM };

struct row {
	const char *name;
	enum sp_selector_kind selector; /* requirements: zone in (a) */
	const char *zone;               /* the node's label, or NULL */
	const char *managed;            /* the annotation */
	const char *enabled;            /* the label */
	enum known known;
	const char *original; /* the recorded run, or NULL */
	enum sp_action action;
	enum sp_reason reason;
	const char *annotation; /* after; "=" where it stays */
	const char *label;
	const char *run; /* after; "=" where it stays, "?" where it is not known */
};

#define SOME  SP_SELECTOR_REQUIREMENTS
#define ALL   SP_SELECTOR_EMPTY
#define NIL   SP_SELECTOR_NIL
#define NO_CR SP_SELECTOR_ABSENT

#define ACT(action, reason) SP_ACTION_##action, SP_REASON_##reason

static const struct row rows[] = {
	{ "selected", SOME, "a", NULL, NULL, NOTHING, NULL, ACT(ENABLE, SELECTED), "true", "true", "1" },
	{ "selected by all", ALL, NULL, "false", "false", NOTHING, NULL, ACT(ENABLE, SELECTED), "true", "true", "1" },
	{ "True is not true", ALL, NULL, "True", "true", NOTHING, NULL, ACT(ENABLE, SELECTED), "true", "=", "1" },
	{ "in sync", SOME, "a", "true", "true", NOTHING, NULL, ACT(UNCHANGED, IN_SYNC), "=", "=", "=" },
	{ "the label differs", SOME, "a", "true", "false", NOTHING, NULL, ACT(LABEL, METADATA_ONLY), "=", "true", "=" },
	{ "deselected", SOME, "b", "true", "true", NOTHING, NULL, ACT(DISABLE, DESELECTED), "false", "false", "?" },
	{ "lacks the label", SOME, NULL, "true", "true", NOTHING, NULL, ACT(DISABLE, DESELECTED), "false", "false",
	  "?" },
	{ "removed", NO_CR, "a", "true", "true", NOTHING, NULL, ACT(RESTORE, CONFIGURATION_REMOVED), "false", "false",
	  "?" },
	{ "nil", NIL, "a", "true", "false", NOTHING, NULL, ACT(RESTORE, CONFIGURATION_REMOVED), "false", "=", "?" },
	{ "not managed, no keys", NO_CR, NULL, NULL, NULL, NOTHING, NULL, ACT(LABEL, METADATA_ONLY), "false", "false",
	  "=" },
	{ "not managed, keys", NO_CR, NULL, "false", "false", NOTHING, NULL, ACT(UNCHANGED, IN_SYNC), "=", "=", "=" },
	{ "an odd annotation", SOME, "b", "yes", "false", NOTHING, NULL, ACT(LABEL, METADATA_ONLY), "false", "=", "=" },
	{ "selected and off", ALL, NULL, NULL, NULL, OFF, NULL, ACT(ENABLE, SELECTED), "true", "true", "1" },
	{ "selected and unmerged", ALL, NULL, NULL, NULL, UNMERGED, NULL, ACT(ENABLE, SELECTED), "true", "true", "1" },
	{ "adopted", ALL, NULL, "false", "true", ON, NULL, ACT(ENABLE, ADOPTED), "true", "=", "=" },
	{ "drifted off", ALL, NULL, "true", "true", OFF, NULL, ACT(ENABLE, DRIFTED_OFF), "=", "=", "1" },
	{ "on and ours", ALL, NULL, "true", "true", ON, NULL, ACT(UNCHANGED, IN_SYNC), "=", "=", "=" },
	{ "no KSM", ALL, NULL, "true", "true", NO_KSM, NULL, ACT(BLOCKED, KSM_UNAVAILABLE), "false", "false", "=" },
	{ "no KSM needed", SOME, "b", "false", "false", NO_KSM, NULL, ACT(UNCHANGED, IN_SYNC), "=", "=", "=" },
	{ "external", SOME, "b", "false", "false", ON, NULL, ACT(UNCHANGED, EXTERNAL), "=", "=", "=" },
	{ "external, no keys", SOME, "b", NULL, NULL, ON, NULL, ACT(LABEL, EXTERNAL), "false", "false", "=" },
	{ "no record", SOME, "b", "true", "true", ON, NULL, ACT(DISABLE, DESELECTED), "false", "false", "0" },
	{ "no record and off", SOME, "b", "true", "true", OFF, NULL, ACT(DISABLE, DESELECTED), "false", "false", "=" },
	{ "recorded off", NO_CR, NULL, "true", "true", ON, "0", ACT(RESTORE, CONFIGURATION_REMOVED), "false", "false",
	  "0" },
	{ "recorded on", NO_CR, NULL, "true", "true", ON, "1", ACT(RESTORE, CONFIGURATION_REMOVED), "false", "false",
	  "=" },
	{ "recorded on, now off", SOME, "b", "true", "true", OFF, "1", ACT(DISABLE, DESELECTED), "false", "false",
	  "1" },
	{ "recorded unmerged", SOME, "b", "true", "true", ON, "2", ACT(DISABLE, DESELECTED), "false", "false", "0" },
	{ "only the record", SOME, "b", "false", "false", ON, "0", ACT(DISABLE, DESELECTED), "=", "=", "0" },
};

/* One selector, zone in (a), for the rows that ask for requirements. */
static struct sp_kubevirt kubevirt_of(enum sp_selector_kind kind)
{
	static const char *const values[] = { "a" };
	static const struct sp_requirement requirement = { "zone", SP_OPERATOR_IN, values, 1 };
	static const struct sp_place place;
	struct sp_kubevirt kubevirt = {
		.kind = "KubeVirt", .namespace = "", .name = "kubevirt", .selector_kind = kind
	};

	if (kind == SP_SELECTOR_REQUIREMENTS) {
		kubevirt.selector = (struct sp_selector){ &requirement, 1 };
		kubevirt.requirement_places = &place;
	}
	return kubevirt;
}

struct machine {
	struct sp_knob knobs[3];
	struct sp_knob original[3];
	struct sp_host host;
};

static const struct sp_host *host_of(const struct row *row, struct machine *machine)
{
	static const char *const runs[] = { [OFF] = "0", [ON] = "1", [UNMERGED] = "2" };

	*machine = (struct machine){
		{ { "pages_to_scan", "100" }, { "run", NULL }, { "sleep_millisecs", "20" } },
		{ { "pages_to_scan", "100" }, { "run", row->original }, { "sleep_millisecs", "20" } },
		{ 0 }
	};
	machine->host = (struct sp_host){ .node = "node01",
					  .knobs = { machine->knobs, 3 },
					  .has_original = row->original != NULL,
					  .original = { machine->original, row->original ? 3 : 0 } };
	if (row->known == NO_KSM)
		machine->host.knobs.count = 0;
	else if (row->known != NOTHING)
		machine->knobs[1].value = runs[row->known];
	return row->known == NOTHING ? NULL : &machine->host;
}

static struct sp_node node_of(const struct row *row, struct sp_label labels[2], struct sp_label annotations[1])
{
	struct sp_node node = { .name = "node01", .labels.items = labels, .annotations.items = annotations };

	if (row->zone)
		labels[node.labels.count++] = (struct sp_label){ "zone", row->zone };
	if (row->enabled)
		labels[node.labels.count++] = (struct sp_label){ SP_LABEL_ENABLED, row->enabled };
	if (row->managed)
		annotations[node.annotations.count++] = (struct sp_label){ SP_ANNOTATION_MANAGED, row->managed };
	return node;
}

static void assert_change(const struct sp_change *change, const char *after)
{
	assert_string_equal(change->changes ? (change->after ? change->after : "?") : "=", after);
}

static void test_row(void **state)
{
	const struct row *row = *state;
	struct sp_kubevirt kubevirt = kubevirt_of(row->selector);
	struct sp_arena arena = { 0 };
	struct sp_report report = { .arena = &arena };
	struct sp_planner *planner = sp_planner_start(&arena, &kubevirt, SP_POLICY_STATIC);
	struct sp_label labels[2];
	struct sp_label annotations[1];
	struct sp_node node = node_of(row, labels, annotations);
	struct sp_plan_inputs inputs = { .kubevirt_path = "cr", .nodes_path = "nodes", .node_total = 1 };
	struct machine machine;
	struct sp_plan plan;
	const char *run = "=";

	sp_planner_add(planner, &node, host_of(row, &machine));
	assert_true(sp_planner_finish(planner, &inputs, &plan, &report));
	assert_string_equal(sp_action_name(plan.nodes[0].action), sp_action_name(row->action));
	assert_string_equal(sp_reason_name(plan.nodes[0].reason), sp_reason_name(row->reason));
	assert_change(&plan.nodes[0].annotation, row->annotation);
	assert_change(&plan.nodes[0].label, row->label);
	for (size_t i = 0; i < plan.nodes[0].knob_count; i++)
		if (strcmp(plan.nodes[0].knobs[i].knob, "run") == 0)
			run = plan.nodes[0].knobs[i].change.after ? plan.nodes[0].knobs[i].change.after : "?";
	assert_string_equal(run, row->run);
	assert_int_equal(plan.summary[row->action], 1);
	sp_arena_free(&arena);
}

static void add_named(struct sp_planner *planner, const char *name, size_t line, const struct sp_label *labels,
		      size_t count)
{
	struct sp_node node = { .name = name, .place = { .line = line, .column = 1 }, .labels = { labels, count } };

	sp_planner_add(planner, &node, NULL);
}

/* A plan of these three nodes, for which there is room for so many at first. */
static struct sp_plan plan_of(struct sp_arena *arena, const char *const names[3], size_t expected)
{
	struct sp_kubevirt kubevirt = kubevirt_of(SP_SELECTOR_EMPTY);
	struct sp_plan_inputs inputs = { .kubevirt_path = "cr", .nodes_path = "nodes" };
	struct sp_report report = { .arena = arena };
	struct sp_planner *planner = sp_planner_start(arena, &kubevirt, SP_POLICY_STATIC);
	struct sp_plan plan;

	sp_planner_expect(planner, expected);
	for (size_t i = 0; i < 3; i++)
		add_named(planner, names[i], i + 1, NULL, 0);
	assert_true(sp_planner_finish(planner, &inputs, &plan, &report));
	return plan;
}

/* In whatever order they come, and however many were expected. */
static void test_sorted_by_name(void **state)
{
	static const char *const orders[][3] = { { "node1", "node10", "node2" },
						 { "node2", "node10", "node1" },
						 { "node10", "node1", "node2" } };
	struct sp_arena arena = { 0 };
	const char *digest = plan_of(&arena, orders[0], 3).digest;

	(void)state;
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		for (size_t expected = 0; expected < 6; expected++) {
			struct sp_plan plan = plan_of(&arena, orders[i], expected);

			for (size_t at = 0; at < 3; at++)
				assert_string_equal(plan.nodes[at].name, orders[0][at]);
			assert_string_equal(plan.digest, digest);
		}
	}
	sp_arena_free(&arena);
}

static void test_two_of_one_name(void **state)
{
	struct sp_kubevirt kubevirt = kubevirt_of(SP_SELECTOR_EMPTY);
	struct sp_plan_inputs inputs = { .kubevirt_path = "cr", .nodes_path = "nodes" };
	struct sp_arena arena = { 0 };
	struct sp_report report = { .arena = &arena };
	struct sp_planner *planner = sp_planner_start(&arena, &kubevirt, SP_POLICY_STATIC);
	struct sp_plan plan;

	(void)state;
	add_named(planner, "twin", 30, NULL, 0);
	add_named(planner, "other", 20, NULL, 0);
	add_named(planner, "twin", 10, NULL, 0);
	assert_false(sp_planner_finish(planner, &inputs, &plan, &report));
	assert_string_equal(report.diagnostics[0].code, "duplicate-node");
	assert_int_equal(report.diagnostics[0].place.line, 30);
	assert_non_null(strstr(report.diagnostics[0].message, "line 10, column 1"));
	sp_arena_free(&arena);
}

/* The digest of a plan of one node with these labels, by the selector zone in (a). */
static const char *digest_of(struct sp_arena *arena, const struct sp_label *labels, size_t count, enum sp_policy policy)
{
	struct sp_kubevirt kubevirt = kubevirt_of(SP_SELECTOR_REQUIREMENTS);
	struct sp_plan_inputs inputs = { .kubevirt_path = "cr", .nodes_path = "nodes" };
	struct sp_report report = { .arena = arena };
	struct sp_planner *planner = sp_planner_start(arena, &kubevirt, policy);
	struct sp_plan plan;

	add_named(planner, "node01", 1, labels, count);
	assert_true(sp_planner_finish(planner, &inputs, &plan, &report));
	return plan.digest;
}

static void test_digest(void **state)
{
	static const struct sp_label first[] = { { "zone", "a" }, { "heartbeat", "1" } };
	static const struct sp_label second[] = { { "heartbeat", "2" }, { "zone", "a" } };
	static const struct sp_label other_zone[] = { { "zone", "b" }, { "heartbeat", "1" } };
	static const struct sp_label enabled[] = { { "zone", "a" }, { SP_LABEL_ENABLED, "true" } };
	struct sp_arena arena = { 0 };
	const char *digest = digest_of(&arena, first, 2, SP_POLICY_STATIC);

	(void)state;
	assert_string_equal(digest, digest_of(&arena, second, 2, SP_POLICY_STATIC));
	assert_string_not_equal(digest, digest_of(&arena, other_zone, 2, SP_POLICY_STATIC));
	assert_string_not_equal(digest, digest_of(&arena, enabled, 2, SP_POLICY_STATIC));
	assert_string_not_equal(digest, digest_of(&arena, first, 2, SP_POLICY_PRESSURE));
	assert_int_equal(strlen(digest), strlen("sha256:") + 64);
	sp_arena_free(&arena);
}

int main(void)
{
	enum { ROWS = sizeof rows / sizeof *rows };
	struct CMUnitTest tests[ROWS + 3];

	for (size_t i = 0; i < ROWS; i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = test_row,
						.initial_state = (void *)(uintptr_t)&rows[i] };
	tests[ROWS] = (struct CMUnitTest)cmocka_unit_test(test_sorted_by_name);
	tests[ROWS + 1] = (struct CMUnitTest)cmocka_unit_test(test_two_of_one_name);
	tests[ROWS + 2] = (struct CMUnitTest)cmocka_unit_test(test_digest);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
