/* SPDX-License-Identifier: Apache-2.0 */
#include "state/meminfo.h"

#include <stdbool.h>
#include <string.h>

#include "state/utf8.h"

/* virt-handler reads no further than to a longer line, and neither do we: it is no meminfo. */
enum { LONGEST_LINE = 64 * 1024 - 1 };

static bool parse_number(const char *text, size_t left, uint64_t *number)
{
	size_t blank;
	size_t digits = 0;

	while ((blank = sp_utf8_blank(text, left)) > 0) {
		text += blank;
		left -= blank;
	}
	*number = 0;
	for (; digits < left && text[digits] >= '0' && text[digits] <= '9'; digits++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(text[digits] - '0'), number))
			return false;
	return digits > 0;
}

/* The number in the first line that begins with `key`. */
static bool find(const char *text, size_t length, const char *key, uint64_t *number)
{
	size_t key_length = strlen(key);

	while (length > 0) {
		const char *end = memchr(text, '\n', length);
		size_t line = end ? (size_t)(end - text) : length;

		if (line > LONGEST_LINE)
			return false;
		if (line >= key_length && memcmp(text, key, key_length) == 0)
			return parse_number(text + key_length, line - key_length, number);
		text += line + (end != NULL);
		length -= line + (end != NULL);
	}
	return false;
}

const char *sp_meminfo_parse(const char *text, size_t length, uint64_t *total_kib, uint64_t *available_kib)
{
	if (!find(text, length, "MemTotal:", total_kib))
		return "no number for MemTotal";
	return find(text, length, "MemAvailable:", available_kib) ? NULL : "no number for MemAvailable";
}
