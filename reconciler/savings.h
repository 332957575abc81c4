/* SPDX-License-Identifier: Apache-2.0 */
/* What KSM saves on this machine, and why it may save nothing: figures from the kernel's counters. Pure.
 * Source of the counters' meaning: Documentation/admin-guide/mm/ksm.rst of Linux. */
#ifndef SAMEPAGE_RECONCILER_SAVINGS_H
#define SAMEPAGE_RECONCILER_SAVINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/arena.h"
#include "state/host.h"
#include "state/processes.h"

enum sp_counter {
	SP_COUNTER_SHARED,   /* pages that others share */
	SP_COUNTER_SHARING,  /* pages that share one of those: what is saved */
	SP_COUNTER_UNSHARED, /* looked at again and again, and different from all others */
	SP_COUNTER_VOLATILE, /* change too fast to be looked at */
	SP_COUNTER_SKIPPED,  /* passed over by the smart scan so far */
	SP_COUNTER_ZERO,     /* empty pages that share the kernel's */
	SP_COUNTER_SCANNED,
	SP_COUNTER_FULL_SCANS,
	SP_COUNTER_COUNT
};

/* A number that an older kernel may not show. */
struct sp_figure {
	bool is_known;
	double value;
};

struct sp_savings {
	bool has_ksm;
	bool is_on;
	struct {
		bool is_known;
		uint64_t value;
	} counters[SP_COUNTER_COUNT];
	bool has_profit;
	int64_t profit; /* bytes: saved, less what KSM itself needs; the kernel's general_profit */
	bool has_saved;
	uint64_t saved;                     /* bytes: (pages_sharing + ksm_zero_pages) * page size */
	struct sp_figure sharing;           /* pages_sharing / pages_shared: how often a merged page is used */
	struct sp_figure unshared;          /* pages_unshared / pages_sharing: effort without gain */
	struct sp_figure full_scan_seconds; /* about how long one scan of all pages takes at the present rate */
	bool is_rate_advised;               /* the kernel's advisor sets the rate */
};

/* Why nothing, or little, is merged. */
struct sp_finding {
	const char *code;    /* "no-mergeable-memory" */
	const char *message; /* one sentence */
	const char *help;    /* the way out */
};

/* The file of the ksm folder that a counter is read from: "pages_shared". */
const char *sp_counter_file(enum sp_counter counter);

struct sp_savings sp_savings_of(const struct sp_host *host, const struct sp_processes *processes);

/* The findings, owned by `arena`, and how many; none where KSM is off, or merges. `hugepages` is "always", "madvise",
 * "never" or NULL. */
const struct sp_finding *sp_savings_diagnose(const struct sp_savings *savings, const struct sp_processes *processes,
					     const char *hugepages, struct sp_arena *arena, size_t *count);

/* The `most` processes that profit most, best first, owned by `arena`; their number in `count`. */
const struct sp_process *sp_savings_best(const struct sp_processes *processes, size_t most, struct sp_arena *arena,
					 size_t *count);

#endif
