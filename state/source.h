/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of an input, read once and in order: a file, a FIFO, stdin or a text in memory.
 *
 * Reading is by chunks, so that memory does not grow with the file. The last 64 KiB that went by are kept, so that
 * an error can still show its line. With state/folder.h and state/file.h, one of the few modules that talk to the
 * system. */
#ifndef SAMEPAGE_STATE_SOURCE_H
#define SAMEPAGE_STATE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "state/report.h"

struct sp_source;

/* Opens `path` for reading; "-" is stdin. At most `limit` bytes are read from it. NULL after an error, which is in the
 * report. Closed by sp_source_close. */
struct sp_source *sp_source_open(const char *path, size_t limit, struct sp_report *report);

/* The same for text in memory, which is not copied and must live as long as the source. Never fails. */
struct sp_source *sp_source_text(const char *name, const char *text, size_t length);

/* Reads all that is left of `path` and returns a source over that text, as sp_source_text makes it, or NULL after an
 * error. For inputs that are looked at twice; `limit` bounds the memory. */
struct sp_source *sp_source_slurp(const char *path, size_t limit, struct sp_report *report);

/* Gives everything back. NULL is fine. Places that name the source are void afterwards. */
void sp_source_close(struct sp_source *source);

/* Closes the file and gives its bytes back, so that many sources may be kept: places that name it go on to do so.
 * NULL is fine. Text in memory stays. */
void sp_source_release(struct sp_source *source);

/* The name to show: the path as it was given, "stdin" for "-". */
const char *sp_source_name(const struct sp_source *source);

/* Shows another name, where the path says nothing: a temporary file's. It is copied. */
void sp_source_rename(struct sp_source *source, const char *name);

/* The whole text of a source made by sp_source_text or sp_source_slurp. */
const char *sp_source_bytes(const struct sp_source *source, size_t *length);

/* Whether the source is text in memory, all of it at hand. */
bool sp_source_is_text(const struct sp_source *source);

/* Back to the beginning of a text in memory, to read it once more. */
void sp_source_rewind(struct sp_source *source);

/* The next bytes, at least `wanted` of them unless the input ends before. Their number comes in `available`; 0 at the
 * end. They stay valid until the next call of this function. `wanted` is at most 64 KiB. NULL after a failed read, an
 * input above its limit included; the error is in the report. */
const char *sp_source_peek(struct sp_source *source, size_t wanted, size_t *available, struct sp_report *report);

/* Whether bytes can be read at any offset, beside what sp_source_peek does: a regular file, or text in memory, that
 * nothing was read of as yet and that is not above its limit. */
bool sp_source_can_read_at(const struct sp_source *source);

/* Reads up to `size` bytes from `offset` on; how many, 0 at the end, -1 after an error. What came to a file after it
 * was opened is not read. Changes nothing of the source, so that several threads may do so. */
ssize_t sp_source_read_at(const struct sp_source *source, size_t offset, char *bytes, size_t size);

/* How large such a source was when it was opened, in bytes, and into how many pieces it is worth to be cut, each for
 * a processor. */
size_t sp_source_size(const struct sp_source *source);
unsigned sp_source_pieces(const struct sp_source *source);

/* Reads up to `size` bytes of an input of which nothing was moved over, be it a pipe: how many, 0 at the end, -1
 * after an error and at the limit. Then either all of it was read so, or sp_source_resume must follow. */
ssize_t sp_source_read(struct sp_source *source, char *bytes, size_t size);

/* From now on the source gives, for what sp_source_read has read: `head`, as many empty lines as `lines` says, and
 * `rest`, both of which are copied. Then the input goes on. */
void sp_source_resume(struct sp_source *source, const char *head, size_t head_length, size_t lines, const char *rest,
		      size_t rest_length);

/* How many empty lines were made up so far. */
size_t sp_source_made_up(const struct sp_source *source);

/* Moves over `count` bytes of those last peeked at. */
void sp_source_skip(struct sp_source *source, size_t count);

/* How many bytes were moved over, and the line (from 1) in which the next one stands. */
size_t sp_source_offset(const struct sp_source *source);
size_t sp_source_line(const struct sp_source *source);

/* The place of the byte at `offset` from the beginning, as far as it is still at hand; else only the source. */
struct sp_place sp_source_place(const struct sp_source *source, size_t offset);

/* A copy of the line of `place`, without its end, if it is still at hand, else NULL. Of a long line only the
 * beginning, and that only if the place is in it. */
char *sp_source_excerpt(struct sp_place place, struct sp_arena *arena);

#endif
