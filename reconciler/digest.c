/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/digest.h"

#include <string.h>

void sp_digest_start(struct sp_digest *digest)
{
	sha256_init(&digest->context);
}

static void add(struct sp_digest *digest, const void *bytes, size_t length)
{
	sha256_update(&digest->context, length, bytes);
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

	add(digest, start, (size_t)(prefix + sizeof prefix - start));
	add(digest, bytes, length);
	add(digest, ",", 1);
}

void sp_digest_add(struct sp_digest *digest, const char *text)
{
	if (text)
		sp_digest_add_bytes(digest, text, strlen(text));
	else
		add(digest, "-,", 2);
}

void sp_digest_finish(struct sp_digest *digest, unsigned char bytes[SP_DIGEST_SIZE])
{
	sha256_digest(&digest->context, SP_DIGEST_SIZE, bytes);
}

char *sp_digest_text(const unsigned char bytes[SP_DIGEST_SIZE], struct sp_arena *arena)
{
	static const char prefix[] = "sha256:";
	char *text = sp_arena_alloc(arena, sizeof prefix + SP_SHA256_HEX_LENGTH);

	memcpy(text, prefix, sizeof prefix - 1);
	sp_sha256_hex(bytes, text + sizeof prefix - 1);
	return text;
}
