/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) of a text at one time. Pure. */
#ifndef SAMEPAGE_STATE_SHA256_H
#define SAMEPAGE_STATE_SHA256_H

#include <stddef.h>

enum { SP_SHA256_SIZE = 32, SP_SHA256_HEX_LENGTH = 2 * SP_SHA256_SIZE };

void sp_sha256(const void *bytes, size_t length, unsigned char hash[SP_SHA256_SIZE]);

/* A hash in hexadecimal, with a NUL behind it. */
void sp_sha256_hex(const unsigned char hash[SP_SHA256_SIZE], char hex[SP_SHA256_HEX_LENGTH + 1]);

#endif
