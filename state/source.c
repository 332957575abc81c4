/* SPDX-License-Identifier: Apache-2.0 */
#include "state/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/byte_masks.h"
#include "state/text.h"

enum {
	HISTORY_SIZE = 64 * 1024, /* what is kept of the bytes that went by, for excerpts */
	CHUNK_SIZE = 256 * 1024,
	BUFFER_SIZE = HISTORY_SIZE + CHUNK_SIZE,
	MOST_PEEKED = 64 * 1024,
	LONGEST_EXCERPT = 64 * 1024,
	LONGEST_CHARACTER = 4,           /* in bytes */
	WORTH_A_PIECE = 4 * 1024 * 1024, /* a thread costs as much as some 100 KiB */
};

/* The buffer holds bytes [0, end) of which [0, position) went by. A source over text in memory has no file: its buffer
 * is the whole text, and never moves. */
struct sp_source {
	char *name;
	int file; /* -1 for text in memory */
	bool is_regular;
	size_t size; /* of a regular file, as it was opened; of text in memory */
	bool owns_bytes;
	bool ended;
	char *bytes;
	size_t capacity; /* of the buffer of a file, which is made when it is first needed */
	size_t position;
	size_t end;
	size_t limit;
	size_t taken;       /* bytes read from the file */
	size_t empty_lines; /* that stand before the rest, and that are still to be made up */
	size_t made_up;     /* of them */
	char *rest;         /* what comes before the file goes on; NULL: nothing */
	size_t rest_length;
	size_t rest_position;
	size_t dropped;        /* bytes that went by before bytes[0] */
	size_t dropped_breaks; /* line ends among them */
	size_t line;           /* the line of bytes[position] */
};

void sp_source_rename(struct sp_source *source, const char *name)
{
	free(source->name);
	source->name = strdup(name);
	if (!source->name)
		sp_out_of_memory();
}

static struct sp_source *new_source(const char *name)
{
	struct sp_source *source = calloc(1, sizeof *source);

	if (!source)
		sp_out_of_memory();
	source->name = strdup(name);
	if (!source->name)
		sp_out_of_memory();
	source->file = -1;
	source->line = 1;
	return source;
}

/* The source may be gone before the report is printed, so that its name is put into the message instead of a place. */
static struct sp_source *refuse(struct sp_report *report, const char *name, int error)
{
	sp_fail(report, "unreadable", (struct sp_place){ 0 }, "%s: %s", name, strerror(error));
	if (error == EISDIR)
		sp_help(report, "name a file in it");
	return NULL;
}

struct sp_source *sp_source_open(const char *path, size_t limit, struct sp_report *report)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int file = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat status = { 0 };
	struct sp_source *source;

	if (file < 0)
		return refuse(report, path, errno);
	if (fstat(file, &status) == 0 && S_ISDIR(status.st_mode)) {
		if (!is_stdin)
			close(file);
		return refuse(report, path, EISDIR);
	}
	source = new_source(is_stdin ? "stdin" : path);
	source->file = file;
	source->is_regular = S_ISREG(status.st_mode) && status.st_size >= 0;
	source->size = source->is_regular ? (size_t)status.st_size : 0;
	source->limit = limit;
	source->owns_bytes = true;
	return source;
}

struct sp_source *sp_source_text(const char *name, const char *text, size_t length)
{
	struct sp_source *source = new_source(name);

	source->bytes = (char *)text; /* never written to: only a source with a file moves its bytes */
	source->end = source->size = length;
	source->ended = true;
	return source;
}

struct sp_source *sp_source_slurp(const char *path, size_t limit, struct sp_report *report)
{
	struct sp_source *file = sp_source_open(path, limit, report);
	struct sp_source *whole_text;
	struct sp_text text = { 0 };
	const char *bytes;
	size_t available;

	if (!file)
		return NULL;
	while ((bytes = sp_source_peek(file, 1, &available, report)) && available > 0) {
		sp_text_append(&text, bytes, available);
		sp_source_skip(file, available);
	}
	whole_text = bytes ? sp_source_text(file->name, text.bytes, text.length) : NULL;
	if (whole_text)
		whole_text->owns_bytes = true;
	else
		sp_text_free(&text);
	sp_source_close(file);
	return whole_text;
}

void sp_source_close(struct sp_source *source)
{
	if (!source)
		return;
	if (source->file > STDIN_FILENO)
		close(source->file);
	if (source->owns_bytes)
		free(source->bytes);
	free(source->rest);
	free(source->name);
	free(source);
}

