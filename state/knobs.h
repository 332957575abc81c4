/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of knobs: how they are collected, and how they are written as a section of an INI file. Pure. */
#ifndef SAMEPAGE_STATE_KNOBS_H
#define SAMEPAGE_STATE_KNOBS_H

#include <stdbool.h>
#include <stddef.h>

#include "state/arena.h"
#include "state/host.h"
#include "state/text.h"

/* The kernel has some 25; this is for what only looks like a ksm folder. */
enum { SP_MOST_KNOBS = 256 };

struct sp_knob_list {
	struct sp_arena *arena; /* owns what is collected */
	struct sp_knob *items;
	size_t count;
	size_t capacity;
};

/* Adds a copy; a NULL value stays NULL. False where the name is there already, or no name, or where there are too
 * many. */
bool sp_knob_list_add(struct sp_knob_list *list, const char *name, const char *value);

/* The list as knobs: sorted by name. */
struct sp_knobs sp_knob_list_finish(struct sp_knob_list *list);

/* Appends "[section]" and one line for each knob; nothing where there is none. A knob without a value, or with one that
 * INI cannot hold, is a comment. */
void sp_knobs_write(struct sp_text *out, const char *section, const struct sp_knobs *knobs);

#endif
