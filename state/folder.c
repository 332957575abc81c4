/* SPDX-License-Identifier: Apache-2.0 */
#include "state/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/file.h"

static const int caught_signals[] = { SIGINT, SIGTERM, SIGHUP };

enum {
	SIGNAL_COUNT = sizeof caught_signals / sizeof *caught_signals,
	LONGEST_NAME_PART = 200, /* of the destination's name in the temporary one, which has 255 bytes at most */
	MOST_TRIES = 100,
	LARGEST_FILE = 1024 * 1024 * 1024, /* that is read: the plan of a million nodes */
};

/* The signal that came while a folder was being built. A handler has no other way to say so. */
static volatile sig_atomic_t caught_signal;

struct sp_folder {
	struct sp_arena *arena;
	struct sp_report *report;
	const char *path; /* without slashes at its end */
	const char *name; /* the last part of it */
	int parent;
	int old;               /* the folder at the destination, or -1 */
	int made;              /* the one that is being built, or -1 */
	const char *temporary; /* its name, in the parent */
	const char **entries;  /* what was made in it, in that order */
	size_t count;
	size_t capacity;
	bool is_committed;
	bool is_watching; /* for signals */
	struct sigaction before[SIGNAL_COUNT];
};

static void close_file(const int *file)
{
	if (*file >= 0)
		close(*file);
}

/* A file descriptor that is closed when its block ends. */
#define OWNED __attribute__((cleanup(close_file)))

/* The place of an output is no place in an input: it stands in the message. */
static bool fail(const struct sp_folder *folder, const char *entry, int error)
{
	return sp_fail(folder->report, "write-failed", (struct sp_place){ 0 }, "%s%s%s: %s", folder->path,
		       *entry ? "/" : "", entry, strerror(error));
}

bool sp_folder_make_parents(const char *path, struct sp_report *report)
{
	char *above = sp_arena_string(report->arena, path);

	for (char *slash = strchr(above + 1, '/'); *above && slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(above, 0777) != 0 && errno != EEXIST)
			return sp_fail(report, "write-failed", (struct sp_place){ 0 }, "%s: %s", above,
				       strerror(errno));
		*slash = '/';
	}
	return true;
}

/* Looking */

static bool split_path(struct sp_folder *folder, const char *path, const char **parent)
{
	size_t length = strlen(path);
	const char *slash;

	while (length > 1 && path[length - 1] == '/')
		length--;
	folder->path = sp_arena_copy(folder->arena, path, length);
	slash = strrchr(folder->path, '/');
	folder->name = slash ? slash + 1 : folder->path;
	if (!slash)
		*parent = ".";
	else if (slash == folder->path)
		*parent = "/";
	else
		*parent = sp_arena_copy(folder->arena, folder->path, (size_t)(slash - folder->path));
	if (length == 0)
		return fail(folder, "", ENOENT);
	if (strcmp(folder->name, "") == 0 || strcmp(folder->name, ".") == 0 || strcmp(folder->name, "..") == 0)
		return sp_fail(folder->report, "destination-exists", (struct sp_place){ 0 },
			       "%s: a folder can only be put in place by its own name", folder->path);
	return true;
}

static bool open_parent(struct sp_folder *folder, const char *parent)
{
	int error;

	folder->parent = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->parent >= 0)
		return true;
	error = errno;
	sp_fail(folder->report, "write-failed", (struct sp_place){ 0 }, "%s: the folder that is to hold it, %s: %s",
		folder->path, parent, strerror(error));
	return error == ENOENT ? sp_help(folder->report, "make it first: mkdir -p %s", parent) : false;
}

