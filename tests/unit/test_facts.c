/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/facts_json.h"
#include "state/facts.h"
#include "state/ini.h"
#include "state/ini_write.h"
#include "state/knobs.h"

struct place {
	struct sp_arena arena;
	struct sp_report report;
	struct sp_source *source;
	struct sp_text text;
};

static int set_up(void **state)
{
	static struct place place;

	place = (struct place){ .report.arena = &place.arena };
	*state = &place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	sp_source_close(place->source);
	sp_text_free(&place->text);
	sp_arena_free(&place->arena);
	return 0;
}

static bool read_facts(struct place *place, const char *text, struct sp_host *host)
{
	sp_source_close(place->source);
	place->source = sp_source_text("node.ini", text, strlen(text));
	return sp_facts_read(place->source, &place->arena, host, &place->report);
}

static void assert_same_text(const char *left, const char *right)
{
	assert_int_equal(!left, !right);
	if (left && right)
		assert_string_equal(left, right);
}

static void assert_same_knobs(const struct sp_knobs *left, const struct sp_knobs *right)
{
	assert_int_equal(left->count, right->count);
	for (size_t i = 0; i < left->count; i++) {
		assert_string_equal(left->items[i].name, right->items[i].name);
		assert_same_text(left->items[i].value, right->items[i].value);
	}
}

static const struct sp_knob ksm[] = {
	{ "advisor_mode", "[none] scan-time" },
	{ "pages_to_scan", "100" },
	{ "run", "1" },
	{ "sleep_millisecs", "" },
};
static const struct sp_knob original[] = { { "run", "0" } };

static const struct sp_host full = {
	.node = "node01.example.org",
	.boot_id = "11111111-2222-4333-8444-555555555555",
	.kernel = "6.1.0-18-amd64",
	.knobs = { ksm, 4 },
	.memory_total_kib = UINT64_MAX,
	.memory_available_kib = 0,
	.page_size = 4096,
	.has_original = true,
	.original = { original, 1 },
	.time = 1700000000,
};

static void assert_survives(struct place *place, const struct sp_host *host)
{
	struct sp_host again;

	sp_text_free(&place->text);
	sp_facts_write(&place->text, host);
	assert_true(read_facts(place, place->text.bytes, &again));
	assert_int_equal(place->report.count, 0);
	assert_same_text(again.node, host->node);
	assert_same_text(again.boot_id, host->boot_id);
	assert_same_text(again.kernel, host->kernel);
	assert_same_text(again.meminfo_problem, host->meminfo_problem);
	assert_true(again.memory_total_kib == host->memory_total_kib);
	assert_true(again.memory_available_kib == host->memory_available_kib);
	assert_true(again.page_size == host->page_size);
	assert_true(again.time == host->time);
	assert_int_equal(again.has_original, host->has_original);
	assert_same_knobs(&again.knobs, &host->knobs);
	assert_same_knobs(&again.original, &host->original);
}

static void test_round_trip(void **state)
{
	struct sp_host host = full;

	assert_survives(*state, &full);
	host.memory_total_kib = 0;
	host.meminfo_problem = "/proc/meminfo: Permission denied";
	host.has_original = false;
	host.original = (struct sp_knobs){ 0 };
	assert_survives(*state, &host);
	host.knobs = (struct sp_knobs){ 0 };
	host.boot_id = host.kernel = NULL;
	host.page_size = host.time = 0;
	assert_survives(*state, &host);
}

static void test_text(void **state)
{
	static const struct sp_knob knobs[] = { { "advisor_mode", NULL }, { "run", "1" }, { "smart_scan", "a ;b" } };
	struct place *place = *state;
	struct sp_host host = full;

	host.knobs = (struct sp_knobs){ knobs, 3 };
	host.memory_total_kib = 2048;
	sp_facts_write(&place->text, &host);
	assert_string_equal(place->text.bytes, "[node]\n"
					       "name = node01.example.org\n"
					       "boot_id = 11111111-2222-4333-8444-555555555555\n"
					       "kernel = 6.1.0-18-amd64\n"
					       "time = 1700000000\n"
					       "\n[memory]\n"
					       "total_kib = 2048\n"
					       "available_kib = 0\n"
					       "page_size = 4096\n"
					       "\n[ksm]\n"
					       "; advisor_mode cannot be read\n"
					       "run = 1\n"
					       "; smart_scan has a value that cannot be written here\n"
					       "\n[original]\n"
					       "run = 0\n");
}

