/* SPDX-License-Identifier: Apache-2.0 */
/* Writing INI that inih reads back as it was: what it would take for something else is left out, never changed.
 * Pure. */
#ifndef SAMEPAGE_STATE_INI_WRITE_H
#define SAMEPAGE_STATE_INI_WRITE_H

#include <stdbool.h>

#include "state/text.h"

/* Whether a text can be a name: letters, digits, '_', '-' and '.', the first of them a letter, digit or '_', 64 at
 * most. Such a name is no path either. */
bool sp_ini_is_name(const char *text);

/* Appends "name = value". What cannot be written so becomes a comment that says so, and the result is false. */
bool sp_ini_write(struct sp_text *out, const char *name, const char *value);

#endif
