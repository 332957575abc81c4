/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a command once, with its output thrown away, and prints what the system itself counted for it, as JSON.
 *
 *	measure [--watch] COMMAND [ARGUMENT...]
 *
 * A small program between the benchmark and the command, since a process begins with the peak memory of the one that it
 * was forked from. With --watch it also asks again and again how much memory is the process's own and how much are
 * mapped files, which the system keeps no peak of; that disturbs the clock, so that such a run is none for times. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_NANOSECONDS = 200 * 1000 };

struct memory {
	long anonymous; /* KiB */
	long of_files;
};

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static pid_t start(char *const command[])
{
	posix_spawn_file_actions_t actions;
	pid_t process;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	error = posix_spawnp(&process, command[0], &actions, NULL, command, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error == 0)
		return process;
	fprintf(stderr, "measure: %s: %s\n", command[0], strerror(error));
	exit(EXIT_FAILURE);
}

static void take_peak(const char *line, const char *name, long *peak)
{
	size_t length = strlen(name);
	long found;

	if (strncmp(line, name, length) != 0)
		return;
	found = strtol(line + length, NULL, 10);
	if (found > *peak)
		*peak = found;
}

static void look(pid_t process, struct memory *peak)
{
	char path[64];
	char line[256];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/status", (int)process);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file)) {
		take_peak(line, "RssAnon:", &peak->anonymous);
		take_peak(line, "RssFile:", &peak->of_files);
	}
	if (file)
		fclose(file);
}

static int wait_for(pid_t process, bool watch, struct memory *peak, struct rusage *usage)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NANOSECONDS };
	int status = 0;
	pid_t ended;

	do {
		if (watch)
			look(process, peak);
		ended = wait4(process, &status, watch ? WNOHANG : 0, usage);
		if (watch && ended == 0)
			nanosleep(&pause, NULL);
	} while (ended == 0 || (ended < 0 && errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int main(int count, char *arguments[])
{
	bool watch = count > 1 && strcmp(arguments[1], "--watch") == 0;
	char **command = arguments + 1 + watch;
	struct memory peak = { 0 };
	struct rusage usage;
	double began;
	double wall;
	int status;

	if (!*command) {
		fputs("usage: measure [--watch] COMMAND [ARGUMENT...]\n", stderr);
		return EXIT_FAILURE;
	}
	began = now();
	status = wait_for(start(command), watch, &peak, &usage);
	wall = now() - began;
	printf("{\"status\": %d, \"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, \"peak\": %ld", status, wall,
	       seconds(&usage.ru_utime), seconds(&usage.ru_stime), usage.ru_maxrss * 1024);
	if (watch)
		printf(", \"anonymous\": %ld, \"of_files\": %ld", peak.anonymous * 1024, peak.of_files * 1024);
	puts("}");
	return EXIT_SUCCESS;
}
