/* SPDX-License-Identifier: Apache-2.0 */
/* The ksm folder of state/machine.h: its files are read and written here and nowhere else. */
#ifndef SAMEPAGE_STATE_MACHINE_KSM_H
#define SAMEPAGE_STATE_MACHINE_KSM_H

#include <stdbool.h>
#include <sys/types.h>

#include "state/host.h"
#include "state/knobs.h"
#include "state/machine.h"
#include "state/report.h"

struct sp_ksm_folder {
	const char *path;
	int folder;         /* -1 where there is none */
	bool must_be_sysfs; /* so must each file: another file system may be mounted over it */
	dev_t device;       /* of the folder, where it must be sysfs */
};

/* Opens folder->path. One that does not exist is no error. */
bool sp_ksm_open(struct sp_ksm_folder *ksm, struct sp_report *report);
void sp_ksm_close(struct sp_ksm_folder *ksm);

/* Reads all regular files of the folder. */
bool sp_ksm_list(const struct sp_ksm_folder *ksm, struct sp_arena *arena, struct sp_knobs *knobs,
		 struct sp_report *report);

/* Reads one file, if it is there, and adds it to the list. */
bool sp_ksm_add(const struct sp_ksm_folder *ksm, const char *name, struct sp_knob_list *list, struct sp_report *report);

/* See sp_machine_show and sp_machine_write. */
bool sp_ksm_show(const struct sp_ksm_folder *ksm, const char *knob, char value[SP_KNOB_SIZE]);
bool sp_ksm_write(const struct sp_ksm_folder *ksm, const char *knob, const char *value, int *error);

/* Whether the kernel lets the file be written at all, whoever asks: it has a write permission. Counters have none. */
bool sp_ksm_is_writable(const struct sp_ksm_folder *ksm, const char *knob);

#endif
