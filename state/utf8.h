/* SPDX-License-Identifier: Apache-2.0 */
/* The little that samepage needs to know of UTF-8 (RFC 3629). Pure. */
#ifndef SAMEPAGE_STATE_UTF8_H
#define SAMEPAGE_STATE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The length, 1 to 4, of the character that starts at `bytes`, of which `left` are there; 0 where no valid one
 * starts. */
size_t sp_utf8_length(const char *bytes, size_t left);

/* The same, but 0 also for a control character or one that changes the direction of the text around it. */
size_t sp_utf8_printable(const char *bytes, size_t left);

/* The length of the white space character at `bytes`, 0 where there is none. White space is what Unicode calls so (Go's
 * unicode.IsSpace): line ends, tabs, no-break spaces and so on. */
size_t sp_utf8_blank(const char *bytes, size_t left);

/* How many bytes are left of `length` once white space is taken off the end, and how many bytes of it stand before. */
size_t sp_utf8_trim(const char *bytes, size_t length, size_t *start);

/* Writes `character` as UTF-8 into `bytes` and returns how many were written, 1 to 4. Values that are no Unicode
 * scalar (surrogates, above U+10FFFF) are written as U+FFFD. */
size_t sp_utf8_encode(uint32_t character, char bytes[4]);

#endif
