/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/sample_machine.h"

static bool exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

static void test_reading(void **state)
{
	struct sample *sample = *state;
	const struct sp_host *host = &sample->host;

	assert_true(read_sample(sample));
	assert_int_equal(sample->report.count, 0);
	assert_int_equal(host->knobs.count, 5);
	assert_string_equal(host->knobs.items[0].name, "advisor_mode");
	assert_string_equal(host->knobs.items[0].value, "[none] scan-time");
	assert_string_equal(host->knobs.items[1].name, "pages_shared");
	assert_string_equal(sp_knobs_get(&host->knobs, "pages_to_scan"), "100");
	assert_string_equal(host->boot_id, BOOT);
	assert_null(host->meminfo_problem);
	assert_int_equal(host->memory_total_kib, 16384000);
	assert_int_equal(host->memory_available_kib, 8192000);
	assert_int_equal(host->page_size, sysconf(_SC_PAGESIZE));
	assert_non_null(host->kernel);
	assert_false(host->has_original);
	assert_false(exists("state"));
	assert_string_equal(sp_machine_sysfs(sample->machine), "ksm");
}

/* What a decision rests on, and no counters; the record has all that can be written all the same. */
static void test_looking(void **state)
{
	struct sample *sample = *state;
	const struct sp_host *host = &sample->host;

	open_sample(sample, &fake_paths);
	put("ksm/merge_across_nodes", "1\n");
	assert_true(sp_machine_look(sample->machine, true, &sample->arena, &sample->host, &sample->report));
	assert_int_equal(host->knobs.count, 4);
	assert_string_equal(sp_knobs_get(&host->knobs, "advisor_mode"), "[none] scan-time");
	assert_string_equal(sp_knobs_get(&host->knobs, "pages_to_scan"), "100");
	assert_null(sp_knobs_get(&host->knobs, "pages_shared"));
	assert_int_equal(host->memory_total_kib, 16384000);
	put("ksm/pages_to_scan", "4000\n"); /* since then; what was decided on is what is recorded */
	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_true(sp_machine_record(sample->machine, &sample->host, &sample->report));
	assert_true(sp_machine_look(sample->machine, true, &sample->arena, &sample->host, &sample->report));
	assert_string_equal(sp_knobs_get(&host->original, "merge_across_nodes"), "1");
	assert_string_equal(sp_knobs_get(&host->original, "pages_to_scan"), "100");
	unlink("ksm/advisor_mode");
	assert_true(sp_machine_look(sample->machine, false, &sample->arena, &sample->host, &sample->report));
	assert_int_equal(host->knobs.count, 3);
	assert_non_null(host->meminfo_problem);
	assert_int_equal(sample->report.count, 0);
}

/* Who else sets pages_to_scan is asked where it may come to be set. */
static void test_looking_for_the_advisor(void **state)
{
	static const struct {
		const char *pages; /* NULL: it cannot be read */
		bool has_record;   /* of 100 */
		bool with_memory;
		bool is_asked;
	} rows[] = {
		{ "100", false, false, false }, { "100", true, false, false }, { "200", true, false, true },
		{ "1 00", true, false, true },  { NULL, true, false, true },   { "100", false, true, true },
		{ "200", false, false, false },
	};
	struct sample *sample = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		open_sample(sample, &fake_paths);
		put("ksm/pages_to_scan", "100\n");
		assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
		assert_true(sp_machine_forget(sample->machine, &sample->report));
		if (rows[i].has_record)
			assert_true(sp_machine_record(sample->machine, &sample->host, &sample->report));
		put("ksm/pages_to_scan", rows[i].pages ? rows[i].pages : "1\n2\n");
		assert_true(sp_machine_look(sample->machine, rows[i].with_memory, &sample->arena, &sample->host,
					    &sample->report));
		assert_int_equal(sp_knobs_get(&sample->host.knobs, "advisor_mode") != NULL, rows[i].is_asked);
		sample->host = (struct sp_host){ 0 };
	}
	assert_int_equal(sample->report.count, 0);
}

/* This machine itself, whatever it is: reading it changes nothing. */
static void test_reading_this_machine(void **state)
{
	struct sample *sample = *state;
	struct sp_machine_paths paths = sp_machine_default_paths;

	paths.state = "state";
	open_sample(sample, &paths);
	assert_non_null(sample->machine);
	assert_true(sp_machine_read(sample->machine, &sample->arena, &sample->host, &sample->report));
	assert_int_equal(sp_host_has_ksm(&sample->host), exists("/sys/kernel/mm/ksm/run"));
	assert_null(sample->host.meminfo_problem);
	assert_true(sample->host.memory_total_kib > 0);
	assert_non_null(sample->host.boot_id);
}