void sp_source_release(struct sp_source *source)
{
	char *name;

	if (!source || source->file < 0)
		return;
	if (source->file > STDIN_FILENO)
		close(source->file);
	free(source->bytes);
	free(source->rest);
	name = source->name;
	*source = (struct sp_source){ .name = name, .file = -1, .ended = true, .line = 1 };
}

const char *sp_source_name(const struct sp_source *source)
{
	return source->name;
}

const char *sp_source_bytes(const struct sp_source *source, size_t *length)
{
	*length = source->end;
	return source->bytes ? source->bytes : "";
}

bool sp_source_is_text(const struct sp_source *source)
{
	return source->file < 0;
}

void sp_source_rewind(struct sp_source *source)
{
	source->position = 0;
	source->line = 1;
}

/* Makes room behind the bytes that are there, by letting go of all but the newest of those that went by. */
static void make_room(struct sp_source *source)
{
	size_t drop = source->position > HISTORY_SIZE ? source->position - HISTORY_SIZE : 0;

	if (drop == 0)
		return;
	source->dropped += drop;
	memmove(source->bytes, source->bytes + drop, source->end - drop);
	source->position -= drop;
	source->end -= drop;
	source->dropped_breaks = source->line - 1 - sp_count_line_ends(source->bytes, source->position);
}

/* A small file has a small buffer; one that grows gets a large one. */
static void grow(struct sp_source *source)
{
	bool is_small = source->capacity == 0 && source->is_regular && source->size < CHUNK_SIZE;

	if (source->end < source->capacity)
		return;
	source->capacity = is_small ? source->size + 1 : source->capacity + BUFFER_SIZE;
	source->bytes = realloc(source->bytes, source->capacity);
	if (!source->bytes)
		sp_out_of_memory();
}

/* Whether a read of fewer bytes than asked for was the last: a regular file ends where it did when it was opened, if no
 * more has come by now; all others end where nothing comes. */
static bool is_last(const struct sp_source *source, size_t count, size_t asked)
{
	return count == 0 || (source->is_regular && count < asked && source->taken == source->size);
}

static ssize_t read_file(struct sp_source *source, char *bytes, size_t size)
{
	ssize_t count;

	do {
		count = read(source->file, bytes, size);
	} while (count < 0 && errno == EINTR);
	if (count > 0)
		source->taken += (size_t)count;
	return count;
}

/* What comes before the file goes on. */
static size_t take_resumed(struct sp_source *source, char *bytes, size_t size)
{
	size_t left = source->rest_length - source->rest_position;

	if (source->empty_lines > 0) {
		size_t count = size < source->empty_lines ? size : source->empty_lines;

		memset(bytes, '\n', count);
		source->empty_lines -= count;
		source->made_up += count;
		return count;
	}
	if (size > left)
		size = left;
	if (size > 0)
		memcpy(bytes, source->rest + source->rest_position, size);
	source->rest_position += size;
	return size;
}

static bool read_more(struct sp_source *source, struct sp_report *report)
{
	size_t asked;
	size_t resumed;
	ssize_t count;

	grow(source);
	asked = source->capacity - source->end;
	resumed = take_resumed(source, source->bytes + source->end, asked);
	source->end += resumed;
	if (resumed > 0)
		return true;
	count = read_file(source, source->bytes + source->end, asked);
	if (count < 0)
		return refuse(report, source->name, errno);
	source->ended = is_last(source, (size_t)count, asked);
	source->end += (size_t)count;
	if (source->taken > source->limit) {
		size_t mebi = source->limit >> 20;

		sp_fail(report, "input-too-large", (struct sp_place){ 0 },
			mebi > 0 ? "%s: more than %zu MiB" : "%s: more than %zu bytes", source->name,
			mebi > 0 ? mebi : source->limit);
		return sp_help(report, "is this the right file?");
	}
	return true;
}

const char *sp_source_peek(struct sp_source *source, size_t wanted, size_t *available, struct sp_report *report)
{
	if (wanted > MOST_PEEKED)
		wanted = MOST_PEEKED;
	if (source->end - source->position < wanted && !source->ended)
		make_room(source);
	while (source->end - source->position < wanted && !source->ended)
		if (!read_more(source, report))
			return NULL;
	*available = source->end - source->position;
	return source->bytes ? source->bytes + source->position : "";
}

bool sp_source_can_read_at(const struct sp_source *source)
{
	if (source->file < 0)
		return source->size <= source->limit || source->limit == 0;
	return source->is_regular && source->position == 0 && source->end == 0 && source->size <= source->limit &&
	       (source->file != STDIN_FILENO || lseek(source->file, 0, SEEK_CUR) == 0);
}

