/* SPDX-License-Identifier: Apache-2.0 */
/* What the file system alone needs for a folder of small files: makes FOLDER, and in it COUNT files of SIZE bytes; with
 * --sync, brings all of it to the disk with one syncfs, as `samepage emit` does.
 *
 *	create_files [--sync] FOLDER COUNT SIZE */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool create_file(int folder, unsigned long number, const char *bytes, size_t size)
{
	char name[64];
	bool good;
	int file;

	snprintf(name, sizeof name, "node-%06lu.virt.example.org.yaml", number);
	file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (file < 0)
		return false;
	good = write(file, bytes, size) == (ssize_t)size;
	return close(file) == 0 && good;
}

static bool create_folder(const char *path, unsigned long count, size_t size, bool sync)
{
	char *bytes = malloc(size + 1);
	bool good = bytes && mkdir(path, 0777) == 0;
	int folder = good ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (folder < 0)
		return free(bytes), false;
	memset(bytes, 'x', size);
	for (unsigned long i = 0; good && i < count; i++)
		good = create_file(folder, i, bytes, size);
	good = good && (!sync || syncfs(folder) == 0);
	close(folder);
	free(bytes);
	return good;
}

int main(int count, char *arguments[])
{
	bool sync = count > 1 && strcmp(arguments[1], "--sync") == 0;

	if (count - sync != 4) {
		fputs("usage: create_files [--sync] FOLDER COUNT SIZE\n", stderr);
		return EXIT_FAILURE;
	}
	arguments += sync;
	if (create_folder(arguments[1], strtoul(arguments[2], NULL, 10), strtoul(arguments[3], NULL, 10), sync))
		return EXIT_SUCCESS;
	perror(arguments[1]);
	return EXIT_FAILURE;
}