static bool open_old(struct sp_folder *folder)
{
	struct stat status;

	if (fstatat(folder->parent, folder->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? true : fail(folder, "", errno);
	if (!S_ISDIR(status.st_mode))
		return sp_fail(folder->report, "destination-exists", (struct sp_place){ 0 }, "%s: exists, and is %s",
			       folder->path, S_ISLNK(status.st_mode) ? "a symbolic link" : "not a folder");
	folder->old = openat(folder->parent, folder->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return folder->old >= 0 ? true : fail(folder, "", errno);
}

struct sp_folder *sp_folder_open(const char *path, struct sp_arena *arena, struct sp_report *report)
{
	struct sp_folder *folder = sp_arena_alloc(arena, sizeof *folder);
	const char *parent;

	*folder = (struct sp_folder){ .arena = arena, .report = report, .parent = -1, .old = -1, .made = -1 };
	if (split_path(folder, path, &parent) && open_parent(folder, parent) && open_old(folder))
		return folder;
	sp_folder_close(folder);
	return NULL;
}

bool sp_folder_exists(const struct sp_folder *folder)
{
	return folder->old >= 0;
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct sp_entry *)a)->name, ((const struct sp_entry *)b)->name);
}

static enum sp_entry_type entry_type(int directory, const char *name)
{
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return SP_ENTRY_OTHER;
	return S_ISREG(status.st_mode) ? SP_ENTRY_FILE : S_ISDIR(status.st_mode) ? SP_ENTRY_FOLDER : SP_ENTRY_OTHER;
}

static struct sp_entry *read_entries(DIR *stream, struct sp_arena *arena, size_t *count)
{
	struct sp_entry *entries = NULL;
	size_t capacity = 0;
	struct dirent *found;

	*count = 0;
	while ((errno = 0, found = readdir(stream))) {
		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		entries = sp_arena_grow(arena, entries, *count, &capacity, sizeof *entries);
		entries[(*count)++] = (struct sp_entry){
			.name = sp_arena_string(arena, found->d_name),
			.type = entry_type(dirfd(stream), found->d_name),
		};
	}
	return entries;
}

