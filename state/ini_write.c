/* SPDX-License-Identifier: Apache-2.0 */
#include "state/ini_write.h"

#include <string.h>

#include "state/utf8.h"

enum {
	MOST_NAME = 64,
	MOST_LINE = 198, /* without its end; inih has room for 200 bytes, the line end and a NUL among them */
};

static bool is_word(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
	       (character >= '0' && character <= '9') || character == '_';
}

bool sp_ini_is_name(const char *text)
{
	size_t length = strnlen(text, MOST_NAME + 1);

	if (length > MOST_NAME || !is_word(text[0]))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!is_word(text[i]) && text[i] != '-' && text[i] != '.')
			return false;
	return true;
}

/* inih takes blanks off both ends, and takes a ';' after a blank (there is one before the value) for a comment. */
static bool is_value(const char *text, size_t length)
{
	if (length > 0 && (text[0] == ' ' || text[0] == ';' || text[length - 1] == ' '))
		return false;
	if (strstr(text, " ;"))
		return false;
	for (size_t i = 0, step; i < length; i += step) {
		step = sp_utf8_printable(text + i, length - i);
		if (step == 0)
			return false;
	}
	return true;
}

bool sp_ini_write(struct sp_text *out, const char *name, const char *value)
{
	size_t length = strlen(value);

	if (!sp_ini_is_name(name)) {
		sp_text_add(out, "; something has a name that cannot be written here\n");
		return false;
	}
	if (strlen(name) + strlen(" = ") + length > MOST_LINE || !is_value(value, length)) {
		sp_text_format(out, "; %s has a value that cannot be written here\n", name);
		return false;
	}
	sp_text_format(out, "%s = %s\n", name, value);
	return true;
}
