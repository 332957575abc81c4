/* SPDX-License-Identifier: Apache-2.0 */
/* Memory with one lifetime: everything that one run reads and plans is taken from an arena and given back at once.
 * Pure. An arena is a zeroed struct; it may be freed and used again. */
#ifndef SAMEPAGE_STATE_ARENA_H
#define SAMEPAGE_STATE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct sp_arena_block;

struct sp_arena {
	struct sp_arena_block *block; /* the newest block, in which the next allocation is tried */
	size_t size;                  /* bytes taken from the system so far */
};

/* `size` zeroed bytes, aligned for any type. Never NULL: when the system has no memory left, the process ends with a
 * message and status 1, as nothing sensible can follow. */
void *sp_arena_alloc(struct sp_arena *arena, size_t size);

/* The same, but not zeroed: for who writes all of it at once. */
void *sp_arena_take(struct sp_arena *arena, size_t size);

/* Zeroed again, for `count` elements of `size` bytes; the product is checked. */
void *sp_arena_array(struct sp_arena *arena, size_t count, size_t size);

/* A copy of `length` bytes of text with a NUL behind them. */
char *sp_arena_copy(struct sp_arena *arena, const char *text, size_t length);

/* A copy of a NUL-terminated text; NULL gives NULL. */
char *sp_arena_string(struct sp_arena *arena, const char *text);

/* A formatted text. */
char *sp_arena_format(struct sp_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *sp_arena_vformat(struct sp_arena *arena, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* Grows an array kept in an arena: returns `array` while `count` elements leave room for one more, else a copy of twice
 * the capacity, which is noted in `capacity`. What is new is zeroed. */
void *sp_arena_grow(struct sp_arena *arena, void *array, size_t count, size_t *capacity, size_t size);

/* Makes the arena empty but keeps one block, so that work item by item does not go to the system for each. */
void sp_arena_reset(struct sp_arena *arena);

/* Gives everything back. */
void sp_arena_free(struct sp_arena *arena);

/* Ends the process: out of memory. For the few who allocate without an arena. */
_Noreturn void sp_out_of_memory(void);

#endif