/* Another file system may be mounted over a file of sysfs; only this process sees that here. */
static void test_a_knob_that_is_not_on_sysfs(void **state)
{
	struct sample *sample = *state;
	const char *run = "/sys/kernel/mm/ksm/run";
	struct sp_machine_paths paths = sp_machine_default_paths;
	char value[SP_KNOB_SIZE];
	int error;

	if (!can_mount() || mount("ksm/run", run, NULL, MS_BIND, NULL) != 0)
		skip();
	open_sample(sample, &paths);
	assert_non_null(sample->machine);
	assert_true(sp_machine_show(sample->machine, "pages_to_scan", value));
	assert_false(sp_machine_show(sample->machine, "run", value));
	assert_int_equal(errno, ENODEV);
	assert_false(sp_machine_write(sample->machine, "run", "0", &error));
	assert_int_equal(error, ENODEV);
	assert_int_equal(umount(run), 0);
	assert_true(sp_machine_show(sample->machine, "run", value));
}

/* Fills a file with `length` bytes. */
static void put_long(const char *path, size_t length)
{
	char *bytes = malloc(length + 1);

	memset(bytes, '1', length);
	bytes[length] = '\0';
	put(path, bytes);
	free(bytes);
}

static void test_odd_knobs(void **state)
{
	static const struct {
		const char *name;
		const char *content;
		const char *value;
	} odd[] = {
		{ "empty", "", "" },
		{ "white", " \t\r\n\v\f", "" },
		{ "blanks", "\n 1 2 \n", "1 2" },
		{ "two_lines", "1\n2\n", NULL },
		{ "no_end", "1", "1" },
	};
	struct sample *sample = *state;
	char path[64];
	int file;

	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		snprintf(path, sizeof path, "ksm/%s", odd[i].name);
		put(path, odd[i].content);
	}
	put_long("ksm/long", 4096);
	put_long("ksm/too_long", 4097);
	file = open("ksm/nul", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(write(file, "1\0002", 3), 3);
	close(file);
	assert_true(read_sample(sample));
	assert_int_equal(sample->host.knobs.count, 13);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		const char *value = sp_knobs_get(&sample->host.knobs, odd[i].name);

		assert_int_equal(!value, !odd[i].value);
		if (value)
			assert_string_equal(value, odd[i].value);
	}
	assert_int_equal(strlen(sp_knobs_get(&sample->host.knobs, "long")), 4096);
	assert_null(sp_knobs_get(&sample->host.knobs, "too_long"));
	assert_null(sp_knobs_get(&sample->host.knobs, "nul"));
}

/* What is no regular file is not there. */
static void test_no_knobs(void **state)
{
	struct sample *sample = *state;

	put("elsewhere", "1\n");
	assert_int_equal(unlink("ksm/run") | symlink("../elsewhere", "ksm/run"), 0);
	assert_int_equal(mkfifo("ksm/fifo", 0600) | mkdir("ksm/folder", 0755), 0);
	put("ksm/a b", "1");
	put("ksm/.hidden", "1");
	assert_true(read_sample(sample));
	assert_int_equal(sample->host.knobs.count, 4);
	assert_false(sp_host_has_ksm(&sample->host));
}

static void test_too_many_knobs(void **state)
{
	struct sample *sample = *state;
	char path[64];

	for (int i = 0; i < 256; i++) {
		snprintf(path, sizeof path, "ksm/knob%d", i);
		put(path, "1\n");
	}
	assert_false(read_sample(sample));
	assert_string_equal(sample->report.diagnostics[0].code, "sysfs-read");
}

