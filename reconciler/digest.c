/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/digest.h"

#include <stdio.h>
#include <string.h>

void sp_digest_start(struct sp_digest *digest)
{
	SHA256Init(&digest->context);
}

/* "LENGTH:" into the end of `prefix`; where it begins. By hand, as printf would take longer than the hashing. */
static const char *write_prefix(char prefix[32], size_t length)
{
	char *at = prefix + 31;

	*at = ':';
	do {
		*--at = (char)('0' + length % 10);
		length /= 10;
	} while (length > 0);
	return at;
}

void sp_digest_add_bytes(struct sp_digest *digest, const void *bytes, size_t length)
{
	char prefix[32];
	const char *start = write_prefix(prefix, length);

	SHA256Update(&digest->context, (const uint8_t *)start, (size_t)(prefix + sizeof prefix - start));
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
