/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/pressure.h"

/* 16 GiB, the memory in use at which the baseline holds. */
static const uint64_t reference_kib = 16777216;

/* Single precision at every step, as virt-handler computes: volatile keeps a compiler from computing wider or fusing
 * steps. Where nothing is in use memory is not short, and virt-handler divides by zero. */
static bool is_short(const struct sp_load *load, float free_percent)
{
	volatile float total = (float)load->total_kib;
	volatile float threshold = total * free_percent;
	volatile float available = (float)load->available_kib;

	return load->available_kib < load->total_kib && !(available > threshold);
}

static int64_t add(int64_t left, int64_t right)
{
	int64_t sum;

	if (__builtin_add_overflow(left, right, &sum))
		return left < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static uint32_t to_kernel(int64_t number, struct sp_tuning *tuning)
{
	if (number >= 0 && number <= UINT32_MAX)
		return (uint32_t)number;
	tuning->is_clamped = true;
	return number < 0 ? 0 : UINT32_MAX;
}

/* What is not in use counts as 1 KiB, the least that meminfo can show: the longest sleep that there is, but still a
 * multiple of the baseline. */
static int64_t sleep_for(const struct sp_load *load, int64_t baseline)
{
	uint64_t used = load->total_kib > load->available_kib ? load->total_kib - load->available_kib : 1;
	unsigned __int128 sleep = (unsigned __int128)(uint64_t)baseline * reference_kib / used;

	if (sleep < (uint64_t)baseline / 10)
		sleep = (uint64_t)baseline / 10;
	return sleep > INT64_MAX ? INT64_MAX : (int64_t)sleep;
}

struct sp_tuning sp_tune(const struct sp_overrides *overrides, const struct sp_load *load)
{
	struct sp_tuning tuning = { .is_short = is_short(load, overrides->free_percent) };
	int64_t pages = overrides->pages_init;

	tuning.run = tuning.is_short;
	if (tuning.is_short && load->is_on) {
		pages = add(load->pages_to_scan, overrides->pages_boost);
		if (pages > overrides->pages_max)
			pages = overrides->pages_max;
	} else if (!tuning.is_short && load->is_on) {
		pages = add(load->pages_to_scan, overrides->pages_decay);
		tuning.run = pages >= overrides->pages_min;
	}
	if (!tuning.run)
		return tuning;
	tuning.pages_to_scan = to_kernel(pages, &tuning);
	tuning.sleep_millisecs = to_kernel(sleep_for(load, overrides->sleep_ms_baseline), &tuning);
	return tuning;
}
