/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reconciler/carry_out.h"
#include "state/text.h"
#include "tests/unit/sample_machine.h"

#define CHANGE(knob, after)               \
	{                                 \
		knob,                     \
		{                         \
			true, NULL, after \
		}                         \
	}

static const struct sp_knob_change enable[] = {
	CHANGE("sleep_millisecs", "10"),
	CHANGE("pages_to_scan", "200"),
	CHANGE("run", "1"),
};

static enum sp_carried_out carry_out(struct sample *sample, const struct sp_knob_change *knobs, size_t count,
				     bool (*stop)(void), const char *expected)
{
	struct sp_plan_node node = { .knobs = knobs, .knob_count = count };
	struct sp_text text = { 0 };
	struct sp_done done;
	enum sp_carried_out result;

	assert_true(read_sample(sample));
	result = sp_carry_out(sample->machine, &sample->host, &node, stop, &done, &sample->report);
	for (size_t i = 0; i < done.count; i++)
		sp_text_format(&text, "%s%s %s>%s\n", done.writes[i].is_rollback ? "back " : "", done.writes[i].knob,
			       done.writes[i].before ? done.writes[i].before : "?", done.writes[i].after);
	assert_string_equal(sp_text_string(&text), expected);
	sp_text_free(&text);
	return result;
}

static void assert_as_before(void)
{
	assert_content("ksm/run", "0\n");
	assert_content("ksm/pages_to_scan", "100\n");
	assert_content("ksm/sleep_millisecs", "20\n");
}

static void test_all_of_it(void **state)
{
	struct sample *sample = *state;

	assert_int_equal(carry_out(sample, enable, 3, NULL, "sleep_millisecs 20>10\npages_to_scan 100>200\nrun 0>1\n"),
			 SP_CARRIED_OUT);
	assert_content("ksm/run", "1\n");
	assert_content("ksm/pages_to_scan", "200\n");
	assert_content("ksm/sleep_millisecs", "10\n");
	/* and nothing is left to do */
	assert_int_equal(carry_out(sample, enable, 3, NULL, ""), SP_CARRIED_OUT);
	assert_int_equal(sample->report.count, 0);
}

static void test_nothing_to_do(void **state)
{
	static const struct sp_knob_change same[] = { CHANGE("run", "0"), { "pages_to_scan", { false, NULL, "5" } } };
	static const struct sp_knob_change open_end[] = { CHANGE("pages_to_scan", "5"), CHANGE("run", NULL) };
	struct sample *sample = *state;

	assert_int_equal(carry_out(sample, same, 2, NULL, ""), SP_CARRIED_OUT);
	assert_int_equal(carry_out(sample, NULL, 0, NULL, ""), SP_CARRIED_OUT);
	assert_int_equal(sample->report.count, 0);
	assert_int_equal(carry_out(sample, open_end, 2, NULL, ""), SP_CARRIED_OUT_NOTHING);
	assert_told(sample, "sysfs-write", "ksm/run: its next value is not known; nothing was written");
	assert_as_before();
}

static void test_first_write_fails(void **state)
{
	static const struct sp_knob_change knobs[] = { CHANGE("missing", "1"), CHANGE("run", "1") };
	struct sample *sample = *state;

	assert_int_equal(carry_out(sample, knobs, 2, NULL, ""), SP_CARRIED_OUT_NOTHING);
	assert_told(sample, "sysfs-write", "ksm/missing: writing '1': No such file or directory; nothing was changed");
	assert_as_before();
}

static void test_last_write_fails(void **state)
{
	static const struct sp_knob_change knobs[] = { CHANGE("sleep_millisecs", "10"), CHANGE("run", "1"),
						       CHANGE("missing", "1") };
	struct sample *sample = *state;

	assert_int_equal(carry_out(sample, knobs, 3, NULL,
				   "sleep_millisecs 20>10\nrun 0>1\nback run 1>0\nback sleep_millisecs 10>20\n"),
			 SP_CARRIED_OUT_RESTORED);
	assert_told(sample, "sysfs-write",
		    "ksm/missing: writing '1': No such file or directory; what was written is put back");
	assert_as_before();
}

static int questions;

static bool stop_at_once(void)
{
	return true;
}

static bool stop_at_the_third(void)
{
	return ++questions == 3;
}

static void test_stop(void **state)
{
	struct sample *sample = *state;

	assert_int_equal(carry_out(sample, enable, 3, stop_at_once, ""), SP_CARRIED_OUT_NOTHING);
	assert_told(sample, "interrupted", "ksm: interrupted before sleep_millisecs was written; nothing was changed");
	questions = 0;
	assert_int_equal(carry_out(sample, enable, 3, stop_at_the_third,
				   "sleep_millisecs 20>10\npages_to_scan 100>200\n"
				   "back pages_to_scan 200>100\nback sleep_millisecs 10>20\n"),
			 SP_CARRIED_OUT_RESTORED);
	assert_told(sample, "interrupted", "ksm: interrupted before run was written; what was written is put back");
	assert_as_before();
}

/* Makes what was written first a file that nobody can write to. */
static bool sabotage(void)
{
	if (++questions < 3)
		return false;
	assert_int_equal(unlink("ksm/sleep_millisecs") | symlink("run", "ksm/sleep_millisecs"), 0);
	return true;
}

