/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/command_fleet.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "reconciler/checksum.h"
#include "reconciler/command_shared.h"
#include "reconciler/emit.h"
#include "reconciler/fleet.h"
#include "reconciler/guard.h"
#include "reconciler/print.h"
#include "state/clusters.h"
#include "state/folder.h"
#include "state/source.h"

enum { MOST_JOBS = 256 };

/* One cluster: a run of its own, with memory, inputs and a report of its own. */
struct member {
	struct sp_cluster cluster;
	struct sp_run run;
	enum sp_exit status;
	struct sp_plan plan;
	struct sp_checksum checksum;
	struct sp_document_part part;
	struct sp_arena words; /* of the report, which outlives the plan */
};

struct fleet {
	struct member *members;
	size_t count;
	bool is_json;       /* whoever makes a plan writes it, too */
	bool is_yaml;       /* a document all the same, whose plans must be written one after the other */
	bool keeps_plans;   /* all of them are needed at the end */
	atomic_size_t next; /* the first that nobody has begun with */
};

/* All but the numbers: a plan takes more memory than its part of the document. */
static void forget_plan(struct member *member)
{
	struct sp_plan numbers = { .node_count = member->plan.node_count };

	memcpy(numbers.summary, member->plan.summary, sizeof numbers.summary);
	member->plan = numbers;
	sp_arena_free(&member->run.arena);
}

static void finish_plan(struct member *member, const struct fleet *fleet)
{
	if (fleet->is_json)
		sp_fleet_write_part(&member->part, &member->plan);
	if (fleet->is_yaml)
		member->checksum = sp_checksum(&member->plan, &member->run.arena);
	if (!fleet->keeps_plans)
		forget_plan(member);
}

static void plan_member(struct member *member, const struct fleet *fleet)
{
	struct sp_run *run = &member->run;

	if (member->cluster.problem) {
		sp_fail(&run->report, "fleet-cluster", (struct sp_place){ 0 }, "%s: %s", member->cluster.path,
			member->cluster.problem);
		member->status = SP_EXIT_ERROR;
		return;
	}
	run->options.kubevirt = member->cluster.kubevirt;
	run->options.nodes = member->cluster.nodes;
	member->status = sp_shared_plan(run, NULL, NULL, &member->plan);
	if (member->status == SP_EXIT_DONE)
		member->status = sp_shared_guard(run, &member->plan);
	if (member->status == SP_EXIT_DONE || member->status == SP_EXIT_REFUSED)
		finish_plan(member, fleet);
	sp_source_release(run->inputs.nodes_source); /* a process may have 1024 files open, and a fleet more clusters */
}

static void *work(void *context)
{
	struct fleet *fleet = context;
	size_t at;

	while ((at = atomic_fetch_add(&fleet->next, 1)) < fleet->count)
		plan_member(&fleet->members[at], fleet);
	return NULL;
}

/* Clusters take much the same pieces of memory. Those of up to so many bytes stay with the thread for the next cluster:
 * to give them back and to get them anew, page by page, takes a tenth of the time, and lets the other threads wait. Not
 * where plans are kept, as these would come to stand between the pieces. */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 2 * 1024 * 1024);
}

