/* SPDX-License-Identifier: Apache-2.0 */
#include "state/machine_ksm.h"
#include "state/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "state/ini_write.h"
#include "state/machine_file.h"

static bool is_sysfs(int file)
{
	struct statfs status;
	int result;

	do {
		result = fstatfs(file, &status);
	} while (result != 0 && errno == EINTR);
	return result == 0 && status.f_type == SYSFS_MAGIC;
}

bool sp_ksm_open(struct sp_ksm_folder *ksm, struct sp_report *report)
{
	struct stat status;

	ksm->folder = sp_machine_open_folder(ksm->path, O_PATH);
	if (ksm->folder < 0 && errno == ENOENT)
		return true;
	if (ksm->folder < 0) {
		bool is_wrong = errno == ENOTDIR || errno == ELOOP;

		sp_machine_refuse(report, "sysfs-read", ksm->path, NULL);
		return is_wrong && sp_help(report, "name the folder itself; a symbolic link is not followed");
	}
	if (!ksm->must_be_sysfs)
		return true;
	if (is_sysfs(ksm->folder) && fstat(ksm->folder, &status) == 0) {
		ksm->device = status.st_dev;
		return true;
	}
	sp_ksm_close(ksm);
	sp_fail(report, "sysfs-read", (struct sp_place){ 0 }, "%s: is not on sysfs", ksm->path);
	return sp_help(report, "something is mounted over it; where that is meant, name the folder with --sysfs-root");
}

void sp_ksm_close(struct sp_ksm_folder *ksm)
{
	sp_machine_file_close(&ksm->folder);
}

/* Opens one file of the folder. The flags keep a link from leading elsewhere and a FIFO from making us wait; what was
 * opened is looked at before it is used. */
