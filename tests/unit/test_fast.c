/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the fast readers: masks, scalars, keys that stand twice; and which texts they take at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state/byte_masks.h"
#include "state/fast_nodes.h"
#include "state/fast_scalar.h"
#include "state/fast_value.h"
#include "state/key_set.h"
#include "state/known_lines.h"
#include "state/size.h"
#include "state/text.h"
#include "state/wanted.h"

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* All implementations that this processor has agree, on bytes that mean something and on any. */
static void test_masks_agree(void **state)
{
	static const char telling[] = "\n: #\t\r\x7f\x80\xff\x1f\x20 a-:";
	uint32_t random = 1;
	char bytes[65];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct sp_byte_masks expected;

		for (size_t i = 0; i < sizeof bytes; i++) {
			uint32_t draw = next_random(&random);

			bytes[i] = draw & 1 ? telling[draw / 2 % (sizeof telling - 1)] : (char)(draw >> 8);
		}
		sp_byte_masks_number(0)(bytes, &expected);
		for (int number = 1; sp_byte_masks_number(number); number++) {
			struct sp_byte_masks found;

			sp_byte_masks_number(number)(bytes, &found);
			assert_memory_equal(&found, &expected, sizeof found);
		}
	}
	assert_non_null(sp_byte_masks_best());
}

static void test_masks_mean(void **state)
{
	struct sp_byte_masks masks;
	char bytes[66] = { 0 };

	(void)state;
	memset(bytes, 'a', 65);
	memcpy(bytes, "k: v #c\nk:\n\t:x\x80", 15);
	bytes[63] = ':';
	bytes[64] = ' ';
	sp_byte_masks_best()(bytes, &masks);
	assert_int_equal(masks.colons, (1 << 1) | (1 << 9) | ((uint64_t)1 << 63));
	assert_int_equal(masks.hashes, 1 << 4);
	assert_int_equal(masks.strange, 1 << 11);
	assert_int_equal(masks.high, 1 << 14);
}

/* Counting and finding by blocks gives what counting and finding byte by byte gives, wherever the text begins and
 * ends. */
static void test_lines(void **state)
{
	static const char telling[] = "\n-\n- a";
	uint32_t random = 1;
	char bytes[600];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t start = next_random(&random) % 40;
		size_t length = next_random(&random) % (sizeof bytes - start);
		bool is_sparse = round & 1;
		const char *dashed = NULL;
		size_t count = 0;

		for (size_t i = 0; i < sizeof bytes; i++) {
			uint32_t draw = next_random(&random);

			bytes[i] = is_sparse && draw % 64 > 0 ? 'a' : telling[(draw >> 8) % (sizeof telling - 1)];
		}
		for (size_t i = start; i < start + length; i++) {
			count += bytes[i] == '\n';
			if (!dashed && bytes[i] == '\n' && i + 1 < start + length && bytes[i + 1] == '-')
				dashed = bytes + i;
		}
		assert_int_equal(sp_count_line_ends(bytes + start, length), count);
		assert_ptr_equal(sp_find_dashed_line(bytes + start, length), dashed);
	}
}

static void test_count_of_line_ends_of_a_long_text(void **state)
{
	size_t length = 20000;
	char *bytes = malloc(length);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, '\n', length);
	assert_int_equal(sp_count_line_ends(bytes, length), length);
	free(bytes);
}

static void test_wanted(void **state)
{
	static const char *const keys[] = { "a", "kubevirt.io/ksm-enabled", "zone", "zone-of-old" };
	static const char *const others[] = { "", "b", "kubevirt.io/ksm-enable", "zon", "zone-", "zone-of-ole", "zzz" };
	struct sp_wanted all = sp_wanted_of(NULL, 0);
	struct sp_wanted none = sp_wanted_of(keys, 0);
	struct sp_wanted some = sp_wanted_of(keys, sizeof keys / sizeof *keys);

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		assert_true(sp_is_wanted(&some, keys[i], strlen(keys[i])));
		assert_true(sp_is_wanted(&all, keys[i], strlen(keys[i])));
		assert_false(sp_is_wanted(&none, keys[i], strlen(keys[i])));
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(sp_is_wanted(&some, others[i], strlen(others[i])));
	assert_true(sp_is_wanted(&some, "zone-of-old", 4)); /* of which only the first four bytes are the key */
}

