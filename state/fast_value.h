/* SPDX-License-Identifier: Apache-2.0 */
/* Values that may stand for one another: a line that differs from a known one in such a value alone does what that one
 * does, as long as nobody takes note of the value. Pure. */
#ifndef SAMEPAGE_STATE_FAST_VALUE_H
#define SAMEPAGE_STATE_FAST_VALUE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "state/fast_scalar.h"

struct sp_fast_value;

/* Wherever a reader takes a value of a kind, it takes any other of that kind. All are of printable ASCII. */
enum sp_fast_value_kind {
	SP_FAST_VALUE_NONE,    /* no other value may stand for it */
	SP_FAST_VALUE_INTEGER, /* as JSON writes it, of at most 15 digits */
	SP_FAST_VALUE_PLAIN,   /* a string of YAML without quotes and blanks, which begins with a letter */
	SP_FAST_VALUE_SINGLE,  /* a string within single quotes, and without any */
	SP_FAST_VALUE_DOUBLE,  /* a string within double quotes, and without any, or escapes */
};

enum sp_fast_value_kind sp_fast_value_kind(const struct sp_fast_value *value);

/* The rest is inline, as it is called for many lines. What is at `at` and behind is readable up to 64 bytes behind the
 * first NUL. */

#if defined(__SSE2__)
/* A bit for each of 16 bytes that is not printable ASCII from `lowest` on, or one of the two. */
static inline uint64_t sp_fast_value_ends(const char *at, char lowest, char one, char other)
{
	__m128i here = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i ends = _mm_or_si128(_mm_cmpeq_epi8(here, _mm_set1_epi8(one)),
				    _mm_cmpeq_epi8(here, _mm_set1_epi8(other)));

	/* as signed numbers, what is not ASCII is below */
	ends = _mm_or_si128(ends, _mm_cmpgt_epi8(_mm_set1_epi8(lowest), here));
	ends = _mm_or_si128(ends, _mm_cmpeq_epi8(here, _mm_set1_epi8(0x7f)));
	return (uint64_t)_mm_movemask_epi8(ends);
}
#endif

/* Behind the bytes that are printable ASCII from `lowest` on, and neither of the two. */
static inline const char *sp_fast_value_skip_text(const char *at, char lowest, char one, char other)
{
#if defined(__SSE2__)
	for (;; at += 64) {
		uint64_t ends = sp_fast_value_ends(at, lowest, one, other) |
				sp_fast_value_ends(at + 16, lowest, one, other) << 16 |
				sp_fast_value_ends(at + 32, lowest, one, other) << 32 |
				sp_fast_value_ends(at + 48, lowest, one, other) << 48;

		if (ends != 0)
			return at + __builtin_ctzll(ends);
	}
#else
	while (*at >= lowest && *at <= '~' && *at != one && *at != other)
		at++;
	return at;
#endif
}

/* Behind the digits at `at`, or behind 16 of them. */
static inline const char *sp_fast_value_skip_digits(const char *at)
{
#if defined(__SSE2__)
	__m128i digits = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)at), _mm_set1_epi8('0'));
	__m128i inside = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);

	return at + __builtin_ctz((unsigned)_mm_movemask_epi8(inside) ^ 0x1ffffU);
#else
	for (int i = 0; i < 16 && *at >= '0' && *at <= '9'; i++)
		at++;
	return at;
#endif
}

/* Behind the integer at `at`, or NULL. */
static inline const char *sp_fast_value_skip_integer(const char *at)
{
	const char *end = sp_fast_value_skip_digits(at);
	long length = end - at;

	return length == 1 || (length > 1 && length < 16 && *at != '0') ? end : NULL;
}

/* Behind the plain string at `at`, or NULL. A colon at its end would make a key of it; other colons, and number signs,
 * have no blank beside them. */
static inline const char *sp_fast_value_skip_plain(const char *at)
{
	char first = (char)(*at | 0x20);
	const char *start = at;

	if (first < 'a' || first > 'z')
		return NULL;
	at = sp_fast_value_skip_text(at, '!', '\0', '\0');
	return at - start > SP_FAST_SCALAR_LONGEST_WORD && at[-1] != ':' ? at : NULL;
}

/* Behind the value of this kind at `at`, which is within its quotes; NULL where there is none. */
static inline const char *sp_fast_value_skip(unsigned kind, const char *at)
{
	switch (kind) {
	case SP_FAST_VALUE_INTEGER:
		return sp_fast_value_skip_integer(at);
	case SP_FAST_VALUE_PLAIN:
		return sp_fast_value_skip_plain(at);
	case SP_FAST_VALUE_SINGLE:
		return sp_fast_value_skip_text(at, ' ', '\'', '\'');
	case SP_FAST_VALUE_DOUBLE:
		return sp_fast_value_skip_text(at, ' ', '"', '\\');
	default:
		return NULL;
	}
}

#endif
