/* SPDX-License-Identifier: Apache-2.0 */
/* The state folder of state/machine.h: the lock and the file with the record in it. */
#ifndef SAMEPAGE_STATE_MACHINE_STATE_H
#define SAMEPAGE_STATE_MACHINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "state/report.h"

#define SP_STATE_RECORD "original.ini"

/* A record has some 15 lines. */
enum { SP_STATE_RECORD_SIZE = 16 * 1024 };

struct sp_state_folder {
	const char *path;
	int folder;  /* -1: not opened, or not there */
	int lock;    /* -1: not held */
	uid_t owner; /* of the folder, once it is open: this process's user */
};

/* Opens the folder, once it has been checked that nobody else can change it. One that is not there is made, with
 * `create`, else it is no error. */
bool sp_state_open(struct sp_state_folder *state, bool create, struct sp_report *report);

/* Takes the lock; see sp_machine_lock. */
bool sp_state_lock(struct sp_state_folder *state, double seconds, struct sp_report *report);

/* Gives the lock back and closes the folder. */
void sp_state_close(struct sp_state_folder *state);

enum sp_state_found { SP_STATE_NONE, SP_STATE_RECORD_READ, SP_STATE_FAILED };

/* Reads the record's bytes. What is no regular file, or too long, is read as no bytes at all: a damaged record. */
enum sp_state_found sp_state_read(const struct sp_state_folder *state, char bytes[SP_STATE_RECORD_SIZE], size_t *length,
				  struct sp_report *report);

/* Puts a record in place, on the disk when this returns; after a failure there is none. */
bool sp_state_write(const struct sp_state_folder *state, const char *bytes, size_t length, struct sp_report *report);

/* Removes the record, on the disk when this returns. None is fine. */
bool sp_state_remove(const struct sp_state_folder *state, struct sp_report *report);

#endif
