/* SPDX-License-Identifier: Apache-2.0 */
/* A small plan with every action in it, for the tests of what reads plans. */
#ifndef SAMEPAGE_TESTS_UNIT_SAMPLE_PLAN_H
#define SAMEPAGE_TESTS_UNIT_SAMPLE_PLAN_H

#include "reconciler/plan.h"

static const struct sp_knob_change sample_run_on[] = { { "run", { true, "0", "1" } } };
static const struct sp_knob_change sample_run_back[] = { { "run", { true, NULL, NULL } } };
static const struct sp_knob_change sample_rate[] = {
	{ "sleep_millisecs", { true, "20", "10" } },
	{ "pages_to_scan", { true, "100", "1300" } },
};

static const struct sp_plan_node sample_nodes[] = {
	{
		.name = "alpha",
		.uid = "11111111-1111-4111-8111-111111111111",
		.action = SP_ACTION_ENABLE,
		.reason = SP_REASON_SELECTED,
		.message = "matches zone=a",
		.selected = true,
		.has_labels = true,
		.has_annotations = true,
		.label = { true, NULL, "true" },
		.annotation = { true, "false", "true" },
		.knobs = sample_run_on,
		.knob_count = 1,
	},
	{
		.name = "bravo",
		.uid = "22222222-2222-4222-8222-222222222222",
		.action = SP_ACTION_ENABLE,
		.reason = SP_REASON_SELECTED,
		.message = "matches zone=a",
		.selected = true,
		.has_labels = true,
		.has_annotations = true,
		.label = { true, NULL, "true" },
		.annotation = { true, "false", "true" },
		.knobs = sample_run_on,
		.knob_count = 1,
	},
	{
		.name = "charlie",
		.action = SP_ACTION_DISABLE,
		.reason = SP_REASON_DESELECTED,
		.message = "does not match zone=a",
		.has_labels = true,
		.has_annotations = true,
		.label = { true, "true", "false" },
		.annotation = { true, "true", "false" },
		.knobs = sample_run_back,
		.knob_count = 1,
	},
	{
		.name = "delta",
		.action = SP_ACTION_LABEL,
		.reason = SP_REASON_METADATA_ONLY,
		.message = "does not match zone=a",
		.label = { true, NULL, "false" },
		.annotation = { true, NULL, "false" },
	},
	{
		.name = "echo",
		.action = SP_ACTION_TUNE,
		.reason = SP_REASON_PRESSURE_ROSE,
		.message = "12% of memory is available",
		.selected = true,
		.knobs = sample_rate,
		.knob_count = 2,
	},
	{
		.name = "foxtrot",
		.action = SP_ACTION_UNCHANGED,
		.reason = SP_REASON_IN_SYNC,
		.message = "does not match zone=a",
	},
	{
		.name = "golf",
		.action = SP_ACTION_BLOCKED,
		.reason = SP_REASON_KSM_UNAVAILABLE,
		.message = "matches zone=a, but has no KSM",
		.selected = true,
		.has_labels = true,
		.label = { true, "true", "false" },
	},
};

static const struct sp_plan_warning sample_warnings[] = {
	{ .code = "no-place", .message = "a warning" },
};

static const struct sp_plan sample_plan = {
	.policy = SP_POLICY_STATIC,
	.kubevirt = { "kubevirt.yaml", "KubeVirt", "kubevirt", "kubevirt" },
	.nodes_input = { .path = "nodes.yaml", .count = 7, .total = 7 },
	.digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000",
	.selector_kind = SP_SELECTOR_REQUIREMENTS,
	.selector_text = "zone=a",
	.summary = { [SP_ACTION_ENABLE] = 2,
		     [SP_ACTION_DISABLE] = 1,
		     [SP_ACTION_TUNE] = 1,
		     [SP_ACTION_LABEL] = 1,
		     [SP_ACTION_UNCHANGED] = 1,
		     [SP_ACTION_BLOCKED] = 1 },
	.nodes = sample_nodes,
	.node_count = sizeof sample_nodes / sizeof *sample_nodes,
	.warnings = sample_warnings,
	.warning_count = 1,
};

#endif
