/* SPDX-License-Identifier: Apache-2.0 */
/* Where the bytes stand that give a plain YAML text its structure, 64 at a time. Pure. The processor decides which of
 * three implementations runs; all give the same. */
#ifndef SAMEPAGE_STATE_BYTE_MASKS_H
#define SAMEPAGE_STATE_BYTE_MASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One bit for each of 64 bytes, the first in bit 0. */
struct sp_byte_masks {
	uint64_t colons;  /* a colon with a blank or a line end behind it: it ends a key */
	uint64_t hashes;  /* a blank with # behind it: a comment begins */
	uint64_t strange; /* control characters but \n, and DEL */
	uint64_t high;    /* bytes above 0x7f: not ASCII */
};

/* Fills the masks for bytes[0..63]; bytes[64] is looked at, too. */
typedef void sp_byte_masks_function(const char *bytes, struct sp_byte_masks *masks);

/* The fastest that this processor has. */
sp_byte_masks_function *sp_byte_masks_best(void);

/* For tests: the implementations by number, from 0; NULL where this processor has none of that number. */
sp_byte_masks_function *sp_byte_masks_number(int number);

/* The first line feed that a dash follows within `length` bytes, or NULL: a document may end, or an item begin. */
const char *sp_find_dashed_line(const char *bytes, size_t length);

/* How many line feeds there are. */
size_t sp_count_line_ends(const char *bytes, size_t length);

#endif
