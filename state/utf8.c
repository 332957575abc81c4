/* SPDX-License-Identifier: Apache-2.0 */
#include "state/utf8.h"

#include <stdbool.h>

static uint32_t decode(const char *bytes, size_t left, size_t *length)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = left > 0 ? (unsigned char)bytes[0] : 0xFF;
	size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
	uint32_t character = size == 1 ? first : first & (0x7FU >> size);

	*length = 0;
	if (size == 0 || size > left)
		return 0;
	for (size_t i = 1; i < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if ((byte & 0xC0) != 0x80)
			return 0;
		character = character << 6 | (byte & 0x3F);
	}
	if (character < smallest[size] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
		return 0;
	*length = size;
	return character;
}

size_t sp_utf8_length(const char *bytes, size_t left)
{
	size_t length;

	decode(bytes, left, &length);
	return length;
}

static bool is_unsafe(uint32_t character)
{
	return character < 0x20 || (character >= 0x7F && character < 0xA0) ||
	       (character >= 0x200B && character <= 0x200F) || (character >= 0x2028 && character <= 0x202E) ||
	       (character >= 0x2066 && character <= 0x2069) || character == 0xFEFF || character == 0xFFFE ||
	       character == 0xFFFF;
}

size_t sp_utf8_printable(const char *bytes, size_t left)
{
	size_t length;
	uint32_t character = decode(bytes, left, &length);

	return is_unsafe(character) ? 0 : length;
}

size_t sp_utf8_blank(const char *bytes, size_t left)
{
	size_t length;
	uint32_t character = decode(bytes, left, &length);
	bool is_blank = (character >= 0x09 && character <= 0x0D) || character == 0x20 || character == 0x85 ||
			character == 0xA0 || character == 0x1680 || (character >= 0x2000 && character <= 0x200A) ||
			character == 0x2028 || character == 0x2029 || character == 0x202F || character == 0x205F ||
			character == 0x3000;

	return is_blank ? length : 0;
}

size_t sp_utf8_trim(const char *bytes, size_t length, size_t *start)
{
	size_t end = 0;
	size_t blank;

	*start = 0;
	while ((blank = sp_utf8_blank(bytes + *start, length - *start)) > 0)
		*start += blank;
	for (size_t at = *start; at < length;) {
		blank = sp_utf8_blank(bytes + at, length - at);
		at += blank > 0 ? blank : 1;
		if (blank == 0)
			end = at;
	}
	return end > *start ? end - *start : 0;
}

size_t sp_utf8_encode(uint32_t character, char bytes[4])
{
	static const unsigned char leads[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	size_t size;

	if (character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
		character = 0xFFFD;
	size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
	for (size_t i = size; i-- > 1; character >>= 6)
		bytes[i] = (char)(0x80 | (character & 0x3F));
	bytes[0] = (char)(leads[size] | character);
	return size;
}