static void test_scalars(void **state)
{
	static const struct {
		const char *text;
		bool is_string;
		bool is_finite;
	} rows[] = {
		{ "worker", true, true },     { "true", false, true },       { "Yes", false, true },
		{ "n", false, true },         { "null", false, true },       { "nulls", true, true },
		{ "1", false, true },         { "007", false, true },        { "1.5", false, true },
		{ ".inf", false, false },     { "-.inf", false, false },     { ".nan", false, false },
		{ "4.18.0-305", true, true }, { "1e3", false, true },        { "0x1F", false, true },
		{ "~", false, true },         { "10.0.0.0/24", true, true }, { "2024-01-01", true, true },
		{ "/dev/sda", true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		print_message("%s\n", rows[i].text);
		assert_int_equal(sp_fast_scalar_is_string(rows[i].text, strlen(rows[i].text)), rows[i].is_string);
		assert_int_equal(sp_fast_scalar_is_finite(rows[i].text, strlen(rows[i].text)), rows[i].is_finite);
	}
	assert_false(sp_fast_scalar_is_string("", 0));
	for (const char *indicator = "-?:,[]{}#&*!|>'\"%@`< \n"; *indicator; indicator++)
		assert_int_equal(sp_fast_scalar_may_start(*indicator), *indicator == '-');
	assert_true(sp_fast_scalar_is_time("2024-02-28T23:59:59Z", 20));
	assert_false(sp_fast_scalar_is_time("2024-02-30T23:59:59Z", 20));
	assert_false(sp_fast_scalar_is_time("2024-02-28 23:59:59Z", 20));
}

static void test_text(void **state)
{
	static const struct {
		const char *text;
		bool is_text;
	} rows[] = {
		{ "plain", true },         { "\xc3\xa9", true },      { "\xf0\x9f\x98\x80", true },
		{ "\xc2\x85", false },     { "\xe2\x80\xa8", false }, { "\xe2\x80\xa9", false },
		{ "\xef\xbb\xbf", false }, { "\xc2\x80", false },     { "\xff", false },
		{ "\xc3", false },         { "\xed\xa0\x80", false }, { "\xef\xbf\xbe", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(sp_fast_scalar_is_text(rows[i].text, strlen(rows[i].text)), rows[i].is_text);
}

static bool add_key(struct sp_key_set *set, size_t depth, const void *key, size_t length)
{
	uint64_t ready = sp_key_set_key(depth, sp_key_hash(key, length));

	return sp_key_set_add(set, depth, ready, sp_key_set_slot(set, ready));
}

/* Every key once is taken, every key a second time is not, in mappings of any size and within one another. */
static void test_key_set(void **state)
{
	struct sp_key_set *set = sp_key_set_new();

	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		unsigned count = round * 17;

		sp_key_set_open(set, 3);
		for (unsigned i = 0; i < count; i++) {
			char key[32];
			size_t length = (size_t)snprintf(key, sizeof key, "label-%u.example.com", i);

			assert_true(add_key(set, 3, key, length));
			sp_key_set_open(set, 4);
			assert_true(add_key(set, 4, key, length));
			assert_false(add_key(set, 4, key, length));
		}
		for (unsigned i = 0; i < count; i++) {
			char key[32];

			snprintf(key, sizeof key, "label-%u.example.com", i);
			assert_false(add_key(set, 3, key, strlen(key)));
		}
	}
	sp_key_set_free(set);
}

/* As many keys as a mapping may have are told apart while others come and go within it; more are too many. */
static void test_key_set_is_full(void **state)
{
	enum { KEPT = 500 };
	struct sp_key_set *set = sp_key_set_new();
	uint64_t count = KEPT;

	(void)state;
	sp_key_set_open(set, 0);
	for (uint64_t i = 0; i < KEPT; i++)
		assert_true(add_key(set, 0, &i, sizeof i));
	for (uint64_t i = 0; i < 10000; i++) {
		sp_key_set_open(set, 1);
		assert_true(add_key(set, 1, &i, sizeof i));
	}
	for (uint64_t i = 0; i < KEPT; i++)
		assert_false(add_key(set, 0, &i, sizeof i));
	while (add_key(set, 0, &count, sizeof count))
		count++;
	assert_in_range(count, 1000, 10000);
	sp_key_set_free(set);
}

enum { ALIKE = 100 };

/* So many numbers whose hashes are the same in the bits of `mask`. */
static void find_alike(uint64_t numbers[ALIKE], uint64_t mask)
{
	uint64_t number = 0;

	for (size_t i = 0; i < ALIKE; number++)
		if ((sp_key_hash((const char *)&number, sizeof number) & mask) == 0)
			numbers[i++] = number;
}

/* Keys and lines that were written to share a slot do not: where they are to stand is another place in every run. */
static void test_slots_cannot_be_chosen(void **state)
{
	struct sp_line_effect effect = { .after = 1 };
	struct sp_line_value none = { 0 };
	struct sp_known_lines *lines = sp_known_lines_new(true);
	struct sp_key_set *set = sp_key_set_new();
	uint64_t numbers[ALIKE];

	(void)state;
	sp_key_set_open(set, 0);
	find_alike(numbers, (uint64_t)0xfff << 20);
	for (size_t i = 0; i < ALIKE; i++)
		assert_true(add_key(set, 0, &numbers[i], sizeof numbers[i]));
	find_alike(numbers, (uint64_t)0x7fff << 32);
	for (size_t i = 0; i < ALIKE; i++) {
		struct sp_line line = { (const char *)&numbers[i], sizeof numbers[i], 0 };

		assert_non_null(sp_known_lines_learn(lines, &line, &effect, none));
	}
	sp_key_set_free(set);
	sp_known_lines_free(lines);
}

/* Texts that differ in a byte, or in their length, have different hashes. */
static void test_key_hash(void **state)
{
	char key[80];

	(void)state;
	memset(key, 'a', sizeof key);
	for (size_t length = 0; length < sizeof key; length++) {
		uint64_t hash = sp_key_hash(key, length);

		if (length > 0)
			assert_true(hash != sp_key_hash(key, length - 1));
		for (size_t at = 0; at < length; at++) {
			key[at] = 'b';
			assert_true(hash != sp_key_hash(key, length));
			key[at] = 'a';
		}
	}
}

/* The value of each kind ends where one of another would begin, and what is no such value has none. */
static void test_values(void **state)
{
	static const struct {
		enum sp_fast_value_kind kind;
		const char *text;
		int length; /* -1: it is none */
	} rows[] = {
		{ SP_FAST_VALUE_INTEGER, "0,", 1 },
		{ SP_FAST_VALUE_INTEGER, "123456789012345\n", 15 },
		{ SP_FAST_VALUE_INTEGER, "1234567890123456\n", -1 },
		{ SP_FAST_VALUE_INTEGER, "12345678901234567890\n", -1 },
		{ SP_FAST_VALUE_INTEGER, "1.5", 1 },
		{ SP_FAST_VALUE_INTEGER, "01", -1 },
		{ SP_FAST_VALUE_INTEGER, "-1", -1 },
		{ SP_FAST_VALUE_INTEGER, "x", -1 },
		{ SP_FAST_VALUE_INTEGER, "", -1 },
		{ SP_FAST_VALUE_PLAIN, "quay.io/a/b@sha256:0123\n", 23 },
		{ SP_FAST_VALUE_PLAIN, "Zebra1 x", 6 },
		{ SP_FAST_VALUE_PLAIN, "false\n", -1 },
		{ SP_FAST_VALUE_PLAIN, "falsey\n", 6 },
		{ SP_FAST_VALUE_PLAIN, "abcdefg:\n", -1 },
		{ SP_FAST_VALUE_PLAIN, "abcdef: x\n", -1 },
		{ SP_FAST_VALUE_PLAIN, "abcdef:x#y\n", 10 },
		{ SP_FAST_VALUE_PLAIN, "abcdef #x\n", 6 },
		{ SP_FAST_VALUE_PLAIN, "abcdef\t\n", 6 },
		{ SP_FAST_VALUE_PLAIN, "abcdef\177\n", 6 },
		{ SP_FAST_VALUE_PLAIN, "abcdef\303\244\n", 6 },
		{ SP_FAST_VALUE_PLAIN, "\303\244bcdefg\n", -1 },
		{ SP_FAST_VALUE_PLAIN, "1.2.3-a.b\n", -1 },
		{ SP_FAST_VALUE_PLAIN, "[abcdefg\n", -1 },
		{ SP_FAST_VALUE_PLAIN, "`abcdefg\n", -1 },
		{ SP_FAST_VALUE_PLAIN, "{abcdefg\n", -1 },
		{ SP_FAST_VALUE_PLAIN, "@abcdefg\n", -1 },
		{ SP_FAST_VALUE_SINGLE, "'", 0 },
		{ SP_FAST_VALUE_SINGLE, "it: \"is\" # one\\'", 15 },
		{ SP_FAST_VALUE_SINGLE, "it''s'", 2 },
		{ SP_FAST_VALUE_SINGLE, "two\nlines'", 3 },
		{ SP_FAST_VALUE_DOUBLE, "\"", 0 },
		{ SP_FAST_VALUE_DOUBLE, "it's: {one} # \"", 14 },
		{ SP_FAST_VALUE_DOUBLE, "a\\n\"", 1 },
		{ SP_FAST_VALUE_DOUBLE, "a\tb\"", 1 },
		{ SP_FAST_VALUE_DOUBLE, "\303\244\"", 0 },
		{ SP_FAST_VALUE_NONE, "abcdefg\n", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t before = 0; before < 70; before++) {
			char text[256] = { 0 };
			const char *start = text + (before < 16 ? before : 0);
			size_t longer = rows[i].length >= 0 && rows[i].kind >= SP_FAST_VALUE_PLAIN ? before : 0;
			const char *end;

			/* where it begins, and how long it is, does not matter */
			memset(text, 'x', (size_t)(start - text) + longer);
			strcpy(text + (start - text) + longer, rows[i].text);
			end = sp_fast_value_skip(rows[i].kind, start);
			if (rows[i].length < 0)
				assert_null(end);
			else
				assert_int_equal(end - start, (size_t)rows[i].length + longer);
		}
	}
}

/* A value is of a kind if it is one from its beginning to its end. Plain ones are what the reader takes them for. */
static void test_kinds_of_values(void **state)
{
	static const struct {
		enum sp_fast_shape shape;
		const char *text;
		enum sp_fast_value_kind kind;
	} rows[] = {
		{ SP_FAST_PLAIN, "17", SP_FAST_VALUE_INTEGER },
		{ SP_FAST_PLAIN, "017", SP_FAST_VALUE_NONE },
		{ SP_FAST_PLAIN, "1.7", SP_FAST_VALUE_NONE },
		{ SP_FAST_PLAIN, "10.0.0.1", SP_FAST_VALUE_NONE },
		{ SP_FAST_PLAIN, "quay.io/x:1", SP_FAST_VALUE_PLAIN },
		{ SP_FAST_PLAIN, "two words", SP_FAST_VALUE_NONE },
		{ SP_FAST_PLAIN, "true", SP_FAST_VALUE_NONE },
		{ SP_FAST_SINGLE, "true", SP_FAST_VALUE_SINGLE },
		{ SP_FAST_DOUBLE, "true", SP_FAST_VALUE_DOUBLE },
		{ SP_FAST_DOUBLE, "", SP_FAST_VALUE_DOUBLE },
		{ SP_FAST_DOUBLE, "\303\244", SP_FAST_VALUE_NONE },
		{ SP_FAST_DOUBLE, NULL, SP_FAST_VALUE_NONE },
		{ SP_FAST_BLOCK, "x", SP_FAST_VALUE_NONE },
		{ SP_FAST_NONE, NULL, SP_FAST_VALUE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[128] = { 0 };
		struct sp_fast_value value = { rows[i].shape, rows[i].text ? text : NULL, 0 };

		if (rows[i].text)
			strcpy(text, rows[i].text);
		value.length = strlen(text);
		text[value.length] = rows[i].shape == SP_FAST_SINGLE ? '\'' :
				     rows[i].shape == SP_FAST_DOUBLE ? '"' :
								       '\n';
		assert_int_equal(sp_fast_value_kind(&value), rows[i].kind);
		if (rows[i].kind == SP_FAST_VALUE_PLAIN)
			assert_true(sp_fast_scalar_is_string(text, value.length));
	}
}

/* A line is known from its second time on, in its own frame, and only as long as it is the very same. */
static void test_known_lines(void **state)
{
	static const char text[] = "    name: x\n";
	struct sp_line line = { text, strlen(text), 7 };
	struct sp_line others[] = {
		{ text, strlen(text), 8 },
		{ text, strlen(text) - 1, 7 },
		{ "    name: y\n", strlen(text), 7 },
	};
	struct sp_line_effect effect = { .after = 8, .depth = 3 };
	struct sp_line_value none = { 0 };
	struct sp_known_lines *lines = sp_known_lines_new(false);
	struct sp_known_line *known;

	(void)state;
	assert_null(sp_known_lines_learn(lines, &line, &effect, none));
	assert_null(sp_known_lines_find(lines, &line));
	known = sp_known_lines_learn(lines, &line, &effect, none);
	assert_non_null(known);
	assert_memory_equal(known->text, text, strlen(text));
	assert_int_equal(known->effect.after, 8);
	assert_ptr_equal(sp_known_lines_find(lines, &line), known);
	assert_ptr_equal(sp_known_lines_learn(lines, &line, &effect, none), known);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_null(sp_known_lines_find(lines, &others[i]));
	sp_known_lines_free(lines);
}

#define LIKE "    \"a\": \"xy\",\n"

/* What is like a known line but for its value is that line; nothing else is. */
static void test_lines_that_are_alike(void **state)
{
	static const struct {
		const char *text;
		bool is_like;
	} rows[] = {
		{ LIKE, true },
		{ "    \"a\": \"z\",\n", true },
		{ "    \"a\": \"\",\n", true },
		{ "    \"a\": \"a value that is longer than a known line may be\",\n", true },
		{ "    \"b\": \"xy\",\n", false },
		{ "    \"a\": \"xy\"\n", false },
		{ "    \"a\": \"xy\" ,\n", false },
		{ "    \"a\": \"x\\\"y\",\n", false },
		{ "    \"a\": \"x\", \"a\": \"y\",\n", false },
		{ "    \"a\": 1,\n", false },
		{ "   \"a\": \"xy\",\n", false },
		{ "    \"a\": \"xy\",", false },
		{ "    \"a\": \"", false },
		{ "", false },
	};
	struct sp_line line = { LIKE, strlen(LIKE), 7 };
	struct sp_line_effect effect = { .after = 8 };
	struct sp_line_value value = { 10, 12, SP_FAST_VALUE_DOUBLE };
	struct sp_known_lines *lines = sp_known_lines_new(true);
	struct sp_known_line *known = sp_known_lines_learn(lines, &line, &effect, value);

	(void)state;
	assert_non_null(known);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[256] = { 0 };
		size_t length = strlen(strcpy(text, rows[i].text));

		print_message("%s\n", text);
		assert_int_equal(sp_known_line_at(known, text, text + length), rows[i].is_like ? length : 0);
		for (size_t shorter = 0; shorter < length; shorter++)
			assert_int_equal(sp_known_line_at(known, text, text + shorter), 0);
	}
	known->effect.is_read = true;
	assert_int_equal(sp_known_line_at(known, line.text, line.text + line.length), 0);
	sp_known_lines_free(lines);
}

/* One line stands for all that are alike. */
static void test_one_of_those_that_are_alike_is_kept(void **state)
{
	static const char longer[] = "    \"a\": \"another\",\n";
	struct sp_line line = { LIKE, strlen(LIKE), 7 };
	struct sp_line other = { longer, strlen(longer), 7 };
	struct sp_line elsewhere = { longer, strlen(longer), 8 };
	struct sp_line_effect effect = { .after = 8 };
	struct sp_line_value value = { 10, 12, SP_FAST_VALUE_DOUBLE };
	struct sp_line_value other_value = { 10, 17, SP_FAST_VALUE_DOUBLE };
	struct sp_known_lines *lines = sp_known_lines_new(false);
	struct sp_known_line *known;

	(void)state;
	assert_null(sp_known_lines_learn(lines, &other, &effect, other_value));
	known = sp_known_lines_learn(lines, &line, &effect, value);
	assert_non_null(known);
	assert_ptr_equal(sp_known_lines_learn(lines, &other, &effect, other_value), known);
	assert_null(sp_known_lines_learn(lines, &elsewhere, &effect, other_value));
	assert_ptr_equal(sp_known_lines_find(lines, &line), known);
	assert_null(sp_known_lines_find(lines, &other));
	assert_int_equal(lines->count, 1);
	sp_known_lines_free(lines);
}

/* However many lines come, those that are known are found, and memory has a bound. */
static void test_known_lines_are_forgotten(void **state)
{
	struct sp_line_effect effect = { .after = 1 };
	struct sp_line_value none = { 0 };
	struct sp_known_lines *lines = sp_known_lines_new(true);
	size_t most = 0;

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		char text[32];
		size_t length = (size_t)snprintf(text, sizeof text, "line %u\n", i);
		struct sp_line line = { text, length, 1 };
		struct sp_known_line *known = sp_known_lines_learn(lines, &line, &effect, none);

		if (known)
			assert_ptr_equal(sp_known_lines_find(lines, &line), known);
		sp_known_lines_pass(lines, known);
		most = most > lines->count ? most : lines->count;
	}
	assert_in_range(most, 5000, 20000);
	assert_in_range(lines->count, 1, most);
	sp_known_lines_free(lines);
}

#define YAML(metadata) "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Node\n  metadata:\n" metadata "kind: List\n"
#define NAME           "    name: n1\n"
#define JSON(metadata)                                                                                    \
	"{\n  \"apiVersion\": \"v1\",\n  \"items\": [\n    {\"apiVersion\": \"v1\", \"kind\": \"Node\", " \
	"\"metadata\": " metadata "}\n  ],\n  \"kind\": \"List\"\n}\n"

/* Whether a fast reader takes the text. That what it takes is right is for the fuzzer to find out; here, that it takes
 * what kubectl writes, and leaves what it should. */
static void test_taken(void **state)
{
	static const struct {
		const char *text;
		bool is_taken;
	} rows[] = {
		{ YAML(NAME), true },
		{ YAML(NAME "    labels:\n      a: b\n      c: \"1\"\n      d: ''\n    uid: x\n"), true },
		{ YAML(NAME "    labels: {}\n"), true },
		{ YAML(NAME "    annotations:\n      a: |\n        {\"x\": 1}\n      b: 'it''s: # all\n        one'\n"),
		  true },
		{ YAML(NAME "    annotations:\n      a: a long text\n        that goes on\n"), true },
		{ YAML(NAME "    finalizers:\n    - a.b/c\n"), true },
		{ YAML(NAME "    labels:\n      a: true\n"), false },
		{ YAML(NAME "    labels:\n      a: b\n      a: c\n"), false },
		{ YAML(NAME "    labels:\n      a:\n"), false },
		{ YAML(NAME "    labels: [a]\n"), false },
		{ YAML(NAME "    unknown: x\n"), false },
		{ YAML(NAME "    labels: &a\n      b: c\n"), false },
		{ YAML("    name: UPPER\n"), false },
		{ YAML("    uid: x\n"), false },
		{ "---\n" YAML(NAME), false },
		{ YAML(NAME "# a comment\n"), false },
		{ JSON("{\"name\": \"n1\"}"), true },
		{ JSON("{\"name\": \"n1\", \"labels\": {\"a\": \"b\"}, \"generation\": 3}"), true },
		{ JSON("{\"name\": \"n1\", \"annotations\": {\"a\": \"\\u003c\\\"\"}}"), true },
		{ JSON("{\"name\": \"n1\", \"annotations\": {\"a\": \"\177 \303\244\"}}"), true },
		{ JSON("{\"name\": \"n1\", \"annotations\": {\"a\": \"\177 \303\"}}"), false },
		{ JSON("{\"name\": \"n1\", \"annotations\": {\"a\": \"\037\"}}"), false },
		{ JSON("{\"name\": \"n1\", \"labels\": {\"a\": 1}}"), false },
		{ JSON("{\"name\": \"n1\", \"labels\": null}"), false },
		{ JSON("{\"name\": \"n1\", \"name\": \"n2\"}"), false },
		{ JSON("{\"name\": \"n1\", \"n\\u0061me\": \"n2\"}"), false },
		{ JSON("{\"name\": \"n1\", \"managedFields\": [{\"k:{\\\"a\\\":1}\": {}, \"\\\\\": {}}]}"), true },
		{ JSON("{\"name\": \"n1\", \"managedFields\": [{\"k\\\"\": {}, \"k\\\"\": {}}]}"), false },
		{ JSON("{\"name\": \"n1\", \"managedFields\": [{\"k\\u003a\": {}}]}"), false },
		{ JSON("{\"name\": \"n1\", \"labels\": {\"k\\\"\": \"\"}}"), false },
		{ JSON("{\"name\": \"n1\",}"), false },
		{ JSON("{\"name\": \"n1\"") "}", false },
		{ JSON("{\"name\": \"n1\"}") "{}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static const char *const keys[] = { "zone" };
		struct sp_node_options options = { .keys = keys, .key_count = 1 };
		struct sp_fast_nodes nodes[SP_FAST_MOST_PIECES] = { 0 };
		struct sp_source *source = sp_source_text("nodes", rows[i].text, strlen(rows[i].text));

		print_message("%s\n", rows[i].text);
		assert_int_equal(sp_fast_nodes_read(source, &options, nodes), rows[i].is_taken);
		assert_int_equal(nodes[0].count, rows[i].is_taken);
		sp_fast_nodes_free(&nodes[0]);
		sp_source_close(source);
	}
}

/* A line that is not read again has the same effect: on what is open, and on which keys are there. */
static void test_known_lines_are_repeated(void **state)
{
#define JSON_LINES(lines) JSON("{\"name\": \"n1\", \"managedFields\": [\n" lines "]}")
#define YAML_LINES(lines) YAML(NAME "    managedFields:\n" lines)
#define B                 "\"b\": 0,\n"
#define A_AND_NEXT        "\"a\": 1}, {\n"
#define ONE               "{\"a\": 1},\n"
#define TEXT(value)       "{\"a\": \"" value "\"},\n"
#define IMAGE(value)      "    - " value "\n"
#define A_AND_B           "    - a: 1\n      b: 2\n"
	static const struct {
		const char *text;
		bool is_taken;
	} rows[] = {
		{ JSON_LINES("{" B A_AND_NEXT B A_AND_NEXT B A_AND_NEXT B A_AND_NEXT B "\"c\": 1}"), true },
		{ JSON_LINES("{" B A_AND_NEXT B A_AND_NEXT B A_AND_NEXT B "\"b\": 1}"), false },
		{ JSON_LINES("{" B A_AND_NEXT B A_AND_NEXT "\"a\": 0,\n" A_AND_NEXT B "\"c\": 1}"), false },
		{ JSON_LINES("{" B A_AND_NEXT "\"a\": 0,\n" A_AND_NEXT B "\"c\": 1}"), false },
		{ JSON_LINES("{" B A_AND_NEXT B A_AND_NEXT B A_AND_NEXT "\"a\": 0,\n" B "\"c\": 1}"), true },
		{ JSON_LINES(ONE ONE ONE ONE "{}"), true },
		{ JSON_LINES(ONE ONE ONE ONE "{\"a\": 1, \"a\": 1}"), false },
		{ YAML_LINES(A_AND_B A_AND_B A_AND_B A_AND_B "      c: 3\n"), true },
		{ YAML_LINES(A_AND_B A_AND_B A_AND_B A_AND_B "      b: 2\n"), false },
		{ YAML_LINES(A_AND_B A_AND_B A_AND_B A_AND_B "      b: 3\n"), false },
		{ YAML_LINES(A_AND_B A_AND_B A_AND_B "    - b: 3\n      b: 2\n"), false },
		{ YAML_LINES(A_AND_B A_AND_B A_AND_B "    - c: 3\n      b: 2\n"), true },
		{ JSON_LINES(TEXT("x") TEXT("x") TEXT("y") TEXT("z") "{}"), true },
		{ JSON_LINES(TEXT("x") TEXT("x") TEXT("x") TEXT("\\x") "{}"), false },
		{ JSON_LINES(TEXT("x") TEXT("x") TEXT("x") TEXT("\303") "{}"), false },
		{ JSON_LINES(TEXT("x") TEXT("x") TEXT("x") TEXT("y\", \"a\": \"z") "{}"), false },
		{ JSON_LINES("{\n\"a\": \"x\",\n\"b\": 0\n},{\n\"a\": \"x\",\n\"b\": 0\n},{\n\"a\": \"y\",\n\"a\": "
			     "\"z\"}"),
		  false },
		{ YAML_LINES(IMAGE("registry") IMAGE("registry") IMAGE("registry.io/x:y#z") A_AND_B), true },
		{ YAML_LINES(IMAGE("registry") IMAGE("registry") IMAGE("registry:") A_AND_B), true },
		{ YAML_LINES(IMAGE("registry") IMAGE("registry") IMAGE("registry:") "      registry: x\n"), false },
		{ YAML_LINES(IMAGE("registry") IMAGE("registry") IMAGE("registry: x") "      registry: x\n"), false },
		{ YAML_LINES(IMAGE("registry") IMAGE("registry") IMAGE("registry\t") A_AND_B), false },
		{ YAML_LINES(IMAGE("\"x\"") IMAGE("\"x\"") IMAGE("\"y: # z\"") A_AND_B), true },
		{ YAML_LINES(IMAGE("\"x\"") IMAGE("\"x\"") IMAGE("\"y\" z") A_AND_B), false },
		{ YAML_LINES(IMAGE("1") IMAGE("1") IMAGE("2") A_AND_B), true },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
		struct sp_node_options options = { .learns_at_once = i % 2 };
		struct sp_fast_nodes nodes[SP_FAST_MOST_PIECES] = { 0 };
		struct sp_source *source = sp_source_text("nodes", rows[i / 2].text, strlen(rows[i / 2].text));

		print_message("%s\n", rows[i / 2].text);
		assert_int_equal(sp_fast_nodes_read(source, &options, nodes), rows[i / 2].is_taken);
		sp_fast_nodes_free(&nodes[0]);
		sp_source_close(source);
	}
}

/* A border stands in the column of the list that is cut there, or it is none. */
static void test_borders(void **state)
{
#define ITEM(indent, name)                                                                                  \
	indent "- apiVersion: v1\n" indent "  kind: Node\n" indent "  metadata:\n" indent "    name: " name \
	       "\n" indent "    uid: long-enough-to-be-cut-somewhere-in-here\n"
#define START "apiVersion: v1\nkind: List\nitems:\n"
	static const struct {
		const char *text;
		bool is_taken;
	} rows[] = {
		{ START ITEM("", "n1") ITEM("", "n2") ITEM("", "n3"), true },
		{ START ITEM("  ", "n1") ITEM("  ", "n2") ITEM("  ", "n3"), true },
		{ START ITEM("  ", "n1") ITEM("", "n2") ITEM("", "n3"), false },
		{ START ITEM("  ", "n1") ITEM("  ", "n2") ITEM("", "n3"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (unsigned pieces = 1; pieces <= SP_FAST_MOST_PIECES; pieces++) {
			struct sp_node_options options = { .pieces = pieces };
			struct sp_fast_nodes nodes[SP_FAST_MOST_PIECES] = { 0 };
			struct sp_source *source = sp_source_text("nodes", rows[i].text, strlen(rows[i].text));
			size_t count = 0;

			assert_int_equal(sp_fast_nodes_read(source, &options, nodes), rows[i].is_taken);
			for (size_t at = 0; at < SP_FAST_MOST_PIECES; at++) {
				count += nodes[at].count;
				sp_fast_nodes_free(&nodes[at]);
			}
			assert_int_equal(count, rows[i].is_taken ? 3 : 0);
			sp_source_close(source);
		}
	}
}

/* What the full reader may refuse for its size is left to it: an item, and what stands before and behind the items. */
static void test_large(void **state)
{
	enum { VALUES = 60000 };
	static const char *const heads[] = { "apiVersion: v1\n",
					     "items:\n- apiVersion: v1\n  kind: Node\n  metadata:\n    name: n1\n",
					     "kind: List\n" };

	(void)state;
	for (size_t where = 0; where <= 3; where++) {
		struct sp_node_options options = { .keys = NULL };
		struct sp_fast_nodes nodes[SP_FAST_MOST_PIECES] = { 0 };
		struct sp_text text = { 0 };
		struct sp_source *source;

		for (size_t i = 0; i < 3; i++) {
			sp_text_add(&text, heads[i]);
			if (i != where)
				continue;
			sp_text_add(&text, i == 1 ? "  spec:\n    values:\n" : "values:\n");
			for (int value = 0; value < VALUES; value++)
				sp_text_add(&text, i == 1 ? "    - a\n" : "- a\n");
		}
		source = sp_source_text("nodes", text.bytes, text.length);
		options.pieces = 1;
		assert_int_equal(sp_fast_nodes_read(source, &options, nodes), where == 3);
		sp_fast_nodes_free(&nodes[0]);
		sp_source_close(source);
		sp_text_free(&text);
	}
}

static void test_size(void **state)
{
	size_t bytes;

	(void)state;
	assert_true(sp_size_parse("1000", &bytes) && bytes == 1000);
	assert_true(sp_size_parse("512Ki", &bytes) && bytes == 512 * 1024);
	assert_true(sp_size_parse("4Gi", &bytes) && bytes == (size_t)4 << 30);
	assert_false(sp_size_parse("", &bytes));
	assert_false(sp_size_parse("4G", &bytes));
	assert_false(sp_size_parse("-1", &bytes));
	assert_false(sp_size_parse("99999999999Ti", &bytes));
	assert_false(sp_size_parse("99999999999999999999", &bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masks_agree),
		cmocka_unit_test(test_masks_mean),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_count_of_line_ends_of_a_long_text),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_key_set),
		cmocka_unit_test(test_key_set_is_full),
		cmocka_unit_test(test_slots_cannot_be_chosen),
		cmocka_unit_test(test_key_hash),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_kinds_of_values),
		cmocka_unit_test(test_known_lines),
		cmocka_unit_test(test_lines_that_are_alike),
		cmocka_unit_test(test_one_of_those_that_are_alike_is_kept),
		cmocka_unit_test(test_known_lines_are_forgotten),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_known_lines_are_repeated),
		cmocka_unit_test(test_borders),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
