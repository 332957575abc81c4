/* SPDX-License-Identifier: Apache-2.0 */
#include "state/machine_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "state/file.h"
#include "state/machine_file.h"

#define LOCK      "lock"
#define TEMPORARY SP_STATE_RECORD ".tmp"

enum { POLL_NANOSECONDS = 20 * 1000 * 1000, SECOND = 1000 * 1000 * 1000, MOST_SECONDS = 365 * 24 * 60 * 60 };

static bool refuse(const struct sp_state_folder *state, const char *name, struct sp_report *report)
{
	int error = errno;

	if (error == ELOOP && name)
		return sp_fail(report, "state-folder", (struct sp_place){ 0 },
			       "%s/%s: is not a regular file of this user alone", state->path, name);
	sp_machine_refuse(report, "state-folder", state->path, name);
	if (error == EROFS || error == EACCES)
		return sp_help(report, "it must be writable: run as root, or name another folder with --state-dir");
	return false;
}

/* Whoever can write into the folder could have us write what they like to the kernel. */
static bool check_owner(struct sp_state_folder *state, struct sp_report *report)
{
	struct stat status;

	state->owner = geteuid();
	if (fstat(state->folder, &status) != 0)
		return refuse(state, NULL, report);
	if (status.st_uid != state->owner) {
		sp_fail(report, "state-folder", (struct sp_place){ 0 }, "%s: belongs to user %lu, and not to user %lu",
			state->path, (unsigned long)status.st_uid, (unsigned long)state->owner);
		return sp_help(report, "run as its owner, name another folder with --state-dir, or remove this one");
	}
	if ((status.st_mode & 077) != 0) {
		sp_fail(report, "state-folder", (struct sp_place){ 0 },
			"%s: is open to others: its mode is %04o, not 0700", state->path,
			(unsigned)status.st_mode & 07777);
		return sp_help(report, "chmod 700 %s", state->path);
	}
	return true;
}

bool sp_state_open(struct sp_state_folder *state, bool create, struct sp_report *report)
{
	sp_machine_file_close(&state->folder);
	state->folder = sp_machine_open_folder(state->path, O_RDONLY);
	if (state->folder < 0 && errno == ENOENT && !create)
		return true;
	if (state->folder < 0 && errno == ENOENT) {
		if (mkdir(state->path, 0700) != 0 && errno != EEXIST) {
			bool lacks_parent = errno == ENOENT;

			refuse(state, NULL, report);
			return lacks_parent && sp_help(report, "the folder that is to hold it must exist");
		}
		state->folder = sp_machine_open_folder(state->path, O_RDONLY);
	}
	if (state->folder < 0)
		return refuse(state, NULL, report);
	if (check_owner(state, report))
		return true;
	sp_machine_file_close(&state->folder);
	return false;
}

void sp_state_close(struct sp_state_folder *state)
{
	sp_machine_file_close(&state->lock);
	sp_machine_file_close(&state->folder);
}

/* Opens a file of the folder: a regular file that nobody else can have written, also before the folder was closed to
 * others. `errno` is ELOOP for any other. */
static int open_file(const struct sp_state_folder *state, const char *name, int flags, struct stat *status)
{
	int file = openat(state->folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);

	if (file < 0 || (fstat(file, status) == 0 && S_ISREG(status->st_mode) && status->st_uid == state->owner &&
			 (status->st_mode & 022) == 0))
		return file;
	errno = ELOOP;
	sp_machine_file_close(&file);
	return -1;
}

/* Whether the file that is locked is still the one that others would open. */
static bool is_current(const struct sp_state_folder *state, const struct stat *ours)
{
	struct stat theirs;

	return fstatat(state->folder, LOCK, &theirs, AT_SYMLINK_NOFOLLOW) == 0 && ours->st_ino == theirs.st_ino &&
	       ours->st_dev == theirs.st_dev;
}

enum attempt { LOCKED, BUSY, FAILED };

static enum attempt try_lock(struct sp_state_folder *state, struct sp_report *report)
{
	struct stat status;
	SP_OWNED_FILE lock = open_file(state, LOCK, O_RDWR | O_CREAT, &status);

	if (lock < 0) {
		refuse(state, LOCK, report);
		return FAILED;
	}
	if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK || errno == EINTR)
			return BUSY;
		refuse(state, LOCK, report);
		return FAILED;
	}
	if (!is_current(state, &status))
		return BUSY;
	state->lock = sp_machine_file_take(&lock);
	return LOCKED;
}

static void close_locks(FILE **locks)
{
	if (*locks)
		fclose(*locks);
}

/* The process that has the lock; 0 where the kernel does not tell, as in a container that does not see it. A line of
 * proc_locks(5): "1: FLOCK  ADVISORY  WRITE 708 00:1b:4721 0 EOF". */
