/* SPDX-License-Identifier: Apache-2.0 */
#include "state/byte_masks.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static void masks_portable(const char *bytes, struct sp_byte_masks *masks)
{
	*masks = (struct sp_byte_masks){ 0 };
	for (int i = 0; i < 64; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		char next = bytes[i + 1];
		uint64_t bit = (uint64_t)1 << i;

		if (byte == '\n')
			masks->line_ends |= bit;
		else if (byte < 0x20 || byte == 0x7f)
			masks->strange |= bit;
		else if (byte > 0x7f)
			masks->high |= bit;
		else if (byte == ':' && (next == ' ' || next == '\n'))
			masks->colons |= bit;
		else if (byte == ' ' && next == '#')
			masks->hashes |= bit;
	}
}

#if defined(__x86_64__)
static void masks_sse2(const char *bytes, struct sp_byte_masks *masks)
{
	const __m128i line_end = _mm_set1_epi8('\n');
	const __m128i blank = _mm_set1_epi8(' ');
	const __m128i last_control = _mm_set1_epi8(0x1f);

	*masks = (struct sp_byte_masks){ 0 };
	for (int i = 0; i < 64; i += 16) {
		__m128i here = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
		__m128i next = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i + 1));
		__m128i is_end = _mm_cmpeq_epi8(here, line_end);
		__m128i ends_key = _mm_or_si128(_mm_cmpeq_epi8(next, blank), _mm_cmpeq_epi8(next, line_end));
		__m128i is_control = _mm_cmpeq_epi8(_mm_max_epu8(here, last_control), last_control);
		__m128i is_strange = _mm_or_si128(_mm_andnot_si128(is_end, is_control),
						  _mm_cmpeq_epi8(here, _mm_set1_epi8(0x7f)));
		__m128i is_colon = _mm_and_si128(_mm_cmpeq_epi8(here, _mm_set1_epi8(':')), ends_key);
		__m128i is_hash = _mm_and_si128(_mm_cmpeq_epi8(here, blank), _mm_cmpeq_epi8(next, _mm_set1_epi8('#')));

		masks->line_ends |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_end) << i;
		masks->colons |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_colon) << i;
		masks->hashes |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_hash) << i;
		masks->strange |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_strange) << i;
		masks->high |= (uint64_t)(uint32_t)_mm_movemask_epi8(here) << i;
	}
}

__attribute__((target("avx2"))) static void masks_avx2(const char *bytes, struct sp_byte_masks *masks)
{
	const __m256i line_end = _mm256_set1_epi8('\n');
	const __m256i blank = _mm256_set1_epi8(' ');
	const __m256i last_control = _mm256_set1_epi8(0x1f);

	*masks = (struct sp_byte_masks){ 0 };
	for (int i = 0; i < 64; i += 32) {
		__m256i here = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + i));
		__m256i next = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + i + 1));
		__m256i is_end = _mm256_cmpeq_epi8(here, line_end);
		__m256i ends_key = _mm256_or_si256(_mm256_cmpeq_epi8(next, blank), _mm256_cmpeq_epi8(next, line_end));
		__m256i is_control = _mm256_cmpeq_epi8(_mm256_max_epu8(here, last_control), last_control);
		__m256i is_strange = _mm256_or_si256(_mm256_andnot_si256(is_end, is_control),
						     _mm256_cmpeq_epi8(here, _mm256_set1_epi8(0x7f)));
		__m256i is_colon = _mm256_and_si256(_mm256_cmpeq_epi8(here, _mm256_set1_epi8(':')), ends_key);
		__m256i is_hash = _mm256_and_si256(_mm256_cmpeq_epi8(here, blank),
						   _mm256_cmpeq_epi8(next, _mm256_set1_epi8('#')));

		masks->line_ends |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_end) << i;
		masks->colons |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_colon) << i;
		masks->hashes |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_hash) << i;
		masks->strange |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_strange) << i;
		masks->high |= (uint64_t)(uint32_t)_mm256_movemask_epi8(here) << i;
	}
}
#endif

sp_byte_masks_function *sp_byte_masks_number(int number)
{
	switch (number) {
	case 0:
		return masks_portable;
#if defined(__x86_64__)
	case 1:
		return masks_sse2; /* every processor of this architecture has it */
	case 2:
		return __builtin_cpu_supports("avx2") ? masks_avx2 : NULL;
#endif
	default:
		return NULL;
	}
}

sp_byte_masks_function *sp_byte_masks_best(void)
{
	int best = 2;

	while (!sp_byte_masks_number(best))
		best--;
	return sp_byte_masks_number(best);
}
