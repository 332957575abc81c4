/* SPDX-License-Identifier: Apache-2.0 */
/* This machine: the ksm folder, /proc, and samepage's own state folder. The only module that writes to sysfs; its parts
 * are machine_ksm.h, machine_state.h and machine_file.h.
 *
 * It trusts nothing that it opens: folders are opened without following a link in their last part, files relative to
 * them with O_NOFOLLOW, and what was opened must be a regular file, on sysfs unless the folder was named by the
 * user. */
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
	const char *boot_id; /* "/proc/sys/kernel/random/boot_id", also where it is NULL; another only for tests */
};

extern const struct sp_machine_paths sp_machine_default_paths;

/* What a knob shows has at most 4096 bytes, with a NUL behind them. */
enum { SP_KNOB_SIZE = 4096 + 1 };

struct sp_machine;

/* Opens the machine. A ksm folder that does not exist is no error: the host then has no knobs. NULL after an error.
 * Freed by sp_machine_close (NULL is fine). */
struct sp_machine *sp_machine_open(const struct sp_machine_paths *paths, struct sp_report *report);
void sp_machine_close(struct sp_machine *machine);

/* The ksm folder's path, as it was given. */
const char *sp_machine_sysfs(const struct sp_machine *machine);

/* Reads everything into `host`, owned by `arena`: all files of the ksm folder, meminfo, boot id, kernel, page size, and
 * the record, if it is valid. A file that cannot be read has no value; an unreadable meminfo is host->meminfo_problem.
 * False only where nothing sensible could be said: out of descriptors, EIO on the folder itself, a state folder that
 * others can write to. Whoever may not look into the state folder gets a warning (code "state-unreadable") and no
 * record. `host->node`, `host->time` and `host->place` are left alone. */
bool sp_machine_read(struct sp_machine *machine, struct sp_arena *arena, struct sp_host *host,
		     struct sp_report *report);

/* The same for a decision about this node, and no more than that: the record and the knobs that samepage writes, some
 * files instead of two dozen; meminfo where the decision may rest on memory (`with_memory`); and advisor_mode, which
 * tells whether pages_to_scan may be set, where it may come to be set: by memory, or because it is not what was
 * recorded. The boot id is read where it is needed. */
bool sp_machine_look(struct sp_machine *machine, bool with_memory, struct sp_arena *arena, struct sp_host *host,
		     struct sp_report *report);

/* Creates the state folder where it is not there (0700), checks that it is ours (owner, mode, no link), and takes the
 * lock in it: at most one holder. Waits up to `seconds` for it, then fails (code "locked") naming the holder's process.
 * A holder that died holds nothing. The lock is given back by sp_machine_close. */
bool sp_machine_lock(struct sp_machine *machine, double seconds, struct sp_report *report);

/* Writes the record of all knobs that the kernel lets be written, with the values that `host` has, and read now
 * where it has none, unless there is a valid record: the first wins. Temporary file, fsync, rename, fsync of the
 * folder. A void or damaged one is replaced. Needs the lock. */
bool sp_machine_record(struct sp_machine *machine, const struct sp_host *host, struct sp_report *report);

/* Removes the record; none is fine. Needs the lock. */
bool sp_machine_forget(struct sp_machine *machine, struct sp_report *report);

/* Reads one knob, without the white space at its ends. False with errno set where it cannot be read or is not one line
 * of text; `value` is empty then. Allocates nothing. */
bool sp_machine_show(const struct sp_machine *machine, const char *knob, char value[SP_KNOB_SIZE]);

/* Writes one knob with one write(2) and reads it back. `error` is set to errno, or to 0 where the kernel took the
 * value but shows another. Of a value with a word in brackets, as advisor_mode shows it, that word counts. Allocates
 * nothing. */
bool sp_machine_write(struct sp_machine *machine, const char *knob, const char *value, int *error);

#endif
