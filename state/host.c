/* SPDX-License-Identifier: Apache-2.0 */
#include "state/host.h"

#include <string.h>

const char *const sp_written_knobs[SP_WRITTEN_KNOB_COUNT] = { "sleep_millisecs", "pages_to_scan", "run" };

const char *sp_knobs_get(const struct sp_knobs *knobs, const char *name)
{
	for (size_t i = 0; i < knobs->count; i++)
		if (strcmp(knobs->items[i].name, name) == 0)
			return knobs->items[i].value;
	return NULL;
}

bool sp_host_is_on(const struct sp_host *host)
{
	const char *run = sp_knobs_get(&host->knobs, "run");

	return run && strcmp(run, "1") == 0;
}

bool sp_host_has_ksm(const struct sp_host *host)
{
	return sp_knobs_get(&host->knobs, "run") != NULL;
}

bool sp_host_has_advisor(const struct sp_host *host)
{
	const char *mode = sp_knobs_get(&host->knobs, "advisor_mode");

	return mode && !strstr(mode, "[none]") && strcmp(mode, "none") != 0;
}
