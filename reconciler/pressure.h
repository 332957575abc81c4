/* SPDX-License-Identifier: Apache-2.0 */
/* The pressure policy's arithmetic: does a selected node run KSM now, and how fast does it scan? Pure.
 * Source: pkg/virt-handler/ksm of KubeVirt v1.9; docs/pressure.md lists where this differs on purpose. */
#ifndef SAMEPAGE_RECONCILER_PRESSURE_H
#define SAMEPAGE_RECONCILER_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/override.h"

/* What the arithmetic looks at. */
struct sp_load {
	uint64_t total_kib;
	uint64_t available_kib;
	bool is_on;            /* KSM runs now */
	int64_t pages_to_scan; /* as it stands now */
};

struct sp_tuning {
	bool is_short; /* memory is */
	bool run;      /* KSM is to run; the other two count only then, and are to be written before `run` */
	uint32_t pages_to_scan;
	uint32_t sleep_millisecs;
	bool is_clamped; /* a number was too large, or negative, for the kernel's 32 bits without a sign */
};

/* Memory is short unless float32(available) > float32(total) × free_percent, all in single precision.
 *
 * off, not short: off
 * off, short:     on, pages_to_scan = pages_init
 * on, short:      on, pages_to_scan + pages_boost, at most pages_max
 * on, not short:  on, pages_to_scan + pages_decay; where that is below pages_min, off
 *
 * sleep = sleep_ms_baseline × 16777216 KiB / (total − available), at least sleep_ms_baseline / 10, both rounded down.
 *
 * On purpose unlike virt-handler: memory is never short where available >= total, and total − available then counts as
 * 1 KiB; sums and products saturate where they would wrap, and the results are clamped to 0 … 4294967295. Bounds that
 * contradict each other (an absent pages_max below pages_min) are used as they are. */
struct sp_tuning sp_tune(const struct sp_overrides *overrides, const struct sp_load *load);

#endif
