/* SPDX-License-Identifier: Apache-2.0 */
#include "state/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/machine_file.h"

enum {
	SMALL_FILE = 4096,
	COMMAND_LINE = 64 * 1024,   /* of QEMU; the guest's name stands near its beginning */
	LONGEST_GUEST = 1024,       /* what is longer is cut: whoever runs a process names it as they like */
	KERNEL_THREAD = 0x00200000, /* PF_KTHREAD, in the flags of /proc/PID/stat */
};

struct reading {
	struct sp_arena *arena;
	struct sp_processes *processes;
	size_t capacity;
	int folder;         /* /proc */
	char *command_line; /* room for one, once it is needed */
};

/* The file NAME of process PID as text; its length, or -1 with errno set. */
static ssize_t read_file(const struct reading *reading, const char *pid, const char *name, char *bytes, size_t size)
{
	char *path = sp_arena_format(reading->arena, "%s/%s", pid, name);
	SP_OWNED_FILE file = openat(reading->folder, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = file < 0 ? -1 : sp_machine_file_read(file, bytes, size - 1);

	bytes[length > 0 ? length : 0] = '\0';
	return length;
}

/* The number behind "name " or "name: " at the beginning of a line; 0 where there is none. */
static const char *value_of(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == ':'))
			return line + length + 1 + (line[length] == ':');
	}
	return NULL;
}

static uint64_t number_of(const char *text, const char *name)
{
	const char *value = value_of(text, name);

	return value ? strtoull(value, NULL, 10) : 0;
}

static bool is_yes(const char *text, const char *name)
{
	const char *value = value_of(text, name);

	return value && strncmp(value, "yes", 3) == 0;
}

static bool parse_stat(const char *text, struct sp_process *process)
{
	const char *profit = value_of(text, "ksm_process_profit");

	process->rmap_items = number_of(text, "ksm_rmap_items");
	process->merging_pages = number_of(text, "ksm_merging_pages");
	process->zero_pages = number_of(text, "ksm_zero_pages");
	process->profit = profit ? strtoll(profit, NULL, 10) : 0;
	process->is_mergeable = is_yes(text, "ksm_merge_any") || is_yes(text, "ksm_mergeable") ||
				process->rmap_items > 0;
	return process->is_mergeable || process->merging_pages > 0;
}

/* A copy of the text up to a comma. */
static const char *copy_guest(const struct reading *reading, const char *text)
{
	size_t length = strcspn(text, ",");

	return sp_arena_copy(reading->arena, text, length < LONGEST_GUEST ? length : LONGEST_GUEST);
}

/* What stands behind "guest=" in the argument of -name, up to a comma. Arguments are separated by NUL. */
static const char *find_guest(struct reading *reading, const char *pid)
{
	const char *end;
	bool is_name = false;
	ssize_t length;

	if (!reading->command_line)
		reading->command_line = sp_arena_alloc(reading->arena, COMMAND_LINE);
	length = read_file(reading, pid, "cmdline", reading->command_line, COMMAND_LINE);
	end = reading->command_line + (length > 0 ? length : 0);
	for (const char *argument = reading->command_line; argument < end; argument += strlen(argument) + 1) {
		const char *guest = is_name ? strstr(argument, "guest=") : NULL;

		if (is_name)
			return copy_guest(reading, guest ? guest + 6 : argument);
		is_name = strcmp(argument, "-name") == 0;
	}
	return NULL;
}

static void add_process(struct reading *reading, const char *pid, const char *name, struct sp_process *process)
{
	struct sp_processes *processes = reading->processes;

	process->pid = strtoull(pid, NULL, 10);
	process->name = sp_arena_string(reading->arena, name);
	process->guest = strncmp(name, "qemu", 4) == 0 ? find_guest(reading, pid) : NULL;
	processes->items = sp_arena_grow(reading->arena, processes->items, processes->count, &reading->capacity,
					 sizeof *processes->items);
	processes->items[processes->count++] = *process;
}

/* The CPU time of ksmd. The name may hold anything, also a parenthesis, so that the fields begin behind the last
 * one. */
static void read_ksmd(struct reading *reading, const char *pid)
{
	char bytes[SMALL_FILE];
	unsigned long flags;
	unsigned long long user;
	unsigned long long system;
	const char *fields;

	if (read_file(reading, pid, "stat", bytes, sizeof bytes) <= 0 || !(fields = strrchr(bytes, ')')))
		return;
	/* behind it: state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime */
	if (sscanf(fields + 1, " %*c %*d %*d %*d %*d %*d %lu %*u %*u %*u %*u %llu %llu", &flags, &user, &system) != 3 ||
	    !(flags & KERNEL_THREAD))
		return;
	reading->processes->has_ksmd = true;
	reading->processes->ksmd_seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void read_process(struct reading *reading, const char *pid)
{
	struct sp_process process = { 0 };
	char name[SMALL_FILE];
	char stat[SMALL_FILE];

	if (read_file(reading, pid, "comm", name, sizeof name) <= 0)
		return;
	name[strcspn(name, "\n")] = '\0';
	reading->processes->total++;
	if (strcmp(name, "ksmd") == 0)
		read_ksmd(reading, pid);
	if (read_file(reading, pid, "ksm_stat", stat, sizeof stat) < 0) {
		reading->processes->unreadable += errno == EACCES || errno == EPERM;
		return;
	}
	reading->processes->is_supported = true;
	if (parse_stat(stat, &process))
		add_process(reading, pid, name, &process);
}

static int compare_pids(const void *left, const void *right)
{
	uint64_t first = ((const struct sp_process *)left)->pid;
	uint64_t second = ((const struct sp_process *)right)->pid;

	return (first > second) - (first < second);
}

void sp_processes_read(const char *proc, struct sp_arena *arena, struct sp_processes *processes)
{
	struct reading reading = { .arena = arena, .processes = processes };
	DIR *folder = opendir(proc);
	const struct dirent *entry;

	*processes = (struct sp_processes){ 0 };
	if (!folder)
		return;
	reading.folder = dirfd(folder);
	while ((entry = readdir(folder)))
		if (entry->d_name[strspn(entry->d_name, "0123456789")] == '\0')
			read_process(&reading, entry->d_name);
	closedir(folder);
	if (processes->count > 0)
		qsort(processes->items, processes->count, sizeof *processes->items, compare_pids);
}

const char *sp_processes_hugepages(const char *sysfs, struct sp_arena *arena)
{
	char *path = sp_arena_format(arena, "%s/../transparent_hugepage/enabled", sysfs);
	SP_OWNED_FILE file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char bytes[SMALL_FILE];
	ssize_t length = file < 0 ? -1 : sp_machine_file_read(file, bytes, sizeof bytes - 1);
	const char *start;

	if (length < 0)
		return NULL;
	bytes[length] = '\0';
	start = strchr(bytes, '[');
	return start ? sp_arena_copy(arena, start + 1, strcspn(start + 1, "]")) : NULL;
}
