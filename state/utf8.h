/* SPDX-License-Identifier: Apache-2.0 */
/* The little that samepage needs to know of UTF-8 (RFC 3629). Pure. */
#ifndef SAMEPAGE_STATE_UTF8_H
#define SAMEPAGE_STATE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The length, 1 to 4, of the character that starts at `bytes`, of which `left` are there; 0 where no valid one starts. */
size_t sp_utf8_length(const char *bytes, size_t left);

/* The same, but 0 also for a control character or one that changes the direction of the text around it. */
size_t sp_utf8_printable(const char *bytes, size_t left);

/* Writes `character` as UTF-8 into `bytes` and returns how many were written, 1 to 4. Values that are no Unicode
 * scalar (surrogates, above U+10FFFF) are written as U+FFFD. */
size_t sp_utf8_encode(uint32_t character, char bytes[4]);

#endif
