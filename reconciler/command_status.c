/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "reconciler/command.h"
#include "reconciler/command_node.h"
#include "reconciler/command_shared.h"
#include "reconciler/status.h"
#include "reconciler/watch.h"
#include "state/file.h"
#include "state/privileges.h"

static const char *const options[] = {
	"kubevirt",  "nodes",     "policy",    "node",      "sysfs-root", "meminfo",
	"state-dir", "proc-root", "output",    "out",       "watch",      "detailed-exitcode",
	"lenient",   "reader",    "max-input", "allow-all", "color",      "config",
	"help",      NULL,
};

enum { MOST_SAVINGS = 1000 };

static bool read_host(struct sp_run *run, struct sp_host *host)
{
	struct sp_machine_paths paths = sp_node_paths(&run->options);
	struct sp_machine *machine = sp_machine_open(&paths, &run->report);
	bool good = machine && sp_machine_read(machine, &run->arena, host, &run->report);

	sp_machine_close(machine);
	return good;
}

/* What the CR wants of this node, with what the machine shows; NULL where no CR was given, or after an error. */
static const struct sp_plan_node *plan_here(struct sp_run *run, const struct sp_host *host)
{
	const struct sp_options *given = &run->options;
	struct sp_load_options load = {
		.kubevirt = given->kubevirt,
		.nodes = given->nodes,
		.policy = (enum sp_policy)given->policy,
		.lenient = given->lenient,
		.full_reader = given->reader != 0,
		.allow_all = given->allow_all,
		.host = host,
	};
	const struct sp_plan_node *node;
	struct sp_plan plan;

	if (!given->kubevirt || sp_shared_limit(run, &load) != SP_EXIT_DONE ||
	    !sp_load_plan(&load, &run->arena, &run->inputs, &plan, &run->report))
		return NULL;
	node = sp_saved_find(&plan, host->node);
	if (!node) {
		sp_fail(&run->report, "unknown-node", (struct sp_place){ run->inputs.nodes_source, 0, 0 },
			"no Node named \"%s\" in it", host->node);
		sp_help(&run->report, "--node NAME says which Node this machine is");
	}
	return node;
}

static bool has_warning(const struct sp_report *report, const char *code)
{
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->diagnostics[i].code, code) == 0)
			return true;
	return false;
}

static bool is_annotated(const struct sp_plan_node *planned)
{
	const char *value = planned ? planned->annotation.changes ? planned->annotation.before :
								    planned->annotation.after :
				      NULL;

	return value && strcmp(value, "true") == 0;
}

static enum sp_owner owner_of(const struct sp_run *run, const struct sp_status *status)
{
	if (!status->savings.is_on)
		return SP_OWNER_NOBODY;
	if (status->host->has_original)
		return SP_OWNER_SAMEPAGE;
	if (is_annotated(status->planned))
		return SP_OWNER_CONFIGURATION;
	return has_warning(&run->report, "state-unreadable") ? SP_OWNER_UNKNOWN : SP_OWNER_SOMEBODY;
}

static bool read_status(struct sp_run *run, struct sp_host *host, struct sp_processes *processes,
			struct sp_status *status)
{
	const char *hugepages;

	host->node = sp_node_name(run);
	if (!read_host(run, host))
		return false;
	host->node = sp_node_name(run);
	sp_processes_read(run->options.proc_root ? run->options.proc_root : "/proc", &run->arena, processes);
	hugepages = sp_processes_hugepages(sp_node_paths(&run->options).sysfs, &run->arena);
	*status = (struct sp_status){
		.node = host->node,
		.host = host,
		.savings = sp_savings_of(host, processes),
		.processes = processes,
		.planned = plan_here(run, host),
	};
	if (run->report.errors > 0)
		return false;
	status->owner = owner_of(run, status);
	status->best = sp_savings_best(processes, SP_STATUS_PROCESSES, &run->arena, &status->best_count);
	status->findings = sp_savings_diagnose(&status->savings, processes, hugepages, &run->arena,
					       &status->finding_count);
	return true;
}

/* What the watch remembers from one drawing to the next. */
struct watching {
	struct sp_run *run;
	double saved[MOST_SAVINGS];
	size_t count;
};