static long find_holder(const struct sp_state_folder *state)
{
	__attribute__((cleanup(close_locks))) FILE *locks = fopen("/proc/locks", "re");
	char line[256];
	struct stat status;
	unsigned major;
	unsigned minor;
	unsigned long long inode;
	long process;

	if (!locks || fstatat(state->folder, LOCK, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	while (fgets(line, sizeof line, locks))
		if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%llu", &process, &major, &minor, &inode) == 4 &&
		    makedev(major, minor) == status.st_dev && inode == status.st_ino)
			return process;
	return 0;
}

static bool say_holder(const struct sp_state_folder *state, struct sp_report *report)
{
	long holder = find_holder(state);

	if (holder > 0)
		sp_fail(report, "locked", (struct sp_place){ 0 }, "%s/" LOCK ": process %ld has the lock", state->path,
			holder);
	else
		sp_fail(report, "locked", (struct sp_place){ 0 }, "%s/" LOCK ": another process has the lock",
			state->path);
	return sp_help(report, "try again when it is done, or wait longer with --lock-timeout");
}

static struct timespec after(double seconds)
{
	struct timespec time;

	if (!(seconds > 0))
		seconds = 0;
	if (seconds > MOST_SECONDS)
		seconds = MOST_SECONDS;
	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += (time_t)seconds;
	time.tv_nsec += (long)((seconds - (double)(time_t)seconds) * SECOND);
	if (time.tv_nsec >= SECOND) {
		time.tv_sec++;
		time.tv_nsec -= SECOND;
	}
	return time;
}

/* Sleeps for a moment; a signal may cut it short. False when the deadline has come. */
static bool wait_a_moment(const struct timespec *deadline)
{
	static const struct timespec moment = { .tv_nsec = POLL_NANOSECONDS };
	struct timespec now = after(0);

	if (now.tv_sec > deadline->tv_sec || (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec))
		return false;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
	return true;
}

bool sp_state_lock(struct sp_state_folder *state, double seconds, struct sp_report *report)
{
	struct timespec deadline = after(seconds);
	enum attempt attempt;

	if (state->lock >= 0)
		return true;
	if (!sp_state_open(state, true, report))
		return false;
	do {
		attempt = try_lock(state, report);
	} while (attempt == BUSY && wait_a_moment(&deadline));
	return attempt == LOCKED || (attempt == BUSY && say_holder(state, report));
}

enum sp_state_found sp_state_read(const struct sp_state_folder *state, char bytes[SP_STATE_RECORD_SIZE], size_t *length,
				  struct sp_report *report)
{
	SP_OWNED_FILE file = -1;
	struct stat status;
	ssize_t count;

	*length = 0;
	if (state->folder < 0)
		return SP_STATE_NONE;
	file = open_file(state, SP_STATE_RECORD, O_RDONLY, &status);
	if (file < 0 && errno == ENOENT)
		return SP_STATE_NONE;
	if (file < 0 && errno == ELOOP)
		return SP_STATE_RECORD_READ;
	if (file >= 0 && status.st_size >= SP_STATE_RECORD_SIZE)
		return SP_STATE_RECORD_READ;
	/* a record is put in place by a rename, and does not grow */
	count = file < 0 ? -1 : sp_machine_file_read(file, bytes, (size_t)status.st_size);
	if (count < 0) {
		refuse(state, SP_STATE_RECORD, report);
		return SP_STATE_FAILED;
	}
	*length = (size_t)count;
	return SP_STATE_RECORD_READ;
}

static bool write_temporary(const struct sp_state_folder *state, const char *bytes, size_t length)
{
	struct stat status;
	int file = open_file(state, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL, &status);
	bool is_written = file >= 0 && sp_write_all(file, bytes, length) && fsync(file) == 0;
	int error = errno;

	if (file >= 0 && close(file) != 0 && is_written)
		return false;
	errno = error;
	return is_written;
}

/* Removes a file without a trace in errno. */
static void remove_quietly(const struct sp_state_folder *state, const char *name)
{
	int error = errno;

	unlinkat(state->folder, name, 0);
	errno = error;
}

bool sp_state_write(const struct sp_state_folder *state, const char *bytes, size_t length, struct sp_report *report)
{
	remove_quietly(state,
		       TEMPORARY); /* left behind by a process that was killed; the lock says that none uses it */
	if (!write_temporary(state, bytes, length)) {
		remove_quietly(state, TEMPORARY);
		return refuse(state, TEMPORARY, report);
	}
	if (renameat(state->folder, TEMPORARY, state->folder, SP_STATE_RECORD) != 0) {
		remove_quietly(state, TEMPORARY);
		return refuse(state, SP_STATE_RECORD, report);
	}
	if (fsync(state->folder) == 0)
		return true;
	/* nothing is going to be changed, so that a record would only be in the way */
	remove_quietly(state, SP_STATE_RECORD);
	return refuse(state, NULL, report);
}

bool sp_state_remove(const struct sp_state_folder *state, struct sp_report *report)
{
	if (unlinkat(state->folder, SP_STATE_RECORD, 0) != 0)
		return errno == ENOENT || refuse(state, SP_STATE_RECORD, report);
	return fsync(state->folder) == 0 || refuse(state, NULL, report);
}