static void test_reading(void **state)
{
	struct place *place = *state;
	struct sp_host host;

	assert_true(read_facts(place, "; by hand\n[node]\nname=n1\n[ksm]\nsleep_millisecs = 20 ; ms\nrun=0\n", &host));
	assert_string_equal(host.node, "n1");
	assert_int_equal(host.place.line, 3);
	assert_ptr_equal(host.place.source, place->source);
	assert_non_null(host.meminfo_problem);
	assert_false(host.has_original);
	assert_int_equal(host.knobs.count, 2);
	assert_string_equal(host.knobs.items[0].name, "run");
	assert_string_equal(sp_knobs_get(&host.knobs, "sleep_millisecs"), "20");
}

static const struct refusal {
	const char *text;
	size_t line;
	const char *message;
} refusals[] = {
	{ "", 0, "[node] has no name: whose facts are these?" },
	{ "[ksm]\nrun = 1\n", 0, "[node] has no name: whose facts are these?" },
	{ "[node]\nname =\n", 2, "name of [node] is empty" },
	{ "[node]\nname = a\nname = b\n", 3, "name of [node] is given twice" },
	{ "[node]\nname = a\n b\n", 3, "name of [node] is given twice" },
	{ "name = a\n", 1, "there is no section '' in a facts file" },
	{ "[node]\nname = a\n[kms]\nrun = 1\n", 4, "there is no section 'kms' in a facts file" },
	{ "[node]\nnode = a\n", 2, "[node] has no 'node'" },
	{ "[memory]\nname = a\n", 2, "[memory] has no 'name'" },
	{ "[node]\nname = a\ntime = -1\n", 3,
	  "time of [node] is '-1', and not a number from 0 to 18446744073709551615" },
	{ "[memory]\ntotal_kib = 18446744073709551616\n", 2,
	  "total_kib of [memory] is '18446744073709551616', and not a number from 0 to 18446744073709551615" },
	{ "[memory]\ntotal_kib = 99999999999999999999\n", 2,
	  "total_kib of [memory] is '99999999999999999999', and not a number from 0 to 18446744073709551615" },
	{ "[memory]\ntotal_kib = 1 kB\n", 2,
	  "total_kib of [memory] is '1 kB', and not a number from 0 to 18446744073709551615" },
	{ "[node]\nname = a\n[memory]\ntotal_kib = 1\n", 0, "[memory] has only one of total_kib and available_kib" },
	{ "[node]\nname = a\n[memory]\ntotal_kib = 1\navailable_kib = 1\nproblem = x\n", 0,
	  "[memory] has both numbers and a problem" },
	{ "[ksm]\nrun = 1\nrun = 0\n", 3, "'run' is given twice, or is no name of a file of KSM" },
	{ "[original]\n../x = 1\n", 2, "'../x' is given twice, or is no name of a file of KSM" },
};

static void test_refusals(void **state)
{
	struct place *place = *state;

	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct sp_host host;

		place->report.count = place->report.errors = 0;
		assert_false(read_facts(place, refusals[i].text, &host));
		assert_int_equal(place->report.count, 1);
		assert_string_equal(place->report.diagnostics[0].message, refusals[i].message);
		assert_string_equal(place->report.diagnostics[0].code, "invalid-facts");
		assert_int_equal(place->report.diagnostics[0].place.line, refusals[i].line);
	}
}

static void test_too_many_knobs(void **state)
{
	struct place *place = *state;
	struct sp_host host;

	sp_text_add(&place->text, "[node]\nname = a\n[ksm]\n");
	for (int i = 0; i <= SP_MOST_KNOBS; i++)
		sp_text_format(&place->text, "knob%d = %d\n", i, i);
	assert_false(read_facts(place, place->text.bytes, &host));
	assert_string_equal(place->report.diagnostics[0].message, "more than 256 files of KSM");
}

static void test_json(void **state)
{
	static const struct sp_knob knobs[] = { { "advisor_mode", NULL }, { "run", "\"1\"" } };
	struct place *place = *state;
	struct sp_host host = full;

	host.knobs = (struct sp_knobs){ knobs, 2 };
	host.memory_total_kib = 2048;
	sp_facts_write_json(&place->text, &host);
	assert_string_equal(place->text.bytes, "{\n"
					       "  \"apiVersion\": \"samepage.dev/v1\",\n"
					       "  \"kind\": \"Facts\",\n"
					       "  \"node\": {\n"
					       "    \"name\": \"node01.example.org\",\n"
					       "    \"bootId\": \"11111111-2222-4333-8444-555555555555\",\n"
					       "    \"kernel\": \"6.1.0-18-amd64\",\n"
					       "    \"time\": 1700000000\n"
					       "  },\n"
					       "  \"memory\": {\n"
					       "    \"totalKiB\": 2048,\n"
					       "    \"availableKiB\": 0,\n"
					       "    \"pageSize\": 4096\n"
					       "  },\n"
					       "  \"ksm\": {\n"
					       "    \"advisor_mode\": null,\n"
					       "    \"run\": \"\\\"1\\\"\"\n"
					       "  },\n"
					       "  \"original\": {\n"
					       "    \"run\": \"0\"\n"
					       "  }\n"
					       "}\n");
}

