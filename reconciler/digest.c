/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/digest.h"

#include <stdio.h>
#include <string.h>

void sp_digest_start(struct sp_digest *digest)
{
	SHA256Init(&digest->context);
}

void sp_digest_add_bytes(struct sp_digest *digest, const void *bytes, size_t length)
{
	char prefix[32];
	int size = snprintf(prefix, sizeof prefix, "%zu:", length);

	SHA256Update(&digest->context, (const uint8_t *)prefix, (size_t)size);
	SHA256Update(&digest->context, bytes, length);
	SHA256Update(&digest->context, (const uint8_t *)",", 1);
}

void sp_digest_add(struct sp_digest *digest, const char *text)
{
	if (text)
		sp_digest_add_bytes(digest, text, strlen(text));
	else
		SHA256Update(&digest->context, (const uint8_t *)"-,", 2);
}

void sp_digest_finish(struct sp_digest *digest, unsigned char bytes[SP_DIGEST_SIZE])
{
	SHA256Final(bytes, &digest->context);
}

char *sp_digest_text(const unsigned char bytes[SP_DIGEST_SIZE], struct sp_arena *arena)
{
	static const char prefix[] = "sha256:";
	char *text = sp_arena_alloc(arena, sizeof prefix + 2 * (size_t)SP_DIGEST_SIZE);
	char *at = text + sizeof prefix - 1;

	memcpy(text, prefix, sizeof prefix);
	for (size_t i = 0; i < SP_DIGEST_SIZE; i++, at += 2)
		snprintf(at, 3, "%02x", bytes[i]);
	return text;
}