ssize_t sp_source_read_at(const struct sp_source *source, size_t offset, char *bytes, size_t size)
{
	size_t left = offset < source->size ? source->size - offset : 0;
	ssize_t count;

	if (size > left)
		size = left;
	if (size == 0)
		return 0;
	if (source->file < 0) {
		memcpy(bytes, source->bytes + offset, size);
		return (ssize_t)size;
	}
	do {
		count = pread(source->file, bytes, size, (off_t)offset);
	} while (count < 0 && errno == EINTR);
	return count;
}

size_t sp_source_size(const struct sp_source *source)
{
	return source->size;
}

unsigned sp_source_pieces(const struct sp_source *source)
{
	size_t worth = source->size / WORTH_A_PIECE;
	long processors = worth > 1 ? sysconf(_SC_NPROCESSORS_ONLN) : 1;

	return processors > 1 && worth > (size_t)processors ? (unsigned)processors :
	       worth > 1 && processors > 1                  ? 2 :
							      1;
}

ssize_t sp_source_read(struct sp_source *source, char *bytes, size_t size)
{
	size_t left = source->end - source->position;

	if (left > 0) {
		size = size < left ? size : left;
		memcpy(bytes, source->bytes + source->position, size);
		source->position += size;
		return (ssize_t)size;
	}
	left = source->limit - source->taken;
	if (source->file < 0 || left == 0)
		return -1;
	return read_file(source, bytes, size < left ? size : left);
}

void sp_source_resume(struct sp_source *source, const char *head, size_t head_length, size_t lines, const char *rest,
		      size_t rest_length)
{
	size_t peeked = source->end - source->position; /* and not read */

	source->rest_length = rest_length + peeked;
	source->rest = malloc(source->rest_length + 1);
	if (!source->rest)
		sp_out_of_memory();
	memcpy(source->rest, rest, rest_length);
	if (peeked > 0)
		memcpy(source->rest + rest_length, source->bytes + source->position, peeked);
	free(source->bytes);
	source->capacity = head_length + BUFFER_SIZE;
	source->bytes = malloc(source->capacity);
	if (!source->bytes)
		sp_out_of_memory();
	memcpy(source->bytes, head, head_length);
	source->position = 0;
	source->end = head_length;
	source->empty_lines = lines;
	source->ended = false;
}

size_t sp_source_made_up(const struct sp_source *source)
{
	return source->made_up;
}

void sp_source_skip(struct sp_source *source, size_t count)
{
	if (count > source->end - source->position)
		count = source->end - source->position;
	source->line += sp_count_line_ends(source->bytes + source->position, count);
	source->position += count;
}

size_t sp_source_offset(const struct sp_source *source)
{
	return source->dropped + source->position;
}

size_t sp_source_line(const struct sp_source *source)
{
	return source->line;
}

struct sp_place sp_source_place(const struct sp_source *source, size_t offset)
{
	struct sp_place place = { .source = source };
	const char *at;
	const char *line;

	if (!source->bytes || offset < source->dropped || offset > source->dropped + source->end)
		return place;
	at = source->bytes + (offset - source->dropped);
	line = memrchr(source->bytes, '\n', (size_t)(at - source->bytes));
	line = line ? line + 1 : source->bytes;
	place.line = source->dropped_breaks + sp_count_line_ends(source->bytes, (size_t)(at - source->bytes)) + 1;
	place.column = 1;
	for (; line < at; line++)
		place.column += (*line & 0xC0) != 0x80;
	return place;
}

char *sp_source_excerpt(struct sp_place place, struct sp_arena *arena)
{
	const struct sp_source *source = place.source;
	const char *start = source->bytes;
	const char *end;
	const char *stop;
	size_t at = source->dropped_breaks + 1;
	bool is_cut = source->dropped > 0; /* the first line of the buffer may lack its beginning */

	if (!start || place.line < at + is_cut)
		return NULL;
	end = start + source->end;
	for (; at < place.line; at++) {
		start = memchr(start, '\n', (size_t)(end - start));
		if (!start)
			return NULL;
		start++;
	}
	stop = memchr(start, '\n', (size_t)(end - start));
	if (!stop)
		stop = end;
	if (stop > start && stop[-1] == '\r')
		stop--;
	if (stop - start > LONGEST_EXCERPT && place.column > LONGEST_EXCERPT / LONGEST_CHARACTER / 2)
		return NULL;
	if (stop - start > LONGEST_EXCERPT)
		stop = start + LONGEST_EXCERPT;
	if (memchr(start, '\0', (size_t)(stop - start)))
		return NULL; /* UTF-16, of which no terminal would show anything sensible */
	return sp_arena_copy(arena, start, (size_t)(stop - start));
}
