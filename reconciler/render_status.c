/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "reconciler/document.h"
#include "reconciler/status.h"

bool sp_status_drifts(const struct sp_status *status)
{
	return status->planned && status->planned->action != SP_ACTION_UNCHANGED;
}

void sp_status_add_bytes(struct sp_text *out, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	while ((bytes >= 1024 || bytes <= -1024) && unit + 1 < sizeof units / sizeof *units) {
		bytes /= 1024;
		unit++;
	}
	sp_text_format(out, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

void sp_status_add_chart(struct sp_text *out, const double *values, size_t count, size_t width, bool unicode)
{
	static const char *const blocks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char ascii[] = "_.:-=+*#";
	size_t first = count > width ? count - width : 0;
	double largest = 0;

	for (size_t i = first; i < count; i++)
		if (values[i] > largest)
			largest = values[i];
	for (size_t i = first; i < count; i++) {
		size_t level = largest > 0 && values[i] > 0 ? (size_t)(values[i] / largest * 7 + 0.5) : 0;

		if (unicode)
			sp_text_add(out, blocks[level]);
		else
			sp_text_add_char(out, ascii[level]);
	}
}

/* 65535 as "65,535" */
static void add_count(struct sp_text *out, uint64_t count)
{
	struct sp_text plain = { 0 };
	size_t length;

	sp_text_format(&plain, "%" PRIu64, count);
	length = plain.length;
	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			sp_text_add_char(out, ',');
		sp_text_add_char(out, plain.bytes[i]);
	}
	sp_text_free(&plain);
}

static const char *owner_text(enum sp_owner owner)
{
	static const char *const texts[] = {
		[SP_OWNER_NOBODY] = "",
		[SP_OWNER_SAMEPAGE] = ", switched on by samepage",
		[SP_OWNER_CONFIGURATION] = ", switched on by configuration, and samepage has no record here",
		[SP_OWNER_SOMEBODY] = ", switched on by somebody else",
		[SP_OWNER_UNKNOWN] = "; by whom cannot be told without looking into the state folder",
	};

	return texts[owner];
}

static void add_title(struct sp_text *out, const struct sp_status *status)
{
	const char *run = sp_knobs_get(&status->host->knobs, "run");

	sp_text_add_visible(out, status->node);
	if (!status->savings.has_ksm) {
		sp_text_add(out, ": this kernel has no KSM, or it cannot be seen from here\n");
		return;
	}
	sp_text_format(out, ": KSM is %s%s\n",
		       status->savings.is_on        ? "on" :
		       run && strcmp(run, "2") == 0 ? "off, and all pages were taken apart (run is 2)" :
						      "off",
		       owner_text(status->owner));
}

static void add_original(struct sp_text *out, const struct sp_status *status)
{
	const struct sp_knobs *original = &status->host->original;

	if (!status->host->has_original)
		return;
	sp_text_add(out, "  original  ");
	for (size_t i = 0; i < SP_WRITTEN_KNOB_COUNT; i++) {
		const char *knob = sp_written_knobs[SP_WRITTEN_KNOB_COUNT - 1 - i];
		const char *value = sp_knobs_get(original, knob);

		sp_text_format(out, "%s%s ", i > 0 ? ", " : "", knob);
		sp_text_add_visible(out, value ? value : "unknown");
	}
	sp_text_add_char(out, '\n');
}

static void add_drift(struct sp_text *out, const struct sp_status *status)
{
	const struct sp_plan_node *planned = status->planned;

	if (!planned)
		return;
	sp_text_format(out,
		       "  drift     %s (%s): ", sp_status_drifts(status) ? sp_action_name(planned->action) : "none",
		       sp_reason_name(planned->reason));
	sp_text_add_visible(out, planned->message);
	sp_text_add_char(out, '\n');
}

static void add_saved(struct sp_text *out, const struct sp_savings *savings)
{
	if (savings->has_saved) {
		sp_text_add(out, "  saved     ");
		sp_status_add_bytes(out, (double)savings->saved);
		if (savings->has_profit) {
			sp_text_add(out, "; ");
			sp_status_add_bytes(out, (double)savings->profit);
			sp_text_add(out, " less KSM's own memory");
		}
		sp_text_add_char(out, '\n');
	}
	if (savings->sharing.is_known) {
		sp_text_format(out, "  ratio     %.1f pages share one", savings->sharing.value);
		if (savings->unshared.is_known)
			sp_text_format(out, "; %.2f looked at in vain for each that shares", savings->unshared.value);
		sp_text_add_char(out, '\n');
	}
}

static void add_counters(struct sp_text *out, const struct sp_savings *savings)
{
	static const struct {
		enum sp_counter counter;
		const char *name;
	} shown[] = {
		{ SP_COUNTER_SHARED, "shared" },     { SP_COUNTER_SHARING, "sharing" },
		{ SP_COUNTER_UNSHARED, "unshared" }, { SP_COUNTER_VOLATILE, "volatile" },
		{ SP_COUNTER_SKIPPED, "skipped" },   { SP_COUNTER_ZERO, "zero" },
	};
	const char *separator = "  pages     ";

	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		if (!savings->counters[shown[i].counter].is_known)
			continue;
		sp_text_format(out, "%s%s ", separator, shown[i].name);
		add_count(out, savings->counters[shown[i].counter].value);
		separator = ", ";
	}
	if (separator[0] == ',')
		sp_text_add_char(out, '\n');
}

