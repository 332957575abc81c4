/* SPDX-License-Identifier: Apache-2.0 */
/* What KSM does for each process, from /proc: one of the few modules that talk to the system. It only reads.
 * Source of the fields: Documentation/admin-guide/mm/ksm.rst and fs/proc/base.c (proc_pid_ksm_stat) of Linux. */
#ifndef SAMEPAGE_STATE_PROCESSES_H
#define SAMEPAGE_STATE_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/arena.h"

struct sp_process {
	uint64_t pid;
	const char *name;       /* its comm; any bytes but NUL */
	const char *guest;      /* of a QEMU process: the guest's name as its command line gives it, or NULL */
	uint64_t rmap_items;    /* pages that KSM knows of */
	uint64_t merging_pages; /* pages that share another */
	uint64_t zero_pages;    /* empty pages that share the kernel's */
	int64_t profit;         /* bytes; negative where KSM's own memory takes more than is saved */
	bool is_mergeable;      /* it asked for merging: by madvise, or as a whole */
};

struct sp_processes {
	struct sp_process *items; /* those that KSM knows of or that asked for it; in order of their number */
	size_t count;
	size_t total;        /* processes that were looked at */
	size_t unreadable;   /* of them those that only their owner may look at */
	bool is_supported;   /* the kernel shows this at all */
	bool has_ksmd;       /* the kernel's thread was found */
	double ksmd_seconds; /* of CPU time that it used since the start of the system */
};

/* Reads the processes below `proc`, "/proc". Processes that end meanwhile are left out. Where `proc` cannot be read
 * there are none. Owned by `arena`. */
void sp_processes_read(const char *proc, struct sp_arena *arena, struct sp_processes *processes);

/* The word that counts in /sys/kernel/mm/transparent_hugepage/enabled ("always"), beside the ksm folder `sysfs`; NULL
 * where there is no such file. Owned by `arena`. */
const char *sp_processes_hugepages(const char *sysfs, struct sp_arena *arena);

#endif
