/* SPDX-License-Identifier: Apache-2.0 */
#include "state/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(struct sp_report *report, const char *code, const char *path)
{
	return sp_fail(report, code, (struct sp_place){ 0 }, "%s: %s", path, strerror(errno));
}

bool sp_write_all(int file, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t count = write(file, bytes, length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return false;
		bytes += count;
		length -= (size_t)count;
	}
	return true;
}

/* Closes the file whatever happened, and tells whether all went well; errno is that of the first failure. */
static bool finish(int file, bool good)
{
	int error = errno;

	if (close(file) == 0 && good)
		return true;
	if (!good)
		errno = error;
	return false;
}

/* Into what is no regular file: a terminal, a FIFO. */
static bool write_in_place(const char *path, int flags, const char *bytes, size_t length, struct sp_report *report)
{
	int file = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags);

	if (file < 0)
		return refuse(report, "write-failed", path);
	return finish(file, sp_write_all(file, bytes, length)) || refuse(report, "write-failed", path);
}

/* A file made by mkstemp is the user's alone; what is put in place has the mode that open(2) would have given it. */
static bool set_mode(int file)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(file, 0666 & ~mask) == 0;
}

static bool write_beside(char *temporary, const char *path, const char *bytes, size_t length)
{
	int file = mkostemp(temporary, O_CLOEXEC);
	bool good;

	if (file < 0)
		return false;
	good = set_mode(file) && sp_write_all(file, bytes, length) && fsync(file) == 0;
	if (finish(file, good) && rename(temporary, path) == 0)
		return true;
	int error = errno;
	unlink(temporary);
	errno = error;
	return false;
}

bool sp_file_is(const char *path, const char *bytes, size_t length)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	struct stat status;
	char *found = NULL;
	bool is_same = false;

	if (file < 0)
		return false;
	if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && (size_t)status.st_size == length)
		found = malloc(length + 1);
	if (found)
		is_same = read(file, found, length + 1) == (ssize_t)length && memcmp(found, bytes, length) == 0;
	free(found);
	close(file);
	return is_same;
}

/* Puts a file in the place of `path`, whatever comes to stand there meanwhile: a rename follows no link. */
static bool replace(const char *path, const char *bytes, size_t length)
{
	char *temporary;
	bool good;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		sp_out_of_memory();
	good = write_beside(temporary, path, bytes, length);
	free(temporary);
	return good;
}

/* What a symbolic link names is replaced, not the link. One that another user made may lead anywhere, also where
 * only we may write; the kernel's own protection against that (fs.protected_symlinks) does not hold for a path that
 * was resolved before. */
static bool write_through_link(const char *path, uid_t owner, const char *bytes, size_t length,
			       struct sp_report *report)
{
	struct stat status;
	char *resolved;
	bool good;

	if (owner != geteuid() && owner != 0)
		return sp_fail(report, "write-failed", (struct sp_place){ 0 },
			       "%s: is a symbolic link of another user, and not followed", path);
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return write_in_place(path, 0, bytes, length, report);
	resolved = realpath(path, NULL);
	good = replace(resolved ? resolved : path, bytes, length) || refuse(report, "write-failed", path);
	free(resolved);
	return good;
}

/* What stands there is looked at once, so that nobody can put a link in its place between two looks. */
bool sp_file_write(const char *path, const char *bytes, size_t length, struct sp_report *report)
{
	struct stat status;
	bool exists = lstat(path, &status) == 0;

	if (exists && S_ISLNK(status.st_mode))
		return write_through_link(path, status.st_uid, bytes, length, report);
	if (exists && !S_ISREG(status.st_mode))
		return write_in_place(path, O_NOFOLLOW, bytes, length, report);
	return replace(path, bytes, length) || refuse(report, "write-failed", path);
}

static int compare_paths(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool is_wanted(const char *name, const char *suffix)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
}

const char **sp_file_list(const char *path, const char *suffix, struct sp_arena *arena, size_t *count,
			  struct sp_report *report)
{
	DIR *folder = opendir(path);
	const char **paths = NULL;
	size_t capacity = 0;
	const struct dirent *entry;

	*count = 0;
	if (!folder && errno != ENOTDIR) {
		refuse(report, "unreadable", path);
		return NULL;
	}
	while (folder && (entry = readdir(folder))) {
		if (!is_wanted(entry->d_name, suffix))
			continue;
		paths = sp_arena_grow(arena, paths, *count, &capacity, sizeof *paths);
		paths[(*count)++] = sp_arena_format(arena, "%s/%s", path, entry->d_name);
	}
	if (folder) {
		closedir(folder);
		if (*count > 0)
			qsort(paths, *count, sizeof *paths, compare_paths);
		return paths ? paths : sp_arena_alloc(arena, sizeof *paths);
	}
	paths = sp_arena_alloc(arena, sizeof *paths);
	paths[(*count)++] = sp_arena_string(arena, path);
	return paths;
}
