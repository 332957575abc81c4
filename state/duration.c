/* SPDX-License-Identifier: Apache-2.0 */
#include "state/duration.h"

#include <stdlib.h>
#include <string.h>

static const double longest = 10.0 * 365 * 24 * 3600;

static bool unit_seconds(const char *unit, size_t length, double *seconds)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = { { "ms", 0.001 }, { "s", 1 }, { "m", 60 }, { "h", 3600 } };

	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strlen(units[i].name) == length && strncmp(units[i].name, unit, length) == 0) {
			*seconds = units[i].seconds;
			return true;
		}
	}
	return false;
}

bool sp_duration_parse(const char *text, double *seconds)
{
	*seconds = 0;
	if (strcmp(text, "0") == 0)
		return true;
	if (text[0] == '\0')
		return false;
	while (*text) {
		size_t digits = strspn(text, "0123456789");
		size_t letters = strspn(text + digits, "hms");
		double unit;

		if (digits == 0 || digits > 12 || !unit_seconds(text + digits, letters, &unit))
			return false;
		*seconds += (double)strtoull(text, NULL, 10) * unit;
		text += digits + letters;
	}
	return *seconds <= longest;
}
