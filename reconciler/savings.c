/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/savings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FINDINGS = 6, LONG_SCAN_SECONDS = 30 * 60, WORTH_TELLING_SECONDS = 10 };

static const char *const files[SP_COUNTER_COUNT] = {
	[SP_COUNTER_SHARED] = "pages_shared",     [SP_COUNTER_SHARING] = "pages_sharing",
	[SP_COUNTER_UNSHARED] = "pages_unshared", [SP_COUNTER_VOLATILE] = "pages_volatile",
	[SP_COUNTER_SKIPPED] = "pages_skipped",   [SP_COUNTER_ZERO] = "ksm_zero_pages",
	[SP_COUNTER_SCANNED] = "pages_scanned",   [SP_COUNTER_FULL_SCANS] = "full_scans",
};

const char *sp_counter_file(enum sp_counter counter)
{
	return files[counter];
}

/* Decimal digits that fit 64 bits. */
static bool read_number(const struct sp_host *host, const char *knob, uint64_t *number)
{
	const char *text = sp_knobs_get(&host->knobs, knob);

	*number = 0;
	if (!text || !*text)
		return false;
	for (; *text; text++)
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(*number, (uint64_t)10, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(*text - '0'), number))
			return false;
	return true;
}

static bool read_profit(const struct sp_host *host, int64_t *profit)
{
	const char *text = sp_knobs_get(&host->knobs, "general_profit");
	char *end;

	*profit = text ? strtoll(text, &end, 10) : 0;
	return text && *text && *end == '\0';
}

static struct sp_figure divide(const struct sp_savings *savings, enum sp_counter above, enum sp_counter below)
{
	bool is_known = savings->counters[above].is_known && savings->counters[below].is_known &&
			savings->counters[below].value > 0;

	return (struct sp_figure){
		is_known, is_known ? (double)savings->counters[above].value / (double)savings->counters[below].value : 0
	};
}

static bool compute_saved(const struct sp_savings *savings, uint64_t page_size, uint64_t *saved)
{
	uint64_t pages;

	*saved = 0;
	return savings->counters[SP_COUNTER_SHARING].is_known && page_size > 0 &&
	       !__builtin_add_overflow(savings->counters[SP_COUNTER_SHARING].value,
				       savings->counters[SP_COUNTER_ZERO].value, &pages) &&
	       !__builtin_mul_overflow(pages, page_size, saved);
}

/* How many pages one full scan looks at: what the last ones did, else what KSM knows of by now, which may be less. */
static double pages_to_look_at(const struct sp_savings *savings, const struct sp_processes *processes)
{
	double scans = (double)savings->counters[SP_COUNTER_FULL_SCANS].value;
	double pages = 0;

	if (scans > 0 && savings->counters[SP_COUNTER_SCANNED].is_known)
		return (double)savings->counters[SP_COUNTER_SCANNED].value / scans;
	for (size_t i = 0; i < processes->count; i++)
		pages += (double)processes->items[i].rmap_items;
	return pages;
}

static struct sp_figure estimate_scan(const struct sp_savings *savings, const struct sp_host *host,
				      const struct sp_processes *processes)
{
	double pages = pages_to_look_at(savings, processes);
	uint64_t at_once;
	uint64_t sleep;

	if (!read_number(host, "pages_to_scan", &at_once) || !read_number(host, "sleep_millisecs", &sleep) ||
	    at_once == 0 || pages <= 0)
		return (struct sp_figure){ 0 };
	return (struct sp_figure){ true, pages / (double)at_once * (double)sleep / 1000 };
}

struct sp_savings sp_savings_of(const struct sp_host *host, const struct sp_processes *processes)
{
	struct sp_savings savings = {
		.has_ksm = sp_host_has_ksm(host),
		.is_on = sp_host_is_on(host),
		.is_rate_advised = sp_host_has_advisor(host),
	};

	for (enum sp_counter counter = 0; counter < SP_COUNTER_COUNT; counter++)
		savings.counters[counter].is_known = read_number(host, files[counter],
								 &savings.counters[counter].value);
	savings.has_profit = read_profit(host, &savings.profit);
	savings.has_saved = compute_saved(&savings, host->page_size, &savings.saved);
	savings.sharing = divide(&savings, SP_COUNTER_SHARING, SP_COUNTER_SHARED);
	savings.unshared = divide(&savings, SP_COUNTER_UNSHARED, SP_COUNTER_SHARING);
	savings.full_scan_seconds = estimate_scan(&savings, host, processes);
	return savings;
}

struct diagnosis {
	struct sp_finding *findings;
	size_t count;
};

static void find(struct diagnosis *diagnosis, const char *code, const char *message, const char *help)
{
	diagnosis->findings[diagnosis->count++] = (struct sp_finding){ code, message, help };
}

static bool has_mergeable(const struct sp_processes *processes)
{
	for (size_t i = 0; i < processes->count; i++)
		if (processes->items[i].is_mergeable)
			return true;
	return false;
}

