/* SPDX-License-Identifier: Apache-2.0 */
/* A terminal that is drawn anew every two seconds, until somebody presses q, or a signal comes. One of the few modules
 * that talk to the system. */
#ifndef SAMEPAGE_RECONCILER_WATCH_H
#define SAMEPAGE_RECONCILER_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "state/text.h"

/* What is to be shown on a terminal of `columns` and `rows`; false ends the watch. */
typedef bool sp_watch_function(void *context, struct sp_text *out, size_t columns, bool unicode);

/* Whether stdin and stdout are a terminal that can be drawn on. */
bool sp_watch_is_possible(void);

/* Draws again and again. The terminal is left as it was. */
void sp_watch(sp_watch_function *draw, void *context);

#endif