static void test_folders(void **state)
{
	struct sample *sample = *state;
	struct sp_machine_paths paths = fake_paths;

	paths.sysfs = "nowhere";
	open_sample(sample, &paths);
	assert_non_null(sample->machine);
	assert_true(sp_machine_read(sample->machine, &sample->arena, &sample->host, &sample->report));
	assert_int_equal(sample->host.knobs.count, 0);
	assert_int_equal(sample->report.count, 0);

	assert_int_equal(symlink("ksm", "link"), 0);
	paths.sysfs = "link";
	open_sample(sample, &paths);
	assert_null(sample->machine);
	assert_told(sample, "sysfs-read", "link: Not a directory");
	paths.sysfs = "link//";
	open_sample(sample, &paths);
	assert_null(sample->machine);
	assert_told(sample, "sysfs-read", "link//: Not a directory");
	paths.sysfs = "ksm//";
	open_sample(sample, &paths);
	assert_non_null(sample->machine);

	paths = fake_paths;
	paths.sysfs_is_given = false;
	open_sample(sample, &paths);
	assert_null(sample->machine);
	assert_told(sample, "sysfs-read", "ksm: is not on sysfs");
}

static void test_meminfo(void **state)
{
	static const struct {
		const char *content;
		bool is_good;
	} cases[] = {
		{ "MemTotal: 2 kB\nMemAvailable: 1 kB\n", true },
		{ "MemAvailable: 1 kB\nMemTotal: 2 kB\n", true },
		{ "", false },
		{ "MemTotal: 2 kB\n", false },
		{ "MemAvailable: 1 kB\n", false },
		{ "MemTotal: x\nMemAvailable: 1 kB\n", false },
	};
	struct sample *sample = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		put("meminfo", cases[i].content);
		assert_true(read_sample(sample));
		assert_int_equal(!sample->host.meminfo_problem, cases[i].is_good);
		assert_int_equal(sample->host.memory_total_kib == 2 && sample->host.memory_available_kib == 1,
				 cases[i].is_good);
	}
	unlink("meminfo");
	assert_true(read_sample(sample));
	assert_string_equal(sample->host.meminfo_problem, "meminfo: No such file or directory");
	put_long("meminfo", 256 * 1024);
	assert_true(read_sample(sample));
	assert_string_equal(sample->host.meminfo_problem, "meminfo: File too large");
	assert_int_equal(unlink("meminfo") | mkfifo("meminfo", 0600), 0);
	assert_true(read_sample(sample));
	assert_non_null(sample->host.meminfo_problem);
	assert_int_equal(sample->report.count, 0);
}

static void test_boot_id(void **state)
{
	static const char *const bad[] = {
		"",       "\n",     "a b\n",
		"a\nb\n", "../x\n", "0123456789012345678901234567890123456789012345678901234567890123456789"
	};
	struct sample *sample = *state;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		put("boot_id", bad[i]);
		assert_true(read_sample(sample));
		assert_null(sample->host.boot_id);
	}
}

static void test_writing(void **state)
{
	struct sample *sample = *state;
	char shown[SP_KNOB_SIZE];
	int error;

	open_sample(sample, &fake_paths);
	assert_true(sp_machine_write(sample->machine, "pages_to_scan", "5", &error));
	assert_int_equal(error, 0);
	assert_content("ksm/pages_to_scan", "5\n");
	assert_true(sp_machine_show(sample->machine, "pages_to_scan", shown));
	assert_string_equal(shown, "5");
	assert_true(sp_machine_write(sample->machine, "advisor_mode", "none [scan-time]", &error));
	assert_content("ksm/advisor_mode", "scan-time\n");
}

static void test_writing_is_refused(void **state)
{
	static const struct {
		const char *knob;
		const char *value;
		int error;
	} cases[] = {
		{ "missing", "1", ENOENT }, { "link", "1", ELOOP },          { "fifo", "1", ENXIO },
		{ "folder", "1", EISDIR },  { "../elsewhere", "1", ENOENT }, { "", "1", ENOENT },
		{ ".", "1", ENOENT },       { "run", "1\n0", EINVAL },
	};
	struct sample *sample = *state;
	char shown[SP_KNOB_SIZE];
	int error;

	put("elsewhere", "0\n");
	assert_int_equal(symlink("../elsewhere", "ksm/link") | mkfifo("ksm/fifo", 0600) | mkdir("ksm/folder", 0755), 0);
	open_sample(sample, &fake_paths);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(sp_machine_write(sample->machine, cases[i].knob, cases[i].value, &error));
		assert_int_equal(error, cases[i].error);
	}
	assert_content("elsewhere", "0\n");
	assert_content("ksm/run", "0\n");
	assert_false(exists("ksm/missing"));
	assert_false(sp_machine_show(sample->machine, "link", shown));
	assert_string_equal(shown, "");
	assert_false(sp_machine_show(sample->machine, "fifo", shown));
	assert_int_equal(errno, ENODEV);
}

