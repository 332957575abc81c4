/* SPDX-License-Identifier: Apache-2.0 */
/* The annotations by which a Node overrides the numbers of the pressure policy. Pure.
 * Source of names, defaults and bounds: pkg/virt-handler/ksm of KubeVirt v1.9; of the syntax: Go's strconv. */
#ifndef SAMEPAGE_STATE_OVERRIDE_H
#define SAMEPAGE_STATE_OVERRIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "selectors/label.h"

struct sp_overrides {
	int64_t pages_boost; /* added to pages_to_scan while memory is short */
	int64_t pages_decay; /* added while it is not: 0 or less */
	int64_t pages_min;   /* below it KSM is switched off */
	int64_t pages_max;
	int64_t pages_init;        /* where KSM begins */
	int64_t sleep_ms_baseline; /* milliseconds */
	float free_percent;        /* memory is short where no more than this part of it is available */
};

enum { SP_OVERRIDE_COUNT = 7 };
extern const char *const sp_override_annotations[SP_OVERRIDE_COUNT];

/* What one annotation comes to. */
struct sp_override_effect {
	const char *annotation;
	const char *value;   /* as it stands on the Node; NULL: it does not */
	const char *problem; /* why the value is not taken, or NULL: a static text */
	char effective[32];  /* the number that counts, as text */
};

/* The numbers that count for a Node. Absent or unparsable: the default, whatever the bounds. Out of bounds: the default
 * if it is inside them, not on one, else the lower bound. `effects`, where not NULL, is told what became of each
 * annotation, in the order of sp_override_annotations; a `value` lives as long as the annotations. */
struct sp_overrides sp_overrides_read(const struct sp_labels *annotations,
				      struct sp_override_effect effects[SP_OVERRIDE_COUNT]);

/* Go's strconv.Atoi: an optional sign and decimal digits that fit 64 bits with a sign. */
bool sp_go_atoi(const char *text, int64_t *number);

/* Go's strconv.ParseFloat for 32 bits, but for NaN, which is refused: decimal or hexadecimal, of any length, with
 * underscores where Go takes them, infinities. Rounds once, to nearest even; what is too large is refused, what is too
 * small is 0. The same in every locale. */
bool sp_go_parse_float(const char *text, float *number);

#endif
