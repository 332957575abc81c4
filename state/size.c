/* SPDX-License-Identifier: Apache-2.0 */
#include "state/size.h"

#include <string.h>

bool sp_size_parse(const char *text, size_t *bytes)
{
	static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti" };
	const char *at = text;

	for (*bytes = 0; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(*bytes, (size_t)10, bytes) ||
		    __builtin_add_overflow(*bytes, (size_t)(*at - '0'), bytes))
			return false;
	if (at == text)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(at, units[i]) == 0)
			return !__builtin_mul_overflow(*bytes, (size_t)1 << (10 * i), bytes);
	return false;
}