static int open_knob(const struct sp_ksm_folder *ksm, const char *knob, int mode)
{
	SP_OWNED_FILE file = -1;
	struct stat status;

	if (ksm->folder < 0 || !sp_ini_is_name(knob)) {
		errno = ENOENT;
		return -1;
	}
	do {
		file = openat(ksm->folder, knob, mode | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	} while (file < 0 && errno == EINTR);
	if (file < 0 || fstat(file, &status) != 0)
		return -1;
	if (!S_ISREG(status.st_mode) || (ksm->must_be_sysfs && status.st_dev != ksm->device)) {
		errno = ENODEV;
		return -1;
	}
	return sp_machine_file_take(&file);
}

/* Takes the white space off both ends. False where the rest is not one line of text. */
static bool strip(char *value, size_t length)
{
	size_t start;

	length = sp_utf8_trim(value, length, &start);
	memmove(value, value + start, length);
	value[length] = '\0';
	return !memchr(value, '\0', length) && !memchr(value, '\n', length);
}

bool sp_ksm_show(const struct sp_ksm_folder *ksm, const char *knob, char value[SP_KNOB_SIZE])
{
	SP_OWNED_FILE file = open_knob(ksm, knob, O_RDONLY);
	ssize_t length;

	value[0] = '\0';
	if (file < 0)
		return false;
	length = sp_machine_file_read_once(file, value, SP_KNOB_SIZE);
	if (length >= 0 && length < SP_KNOB_SIZE && strip(value, (size_t)length))
		return true;
	if (length >= 0)
		errno = EBADMSG;
	value[0] = '\0';
	return false;
}

/* The part that counts of what a file shows: of "[none] scan-time" it is "none". */
static const char *chosen(const char *value, size_t *length)
{
	const char *start = strchr(value, '[');
	const char *end = start ? strchr(start, ']') : NULL;

	*length = end ? (size_t)(end - start - 1) : strlen(value);
	return end ? start + 1 : value;
}

/* One write(2), and all of it. Only where it was interrupted before it began is it tried again. */
static bool write_once(int file, const char *bytes, size_t length)
{
	ssize_t count;

	do {
		count = write(file, bytes, length);
	} while (count < 0 && errno == EINTR);
	if (count >= 0 && (size_t)count != length)
		errno = EIO;
	return count >= 0 && (size_t)count == length;
}

static bool write_knob(const struct sp_ksm_folder *ksm, const char *knob, const char *value, size_t length)
{
	SP_OWNED_FILE file = -1;
	char line[SP_KNOB_SIZE];

	if (length + 1 > sizeof line || memchr(value, '\n', length)) {
		errno = EINVAL;
		return false;
	}
	memcpy(line, value, length);
	line[length] = '\n';
	file = open_knob(ksm, knob, O_WRONLY);
	/* a file of sysfs has no old bytes that could stay behind the new ones */
	return file >= 0 && write_once(file, line, length + 1) &&
	       (is_sysfs(file) || ftruncate(file, (off_t)length + 1) == 0);
}

bool sp_ksm_write(const struct sp_ksm_folder *ksm, const char *knob, const char *value, int *error)
{
	char shown[SP_KNOB_SIZE];
	size_t length;
	size_t shown_length;
	const char *wanted = chosen(value, &length);
	const char *found;

	*error = 0;
	if (!write_knob(ksm, knob, wanted, length) || !sp_ksm_show(ksm, knob, shown)) {
		*error = errno;
		return false;
	}
	found = chosen(shown, &shown_length);
	return shown_length == length && memcmp(found, wanted, length) == 0;
}

bool sp_ksm_is_writable(const struct sp_ksm_folder *ksm, const char *knob)
{
	struct stat status;

	return fstatat(ksm->folder, knob, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
	       (status.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) != 0;
}

static void close_listing(DIR **listing)
{
	if (*listing)
		closedir(*listing);
}

static DIR *open_listing(const struct sp_ksm_folder *ksm)
{
	int file = openat(ksm->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = file < 0 ? NULL : fdopendir(file);

	if (!listing)
		sp_machine_file_close(&file);
	return listing;
}

/* Adds what a file shows, if there is one. False, with errno set, where the system is out of something: it would be
 * wrong to take a file for unreadable then. */
static bool add_knob(const struct sp_ksm_folder *ksm, const char *name, struct sp_knob_list *list)
{
	char value[SP_KNOB_SIZE];
	bool is_read = sp_ksm_show(ksm, name, value);

	if (!is_read && errno == ENOENT)
		return true;
	if (!is_read && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return false;
	errno = E2BIG;
	return sp_knob_list_add(list, name, is_read ? value : NULL);
}

/* Adds one entry of the folder, unless it is none of KSM's. */
static bool add_entry(const struct sp_ksm_folder *ksm, const char *name, struct sp_knob_list *list)
{
	struct stat status;

	if (!sp_ini_is_name(name) || fstatat(ksm->folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(status.st_mode))
		return true;
	return add_knob(ksm, name, list);
}

bool sp_ksm_list(const struct sp_ksm_folder *ksm, struct sp_arena *arena, struct sp_knobs *knobs,
		 struct sp_report *report)
{
	__attribute__((cleanup(close_listing))) DIR *listing = NULL;
	struct sp_knob_list list = { .arena = arena };
	struct dirent *entry;

	*knobs = (struct sp_knobs){ 0 };
	if (ksm->folder < 0)
		return true;
	listing = open_listing(ksm);
	if (!listing)
		return sp_machine_refuse(report, "sysfs-read", ksm->path, NULL);
	while (errno = 0, (entry = readdir(listing)))
		if (!add_entry(ksm, entry->d_name, &list))
			return sp_machine_refuse(report, "sysfs-read", ksm->path, entry->d_name);
	if (errno != 0)
		return sp_machine_refuse(report, "sysfs-read", ksm->path, NULL);
	*knobs = sp_knob_list_finish(&list);
	return true;
}

bool sp_ksm_add(const struct sp_ksm_folder *ksm, const char *name, struct sp_knob_list *list, struct sp_report *report)
{
	return ksm->folder < 0 || add_knob(ksm, name, list) || sp_machine_refuse(report, "sysfs-read", ksm->path, name);
}
