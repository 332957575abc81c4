/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a large input that were read before, with what they did, so that the same line need not be read again: the
 * nodes of a snapshot are much alike. Pure.
 *
 * What a line does is decided by its bytes and by the frame that it stands in, which the reader gives a number. Bytes
 * are compared, not hashes alone: a line is known only if it is the very same, or differs in its value alone and nobody
 * takes note of that (fast_value.h). */
#ifndef SAMEPAGE_STATE_KNOWN_LINES_H
#define SAMEPAGE_STATE_KNOWN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "state/fast_value.h"
#include "state/key_set.h"

enum {
	SP_KNOWN_LINES_LONGEST = 256,
	SP_KNOWN_LINES_NO_KEY = 255,
};

/* What a line does: collections end, others begin, and then a key is added to a mapping that is open behind it. */
struct sp_line_effect {
	uint64_t key;      /* as the key set has it, */
	uint16_t key_slot; /* where it is looked for there, */
	uint8_t key_level; /* and the level of the mapping, or SP_KNOWN_LINES_NO_KEY */
	uint8_t kept;      /* so many of the collections that are open before the line are open behind it, */
	uint8_t depth;     /* and so many are open behind it in all */
	uint8_t decodes;   /* values in it, for sp_fast_reading */
	uint16_t after;    /* frame */
	bool is_read;      /* it does more than that, and so must be read each time */
};

/* A line that stands in this frame, and ends with a line end. */
struct sp_line {
	const char *text;
	size_t length;
	uint16_t before;
};

/* Where in a line its value stands, if another may stand there. */
struct sp_line_value {
	uint16_t start;
	uint16_t end;
	uint8_t kind; /* enum sp_fast_value_kind */
};

struct sp_known_line {
	struct sp_known_line *next; /* the line that followed it the last time; NULL: none that is known */
	struct sp_known_line *next_but_one;
	struct sp_line_effect effect;
	uint16_t length;
	uint16_t before; /* frame */
	struct sp_line_value value;
	char text[]; /* with its line end */
};

struct sp_known_slot {
	uint16_t unit; /* where it stands; 0: free */
	uint16_t tag;  /* a part of its hash, by which most others are told */
};

/* Of the last lines that were met once: a part of their hashes. */
struct sp_known_once {
	uint16_t tags[4];
};

struct sp_known_lines {
	struct sp_known_line *last; /* the line before the one that is looked for; NULL: it is not known */
	struct sp_known_line *last_but_one;
	char *memory;                /* of all of them */
	size_t used;                 /* units of it; the first is in no use */
	struct sp_known_slot *slots; /* by hash and seed */
	uint64_t seed;               /* odd */
	struct sp_known_once *once;  /* by another part of the hash */
	size_t count;
	bool at_once;
};

/* With `at_once`, a line is learned at its first time: for tests. */
struct sp_known_lines *sp_known_lines_new(bool at_once);
void sp_known_lines_free(struct sp_known_lines *lines);

/* NULL where the line is not known. It may have to be read all the same. */
struct sp_known_line *sp_known_lines_find(const struct sp_known_lines *lines, const struct sp_line *line);

/* The known line that is this one, or like it but for its value; if there is none, the line is added, and its text is
 * copied. NULL at the first time that it is asked: most lines that are new do not come again. What is known may be
 * forgotten for it. */
struct sp_known_line *sp_known_lines_learn(struct sp_known_lines *lines, const struct sp_line *line,
					   const struct sp_line_effect *effect, struct sp_line_value value);

/* The length of the line that begins at `at`, if it is like this one but for its value; else 0. */
size_t sp_known_line_like(const struct sp_known_line *line, const char *at, const char *end);

/* The same, also if it is this one. Called for every line, and so inline. */
static inline size_t sp_known_line_at(const struct sp_known_line *line, const char *at, const char *end)
{
	if (line->effect.is_read)
		return 0;
	if (line->length <= (size_t)(end - at) && memcmp(line->text, at, line->length) == 0)
		return line->length;
	return line->value.kind == SP_FAST_VALUE_NONE ? 0 : sp_known_line_like(line, at, end);
}

/* The walk has come over this line; NULL: over one that is not known. */
static inline void sp_known_lines_pass(struct sp_known_lines *lines, struct sp_known_line *line)
{
	/* mostly they are so already, and what is not written stays in more than one processor's cache */
	if (line && lines->last && lines->last->next != line)
		lines->last->next = line;
	if (line && lines->last_but_one && lines->last_but_one->next_but_one != line)
		lines->last_but_one->next_but_one = line;
	lines->last_but_one = lines->last;
	lines->last = line;
}

/* The line that is expected, or NULL. */
static inline struct sp_known_line *sp_known_lines_next(const struct sp_known_lines *lines)
{
	return lines->last ? lines->last->next : NULL;
}

#endif
