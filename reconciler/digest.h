/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 over fields, each preceded by its length, so that no two lists of fields give the same bytes. Pure. */
#ifndef SAMEPAGE_RECONCILER_DIGEST_H
#define SAMEPAGE_RECONCILER_DIGEST_H

#include <nettle/sha2.h>
#include <stddef.h>

#include "state/arena.h"
#include "state/sha256.h"

enum { SP_DIGEST_SIZE = SP_SHA256_SIZE };

/* Fields are gathered, and hashed many at a time: most are shorter than a block of SHA-256. */
struct sp_digest {
	struct sha256_ctx context;
	unsigned char bytes[512];
	size_t waiting; /* how many of them are to be hashed yet */
};

void sp_digest_start(struct sp_digest *digest);

/* Adds "LENGTH:BYTES,", or "-," for NULL, which is not the same as an empty text. */
void sp_digest_add(struct sp_digest *digest, const char *text);
void sp_digest_add_bytes(struct sp_digest *digest, const void *bytes, size_t length);

void sp_digest_finish(struct sp_digest *digest, unsigned char bytes[SP_DIGEST_SIZE]);

/* "sha256:" and the bytes in hexadecimal; owned by `arena`. */
char *sp_digest_text(const unsigned char bytes[SP_DIGEST_SIZE], struct sp_arena *arena);

#endif
