/* SPDX-License-Identifier: Apache-2.0 */
#include "state/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each block is twice as large as the one before it, within these bounds: a large arena has few blocks, and a small one
 * costs little, as malloc keeps pieces below a kilobyte at hand. */
enum { SMALLEST_BLOCK = 960, LARGEST_BLOCK = 1024 * 1024 };

/* malloc takes a block from here on mostly from the system, which hands it out zeroed; calloc knows. */
enum { LARGE_BLOCK = 128 * 1024 };

struct sp_arena_block {
	struct sp_arena_block *older;
	size_t size;
	size_t used;
	size_t dirty; /* so many of its bytes may not be zero where they are not used yet */
	alignas(max_align_t) char bytes[];
};

void sp_out_of_memory(void)
{
	static const char message[] = "samepage: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);

	(void)ignored;
	_exit(1);
}

static void *take_from_new_block(struct sp_arena *arena, size_t least)
{
	struct sp_arena_block *block;
	size_t size = arena->block ? 2 * arena->block->size : SMALLEST_BLOCK;

	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < least)
		size = least;
	block = least > SIZE_MAX / 2 ? NULL :
		size < LARGE_BLOCK   ? malloc(sizeof *block + size) :
				       calloc(1, sizeof *block + size);
	if (!block)
		sp_out_of_memory();
	block->older = arena->block;
	block->size = size;
	block->used = least;
	block->dirty = size < LARGE_BLOCK ? size : 0;
	arena->block = block;
	arena->size += sizeof *block + size;
	return block->bytes;
}

void *sp_arena_take(struct sp_arena *arena, size_t size)
{
	const size_t alignment = alignof(max_align_t);
	struct sp_arena_block *block = arena->block;
	void *result;

	/* too large a size stays so large that there is no memory for it */
	if (size <= SIZE_MAX / 2)
		size = (size + alignment - 1) / alignment * alignment;
	if (!block || block->size - block->used < size)
		return take_from_new_block(arena, size);
	result = block->bytes + block->used;
	block->used += size;
	return result;
}

/* Zeroes what was just taken, where it is not zero yet: from `start` on, which is in the newest block. */
static void zero(const struct sp_arena *arena, char *start, size_t size)
{
	const struct sp_arena_block *block = arena->block;
	size_t offset = (size_t)(start - block->bytes);
	size_t dirty = block->dirty > offset ? block->dirty - offset : 0;

	memset(start, 0, dirty < size ? dirty : size);
}

void *sp_arena_alloc(struct sp_arena *arena, size_t size)
{
	void *bytes = sp_arena_take(arena, size);

	zero(arena, bytes, size);
	return bytes;
}

void *sp_arena_array(struct sp_arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		sp_out_of_memory();
	return sp_arena_alloc(arena, bytes);
}

char *sp_arena_copy(struct sp_arena *arena, const char *text, size_t length)
{
	char *copy = sp_arena_take(arena, length + 1);

	if (length > 0)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *sp_arena_string(struct sp_arena *arena, const char *text)
{
	return text ? sp_arena_copy(arena, text, strlen(text)) : NULL;
}

char *sp_arena_format(struct sp_arena *arena, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = sp_arena_vformat(arena, format, arguments);
	va_end(arguments);
	return text;
}

char *sp_arena_vformat(struct sp_arena *arena, const char *format, va_list arguments)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		sp_out_of_memory();
	text = sp_arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	return text;
}

void *sp_arena_grow(struct sp_arena *arena, void *array, size_t count, size_t *capacity, size_t size)
{
	size_t bytes;
	char *larger;

	if (count < *capacity)
		return array;
	*capacity = *capacity ? *capacity * 2 : 8;
	if (__builtin_mul_overflow(*capacity, size, &bytes))
		sp_out_of_memory();
	larger = sp_arena_take(arena, bytes);
	if (count > 0)
		memcpy(larger, array, count * size);
	zero(arena, larger + count * size, bytes - count * size);
	return larger;
}

static void free_blocks(struct sp_arena *arena, struct sp_arena_block *block)
{
	while (block) {
		struct sp_arena_block *older = block->older;

		arena->size -= sizeof *block + block->size;
		free(block);
		block = older;
	}
}

/* The newest block is kept: it is the largest, or holds something that was larger than any block. */
void sp_arena_reset(struct sp_arena *arena)
{
	struct sp_arena_block *block = arena->block;

	if (block && block->size > LARGEST_BLOCK) {
		sp_arena_free(arena);
	} else if (block) {
		free_blocks(arena, block->older);
		block->older = NULL;
		block->dirty = block->used > block->dirty ? block->used : block->dirty;
		block->used = 0;
	}
}

void sp_arena_free(struct sp_arena *arena)
{
	free_blocks(arena, arena->block);
	arena->block = NULL;
}