static void test_cannot_be_put_back(void **state)
{
	struct sample *sample = *state;

	questions = 0;
	assert_int_equal(carry_out(sample, enable, 3, sabotage,
				   "sleep_millisecs 20>10\npages_to_scan 100>200\nback pages_to_scan 200>100\n"),
			 SP_CARRIED_OUT_PARTLY);
	assert_int_equal(sample->report.count, 2);
	assert_string_equal(sample->report.diagnostics[1].message,
			    "ksm/sleep_millisecs: putting back '20': Too many levels of symbolic links; "
			    "its value now: cannot be read");
	assert_told(sample, "interrupted",
		    "ksm: interrupted before run was written; not all that was written could be put back");
	assert_content("ksm/pages_to_scan", "100\n");
	assert_content("ksm/run", "0\n");
}

static void test_not_known_before(void **state)
{
	static const struct sp_knob_change knobs[] = { CHANGE("smart_scan", "1"), CHANGE("missing", "1") };
	struct sample *sample = *state;

	put("ksm/smart_scan", "1\n2\n");
	assert_int_equal(carry_out(sample, knobs, 2, NULL, "smart_scan ?>1\n"), SP_CARRIED_OUT_PARTLY);
	assert_string_equal(sample->report.diagnostics[1].message,
			    "ksm/smart_scan: what to put back is not known; its value now: 1");
}

/* Puts a file of the kernel in place of one of the ksm folder. */
static bool mount_over(const char *file, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", (int)getpid(), file);
	return can_mount() && mount(path, name, NULL, MS_BIND, NULL) == 0;
}

static void test_advisor(void **state)
{
	static const struct sp_knob_change knobs[] = { CHANGE("sleep_millisecs", "10"),
						       CHANGE("pages_to_scan", "5000") };
	struct sample *sample = *state;

	if (!mount_over("oom_score_adj", "ksm/pages_to_scan"))
		skip();
	put("ksm/advisor_mode", "none [scan-time]\n");
	assert_int_equal(carry_out(sample, knobs, 2, NULL, "sleep_millisecs 20>10\nback sleep_millisecs 10>20\n"),
			 SP_CARRIED_OUT_RESTORED);
	assert_non_null(strstr(sample->report.diagnostics[0].help, "advisor_mode is 'none [scan-time]'"));
	assert_told(sample, "sysfs-write",
		    "ksm/pages_to_scan: writing '5000': Invalid argument; what was written is put back");
	put("ksm/advisor_mode", "[none] scan-time\n");
	carry_out(sample, knobs, 2, NULL, "sleep_millisecs 20>10\nback sleep_millisecs 10>20\n");
	assert_null(sample->report.diagnostics[0].help);
	assert_int_equal(umount("ksm/pages_to_scan"), 0);
}

/* A write that the file takes, but for another value. */
static void test_other_value(void **state)
{
	static const struct sp_knob_change knobs[] = { CHANGE("run", "sixteen-or-more-letters") };
	struct sample *sample = *state;
	char expected[128];

	if (!mount_over("comm", "ksm/run"))
		skip();
	put("ksm/run", "before");
	snprintf(expected, sizeof expected, "run before>%s\nback run %s>before\n", knobs[0].change.after,
		 knobs[0].change.after);
	assert_int_equal(carry_out(sample, knobs, 1, NULL, expected), SP_CARRIED_OUT_RESTORED);
	assert_told(
		sample, "sysfs-write",
		"ksm/run: took 'sixteen-or-more-letters', but shows 'sixteen-or-more'; what was written is put back");
	assert_content("ksm/run", "before\n\n"); /* the file keeps the line end that was written */
	assert_int_equal(umount("ksm/run"), 0);
}

static void test_read_only(void **state)
{
	struct sample *sample = *state;

	if (!can_mount() || mount("ksm", "ksm", NULL, MS_BIND, NULL) != 0)
		skip();
	assert_int_equal(mount(NULL, "ksm", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_int_equal(carry_out(sample, enable, 3, NULL, ""), SP_CARRIED_OUT_NOTHING);
	assert_non_null(strstr(sample->report.diagnostics[0].help, "--sysfs-root /proc/1/root/sys/kernel/mm/ksm"));
	assert_told(sample, "sysfs-write",
		    "ksm/sleep_millisecs: writing '10': Read-only file system; nothing was changed");
	sp_machine_close(sample->machine);
	sample->machine = NULL;
	assert_int_equal(umount("ksm"), 0);
	assert_as_before();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_of_it, enter, leave),
		cmocka_unit_test_setup_teardown(test_nothing_to_do, enter, leave),
		cmocka_unit_test_setup_teardown(test_first_write_fails, enter, leave),
		cmocka_unit_test_setup_teardown(test_last_write_fails, enter, leave),
		cmocka_unit_test_setup_teardown(test_stop, enter, leave),
		cmocka_unit_test_setup_teardown(test_cannot_be_put_back, enter, leave),
		cmocka_unit_test_setup_teardown(test_not_known_before, enter, leave),
		cmocka_unit_test_setup_teardown(test_advisor, enter, leave),
		cmocka_unit_test_setup_teardown(test_other_value, enter, leave),
		cmocka_unit_test_setup_teardown(test_read_only, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