static void add_duration(struct sp_text *out, double seconds)
{
	if (seconds < 120)
		sp_text_format(out, "%.0f s", seconds);
	else if (seconds < 2 * 3600)
		sp_text_format(out, "%.0f min", seconds / 60);
	else
		sp_text_format(out, "%.1f h", seconds / 3600);
}

static void add_scan(struct sp_text *out, const struct sp_status *status)
{
	const struct sp_savings *savings = &status->savings;
	const char *pages = sp_knobs_get(&status->host->knobs, "pages_to_scan");
	const char *sleep = sp_knobs_get(&status->host->knobs, "sleep_millisecs");

	if (pages && sleep) {
		sp_text_add(out, "  scan      ");
		sp_text_add_visible(out, pages);
		sp_text_add(out, " pages every ");
		sp_text_add_visible(out, sleep);
		sp_text_add(out, savings->is_rate_advised ? " ms, as the kernel's advisor sets it" : " ms");
		if (savings->full_scan_seconds.is_known) {
			sp_text_add(out, "; about ");
			add_duration(out, savings->full_scan_seconds.value);
			sp_text_add(out, " for all");
		}
		if (savings->counters[SP_COUNTER_FULL_SCANS].is_known) {
			sp_text_add(out, "; full scans ");
			add_count(out, savings->counters[SP_COUNTER_FULL_SCANS].value);
		}
		sp_text_add_char(out, '\n');
	}
	if (status->processes->has_ksmd)
		sp_text_format(out, "  ksmd      %.2f s of CPU time\n", status->processes->ksmd_seconds);
}

static void add_process(struct sp_text *out, const struct sp_process *process)
{
	struct sp_text profit = { 0 };
	struct sp_text pages = { 0 };

	sp_status_add_bytes(&profit, (double)process->profit);
	add_count(&pages, process->merging_pages + process->zero_pages);
	sp_text_format(out, "  %8" PRIu64 " %12s %12s  ", process->pid, pages.bytes, profit.bytes);
	sp_text_add_visible(out, process->name);
	if (process->guest) {
		sp_text_add(out, " (guest ");
		sp_text_add_visible(out, process->guest);
		sp_text_add_char(out, ')');
	}
	sp_text_add_char(out, '\n');
	sp_text_free(&profit);
	sp_text_free(&pages);
}

static void add_processes(struct sp_text *out, const struct sp_status *status)
{
	if (status->best_count > 0)
		sp_text_format(out, "\n  %8s %12s %12s  %s\n", "PID", "MERGED", "PROFIT", "PROCESS");
	for (size_t i = 0; i < status->best_count; i++)
		add_process(out, &status->best[i]);
	if (status->processes->unreadable > 0)
		sp_text_format(out, "  %zu of %zu processes could not be looked at: only root may\n",
			       status->processes->unreadable, status->processes->total);
}

void sp_status_write_text(struct sp_text *out, const struct sp_status *status)
{
	add_title(out, status);
	add_original(out, status);
	add_drift(out, status);
	if (!status->savings.has_ksm)
		return;
	add_saved(out, &status->savings);
	add_counters(out, &status->savings);
	add_scan(out, status);
	add_processes(out, status);
	for (size_t i = 0; i < status->finding_count; i++) {
		sp_text_format(out, "%s! %s\n  %s\n", i == 0 ? "\n" : "", status->findings[i].message,
			       status->findings[i].help);
	}
}

/* JSON */

static void describe_signed(struct sp_document *document, const char *key, int64_t number)
{
	struct sp_text text = { 0 };

	sp_text_format(&text, "%" PRId64, number);
	sp_document_key(document, key);
	sp_document_raw_number(document, text.bytes);
	sp_text_free(&text);
}

static void describe_figure(struct sp_document *document, const char *key, bool is_known, double value)
{
	struct sp_text text = { 0 };

	sp_document_key(document, key);
	if (is_known) {
		sp_text_format(&text, "%.3f", value);
		sp_document_raw_number(document, text.bytes);
	} else {
		sp_document_null(document);
	}
	sp_text_free(&text);
}

