/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "state/meminfo.h"

#define TOTAL     "MemTotal:       65680332 kB\n"
#define FREE      "MemFree:          123456 kB\n"
#define AVAILABLE "MemAvailable:   39207804 kB\n"

struct parse_case {
	const char *title;
	const char *text;
	const char *problem; /* a part of it; NULL where there must be none */
	uint64_t total_kib;
	uint64_t available_kib;
};

static const struct parse_case parses[] = {
	{ "as the kernel writes it", TOTAL FREE AVAILABLE "Buffers: 2048 kB\n", NULL, 65680332, 39207804 },
	{ "the other way round", AVAILABLE TOTAL, NULL, 65680332, 39207804 },
	{ "no newline at the end", "MemTotal: 2 kB\nMemAvailable: 1", NULL, 2, 1 },
	{ "carriage returns", "MemTotal: 2 kB\r\nMemAvailable: 1\r\n", NULL, 2, 1 },
	{ "no unit, no blank", "MemTotal:2\nMemAvailable:1\n", NULL, 2, 1 },
	{ "another unit is not looked at", "MemTotal: 2 MB\nMemAvailable: 1 pages\n", NULL, 2, 1 },
	{ "what follows the digits is not looked at", "MemTotal: 2.9\nMemAvailable: 1_000x\n", NULL, 2, 1 },
	{ "tabs", "MemTotal:\t\t2 kB\nMemAvailable:\t1 kB\n", NULL, 2, 1 },
	{ "no-break and ideographic spaces", "MemTotal:\u00a02\nMemAvailable:\u30001\n", NULL, 2, 1 },
	{ "vertical tab, form feed, next line",
	  "MemTotal:\v\f2\nMemAvailable:\xC2\x85"
	  "1\n",
	  NULL, 2, 1 },
	{ "leading zeros", "MemTotal: 0000000000000000000000002\nMemAvailable: 01\n", NULL, 2, 1 },
	{ "zero", "MemTotal: 0 kB\nMemAvailable: 0 kB\n", NULL, 0, 0 },
	{ "more available than there is", "MemTotal: 1 kB\nMemAvailable: 2 kB\n", NULL, 1, 2 },
	{ "all of 64 bits", "MemTotal: 18446744073709551615\nMemAvailable: 1\n", NULL, UINT64_MAX, 1 },
	{ "the first MemTotal counts", "MemTotal: 1000\nMemTotal: 900\nMemAvailable: 800\n", NULL, 1000, 800 },
	{ "the first MemAvailable counts", "MemAvailable: 1\nMemAvailable: x\nMemTotal: 2\n", NULL, 2, 1 },
	{ "empty lines", "\n\nMemTotal: 2\n\n\nMemAvailable: 1\n\n", NULL, 2, 1 },
	{ "keys that only contain it", "xMemTotal: 9\n MemTotal: 9\nMemTotal: 2\nMemAvailable: 1\n", NULL, 2, 1 },
	{ "empty", "", "MemTotal", 0, 0 },
	{ "only a newline", "\n", "MemTotal", 0, 0 },
	{ "no MemTotal", FREE AVAILABLE, "MemTotal", 0, 0 },
	{ "no MemAvailable, as before Linux 3.14", TOTAL FREE, "MemAvailable", 0, 0 },
	{ "two MemTotal are no MemAvailable", TOTAL TOTAL, "MemAvailable", 0, 0 },
	{ "the case of letters counts", "memtotal: 2\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "no colon", "MemTotal 2\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "a blank before the colon", "MemTotal : 2\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "a key cut short", "MemTotal: 2\nMemAvail", "MemAvailable", 0, 0 },
	{ "no number", "MemTotal: kB\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "nothing behind the key", "MemTotal:\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "the number is in the next line", "MemTotal:\n2\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "a bad first line is not made good", "MemTotal: x\nMemTotal: 2\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "plus", "MemTotal: +2\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "minus", "MemTotal: 2\nMemAvailable: -1\n", "MemAvailable", 0, 0 },
	{ "beyond 64 bits", "MemTotal: 18446744073709551616\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "far beyond 64 bits", "MemTotal: 2\nMemAvailable: 99999999999999999999999\n", "MemAvailable", 0, 0 },
	{ "digits of another script", "MemTotal: \u0662\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "a byte that is no UTF-8 is no blank", "MemTotal:\xA0 2\nMemAvailable: 1\n", "MemTotal", 0, 0 },
	{ "a zero-width space is no blank", "MemTotal:\u200b2\nMemAvailable: 1\n", "MemTotal", 0, 0 },
};

static void expect_problem(const char *problem, const char *part)
{
	if (!problem || !strstr(problem, part))
		fail_msg("\"%s\" does not say \"%s\"", problem ? problem : "(no problem)", part);
}

static void test_parse(void **state)
{
	const struct parse_case *row = *state;
	uint64_t total = 0;
	uint64_t available = 0;
	const char *problem = sp_meminfo_parse(row->text, strlen(row->text), &total, &available);

	if (row->problem) {
		expect_problem(problem, row->problem);
		return;
	}
	if (problem)
		fail_msg("%s", problem);
	assert_int_equal(total, row->total_kib);
	assert_int_equal(available, row->available_kib);
}

/* MemTotal, a line of `size` bytes without its newline, and MemAvailable. */
static const char *parse_behind(size_t size)
{
	static char text[64 * 1024 + 100];
	size_t length = sizeof "MemTotal: 2\n" - 1;
	uint64_t total;
	uint64_t available;

	memcpy(text, "MemTotal: 2\n", length);
	memset(text + length, 'x', size);
	length += size;
	memcpy(text + length, "\nMemAvailable: 1\n", sizeof "\nMemAvailable: 1\n");
	return sp_meminfo_parse(text, length + sizeof "\nMemAvailable: 1\n" - 1, &total, &available);
}

static void test_long_line(void **state)
{
	(void)state;
	assert_null(parse_behind(65535));
	expect_problem(parse_behind(65536), "MemAvailable");
}

/* Neither a NUL nor the end of the text, which has none behind it, is run over. */
static void test_bytes(void **state)
{
	static const char with_nul[] = "x\0y\nMemTotal: 2\0\nMemAvailable: 17\n";
	uint64_t total;
	uint64_t available;

	(void)state;
	assert_null(sp_meminfo_parse(with_nul, sizeof with_nul - 3, &total, &available));
	assert_int_equal(total, 2);
	assert_int_equal(available, 1);
	expect_problem(sp_meminfo_parse(with_nul, sizeof with_nul - 4, &total, &available), "MemAvailable");
	expect_problem(sp_meminfo_parse(NULL, 0, &total, &available), "MemTotal");
}

enum { PARSES = sizeof parses / sizeof *parses };

int main(void)
{
	struct CMUnitTest tests[PARSES + 2];
	size_t count = 0;

	for (size_t i = 0; i < PARSES; i++)
		tests[count++] = (struct CMUnitTest){ parses[i].title, test_parse, NULL, NULL, (void *)&parses[i] };
	tests[count++] = (struct CMUnitTest){ "a line of 65536 bytes ends the reading", test_long_line, NULL, NULL,
					      NULL };
	tests[count++] = (struct CMUnitTest){ "NUL bytes and the end", test_bytes, NULL, NULL, NULL };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
