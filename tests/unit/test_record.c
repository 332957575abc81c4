/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "state/record.h"
#include "state/sha256.h"

#define BOOT "11111111-2222-4333-8444-555555555555"

struct place {
	struct sp_arena arena;
	struct sp_report report;
	struct sp_text text;
	struct sp_knobs found;
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

	sp_text_free(&place->text);
	sp_arena_free(&place->arena);
	return 0;
}

static enum sp_record_state read_record(struct place *place, const char *bytes, size_t length, const char *boot_id)
{
	struct sp_source *source = sp_source_text("original.ini", bytes, length);
	enum sp_record_state found;

	place->report.count = place->report.errors = 0;
	found = sp_record_read(source, boot_id, &place->arena, &place->found, &place->report);
	sp_source_close(source);
	assert_int_equal(place->report.errors, 0);
	assert_int_equal(place->report.count, found == SP_RECORD_DAMAGED);
	return found;
}

static const struct sp_knob items[] = {
	{ "advisor_mode", "[none] scan-time" },
	{ "merge_across_nodes", NULL },
	{ "pages_to_scan", "100" },
	{ "run", "0" },
};
static const struct sp_knobs knobs = { items, 4 };

static void test_round_trip(void **state)
{
	struct place *place = *state;

	sp_text_add(&place->text, "something before\n");
	sp_record_write(&place->text, &knobs, BOOT);
	assert_int_equal(read_record(place, place->text.bytes + 17, place->text.length - 17, BOOT), SP_RECORD_VALID);
	assert_int_equal(place->found.count, 3);
	assert_string_equal(sp_knobs_get(&place->found, "advisor_mode"), "[none] scan-time");
	assert_string_equal(sp_knobs_get(&place->found, "pages_to_scan"), "100");
	assert_string_equal(sp_knobs_get(&place->found, "run"), "0");
}

static void test_boots(void **state)
{
	struct place *place = *state;

	sp_record_write(&place->text, &knobs, BOOT);
	assert_int_equal(read_record(place, place->text.bytes, place->text.length, "another"), SP_RECORD_OTHER_BOOT);
	assert_int_equal(read_record(place, place->text.bytes, place->text.length, NULL), SP_RECORD_OTHER_BOOT);
	assert_int_equal(place->found.count, 0);
}

static void test_cut_short(void **state)
{
	struct place *place = *state;

	sp_record_write(&place->text, &knobs, BOOT);
	for (size_t length = 0; length < place->text.length; length++)
		assert_int_equal(read_record(place, place->text.bytes, length, BOOT), SP_RECORD_DAMAGED);
	for (size_t start = 1; start < place->text.length; start++)
		assert_int_equal(read_record(place, place->text.bytes + start, place->text.length - start, BOOT),
				 SP_RECORD_DAMAGED);
}

static void test_flipped_bits(void **state)
{
	struct place *place = *state;

	sp_record_write(&place->text, &knobs, BOOT);
	for (size_t i = 0; i < place->text.length; i++) {
		for (int bit = 0; bit < 8; bit++) {
			place->text.bytes[i] ^= (char)(1 << bit);
			assert_int_equal(read_record(place, place->text.bytes, place->text.length, BOOT),
					 SP_RECORD_DAMAGED);
			place->text.bytes[i] ^= (char)(1 << bit);
		}
	}
	sp_text_add(&place->text, "\n");
	assert_int_equal(read_record(place, place->text.bytes, place->text.length, BOOT), SP_RECORD_DAMAGED);
}

/* A right checksum over what is wrong all the same. */
static const struct {
	const char *body;
	const char *reason;
} wrong[] = {
	{ "[record]\nversion = 2\nboot_id = " BOOT "\n[original]\nrun = 0\n", "its version is not 1" },
	{ "[record]\nboot_id = " BOOT "\n[original]\nrun = 0\n", "its version is not 1" },
	{ "[record]\nversion = 1\n[original]\nrun = 0\n", "it lacks the boot_id or the value of run" },
	{ "[record]\nversion = 1\nboot_id = " BOOT "\n[original]\nsmart_scan = 0\n",
	  "it lacks the boot_id or the value of run" },
	{ "[record]\nversion = 1\nversion = 1\nboot_id = " BOOT "\n[original]\nrun = 0\n",
	  "'version' of [record] does not belong into it" },
	{ "[record]\nversion = 1\nboot_id = " BOOT "\n[original]\nrun = 0\nrun = 1\n",
	  "'run' of [original] does not belong into it" },
	{ "[record]\nversion = 1\nboot_id = " BOOT "\n[other]\nrun = 0\n", "'run' of [other] does not belong into it" },
	{ "[record]\nversion\n", "expected \"name = value\" or \"[section]\"" },
};

static void test_wrong_content(void **state)
{
	struct place *place = *state;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		unsigned char hash[SP_SHA256_SIZE];
		char digest[SP_SHA256_HEX_LENGTH + 1];
		char message[256];

		sp_text_free(&place->text);
		sp_sha256(wrong[i].body, strlen(wrong[i].body), hash);
		sp_sha256_hex(hash, digest);
		sp_text_format(&place->text, "%s[checksum]\nsha256 = %s\n", wrong[i].body, digest);
		assert_int_equal(read_record(place, place->text.bytes, place->text.length, BOOT), SP_RECORD_DAMAGED);
		snprintf(message, sizeof message, "original.ini: this record of KSM's settings is damaged: %s",
			 wrong[i].reason);
		assert_string_equal(place->report.diagnostics[0].message, message);
		assert_int_equal(place->report.diagnostics[0].severity, SP_WARNING);
		assert_string_equal(place->report.diagnostics[0].code, "damaged-record");
	}
}

/* A record that cannot hold what matters is no valid one. */
static void test_hostile_values(void **state)
{
	static const struct sp_knob hostile[] = {
		{ "a", "1\n[checksum]" }, { "advisor_mode", "x ;y" }, { "run", "1" }, { "zone", "ü=[;]" }
	};
	static const struct sp_knob hostile_run[] = { { "run", "1\n" } };
	struct place *place = *state;

	sp_record_write(&place->text, &(struct sp_knobs){ hostile, 4 }, BOOT);
	assert_int_equal(read_record(place, place->text.bytes, place->text.length, BOOT), SP_RECORD_VALID);
	assert_int_equal(place->found.count, 2);
	assert_string_equal(sp_knobs_get(&place->found, "zone"), "ü=[;]");
	sp_text_free(&place->text);
	sp_record_write(&place->text, &(struct sp_knobs){ hostile_run, 1 }, BOOT);
	assert_int_equal(read_record(place, place->text.bytes, place->text.length, BOOT), SP_RECORD_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_boots, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut_short, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flipped_bits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_values, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
