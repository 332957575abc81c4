/* SPDX-License-Identifier: Apache-2.0 */
/* MemTotal and MemAvailable out of the text of /proc/meminfo. Pure. */
#ifndef SAMEPAGE_STATE_MEMINFO_H
#define SAMEPAGE_STATE_MEMINFO_H

#include <stddef.h>
#include <stdint.h>

/* Sets both, in KiB. NULL, or a static text that says why they cannot be told; they are then not to be used. A line
 * begins with exactly its key; white space (Unicode's) and decimal digits that fit 64 bits follow, and what follows
 * those, a unit included, does not matter. The first line of each key counts, in any order. Like virt-handler, reads no
 * further than to a line of 65536 bytes or more. */
const char *sp_meminfo_parse(const char *text, size_t length, uint64_t *total_kib, uint64_t *available_kib);

#endif
