/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/digest.h"

#include <string.h>

enum { LONGEST_PREFIX = 21 }; /* twenty digits and a colon */

void sp_digest_start(struct sp_digest *digest)
{
	sha256_init(&digest->context);
	digest->waiting = 0;
}

static void hash_waiting(struct sp_digest *digest)
{
	sha256_update(&digest->context, digest->waiting, digest->bytes);
	digest->waiting = 0;
}

static void make_room(struct sp_digest *digest, size_t wanted)
{
	if (sizeof digest->bytes - digest->waiting < wanted)
		hash_waiting(digest);
}

/* By hand, as printf would take longer than the hashing. Returns where the number ends. */
static unsigned char *write_number(unsigned char *at, size_t number)
{
	if (number >= 10)
		at = write_number(at, number / 10);
	*at = (unsigned char)('0' + number % 10);
	return at + 1;
}

/* "LENGTH:". There must be room for it. */
static void add_prefix(struct sp_digest *digest, size_t length)
{
	unsigned char *end = write_number(digest->bytes + digest->waiting, length);

	*end = ':';
	digest->waiting = (size_t)(end + 1 - digest->bytes);
}

static void add_long(struct sp_digest *digest, const void *bytes, size_t length)
{
	make_room(digest, LONGEST_PREFIX);
	add_prefix(digest, length);
	hash_waiting(digest);
	sha256_update(&digest->context, length, bytes);
	digest->bytes[digest->waiting++] = ',';
}

void sp_digest_add_bytes(struct sp_digest *digest, const void *bytes, size_t length)
{
	if (length >= sizeof digest->bytes - LONGEST_PREFIX) {
		add_long(digest, bytes, length);
		return;
	}
	make_room(digest, LONGEST_PREFIX + length + 1);
	add_prefix(digest, length);
	memcpy(digest->bytes + digest->waiting, bytes, length);
	digest->waiting += length;
	digest->bytes[digest->waiting++] = ',';
}

void sp_digest_add(struct sp_digest *digest, const char *text)
{
	if (text) {
		sp_digest_add_bytes(digest, text, strlen(text));
		return;
	}
	make_room(digest, 2);
	digest->bytes[digest->waiting++] = '-';
	digest->bytes[digest->waiting++] = ',';
}

void sp_digest_finish(struct sp_digest *digest, unsigned char bytes[SP_DIGEST_SIZE])
{
	hash_waiting(digest);
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
