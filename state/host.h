/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of one node's machine: KSM's files, its memory, and what was recorded before samepage changed anything.
 * Read from the machine itself (state/machine.h) or from a facts file (state/facts.h); the planner does not care which.
 * Pure. */
#ifndef SAMEPAGE_STATE_HOST_H
#define SAMEPAGE_STATE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/report.h"

/* One file of /sys/kernel/mm/ksm. */
struct sp_knob {
	const char *name;  /* "run" */
	const char *value; /* without white space at its ends; NULL where the file cannot be read */
};

struct sp_knobs {
	const struct sp_knob *items; /* sorted by name, each name once */
	size_t count;
};

struct sp_host {
	const char *node;    /* the Node's name; NULL where it is not known */
	const char *boot_id; /* /proc/sys/kernel/random/boot_id; NULL where it is not known */
	const char *kernel;  /* uname's release */
	struct sp_knobs knobs;
	const char *meminfo_problem; /* why there are no numbers of memory; NULL where there are */
	uint64_t memory_total_kib;
	uint64_t memory_available_kib;
	uint64_t page_size; /* bytes */
	bool has_original;  /* there is a record of this boot */
	bool has_damaged;   /* there is one that cannot be read: whose boot it is of, and what it said, is not known */
	struct sp_knobs original;
	uint64_t time;         /* of a facts file: seconds since 1970; 0 where it does not say */
	struct sp_place place; /* of a facts file */
};

/* The value of a knob, or NULL where there is no such file or it cannot be read. */
const char *sp_knobs_get(const struct sp_knobs *knobs, const char *name);

/* Whether KSM runs: `run`, stripped of white space, is exactly "1". 0, 2 and anything else is "off". */
bool sp_host_is_on(const struct sp_host *host);

/* Whether the kernel has KSM: `run` is there and can be read. */
bool sp_host_has_ksm(const struct sp_host *host);

/* Whether the kernel sets pages_to_scan itself and refuses to have it written: advisor_mode is not none. The file shows
 * "none [scan-time]". */
bool sp_host_has_advisor(const struct sp_host *host);

/* The knobs that samepage writes, in the order in which they are written to switch KSM on. */
enum { SP_WRITTEN_KNOB_COUNT = 3 };
extern const char *const sp_written_knobs[SP_WRITTEN_KNOB_COUNT]; /* sleep_millisecs, pages_to_scan, run */

#endif