/* The calling thread works, too. One that cannot be started leaves its part to the others. */
static void plan_members(struct fleet *fleet, size_t jobs)
{
	pthread_t threads[MOST_JOBS];
	size_t started = 0;

	while (started + 1 < jobs && started + 1 < fleet->count &&
	       pthread_create(&threads[started], NULL, work, fleet) == 0)
		started++;
	work(fleet);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

static void start_members(struct fleet *fleet, const struct sp_run *run, const struct sp_cluster *clusters)
{
	for (size_t i = 0; i < fleet->count; i++) {
		struct member *member = &fleet->members[i];

		member->cluster = clusters[i];
		member->run = (struct sp_run){ .options = run->options, .program = run->program };
		member->run.report.arena = &member->words;
	}
}

/* "FILE:LINE:COLUMN: message" of the first error. */
static const char *first_problem(struct member *member)
{
	const struct sp_report *report = &member->run.report;
	struct sp_text text = { 0 };
	const char *problem;
	size_t at = 0;

	while (at < report->count && report->diagnostics[at].severity != SP_ERROR)
		at++;
	if (at == report->count)
		return NULL;
	if (report->diagnostics[at].place.source) {
		sp_place_write(&text, report->diagnostics[at].place);
		sp_text_add(&text, ": ");
	}
	sp_text_add(&text, report->diagnostics[at].message);
	problem = sp_arena_string(report->arena, text.bytes);
	sp_text_free(&text);
	return problem;
}

static enum sp_fleet_outcome outcome_of(const struct member *member)
{
	switch (member->status) {
	case SP_EXIT_DONE:
		return SP_FLEET_PLANNED;
	case SP_EXIT_REFUSED:
		return SP_FLEET_REFUSED;
	default:
		return SP_FLEET_BROKEN;
	}
}

/* From here on the part is printed, and freed, with what the run prints. */
static struct sp_document_part *hand_over(struct member *member, struct sp_run *run)
{
	struct sp_document_part *part = &run->parts[run->part_count++];

	*part = member->part;
	member->part = (struct sp_document_part){ 0 };
	return part;
}

static struct sp_fleet describe(struct fleet *fleet, struct sp_run *run)
{
	struct sp_fleet_entry *entries = sp_arena_array(&run->arena, fleet->count, sizeof *entries);

	run->parts = sp_arena_array(&run->arena, fleet->count, sizeof *run->parts);
	for (size_t i = 0; i < fleet->count; i++) {
		struct member *member = &fleet->members[i];

		entries[i] = (struct sp_fleet_entry){
			.name = member->cluster.name,
			.outcome = outcome_of(member),
			.problem = first_problem(member),
			.plan = member->plan,
			.checksum = member->checksum,
		};
		if (fleet->is_json && entries[i].outcome != SP_FLEET_BROKEN)
			entries[i].part = hand_over(member, run);
	}
	return (struct sp_fleet){ run->options.fleet, entries, fleet->count };
}

/* Two clusters, one within the other, would be emitted into one another. */
static bool check_nesting(const struct fleet *fleet, struct sp_report *report)
{
	for (size_t i = 1; i < fleet->count; i++) {
		const char *outer = fleet->members[i - 1].cluster.name;
		const char *inner = fleet->members[i].cluster.name;
		size_t length = strlen(outer);

		if (strcmp(outer, ".") == 0 || (strncmp(inner, outer, length) == 0 && inner[length] == '/'))
			return sp_fail(report, "fleet-nested", (struct sp_place){ 0 },
				       "cluster %s is within cluster %s: they cannot be emitted into one tree", inner,
				       outer);
	}
	return true;
}

static bool emit_member(struct member *member, const struct sp_run *run)
{
	struct sp_arena *arena = &member->run.arena;
	struct sp_emit_options how = sp_shared_emit_options(run);
	const char *path = strcmp(member->cluster.name, ".") == 0 ?
				   run->options.folder :
				   sp_arena_format(arena, "%s/%s", run->options.folder, member->cluster.name);

	if (member->status != SP_EXIT_DONE || (sp_plan_changed(&member->plan) == 0 && !how.gitops))
		return true;
	if (sp_folder_make_parents(path, &member->run.report) &&
	    sp_emit(&member->plan, path, &how, &member->run.report))
		return true;
	member->status = SP_EXIT_ERROR;
	return false;
}

/* One at a time: the disk is what it waits for. A cluster that fails does not keep the others from being emitted. */
static void emit_members(struct fleet *fleet, struct sp_run *run)
{
	if (!run->options.folder || !check_nesting(fleet, &run->report))
		return;
	for (size_t i = 0; i < fleet->count; i++)
		emit_member(&fleet->members[i], run);
}

/* What is worst counts. */
static enum sp_exit status_of(const struct sp_run *run, const struct sp_fleet *fleet)
{
	if (run->report.errors > 0 || sp_fleet_count(fleet, SP_FLEET_BROKEN) > 0)
		return SP_EXIT_ERROR;
	if (sp_fleet_count(fleet, SP_FLEET_REFUSED) > 0)
		return SP_EXIT_REFUSED;
	return run->options.detailed_exitcode && sp_fleet_changed(fleet) > 0 ? SP_EXIT_CHANGES : SP_EXIT_DONE;
}

static enum sp_exit plan_fleet(struct sp_run *run, struct fleet *fleet, size_t jobs)
{
	const char *form = run->options.output ? run->options.output : "text";
	struct sp_render_options how;
	struct sp_fleet described;
	enum sp_exit status = sp_shared_render_options(run, &how);

	if (status != SP_EXIT_DONE)
		return status;
	if (!sp_fleet_has_form(form))
		return sp_usage(run, "--fleet has no form '%s': text, json, yaml, markdown or names", form);
	fleet->is_json = strcmp(form, "json") == 0;
	fleet->is_yaml = strcmp(form, "yaml") == 0;
	fleet->keeps_plans = fleet->is_yaml || run->options.folder;
	if (!fleet->keeps_plans)
		keep_memory();
	plan_members(fleet, jobs);
	emit_members(fleet, run);
	described = describe(fleet, run);
	for (size_t i = 0; i < fleet->count; i++)
		sp_run_print(&fleet->members[i].run, SP_EXIT_DONE);
	sp_fleet_write(&run->out, &described, form, &how);
	run->print_anyway = true; /* it tells itself which clusters are broken */
	return status_of(run, &described);
}

static void free_members(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++) {
		sp_inputs_close(&fleet->members[i].run.inputs);
		sp_text_free(&fleet->members[i].run.out);
		sp_text_free(&fleet->members[i].part.text);
		sp_arena_free(&fleet->members[i].run.arena);
		sp_arena_free(&fleet->members[i].words);
	}
}