static bool is_zero(const struct sp_savings *savings, enum sp_counter counter)
{
	return savings->counters[counter].is_known && savings->counters[counter].value == 0;
}

static void diagnose_memory(struct diagnosis *diagnosis, const struct sp_processes *processes, struct sp_arena *arena)
{
	if (!processes->is_supported || has_mergeable(processes))
		return;
	if (processes->unreadable > 0)
		find(diagnosis, "no-mergeable-memory",
		     sp_arena_format(arena, "no process that could be looked at has mergeable memory; %zu could not",
				     processes->unreadable),
		     "run it as root to look at all of them");
	else
		find(diagnosis, "no-mergeable-memory",
		     "no process has mergeable memory, so that there is nothing to merge",
		     "QEMU asks for it by madvise(MADV_MERGEABLE) unless it runs with mem-merge=off; are there virtual "
		     "machines on this node?");
}

static void diagnose_scan(struct diagnosis *diagnosis, const struct sp_savings *savings, struct sp_arena *arena)
{
	double seconds = savings->full_scan_seconds.value;
	const char *how_long = "";

	if (savings->full_scan_seconds.is_known && seconds >= WORTH_TELLING_SECONDS)
		how_long = sp_arena_format(arena, ", of about %.0f s or more", seconds);
	if (is_zero(savings, SP_COUNTER_FULL_SCANS))
		find(diagnosis, "first-scan",
		     sp_arena_format(
			     arena,
			     "KSM is in its first scan of the memory%s, and merges only what it meets a second time",
			     how_long),
		     "wait for two full scans before you judge");
	if (savings->full_scan_seconds.is_known && seconds > LONG_SCAN_SECONDS)
		find(diagnosis, "slow-scan",
		     sp_arena_format(arena, "one scan of all pages takes about %.0f minutes at this rate",
				     seconds / 60),
		     savings->is_rate_advised ? "the kernel's advisor sets the rate: see advisor_target_scan_time" :
						"raise pages_to_scan or lower sleep_millisecs; --policy pressure does "
						"while memory is short");
}

static void diagnose_pages(struct diagnosis *diagnosis, const struct sp_savings *savings, const char *hugepages)
{
	uint64_t volatile_pages = savings->counters[SP_COUNTER_VOLATILE].value;
	uint64_t unshared = savings->counters[SP_COUNTER_UNSHARED].value;

	if (is_zero(savings, SP_COUNTER_FULL_SCANS))
		; /* all pages are volatile until they were met twice */
	else if (volatile_pages > 0 && volatile_pages > unshared)
		find(diagnosis, "volatile-memory", "most pages change from one scan to the next, and are left alone",
		     "KSM pays for memory that rests; a slower scan does not help, and a faster one costs more CPU");
	else if (unshared > 0)
		find(diagnosis, "nothing-equal", "the pages that were looked at are all different",
		     "guests with the same system share most; encrypted or compressed memory shares nothing");
	if (hugepages && strcmp(hugepages, "always") == 0)
		find(diagnosis, "hugepages",
		     "transparent hugepages are always on: a huge page is merged only where the kernel splits it "
		     "first, "
		     "and explicit hugepages are never merged",
		     "virtual machines with spec.domain.memory.hugepages do not profit from KSM");
}

const struct sp_finding *sp_savings_diagnose(const struct sp_savings *savings, const struct sp_processes *processes,
					     const char *hugepages, struct sp_arena *arena, size_t *count)
{
	struct diagnosis diagnosis = { .findings = sp_arena_array(arena, MOST_FINDINGS, sizeof *diagnosis.findings) };
	bool merges = savings->counters[SP_COUNTER_SHARING].value > 0 || savings->counters[SP_COUNTER_ZERO].value > 0;

	if (savings->is_on && !merges) {
		diagnose_memory(&diagnosis, processes, arena);
		if (diagnosis.count == 0) {
			diagnose_scan(&diagnosis, savings, arena);
			diagnose_pages(&diagnosis, savings, hugepages);
		}
	}
	*count = diagnosis.count;
	return diagnosis.findings;
}

static int compare_profits(const void *left, const void *right)
{
	const struct sp_process *first = left;
	const struct sp_process *second = right;

	if (first->profit != second->profit)
		return first->profit < second->profit ? 1 : -1;
	if (first->merging_pages != second->merging_pages)
		return first->merging_pages < second->merging_pages ? 1 : -1;
	return (first->pid > second->pid) - (first->pid < second->pid);
}

const struct sp_process *sp_savings_best(const struct sp_processes *processes, size_t most, struct sp_arena *arena,
					 size_t *count)
{
	struct sp_process *best = sp_arena_array(arena, processes->count, sizeof *best);

	*count = 0;
	for (size_t i = 0; i < processes->count; i++)
		if (processes->items[i].merging_pages > 0 || processes->items[i].zero_pages > 0)
			best[(*count)++] = processes->items[i];
	if (*count > 0)
		qsort(best, *count, sizeof *best, compare_profits);
	if (*count > most)
		*count = most;
	return best;
}
