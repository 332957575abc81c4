/* SPDX-License-Identifier: Apache-2.0 */
#include "state/machine_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

void sp_machine_file_close(int *file)
{
	int error = errno;

	if (*file >= 0)
		close(*file);
	*file = -1;
	errno = error;
}

int sp_machine_file_take(int *file)
{
	int taken = *file;

	*file = -1;
	return taken;
}

/* O_NOFOLLOW has no effect on "link/", so that the slashes at the end go. */
int sp_machine_open_folder(const char *path, int flags)
{
	char plain[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof plain) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(plain, path, length + 1);
	while (length > 1 && plain[length - 1] == '/')
		plain[--length] = '\0';
	return open(plain, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

ssize_t sp_machine_file_read_once(int file, char *bytes, size_t size)
{
	ssize_t count;

	do {
		count = read(file, bytes, size);
	} while (count < 0 && errno == EINTR);
	return count;
}

ssize_t sp_machine_file_read(int file, char *bytes, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t count = sp_machine_file_read_once(file, bytes + length, size - length);

		if (count < 0)
			return -1;
		if (count == 0)
			break;
		length += (size_t)count;
	}
	return (ssize_t)length;
}

bool sp_machine_refuse(struct sp_report *report, const char *code, const char *path, const char *name)
{
	int error = errno;

	return sp_fail(report, code, (struct sp_place){ 0 }, "%s%s%s: %s", path, name ? "/" : "", name ? name : "",
		       strerror(error));
}
