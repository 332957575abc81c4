/* SPDX-License-Identifier: Apache-2.0 */
#include "state/wanted.h"

#include <string.h>

static uint64_t mark_of(const char *key, size_t length)
{
	return (uint64_t)1 << (((unsigned char)key[0] + 7 * length) & 63);
}

struct sp_wanted sp_wanted_of(const char *const *keys, size_t count)
{
	struct sp_wanted wanted = { .keys = keys, .count = count };

	for (size_t i = 0; i < count; i++)
		wanted.marks |= mark_of(keys[i], strlen(keys[i]));
	return wanted;
}

const char *sp_find_wanted(const struct sp_wanted *wanted, const char *key, size_t length)
{
	size_t low = 0;
	size_t high = wanted->count;

	if (length == 0 || !(wanted->marks & mark_of(key, length)))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strncmp(wanted->keys[middle], key, length);

		if (order == 0 && wanted->keys[middle][length] == '\0')
			return wanted->keys[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool sp_is_wanted(const struct sp_wanted *wanted, const char *key, size_t length)
{
	return !wanted->keys || sp_find_wanted(wanted, key, length);
}