static void describe_counters(struct sp_document *document, const struct sp_savings *savings)
{
	sp_document_key(document, "counters");
	sp_document_begin_map(document);
	for (enum sp_counter counter = 0; counter < SP_COUNTER_COUNT; counter++) {
		if (savings->counters[counter].is_known) {
			sp_document_number_field(document, sp_counter_file(counter),
						 (size_t)savings->counters[counter].value);
		} else {
			sp_document_key(document, sp_counter_file(counter));
			sp_document_null(document);
		}
	}
	sp_document_end_map(document);
}

static void describe_savings(struct sp_document *document, const struct sp_savings *savings)
{
	sp_document_key(document, "savings");
	sp_document_begin_map(document);
	if (savings->has_saved) {
		sp_document_number_field(document, "savedBytes", (size_t)savings->saved);
	} else {
		sp_document_key(document, "savedBytes");
		sp_document_null(document);
	}
	if (savings->has_profit) {
		describe_signed(document, "generalProfitBytes", savings->profit);
	} else {
		sp_document_key(document, "generalProfitBytes");
		sp_document_null(document);
	}
	describe_figure(document, "sharingRatio", savings->sharing.is_known, savings->sharing.value);
	describe_figure(document, "unsharedRatio", savings->unshared.is_known, savings->unshared.value);
	describe_figure(document, "fullScanSeconds", savings->full_scan_seconds.is_known,
			savings->full_scan_seconds.value);
	sp_document_end_map(document);
}

static void describe_process(struct sp_document *document, const struct sp_process *process)
{
	sp_document_begin_map(document);
	sp_document_number_field(document, "pid", (size_t)process->pid);
	sp_document_field(document, "name", process->name);
	sp_document_field(document, "guest", process->guest);
	sp_document_number_field(document, "mergingPages", (size_t)process->merging_pages);
	sp_document_number_field(document, "zeroPages", (size_t)process->zero_pages);
	describe_signed(document, "profitBytes", process->profit);
	sp_document_end_map(document);
}

static void describe_processes(struct sp_document *document, const struct sp_status *status)
{
	sp_document_key(document, "processes");
	sp_document_begin_map(document);
	sp_document_number_field(document, "total", status->processes->total);
	sp_document_number_field(document, "unreadable", status->processes->unreadable);
	sp_document_key(document, "best");
	sp_document_begin_list(document);
	for (size_t i = 0; i < status->best_count; i++)
		describe_process(document, &status->best[i]);
	sp_document_end_list(document);
	sp_document_end_map(document);
}

static void describe_drift(struct sp_document *document, const struct sp_status *status)
{
	sp_document_key(document, "drift");
	if (!status->planned) {
		sp_document_null(document);
		return;
	}
	sp_document_begin_map(document);
	sp_document_key(document, "drifts");
	sp_document_bool(document, sp_status_drifts(status));
	sp_document_field(document, "action", sp_action_name(status->planned->action));
	sp_document_field(document, "reason", sp_reason_name(status->planned->reason));
	sp_document_field(document, "message", status->planned->message);
	sp_document_end_map(document);
}

static void describe_original(struct sp_document *document, const struct sp_host *host)
{
	sp_document_key(document, "original");
	if (!host->has_original) {
		sp_document_null(document);
		return;
	}
	sp_document_begin_map(document);
	for (size_t i = 0; i < host->original.count; i++)
		sp_document_field(document, host->original.items[i].name, host->original.items[i].value);
	sp_document_end_map(document);
}

static void describe_findings(struct sp_document *document, const struct sp_status *status)
{
	sp_document_key(document, "findings");
	sp_document_begin_list(document);
	for (size_t i = 0; i < status->finding_count; i++) {
		sp_document_begin_map(document);
		sp_document_field(document, "code", status->findings[i].code);
		sp_document_field(document, "message", status->findings[i].message);
		sp_document_field(document, "help", status->findings[i].help);
		sp_document_end_map(document);
	}
	sp_document_end_list(document);
}