/* Files of /proc, that refuse a value or show another: as sysfs does. */
static void test_a_kernel_that_says_no(void **state)
{
	struct sample *sample = *state;
	struct sp_machine_paths paths = fake_paths;
	char process[32];
	char shown[SP_KNOB_SIZE];
	int error;

	snprintf(process, sizeof process, "/proc/%d", (int)getpid());
	paths.sysfs = process;
	open_sample(sample, &paths);
	assert_false(sp_machine_write(sample->machine, "oom_score_adj", "many", &error));
	assert_int_equal(error, EINVAL);
	assert_true(sp_machine_write(sample->machine, "comm", "short", &error));
	assert_false(sp_machine_write(sample->machine, "comm", "sixteen-or-more-letters", &error));
	assert_int_equal(error, 0);
	assert_true(sp_machine_show(sample->machine, "comm", shown));
	assert_string_equal(shown, "sixteen-or-more");
}

static void test_lock(void **state)
{
	struct sample *sample = *state;
	struct stat status;

	assert_true(read_sample(sample));
	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_int_equal(stat("state", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(stat("state/lock", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void do_nothing(int number)
{
	(void)number;
}

/* Runs a process that takes the lock, tells so, and is killed by the caller. */
static pid_t start_holder(void)
{
	int ready[2];
	char byte;
	pid_t holder;

	assert_int_equal(pipe(ready), 0);
	holder = fork();
	assert_true(holder >= 0);
	if (holder == 0) {
		struct sp_arena arena = { 0 };
		struct sp_report report = { .arena = &arena };
		struct sp_machine *machine = sp_machine_open(&fake_paths, &report);

		if (machine && sp_machine_lock(machine, 0, &report) && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return holder;
}

static void test_lock_of_another(void **state)
{
	struct sample *sample = *state;
	pid_t holder = start_holder();
	struct sigaction action = { .sa_handler = do_nothing };
	struct sigaction old;
	char message[64];
	double start = seconds_now();

	snprintf(message, sizeof message, "state/lock: process %d has the lock", (int)holder);
	open_sample(sample, &fake_paths);
	assert_false(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_told(sample, "locked", message);
	assert_true(seconds_now() - start < 0.1);
	/* signals neither end the waiting nor make it longer */
	sigaction(SIGALRM, &action, &old);
	ualarm(5000, 5000);
	start = seconds_now();
	assert_false(sp_machine_lock(sample->machine, 0.2, &sample->report));
	ualarm(0, 0);
	sigaction(SIGALRM, &old, NULL);
	assert_told(sample, "locked", message);
	assert_true(seconds_now() - start >= 0.2 && seconds_now() - start < 2);
	/* the lock of the dead is free, whatever the file says */
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	assert_true(sp_machine_lock(sample->machine, 5, &sample->report));
	assert_int_equal(sample->report.count, 0);
}

/* The lock counts only while its file is the one that others find. */
static void test_lock_of_a_file_that_is_gone(void **state)
{
	struct sample *sample = *state;
	pid_t holder = start_holder();

	assert_int_equal(unlink("state/lock"), 0);
	open_sample(sample, &fake_paths);
	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	assert_true(exists("state/lock"));
}

static void assert_not_locked(struct sample *sample, const char *message)
{
	open_sample(sample, &fake_paths);
	assert_non_null(sample->machine);
	assert_false(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_told(sample, "state-folder", message);
}

static void test_bad_state_folders(void **state)
{
	struct sample *sample = *state;
	struct sp_machine_paths paths = fake_paths;

	assert_int_equal(mkdir("state", 0755), 0);
	assert_not_locked(sample, "state: is open to others: its mode is 0755, not 0700");
	assert_false(read_sample(sample));
	assert_told(sample, "state-folder", "state: is open to others: its mode is 0755, not 0700");
	assert_int_equal(chmod("state", 0700), 0);
	assert_int_equal(mkdir("state/lock", 0700), 0);
	assert_not_locked(sample, "state/lock: Is a directory");
	assert_int_equal(rmdir("state/lock") | symlink("../meminfo", "state/lock"), 0);
	assert_not_locked(sample, "state/lock: is not a regular file of this user alone");
	/* put there before the folder was closed to others */
	assert_int_equal(unlink("state/lock"), 0);
	put("state/lock", "");
	assert_int_equal(chmod("state/lock", 0666), 0);
	assert_not_locked(sample, "state/lock: is not a regular file of this user alone");
	assert_int_equal(chmod("state/lock", 0600), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown("state/lock", 12345, 0), 0);
		assert_not_locked(sample, "state/lock: is not a regular file of this user alone");
		assert_int_equal(chown("state", 12345, 0), 0);
		assert_not_locked(sample, "state: belongs to user 12345, and not to user 0");
	}
	assert_int_equal(rename("state", "other") | symlink("other", "state"), 0);
	assert_not_locked(sample, "state: Not a directory");
	assert_int_equal(unlink("state"), 0);
	put("state", "");
	assert_not_locked(sample, "state: Not a directory");
	paths.state = "no/state";
	open_sample(sample, &paths);
	assert_false(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_told(sample, "state-folder", "no/state: No such file or directory");
}

static void test_record(void **state)
{
	struct sample *sample = *state;
	struct stat status;

	assert_true(read_sample(sample));
	assert_false(sp_machine_record(sample->machine, &sample->host, &sample->report));
	assert_told(sample, "state-folder", "state: is not locked");
	assert_false(sp_machine_forget(sample->machine, &sample->report));
	assert_told(sample, "state-folder", "state: is not locked");

	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_true(sp_machine_record(sample->machine, &sample->host, &sample->report));
	assert_false(exists("state/original.ini.tmp"));
	assert_int_equal(stat("state/original.ini", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	/* the first wins */
	put("ksm/run", "1\n");
	assert_true(read_sample(sample));
	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_true(sp_machine_record(sample->machine, &sample->host, &sample->report));
	assert_true(read_sample(sample));
	assert_true(sample->host.has_original);
	assert_int_equal(sample->host.original.count, 4);
	assert_null(sp_knobs_get(&sample->host.original, "pages_shared"));
	assert_string_equal(sp_knobs_get(&sample->host.original, "run"), "0");
	assert_string_equal(sp_knobs_get(&sample->host.original, "advisor_mode"), "[none] scan-time");

	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_true(sp_machine_forget(sample->machine, &sample->report));
	assert_false(exists("state/original.ini"));
	assert_true(sp_machine_forget(sample->machine, &sample->report));
	assert_true(read_sample(sample));
	assert_false(sample->host.has_original);
	assert_int_equal(sample->report.count, 0);
}

static void record_anew(struct sample *sample)
{
	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_true(sp_machine_record(sample->machine, &sample->host, &sample->report));
	assert_true(read_sample(sample));
	assert_true(sample->host.has_original);
	assert_int_equal(sample->report.count, 0);
}

static void test_void_records(void **state)
{
	static const char *const damaged = "state/original.ini: this record of KSM's settings is damaged: "
					   "it is not whole, or its checksum is wrong";
	struct sample *sample = *state;

	assert_true(read_sample(sample));
	record_anew(sample);
	put("boot_id", "another\n"); /* no hexadecimal digits: unknown */
	assert_false(read_sample(sample));
	assert_told(sample, "state-folder",
		    "state/original.ini: boot_id does not say which boot this is, so that the record cannot be used");
	put("boot_id", "aaaa\n");
	assert_true(read_sample(sample));
	assert_false(sample->host.has_original);
	record_anew(sample);
	put("state/original.ini", "");
	put("state/original.ini.tmp", "left behind");
	assert_true(read_sample(sample));
	assert_false(sample->host.has_original);
	assert_told(sample, "damaged-record", damaged);
	record_anew(sample);
	assert_int_equal(unlink("state/original.ini") | symlink("../meminfo", "state/original.ini"), 0);
	assert_true(read_sample(sample));
	assert_told(sample, "damaged-record", damaged);
	record_anew(sample);
	put_long("state/original.ini", 16 * 1024);
	assert_true(read_sample(sample));
	assert_told(sample, "damaged-record", damaged);
	record_anew(sample);
}

static void test_no_record(void **state)
{
	struct sample *sample = *state;

	put("boot_id", "");
	assert_true(read_sample(sample));
	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_false(sp_machine_record(sample->machine, &sample->host, &sample->report));
	assert_told(sample, "state-folder",
		    "boot_id: does not say which boot this is, so that nothing can be recorded");
	put("boot_id", BOOT "\n");
	put("ksm/run", "1 ;\n");
	assert_true(read_sample(sample));
	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_false(sp_machine_record(sample->machine, &sample->host, &sample->report));
	assert_told(sample, "state-folder", "state: the values of ksm cannot be recorded");
	put("ksm/run", "1\n");
	assert_true(read_sample(sample));
	assert_int_equal(mkdir("state/original.ini", 0700), 0);
	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_false(sp_machine_record(sample->machine, &sample->host, &sample->report));
	assert_told(sample, "state-folder", "state/original.ini: Is a directory");
	assert_int_equal(mkdir("state/original.ini.tmp", 0700), 0);
	assert_false(sp_machine_record(sample->machine, &sample->host, &sample->report));
	assert_told(sample, "state-folder", "state/original.ini.tmp: File exists");
	assert_false(sp_machine_forget(sample->machine, &sample->report));
	assert_told(sample, "state-folder", "state/original.ini: Is a directory");
}

static void test_full_disk(void **state)
{
	struct sample *sample = *state;

	if (!can_mount() || mkdir("state", 0700) != 0 || mount("none", "state", "tmpfs", 0, "size=8k,mode=700") != 0)
		skip();
	put("state/lock", "");
	put_long("state/filler", 8192);
	assert_true(read_sample(sample));
	assert_true(sp_machine_lock(sample->machine, 0, &sample->report));
	assert_false(sp_machine_record(sample->machine, &sample->host, &sample->report));
	assert_told(sample, "state-folder", "state/original.ini.tmp: No space left on device");
	assert_false(exists("state/original.ini.tmp"));
	assert_false(exists("state/original.ini"));
	sp_machine_close(sample->machine);
	sample->machine = NULL;
	assert_int_equal(umount("state"), 0);
}

/* Anyone may read the machine; the record is root's. */
static void test_without_permission(void **state)
{
	struct sample *sample = *state;
	pid_t child;
	int status;

	assert_true(read_sample(sample));
	record_anew(sample);
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(".", 0755), 0);
	child = fork();
	if (child == 0) {
		bool is_good = setgid(12345) == 0 && setuid(12345) == 0 && read_sample(sample) &&
			       !sample->host.has_original && sample->host.knobs.count == 5 &&
			       sample->report.count == 1 && sample->report.errors == 0 &&
			       strcmp(sample->report.diagnostics[0].code, "state-unreadable") == 0 &&
			       !sp_machine_lock(sample->machine, 0, &sample->report);

		_exit(is_good ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reading, enter, leave),
		cmocka_unit_test_setup_teardown(test_reading_this_machine, enter, leave),
		cmocka_unit_test_setup_teardown(test_a_knob_that_is_not_on_sysfs, enter, leave),
		cmocka_unit_test_setup_teardown(test_odd_knobs, enter, leave),
		cmocka_unit_test_setup_teardown(test_no_knobs, enter, leave),
		cmocka_unit_test_setup_teardown(test_too_many_knobs, enter, leave),
		cmocka_unit_test_setup_teardown(test_folders, enter, leave),
		cmocka_unit_test_setup_teardown(test_meminfo, enter, leave),
		cmocka_unit_test_setup_teardown(test_boot_id, enter, leave),
		cmocka_unit_test_setup_teardown(test_writing, enter, leave),
		cmocka_unit_test_setup_teardown(test_writing_is_refused, enter, leave),
		cmocka_unit_test_setup_teardown(test_a_kernel_that_says_no, enter, leave),
		cmocka_unit_test_setup_teardown(test_lock, enter, leave),
		cmocka_unit_test_setup_teardown(test_lock_of_another, enter, leave),
		cmocka_unit_test_setup_teardown(test_lock_of_a_file_that_is_gone, enter, leave),
		cmocka_unit_test_setup_teardown(test_bad_state_folders, enter, leave),
		cmocka_unit_test_setup_teardown(test_looking, enter, leave),
		cmocka_unit_test_setup_teardown(test_looking_for_the_advisor, enter, leave),
		cmocka_unit_test_setup_teardown(test_record, enter, leave),
		cmocka_unit_test_setup_teardown(test_void_records, enter, leave),
		cmocka_unit_test_setup_teardown(test_no_record, enter, leave),
		cmocka_unit_test_setup_teardown(test_full_disk, enter, leave),
		cmocka_unit_test_setup_teardown(test_without_permission, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
