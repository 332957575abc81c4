/* SPDX-License-Identifier: Apache-2.0 */
/* What to know of libinih 55 as Debian builds it: it cuts a line that does not fit its buffer of 200 bytes in two and
 * reads the rest as a line of its own, without an error, and its handler is not told the line's number. Hence a reader
 * function of our own, which is asked for one line at a time: it counts them and refuses long ones. */
#include "state/ini.h"

#include <ini.h>
#include <string.h>

struct ini_reading {
	struct sp_source *source;
	sp_ini_function *take;
	void *context;
	struct sp_report *report;
	size_t line;
	bool failed;
};

static struct sp_place here(const struct ini_reading *reading)
{
	return (struct sp_place){ reading->source, reading->line, 1 };
}

static char *read_line(char *line, int size, void *stream)
{
	struct ini_reading *reading = stream;
	size_t available;
	const char *bytes = sp_source_peek(reading->source, (size_t)size, &available, reading->report);
	const char *end;
	size_t length;

	reading->failed = reading->failed || !bytes;
	if (reading->failed || available == 0)
		return NULL;
	reading->line = sp_source_line(reading->source);
	end = memchr(bytes, '\n', available < (size_t)size ? available : (size_t)size);
	length = end ? (size_t)(end - bytes) + 1 : available;
	if (length >= (size_t)size) {
		reading->failed = !sp_fail(reading->report, "line-too-long", here(reading),
					   "a line of more than %d bytes", size - 2);
		return NULL;
	}
	if (memchr(bytes, '\0', length)) {
		reading->failed = !sp_fail(reading->report, "ini-syntax", here(reading), "a NUL byte");
		return NULL;
	}
	memcpy(line, bytes, length);
	line[length] = '\0';
	sp_source_skip(reading->source, length);
	return line;
}

static int handle(void *user, const char *section, const char *name, const char *value)
{
	struct ini_reading *reading = user;

	if (!reading->failed && !reading->take(reading->context, section, name, value, here(reading)))
		reading->failed = true;
	return !reading->failed;
}

bool sp_ini_read(struct sp_source *source, sp_ini_function *take, void *context, struct sp_report *report)
{
	struct ini_reading reading = { .source = source, .take = take, .context = context, .report = report };
	int wrong_line = ini_parse_stream(read_line, &reading, handle, &reading);

	if (reading.failed)
		return false;
	if (wrong_line < 0)
		sp_out_of_memory();
	if (wrong_line > 0)
		return sp_fail(report, "ini-syntax", (struct sp_place){ source, (size_t)wrong_line, 1 },
			       "expected \"name = value\" or \"[section]\"");
	return true;
}