void sp_status_write_json(struct sp_text *out, const struct sp_status *status)
{
	static const char *const owners[] = { "nobody", "samepage", "configuration", "somebody", "unknown" };
	struct sp_document *document = sp_document_start(out, SP_DOCUMENT_JSON);

	sp_document_begin_map(document);
	sp_document_field(document, "apiVersion", "samepage.dev/v1");
	sp_document_field(document, "kind", "Status");
	sp_document_field(document, "node", status->node);
	sp_document_key(document, "available");
	sp_document_bool(document, status->savings.has_ksm);
	sp_document_key(document, "on");
	sp_document_bool(document, status->savings.is_on);
	sp_document_field(document, "run", sp_knobs_get(&status->host->knobs, "run"));
	sp_document_field(document, "by", owners[status->owner]);
	describe_original(document, status->host);
	describe_drift(document, status);
	describe_counters(document, &status->savings);
	describe_savings(document, &status->savings);
	describe_figure(document, "ksmdCpuSeconds", status->processes->has_ksmd, status->processes->ksmd_seconds);
	describe_processes(document, status);
	describe_findings(document, status);
	sp_document_end_map(document);
	sp_document_finish(document);
}

/* Prometheus */

static void add_metric(struct sp_text *out, const char *name, const char *type, const char *help)
{
	sp_text_format(out, "# HELP samepage_%s %s\n# TYPE samepage_%s %s\n", name, help, name, type);
}

static void add_value(struct sp_text *out, const char *name, const char *type, const char *help, double value)
{
	const double exact = 1LL << 53; /* from there on a double is a whole number */
	bool is_whole = value >= exact || value <= -exact || value == (double)(int64_t)value;

	add_metric(out, name, type, help);
	sp_text_format(out, "samepage_%s %.*f\n", name, is_whole ? 0 : 3, value);
}

static void add_pages(struct sp_text *out, const struct sp_savings *savings)
{
	static const struct {
		enum sp_counter counter;
		const char *state;
	} gauges[] = {
		{ SP_COUNTER_SHARED, "shared" },     { SP_COUNTER_SHARING, "sharing" },
		{ SP_COUNTER_UNSHARED, "unshared" }, { SP_COUNTER_VOLATILE, "volatile" },
		{ SP_COUNTER_ZERO, "zero" },
	};

	add_metric(out, "ksm_pages", "gauge", "Pages by what KSM made of them.");
	for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++)
		if (savings->counters[gauges[i].counter].is_known)
			sp_text_format(out, "samepage_ksm_pages{state=\"%s\"} %" PRIu64 "\n", gauges[i].state,
				       savings->counters[gauges[i].counter].value);
}

static void add_totals(struct sp_text *out, const struct sp_savings *savings)
{
	static const struct {
		enum sp_counter counter;
		const char *name;
		const char *help;
	} totals[] = {
		{ SP_COUNTER_FULL_SCANS, "ksm_full_scans_total", "How often all mergeable memory was scanned." },
		{ SP_COUNTER_SCANNED, "ksm_pages_scanned_total", "Pages that were scanned." },
		{ SP_COUNTER_SKIPPED, "ksm_pages_skipped_total", "Pages that the smart scan passed over." },
	};

	for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
		if (!savings->counters[totals[i].counter].is_known)
			continue;
		add_metric(out, totals[i].name, "counter", totals[i].help);
		sp_text_format(out, "samepage_%s %" PRIu64 "\n", totals[i].name,
			       savings->counters[totals[i].counter].value);
	}
}

void sp_status_write_prometheus(struct sp_text *out, const struct sp_status *status)
{
	const struct sp_savings *savings = &status->savings;

	add_metric(out, "build_info", "gauge", "The version of samepage.");
	sp_text_add(out, "samepage_build_info{version=\"" SAMEPAGE_VERSION "\"} 1\n");
	add_value(out, "ksm_available", "gauge", "Whether the kernel has KSM.", savings->has_ksm);
	add_value(out, "ksm_on", "gauge", "Whether KSM runs.", savings->is_on);
	if (status->owner != SP_OWNER_UNKNOWN)
		add_value(out, "ksm_recorded", "gauge", "Whether samepage switched KSM on and has the original values.",
			  status->host->has_original);
	if (status->planned)
		add_value(out, "ksm_drift", "gauge", "Whether this node is not as the custom resource wants it.",
			  sp_status_drifts(status));
	if (!savings->has_ksm)
		return;
	add_pages(out, savings);
	if (savings->has_saved)
		add_value(out, "ksm_saved_bytes", "gauge",
			  "Memory that is saved: pages that share another, and zero pages.", (double)savings->saved);
	if (savings->has_profit)
		add_value(out, "ksm_general_profit_bytes", "gauge",
			  "The same less what KSM itself needs; may be negative.", (double)savings->profit);
	add_totals(out, savings);
	if (savings->full_scan_seconds.is_known)
		add_value(out, "ksm_full_scan_estimate_seconds", "gauge",
			  "About how long one scan takes at the present rate.", savings->full_scan_seconds.value);
	if (status->processes->has_ksmd)
		add_value(out, "ksmd_cpu_seconds_total", "counter", "CPU time of the kernel's thread.",
			  status->processes->ksmd_seconds);
}