bool sp_folder_list(struct sp_folder *folder, const char *name, const struct sp_entry **entries, size_t *count)
{
	int file = openat(folder->old, *name ? name : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = file >= 0 ? fdopendir(file) : NULL;
	struct sp_entry *found;
	int error = errno;

	if (!stream) {
		if (file >= 0)
			close(file);
		return fail(folder, name, error);
	}
	found = read_entries(stream, folder->arena, count);
	error = errno;
	closedir(stream);
	if (error != 0)
		return fail(folder, name, error);
	if (*count > 0)
		qsort(found, *count, sizeof *found, compare_entries);
	*entries = found;
	return true;
}

bool sp_folder_read(struct sp_folder *folder, const char *name, struct sp_text *content)
{
	/* O_NONBLOCK: whatever took the file's place since it was listed must not make us wait. */
	OWNED int file = openat(folder->old, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char bytes[16384];
	struct stat status;
	ssize_t count;

	if (file < 0 || fstat(file, &status) != 0)
		return fail(folder, name, errno);
	while ((count = read(file, bytes, sizeof bytes)) != 0) {
		if (status.st_size > LARGEST_FILE || content->length > LARGEST_FILE)
			return fail(folder, name, EFBIG);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return fail(folder, name, errno);
		sp_text_append(content, bytes, (size_t)count);
	}
	return true;
}

/* Building */

static void note_signal(int number)
{
	caught_signal = number;
}

/* A signal that is ignored stays so: nohup(1) works by that. */
static void watch_signals(struct sp_folder *folder)
{
	struct sigaction action = { .sa_handler = note_signal, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	caught_signal = 0;
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		sigaction(caught_signals[i], NULL, &folder->before[i]);
		if (folder->before[i].sa_handler != SIG_IGN)
			sigaction(caught_signals[i], &action, NULL);
	}
	folder->is_watching = true;
}

static void unwatch_signals(struct sp_folder *folder)
{
	int number = caught_signal;

	if (!folder->is_watching)
		return;
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaction(caught_signals[i], &folder->before[i], NULL);
	folder->is_watching = false;
	if (number != 0)
		raise(number);
}

static bool is_interrupted(const struct sp_folder *folder)
{
	if (caught_signal == 0)
		return false;
	sp_fail(folder->report, "interrupted", (struct sp_place){ 0 }, "%s: interrupted; nothing was changed",
		folder->path);
	return true;
}

/* A hidden name that nobody has guessed, so that nobody can have put something there before us. */
static const char *temporary_name(const struct sp_folder *folder)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char random[6];
	char suffix[sizeof random + 1] = "";

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return NULL;
	for (size_t i = 0; i < sizeof random; i++)
		suffix[i] = letters[random[i] % (sizeof letters - 1)];
	return sp_arena_format(folder->arena, ".%.*s.samepage-%s", LONGEST_NAME_PART, folder->name, suffix);
}

/* Not mkdtemp: its mode 0700 is not what a folder to be read by others should have. */
static bool make_temporary(struct sp_folder *folder)
{
	for (int i = 0; i < MOST_TRIES; i++) {
		const char *name = temporary_name(folder);

		if (name && mkdirat(folder->parent, name, 0755) == 0) {
			folder->temporary = name;
			return true;
		}
		if (errno != EEXIST)
			break;
	}
	fail(folder, "", errno);
	return false;
}

bool sp_folder_build(struct sp_folder *folder)
{
	watch_signals(folder);
	if (!make_temporary(folder))
		return false;
	folder->made = openat(folder->parent, folder->temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return folder->made >= 0 ? true : fail(folder, "", errno);
}

static void note_entry(struct sp_folder *folder, const char *name)
{
	folder->entries = sp_arena_grow(folder->arena, folder->entries, folder->count, &folder->capacity,
					sizeof *folder->entries);
	folder->entries[folder->count++] = sp_arena_string(folder->arena, name);
}

bool sp_folder_add_folder(struct sp_folder *folder, const char *name)
{
	if (is_interrupted(folder))
		return false;
	if (mkdirat(folder->made, name, 0755) != 0)
		return fail(folder, name, errno);
	note_entry(folder, name);
	return true;
}

bool sp_folder_add_file(struct sp_folder *folder, const char *name, const char *bytes, size_t length,
			bool is_executable)
{
	bool is_written;
	int error;
	int file;

	if (is_interrupted(folder))
		return false;
	file = openat(folder->made, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      is_executable ? 0755 : 0644);
	if (file < 0)
		return fail(folder, name, errno);
	note_entry(folder, name);
	is_written = sp_write_all(file, bytes, length);
	error = errno;
	if (close(file) != 0 && is_written) { /* some file systems tell only now that there is no space */
		is_written = false;
		error = errno;
	}
	return is_written ? true : fail(folder, name, error);
}

/* Deleting. Only what is named goes, and never through a symbolic link. */

static bool delete_entry(int directory, const char *name)
{
	const char *slash = strchr(name, '/');
	char holder[256] = "";

	if (slash) {
		OWNED int inner = -1;

		snprintf(holder, sizeof holder, "%.*s", (int)(slash - name), name);
		inner = openat(directory, holder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		return inner >= 0 && delete_entry(inner, slash + 1);
	}
	return unlinkat(directory, name, 0) == 0 || (errno == EISDIR && unlinkat(directory, name, AT_REMOVEDIR) == 0);
}

static void delete_made(struct sp_folder *folder)
{
	while (folder->made >= 0 && folder->count > 0)
		delete_entry(folder->made, folder->entries[--folder->count]);
	unlinkat(folder->parent, folder->temporary, AT_REMOVEDIR);
}

/* A failure here comes too late to be an error: the new folder is in place. */
static void delete_old(struct sp_folder *folder, const char *name, const char *const *old, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count; i++)
		if (!delete_entry(folder->old, old[i]) && errno != ENOENT && error == 0)
			error = errno;
	if (unlinkat(folder->parent, name, AT_REMOVEDIR) == 0)
		return;
	if (error == 0)
		error = errno;
	sp_warn(folder->report, "leftover", (struct sp_place){ 0 },
		"%s: the folder that stood here before could not be deleted (%s); it is now called %s", folder->path,
		strerror(error), name);
}

/* Putting in place */

/* A kernel or file system that does not know a flag of renameat2 says so in one of these ways. */
static bool lacks_flag(int error)
{
	return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

/* Where RENAME_NOREPLACE is not known, a plain rename is nearly as good: a folder never replaces anything by it but an
 * empty folder. */
static bool place_new(struct sp_folder *folder)
{
	int result = renameat2(folder->parent, folder->temporary, folder->parent, folder->name, RENAME_NOREPLACE);

	if (result != 0 && lacks_flag(errno))
		result = renameat(folder->parent, folder->temporary, folder->parent, folder->name);
	if (result == 0)
		return true;
	if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
		return sp_fail(folder->report, "destination-exists", (struct sp_place){ 0 },
			       "%s: somebody else has just made it", folder->path);
	return fail(folder, "", errno);
}

/* Whether `name` is the folder that was looked at, and not another that took its place meanwhile. */
static bool is_old(const struct sp_folder *folder, const char *name)
{
	struct stat looked_at;
	struct stat found;

	return fstat(folder->old, &looked_at) == 0 && fstatat(folder->parent, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	       found.st_dev == looked_at.st_dev && found.st_ino == looked_at.st_ino;
}

static bool fail_replaced(const struct sp_folder *folder)
{
	return sp_fail(folder->report, "destination-exists", (struct sp_place){ 0 },
		       "%s: somebody else has just replaced it", folder->path);
}

/* Where RENAME_EXCHANGE is not known, the old folder steps aside first, and comes back if the new one cannot take its
 * place. Killed between the two, the old folder is whole, under its temporary name. */
static bool exchange_by_steps(struct sp_folder *folder, const char **old_name)
{
	const char *aside = temporary_name(folder);
	bool is_other;
	int error;

	if (!aside || renameat(folder->parent, folder->name, folder->parent, aside) != 0)
		return fail(folder, "", errno);
	*old_name = aside;
	is_other = !is_old(folder, aside);
	if (!is_other && renameat(folder->parent, folder->temporary, folder->parent, folder->name) == 0)
		return true;
	error = errno;
	if (renameat(folder->parent, aside, folder->parent, folder->name) != 0)
		return sp_fail(folder->report, "write-failed", (struct sp_place){ 0 },
			       "%s: %s; what stood here is now called %s", folder->path, strerror(error), aside);
	return is_other ? fail_replaced(folder) : fail(folder, "", error);
}

/* `old_name` is set to what the old folder is called afterwards. */
static bool exchange(struct sp_folder *folder, const char **old_name)
{
	int parent = folder->parent;

	*old_name = folder->temporary;
	if (!is_old(folder, folder->name))
		return fail_replaced(folder);
	if (renameat2(parent, folder->temporary, parent, folder->name, RENAME_EXCHANGE) != 0)
		return lacks_flag(errno) ? exchange_by_steps(folder, old_name) : fail(folder, "", errno);
	if (is_old(folder, folder->temporary))
		return true;
	renameat2(parent, folder->temporary, parent, folder->name, RENAME_EXCHANGE);
	return fail_replaced(folder);
}

/* One syncfs is far quicker than an fsync for each of thousands of files, and reports the same errors. */
static bool is_on_disk(const struct sp_folder *folder)
{
	return syncfs(folder->made) == 0 ? true : fail(folder, "", errno);
}

bool sp_folder_commit(struct sp_folder *folder, const char *const *old, size_t count)
{
	const char *old_name = NULL;

	if (!is_on_disk(folder) || is_interrupted(folder))
		return false;
	if (sp_folder_exists(folder) ? !exchange(folder, &old_name) : !place_new(folder))
		return false;
	folder->is_committed = true;
	if (fsync(folder->parent) != 0 && errno != EINVAL) /* EINVAL: the file system has nothing to sync here */
		return sp_fail(folder->report, "write-failed", (struct sp_place){ 0 },
			       "%s: is in place, but may not survive a loss of power: %s", folder->path,
			       strerror(errno));
	if (old_name)
		delete_old(folder, old_name, old, count);
	return true;
}

void sp_folder_close(struct sp_folder *folder)
{
	if (!folder)
		return;
	if (folder->temporary && !folder->is_committed)
		delete_made(folder);
	close_file(&folder->made);
	close_file(&folder->old);
	close_file(&folder->parent);
	folder->made = folder->old = folder->parent = -1;
	unwatch_signals(folder);
}
