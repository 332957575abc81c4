/* SPDX-License-Identifier: Apache-2.0 */
/* This machine: the ksm folder, /proc, and samepage's own state folder. The only module that writes to sysfs.
 *
 * It trusts nothing that it opens: folders are opened without following a link in their last part, files relative to
 * them with O_NOFOLLOW, and what was opened must be a regular file, on sysfs unless the folder was named by the user. */
#ifndef SAMEPAGE_STATE_MACHINE_H
#define SAMEPAGE_STATE_MACHINE_H

#include <stdbool.h>

#include "state/host.h"
#include "state/report.h"

struct sp_machine_paths {
	const char *sysfs;   /* "/sys/kernel/mm/ksm" */
	const char *meminfo; /* "/proc/meminfo" */
	const char *state;   /* "/run/samepage" */
	bool sysfs_is_given; /* by the user: then it need not be on sysfs */
};

extern const struct sp_machine_paths sp_machine_default_paths;

struct sp_machine;

/* Opens the machine. A ksm folder that does not exist is no error: the host then has no knobs. Freed by
 * sp_machine_close, also after an error (NULL is fine). */
struct sp_machine *sp_machine_open(const struct sp_machine_paths *paths, struct sp_report *report);
void sp_machine_close(struct sp_machine *machine);

/* Reads everything into `host`, owned by `arena`: all files of the ksm folder, meminfo, boot id, kernel, page size, and
 * the record, if it is valid. A file that cannot be read has no value; an unreadable meminfo is host->meminfo_problem.
 * False only where nothing sensible could be said (out of descriptors, EIO on the folder itself). `host->node` is left
 * alone. */
bool sp_machine_read(struct sp_machine *machine, struct sp_arena *arena, struct sp_host *host,
		     struct sp_report *report);

/* Creates the state folder where it is not there (0700), checks that it is ours (owner, mode, no link), and takes the
 * lock in it: at most one holder. Waits up to `seconds` for it, then fails (code "locked") naming the holder's process.
 * A holder that died holds nothing. The lock is given back by sp_machine_close. */
bool sp_machine_lock(struct sp_machine *machine, double seconds, struct sp_report *report);

/* Writes the record of `host`'s knobs, unless there is a valid one: the first wins. Temporary file, fsync, rename, fsync
 * of the folder. A void or damaged one is replaced. Needs the lock. */
bool sp_machine_record(struct sp_machine *machine, const struct sp_host *host, struct sp_report *report);

/* Removes the record; none is fine. Needs the lock. */
bool sp_machine_forget(struct sp_machine *machine, struct sp_report *report);

/* Writes one knob with one write(2) and reads it back. `error` is set to errno, or to 0 where the kernel took the value
 * but shows another. Allocates nothing. */
bool sp_machine_write(struct sp_machine *machine, const char *knob, const char *value, int *error);

#endif
