/* SPDX-License-Identifier: Apache-2.0 */
#include "state/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/arena.h"
#include "state/utf8.h"

void sp_text_grow(struct sp_text *text, size_t more)
{
	size_t needed;
	size_t capacity = text->capacity ? text->capacity : 256;

	if (__builtin_add_overflow(text->length, more, &needed) || needed >= SIZE_MAX / 2)
		sp_out_of_memory();
	needed++;
	while (capacity < needed)
		capacity *= 2;
	text->bytes = realloc(text->bytes, capacity);
	if (!text->bytes)
		sp_out_of_memory();
	text->capacity = capacity;
}

void sp_text_append(struct sp_text *text, const char *bytes, size_t length)
{
	sp_text_reserve(text, length);
	if (length > 0)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void sp_text_add(struct sp_text *text, const char *string)
{
	sp_text_append(text, string, strlen(string));
}

void sp_text_format(struct sp_text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		sp_out_of_memory();
	sp_text_reserve(text, (size_t)length);
	va_start(arguments, format);
	vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	text->length += (size_t)length;
}

size_t sp_text_command(const char *string)
{
	size_t length = 2;

	if (string[0] != '#' || string[1] != '#')
		return 0;
	length += strspn(string + length, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	return string[length] == '[' ? length : 0;
}

void sp_text_add_visible(struct sp_text *text, const char *string)
{
	size_t left = strlen(string);

	while (left > 0) {
		size_t command = sp_text_command(string);
		size_t length = command > 0 ? command : sp_utf8_printable(string, left);

		if (command > 0) {
			sp_text_append(text, string, command);
			sp_text_add(text, "\\x5B");
			length = command + 1;
		} else if (length > 0) {
			sp_text_append(text, string, length);
		} else {
			sp_text_format(text, "\\x%02X", (unsigned char)*string);
			length = 1;
		}
		string += length;
		left -= length;
	}
}

const char *sp_text_string(const struct sp_text *text)
{
	return text->bytes ? text->bytes : "";
}

void sp_text_free(struct sp_text *text)
{
	free(text->bytes);
	*text = (struct sp_text){ 0 };
}