static void remember(struct watching *watching, double saved)
{
	if (watching->count == MOST_SAVINGS) {
		watching->count--;
		memmove(watching->saved, watching->saved + 1, watching->count * sizeof *watching->saved);
	}
	watching->saved[watching->count++] = saved;
}

/* Each drawing reads everything anew, and has memory and a report of its own. */
static bool draw(void *context, struct sp_text *out, size_t columns, bool unicode)
{
	struct watching *watching = context;
	struct sp_run run = { .options = watching->run->options, .program = watching->run->program };
	struct sp_processes processes;
	struct sp_status status;
	struct sp_host host;

	run.report.arena = &run.arena;
	if (read_status(&run, &host, &processes, &status)) {
		remember(watching, status.savings.has_saved ? (double)status.savings.saved : 0);
		sp_status_write_text(out, &status);
		sp_text_add(out, "\n  ");
		sp_status_add_chart(out, watching->saved, watching->count, columns > 4 ? columns - 4 : 1, unicode);
		sp_text_add(out, "\n  memory saved; every two seconds; q ends it\n");
	} else {
		sp_report_write(out, &run.report, false, false);
	}
	sp_inputs_close(&run.inputs);
	sp_arena_free(&run.arena);
	return true;
}

static enum sp_exit watch(struct sp_run *run)
{
	struct watching watching = { .run = run };

	if (run->options.output || run->options.out)
		return sp_usage(run, "--watch goes without -o and --out");
	if (!sp_watch_is_possible())
		return sp_usage(run, "--watch needs a terminal");
	sp_watch(draw, &watching);
	return SP_EXIT_DONE;
}

static void write_status(struct sp_run *run, const struct sp_status *status)
{
	const char *form = run->options.output ? run->options.output : "text";

	if (strcmp(form, "json") == 0)
		sp_status_write_json(&run->out, status);
	else if (strcmp(form, "prometheus") == 0)
		sp_status_write_prometheus(&run->out, status);
	else
		sp_status_write_text(&run->out, status);
}

static enum sp_exit check(struct sp_run *run)
{
	const struct sp_options *given = &run->options;

	if (sp_shared_no_arguments(run) != SP_EXIT_DONE)
		return SP_EXIT_USAGE;
	if (!sp_node_name(run))
		return sp_usage(run, "this node's name is not known: --node NAME says it");
	if (!given->kubevirt != !given->nodes)
		return sp_usage(run, "-f and -n go together: the custom resource and the snapshot");
	if (given->kubevirt && strcmp(given->kubevirt, "-") == 0 && strcmp(given->nodes, "-") == 0)
		return sp_usage(run, "-f and -n cannot both be stdin");
	return SP_EXIT_DONE;
}

static enum sp_exit run_status(struct sp_run *run)
{
	struct sp_processes processes;
	struct sp_status status;
	struct sp_host host;
	enum sp_exit checked = check(run);

	if (checked != SP_EXIT_DONE)
		return checked;
	sp_privileges_drop();
	if (run->options.watch)
		return watch(run);
	if (!read_status(run, &host, &processes, &status))
		return SP_EXIT_ERROR;
	write_status(run, &status);
	if (run->options.out) {
		if (!sp_file_write(run->options.out, sp_text_string(&run->out), run->out.length, &run->report))
			return SP_EXIT_ERROR;
		sp_text_free(&run->out);
	}
	return run->options.detailed_exitcode && sp_status_drifts(&status) ? SP_EXIT_CHANGES : SP_EXIT_DONE;
}

const struct sp_command sp_command_status = {
	.name = "status",
	.arguments = "",
	.summary = "KSM counters, savings and drift of this node",
	.description = "Whether KSM is on and by whom, what was there before, what it saves and for which processes, "
		       "how fast it scans, and where it merges nothing, why that may be. With -f and -n also whether "
		       "the node is as the custom resource wants it. Nothing is changed. -o prometheus --out FILE "
		       "writes metrics for node_exporter's textfile collector.",
	.accepted = { options, "text|json|prometheus" },
	.run = run_status,
};