static void test_json_of_little(void **state)
{
	struct place *place = *state;
	struct sp_host host = { .meminfo_problem = "/proc/meminfo: no", .original = { original, 1 } };

	sp_facts_write_json(&place->text, &host);
	assert_non_null(strstr(place->text.bytes, "\"name\": null,"));
	assert_non_null(strstr(place->text.bytes, "\"problem\": \"/proc/meminfo: no\""));
	assert_non_null(strstr(place->text.bytes, "\"ksm\": null,\n  \"original\": null\n"));
}

/* What one line was read as. */
struct found {
	int count;
	char value[256];
};

static bool take(void *context, const char *section, const char *name, const char *value, struct sp_place place)
{
	struct found *found = context;

	(void)place;
	assert_string_equal(section, "s");
	assert_string_equal(name, found->count == 0 ? "key" : "after");
	if (found->count++ == 0)
		strcpy(found->value, value);
	return true;
}

/* A value is either read back as it was, or it is a comment; and what follows it is untouched. */
static void assert_kept_or_left_out(struct place *place, const char *value, bool kept)
{
	struct found found = { 0 };
	struct sp_source *source;
	bool written;

	sp_text_free(&place->text);
	sp_text_add(&place->text, "[s]\n");
	written = sp_ini_write(&place->text, "key", value);
	if (!written)
		found.count = 1;
	sp_ini_write(&place->text, "after", "1");
	source = sp_source_text("s", place->text.bytes, place->text.length);
	assert_true(sp_ini_read(source, take, &found, &place->report));
	sp_source_close(source);
	assert_int_equal(found.count, 2);
	if (written)
		assert_string_equal(found.value, value);
	if (kept)
		assert_true(written);
}

static void test_ini_values(void **state)
{
	static const char *const kept[] = {
		"",      "0",   "[none] scan-time", "a;b",        "a=b", "a:b", "=", ":", "[", "]", "#a",
		"\"a\"", "é ü", "\xF0\x9F\x90\xB3", "a\xC2\xA0;b"
	};
	static const char *const left_out[] = { " a",   "a ",   ";",    "a ;b",  "\t",      "a\tb",
						"a\nb", "a\rb", "\xFF", "a\xC3", "\x1B[2J", "\xE2\x80\xAE" };
	char line[256] = { 0 };

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		assert_kept_or_left_out(*state, kept[i], true);
	for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
		assert_kept_or_left_out(*state, left_out[i], false);
		assert_null(strstr(((struct place *)*state)->text.bytes, "key ="));
	}
	memset(line, 'x', sizeof line - 1);
	line[198 - strlen("key = ")] = '\0';
	assert_kept_or_left_out(*state, line, true);
	line[198 - strlen("key = ")] = 'x';
	line[198 - strlen("key = ") + 1] = '\0';
	assert_kept_or_left_out(*state, line, false);
	assert_null(strstr(((struct place *)*state)->text.bytes, "xx"));
}

/* The same of values put together from what inih has an opinion on. */
static void test_ini_values_at_random(void **state)
{
	static const char *const parts[] = { " ",  ";", "=",  ":",  "[",        "]",    "#",  "\t",          "\r",
					     "\n", "a", "\"", "\\", "\xC2\xA0", "\xC3", "\v", "\xEF\xBB\xBF" };
	uint32_t random = 1;

	for (int i = 0; i < 20000; i++) {
		char value[64] = "";

		for (uint32_t length = random >> 8 & 7; length > 0; length--) {
			random = random * 1664525 + 1013904223;
			strcat(value, parts[(random >> 16) % (sizeof parts / sizeof *parts)]);
		}
		random = random * 1664525 + 1013904223;
		assert_kept_or_left_out(*state, value, false);
	}
}

static void test_ini_names(void **state)
{
	static const char *const good[] = { "run", "_", "0", "a.b-c", "pages_to_scan" };
	static const char *const bad[] = { "", ".", "..", ".a", "-a", "a b", "a=b", "a/b", "[a]", ";", "é", "a\n" };
	struct place *place = *state;
	char name[66] = { 0 };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(sp_ini_is_name(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(sp_ini_is_name(bad[i]));
	memset(name, 'a', 65);
	assert_false(sp_ini_is_name(name));
	name[64] = '\0';
	assert_true(sp_ini_is_name(name));
	assert_false(sp_ini_write(&place->text, "a\n[x]\nb", "1"));
	assert_string_equal(place->text.bytes, "; something has a name that cannot be written here\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reading, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many_knobs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_json_of_little, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ini_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ini_values_at_random, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ini_names, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
