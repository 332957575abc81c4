/* SPDX-License-Identifier: Apache-2.0 */
/* Memory with one lifetime: zeroed, aligned, kept apart, and bounded by what is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state/arena.h"

/* `count` pieces of growing size, each filled with a byte of its own; none may touch another. */
static void fill(struct sp_arena *arena, size_t count)
{
	unsigned char **pieces = calloc(count, sizeof *pieces);

	assert_non_null(pieces);
	for (size_t i = 0; i < count; i++) {
		size_t size = 1 + i * 7 % 5000;

		pieces[i] = sp_arena_alloc(arena, size);
		assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
		for (size_t at = 0; at < size; at++)
			assert_int_equal(pieces[i][at], 0);
		memset(pieces[i], (int)(i & 0xFF), size);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t at = 0; at < 1 + i * 7 % 5000; at++)
			assert_int_equal(pieces[i][at], i & 0xFF);
	free(pieces);
}

static void test_pieces_are_zeroed_and_apart(void **state)
{
	struct sp_arena arena = { 0 };

	(void)state;
	for (size_t count = 100; count <= 3000; count += 290) {
		fill(&arena, count);
		sp_arena_reset(&arena);
	}
	sp_arena_free(&arena);
	assert_int_equal(arena.size, 0);
	fill(&arena, 10);
	sp_arena_free(&arena);
}

/* Grown element by element: what is there stays, and what is new is zero, whatever stood in that memory before. */
static void grow(struct sp_arena *arena, size_t count)
{
	size_t *array = NULL;
	size_t capacity = 0;

	for (size_t i = 0; i < count; i++) {
		array = sp_arena_grow(arena, array, i, &capacity, sizeof *array);
		assert_true(capacity > i);
		for (size_t at = i; at < capacity; at++)
			assert_int_equal(array[at], 0);
		array[i] = i + 1;
	}
	for (size_t i = 0; i < count; i++)
		assert_int_equal(array[i], i + 1);
}

static void test_what_grows_is_zeroed(void **state)
{
	struct sp_arena arena = { 0 };

	(void)state;
	for (size_t count = 1; count <= 3000; count = 2 * count + 1) {
		fill(&arena, 300);
		sp_arena_reset(&arena);
		grow(&arena, count);
	}
	sp_arena_free(&arena);
}

/* Work item by item settles on one block, and an item that was very large leaves nothing behind. */
static void test_reset_keeps_little(void **state)
{
	struct sp_arena arena = { 0 };
	size_t size = 0;

	(void)state;
	for (int item = 0; item < 20; item++) {
		for (int i = 0; i < 300; i++)
			sp_arena_alloc(&arena, 1000);
		size = arena.size;
		sp_arena_reset(&arena);
	}
	assert_int_equal(arena.size, size);
	sp_arena_alloc(&arena, (size_t)32 << 20);
	assert_true(arena.size > (size_t)32 << 20);
	sp_arena_reset(&arena);
	assert_true(arena.size <= (size_t)2 << 20);
	sp_arena_free(&arena);
}

static void test_an_empty_arena_may_be_reset_and_freed(void **state)
{
	struct sp_arena arena = { 0 };

	(void)state;
	sp_arena_reset(&arena);
	sp_arena_free(&arena);
	assert_int_equal(arena.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_are_zeroed_and_apart),
		cmocka_unit_test(test_what_grows_is_zeroed),
		cmocka_unit_test(test_reset_keeps_little),
		cmocka_unit_test(test_an_empty_arena_may_be_reset_and_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
