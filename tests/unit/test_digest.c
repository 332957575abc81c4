/* SPDX-License-Identifier: Apache-2.0 */
/* However many fields there are and however long they are, the digest is that of all of them in one text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/digest.h"
#include "state/text.h"

enum { LONGEST = 1500 };

static void assert_digest(struct sp_digest *digest, const struct sp_text *expected)
{
	unsigned char bytes[SP_DIGEST_SIZE];
	unsigned char wanted[SP_DIGEST_SIZE];

	sp_digest_finish(digest, bytes);
	sp_sha256(sp_text_string(expected), expected->length, wanted);
	assert_memory_equal(bytes, wanted, SP_DIGEST_SIZE);
}

/* Two fields of this length, each with one that is absent behind it. */
static void check_length(const char *text, size_t length)
{
	struct sp_digest digest;
	struct sp_text expected = { 0 };

	sp_digest_start(&digest);
	for (int i = 0; i < 2; i++) {
		sp_digest_add_bytes(&digest, text, length);
		sp_digest_add(&digest, NULL);
		sp_text_format(&expected, "%zu:%.*s,-,", length, (int)length, text);
	}
	assert_digest(&digest, &expected);
	sp_text_free(&expected);
}

static void test_lengths(void **state)
{
	char text[LONGEST];

	(void)state;
	memset(text, 'x', sizeof text);
	for (size_t length = 0; length <= sizeof text; length++)
		check_length(text, length);
}

static void test_many_fields(void **state)
{
	struct sp_digest digest;
	struct sp_text expected = { 0 };
	struct sp_text field = { 0 };

	(void)state;
	sp_digest_start(&digest);
	for (int i = 0; i < LONGEST; i++) {
		sp_digest_add(&digest, i % 3 == 0 ? NULL : sp_text_string(&field));
		if (i % 3 == 0)
			sp_text_add(&expected, "-,");
		else
			sp_text_format(&expected, "%zu:%s,", field.length, sp_text_string(&field));
		sp_text_add_char(&field, (char)('a' + i % 26));
	}
	assert_digest(&digest, &expected);
	sp_text_free(&expected);
	sp_text_free(&field);
}

static void test_no_field(void **state)
{
	struct sp_digest digest;
	struct sp_text expected = { 0 };

	(void)state;
	sp_digest_start(&digest);
	assert_digest(&digest, &expected);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_many_fields),
		cmocka_unit_test(test_no_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
