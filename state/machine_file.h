/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors, for the modules of state/machine.h. */
#ifndef SAMEPAGE_STATE_MACHINE_FILE_H
#define SAMEPAGE_STATE_MACHINE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "state/report.h"

/* A descriptor that is closed where its block ends. */
#define SP_OWNED_FILE __attribute__((cleanup(sp_machine_file_close))) int

/* Closes a descriptor that is not negative, and makes it -1. errno stays as it is. */
void sp_machine_file_close(int *file);

/* Hands a descriptor over: its old owner holds -1, and closes nothing. */
int sp_machine_file_take(int *file);

/* Opens a folder, but no link to one, with `flags` beside O_DIRECTORY, O_NOFOLLOW and O_CLOEXEC. -1 with errno set. */
int sp_machine_open_folder(const char *path, int flags);

/* Reads a file of sysfs, or of /proc/sys: it gives all that it has to one read(2), if `size` bytes have room for it.
 * Their number, or -1 with errno set. */
ssize_t sp_machine_file_read_once(int file, char *bytes, size_t size);

/* Reads until the end, or until `size` bytes are there. Their number, or -1 with errno set. */
ssize_t sp_machine_file_read(int file, char *bytes, size_t size);

/* Adds the error "PATH: what errno says", or "PATH/NAME: ..." where there is a name. Returns false. */
bool sp_machine_refuse(struct sp_report *report, const char *code, const char *path, const char *name);

#endif
