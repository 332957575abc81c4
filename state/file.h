/* SPDX-License-Identifier: Apache-2.0 */
/* Writing files whole. */
#ifndef SAMEPAGE_STATE_FILE_H
#define SAMEPAGE_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "state/report.h"

/* Writes all bytes to a descriptor. False with errno set. */
bool sp_write_all(int file, const char *bytes, size_t length);

/* Puts `length` bytes into the file `path`, all or nothing: they are written beside it and put in place by one
 * rename. What is no regular file (a FIFO, /dev/stdout) is written to as it is. Where `path` is a symbolic link,
 * what it names is replaced, unless the link is another user's. */
bool sp_file_write(const char *path, const char *bytes, size_t length, struct sp_report *report);

/* Whether the regular file `path` holds exactly these bytes. */
bool sp_file_is(const char *path, const char *bytes, size_t length);

/* The paths of the files that `path` names: itself, or where it is a folder the files in it whose name ends with
 * `suffix`, sorted. Hidden ones are left out. NULL after an error. */
const char **sp_file_list(const char *path, const char *suffix, struct sp_arena *arena, size_t *count,
			  struct sp_report *report);

#endif
