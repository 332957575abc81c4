/* SPDX-License-Identifier: Apache-2.0 */
/* A machine made of files, for the tests of what works on one: each test runs in an empty folder of its own, with a
 * ksm folder in it. Root gets a mount namespace of its own too, so that a test can mount what the kernel refuses to
 * write. */
#ifndef SAMEPAGE_TESTS_UNIT_SAMPLE_MACHINE_H
#define SAMEPAGE_TESTS_UNIT_SAMPLE_MACHINE_H

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/machine.h"

#define BOOT "11111111-2222-4333-8444-555555555555"

static const struct sp_machine_paths fake_paths = {
	.sysfs = "ksm",
	.meminfo = "meminfo",
	.state = "state",
	.sysfs_is_given = true,
	.boot_id = "boot_id",
};

struct sample {
	char path[64];
	struct sp_arena arena;
	struct sp_report report;
	struct sp_machine *machine;
	struct sp_host host;
};

static void put(const char *path, const char *content)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(file >= 0);
	assert_int_equal(write(file, content, strlen(content)), (ssize_t)strlen(content));
	close(file);
}

static void assert_content(const char *path, const char *expected)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	char content[8192];
	ssize_t length;

	assert_true(file >= 0);
	length = read(file, content, sizeof content - 1);
	assert_true(length >= 0);
	content[length] = '\0';
	close(file);
	assert_string_equal(content, expected);
}

/* Whether this process may mount, and has a namespace of its own to do it in. */
static bool can_mount(void)
{
	static int answer = -1;

	if (answer < 0)
		answer = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
			 mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return answer;
}

static int enter(void **state)
{
	struct sample *sample = calloc(1, sizeof *sample);

	can_mount();
	strcpy(sample->path, "/tmp/samepage-test-XXXXXX");
	if (!mkdtemp(sample->path) || chdir(sample->path) != 0)
		return -1;
	umask(022);
	sample->report.arena = &sample->arena;
	*state = sample;
	if (mkdir("ksm", 0755) != 0)
		return -1;
	put("ksm/run", "0\n");
	put("ksm/pages_to_scan", "100\n");
	put("ksm/sleep_millisecs", "20\n");
	put("ksm/advisor_mode", "[none] scan-time\n");
	put("ksm/pages_shared", "7\n");
	put("meminfo", "MemTotal:       16384000 kB\nMemFree:  1 kB\nMemAvailable:    8192000 kB\n");
	put("boot_id", BOOT "\n");
	return chmod("ksm/pages_shared", 0444);
}

static int leave(void **state)
{
	struct sample *sample = *state;
	char command[128];

	sp_machine_close(sample->machine);
	snprintf(command, sizeof command, "rm -rf '%s'", sample->path);
	if (chdir("/") != 0 || system(command) != 0)
		return -1;
	sp_arena_free(&sample->arena);
	free(sample);
	return 0;
}

static void open_sample(struct sample *sample, const struct sp_machine_paths *paths)
{
	sp_machine_close(sample->machine);
	sample->machine = sp_machine_open(paths, &sample->report);
}

/* Opens the machine anew and reads it. */
static bool read_sample(struct sample *sample)
{
	open_sample(sample, &fake_paths);
	assert_non_null(sample->machine);
	return sp_machine_read(sample->machine, &sample->arena, &sample->host, &sample->report);
}

/* Code and message of the first diagnostic; forgets all of them. */
static void assert_told(struct sample *sample, const char *code, const char *message)
{
	assert_true(sample->report.count > 0);
	assert_string_equal(sample->report.diagnostics[0].code, code);
	assert_string_equal(sample->report.diagnostics[0].message, message);
	sample->report.count = sample->report.errors = 0;
}

#endif
