/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a node's KSM settings from before samepage changed them: STATE/original.ini. Pure: text in, text out.
 *
 *	[record]    version (1), boot_id
 *	[original]  one line for each knob
 *	[checksum]  sha256: of all bytes before this section; nothing follows it
 */
#ifndef SAMEPAGE_STATE_RECORD_H
#define SAMEPAGE_STATE_RECORD_H

#include <stdbool.h>

#include "state/host.h"
#include "state/source.h"
#include "state/text.h"

enum sp_record_state {
	SP_RECORD_VALID,
	SP_RECORD_OTHER_BOOT, /* sysfs was reset since: void */
	SP_RECORD_DAMAGED,    /* the checksum or the form is wrong; the report has a warning that says what */
};

/* Appends the record of the knobs. */
void sp_record_write(struct sp_text *out, const struct sp_knobs *knobs, const char *boot_id);

/* Reads a record from a source over its whole text. `knobs` is set where it is valid, and owned by `arena`. */
enum sp_record_state sp_record_read(struct sp_source *source, const char *boot_id, struct sp_arena *arena,
				    struct sp_knobs *knobs, struct sp_report *report);

#endif
