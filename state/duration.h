/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of time as people write them: "90s", "3m", "24h", "1500ms", "1h30m", "0". Pure.
 * A subset of Go's time.ParseDuration, which Kubernetes uses. */
#ifndef SAMEPAGE_STATE_DURATION_H
#define SAMEPAGE_STATE_DURATION_H

#include <stdbool.h>

/* The span in seconds; false where the text is none, or longer than ten years. */
bool sp_duration_parse(const char *text, double *seconds);

#endif
