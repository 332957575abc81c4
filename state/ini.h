/* SPDX-License-Identifier: Apache-2.0 */
/* INI files: the settings, facts and records. The only user of inih. Pure but for the source's reads. */
#ifndef SAMEPAGE_STATE_INI_H
#define SAMEPAGE_STATE_INI_H

#include <stdbool.h>

#include "state/report.h"
#include "state/source.h"

/* Takes one "name = value" of `section` ("" before the first); the texts are valid until it returns. False after an
 * error, which is in the report. */
typedef bool sp_ini_function(void *context, const char *section, const char *name, const char *value,
			     struct sp_place place);

/* Hands every value of the source to `take`, in order. Lines that inih cannot take whole are refused. */
bool sp_ini_read(struct sp_source *source, sp_ini_function *take, void *context, struct sp_report *report);

#endif
