/* SPDX-License-Identifier: Apache-2.0 */
#include "state/sha256.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>

void sp_sha256(const void *bytes, size_t length, unsigned char hash[SP_SHA256_SIZE])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, length, bytes);
	sha256_digest(&context, SP_SHA256_SIZE, hash);
}

void sp_sha256_hex(const unsigned char hash[SP_SHA256_SIZE], char hex[SP_SHA256_HEX_LENGTH + 1])
{
	base16_encode_update(hex, SP_SHA256_SIZE, hash);
	hex[SP_SHA256_HEX_LENGTH] = '\0';
}