static enum sp_exit check(struct sp_run *run, size_t *jobs)
{
	const struct sp_options *options = &run->options;

	*jobs = 1;
	if (options->kubevirt || options->nodes || options->facts || options->out || options->plan)
		return sp_usage(run,
				"--fleet takes the place of -f and -n, and goes without --facts, --out and --plan");
	if (options->workloads)
		return sp_usage(run, "--workloads are those of one cluster: plan it by itself, without --fleet");
	if (options->jobs && (!sp_guard_parse_count(options->jobs, jobs) || *jobs == 0 || *jobs > MOST_JOBS))
		return sp_usage(run, "--jobs is a number from 1 to %d, not '%s'", MOST_JOBS, options->jobs);
	return SP_EXIT_DONE;
}

enum sp_exit sp_fleet_run(struct sp_run *run)
{
	const struct sp_options *options = &run->options;
	struct sp_cluster_patterns patterns = {
		.kubevirt = options->fleet_kubevirt ? options->fleet_kubevirt : "kubevirt.yaml",
		.nodes = options->fleet_nodes ? options->fleet_nodes : "nodes.yaml",
	};
	struct sp_cluster *clusters;
	struct fleet fleet = { 0 };
	size_t jobs;
	enum sp_exit status = check(run, &jobs);

	if (status != SP_EXIT_DONE)
		return status;
	clusters = sp_clusters_find(options->fleet, &patterns, &run->arena, &fleet.count, &run->report);
	if (run->report.errors > 0)
		return SP_EXIT_ERROR;
	if (fleet.count == 0) {
		sp_fail(&run->report, "fleet-empty", (struct sp_place){ 0 }, "%s: no folder in it has a %s and a %s",
			options->fleet, patterns.kubevirt, patterns.nodes);
		sp_help(&run->report, "--fleet-kubevirt and --fleet-nodes say how the files are called");
		return SP_EXIT_ERROR;
	}
	fleet.members = sp_arena_array(&run->arena, fleet.count, sizeof *fleet.members);
	start_members(&fleet, run, clusters);
	status = plan_fleet(run, &fleet, jobs);
	free_members(&fleet);
	return status;
}
