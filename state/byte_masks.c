/* SPDX-License-Identifier: Apache-2.0 */
#include "state/byte_masks.h"

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

		if ((byte < 0x20 && byte != '\n') || byte == 0x7f)
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
	struct sp_byte_masks found = { 0 };
	const __m128i line_end = _mm_set1_epi8('\n');
	const __m128i blank = _mm_set1_epi8(' ');
	const __m128i last_control = _mm_set1_epi8(0x1f);

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

		found.colons |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_colon) << i;
		found.hashes |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_hash) << i;
		found.strange |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_strange) << i;
		found.high |= (uint64_t)(uint32_t)_mm_movemask_epi8(here) << i;
	}
	*masks = found;
}

__attribute__((target("avx2"))) static void masks_avx2(const char *bytes, struct sp_byte_masks *masks)
{
	struct sp_byte_masks found = { 0 };
	const __m256i line_end = _mm256_set1_epi8('\n');
	const __m256i blank = _mm256_set1_epi8(' ');
	const __m256i last_control = _mm256_set1_epi8(0x1f);

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

		found.colons |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_colon) << i;
		found.hashes |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_hash) << i;
		found.strange |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_strange) << i;
		found.high |= (uint64_t)(uint32_t)_mm256_movemask_epi8(here) << i;
	}
	*masks = found;
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

#if defined(__SSE2__)
/* Sixteen at a time; no byte of the sums can overflow within 255 rounds. */
static size_t count_blocks(const char *bytes, size_t blocks)
{
	const __m128i line_end = _mm_set1_epi8('\n');
	size_t count = 0;

	while (blocks > 0) {
		size_t rounds = blocks < 255 ? blocks : 255;
		__m128i sums = _mm_setzero_si128();

		for (size_t i = 0; i < rounds; i++, bytes += 16) {
			__m128i here = _mm_loadu_si128((const __m128i *)(const void *)bytes);

			sums = _mm_sub_epi8(sums, _mm_cmpeq_epi8(here, line_end));
		}
		sums = _mm_sad_epu8(sums, _mm_setzero_si128());
		count += (size_t)_mm_cvtsi128_si32(sums) + (size_t)_mm_extract_epi16(sums, 4);
		blocks -= rounds;
	}
	return count;
}
#endif

#if defined(__SSE2__)
/* Which of sixteen bytes are line ends before a dash. */
static __m128i dashed_lines(const char *bytes)
{
	__m128i here = _mm_loadu_si128((const __m128i *)(const void *)bytes);
	__m128i next = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 1));

	return _mm_and_si128(_mm_cmpeq_epi8(here, _mm_set1_epi8('\n')), _mm_cmpeq_epi8(next, _mm_set1_epi8('-')));
}
#endif

const char *sp_find_dashed_line(const char *bytes, size_t length)
{
	size_t at = 0;

#if defined(__SSE2__)
	for (; at + 65 <= length; at += 64) {
		__m128i found = _mm_or_si128(_mm_or_si128(dashed_lines(bytes + at), dashed_lines(bytes + at + 16)),
					     _mm_or_si128(dashed_lines(bytes + at + 32),
							  dashed_lines(bytes + at + 48)));

		if (_mm_movemask_epi8(found) != 0)
			break;
	}
	for (; at + 17 <= length; at += 16) {
		int mask = _mm_movemask_epi8(dashed_lines(bytes + at));

		if (mask != 0)
			return bytes + at + __builtin_ctz((unsigned)mask);
	}
#endif
	for (; at + 1 < length; at++)
		if (bytes[at] == '\n' && bytes[at + 1] == '-')
			return bytes + at;
	return NULL;
}

size_t sp_count_line_ends(const char *bytes, size_t length)
{
	size_t count = 0;
	size_t at = 0;

#if defined(__SSE2__)
	at = length / 16 * 16;
	count = count_blocks(bytes, length / 16);
#endif
	for (; at < length; at++)
		count += bytes[at] == '\n';
	return count;
}
