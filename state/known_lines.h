/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a large input that were read before, with what they did, so that the same line need not be read again: the
 * nodes of a snapshot are much alike. Pure.
 *
 * What a line does is decided by its bytes and by the frame that it stands in, which the reader gives a number. Bytes
 * are compared, not hashes alone: a line is known only if it is the very same. */
#ifndef SAMEPAGE_STATE_KNOWN_LINES_H
#define SAMEPAGE_STATE_KNOWN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/key_set.h"

enum {
	SP_KNOWN_LINES_LONGEST = 256,
	SP_KNOWN_LINES_NO_KEY = 255,
};

/* What a line does: collections end, others begin, and then a key is added to a mapping that is open behind it. */
struct sp_line_effect {
	uint64_t key;      /* its hash, */
	uint8_t key_level; /* and the level of the mapping, or SP_KNOWN_LINES_NO_KEY */
	uint8_t kept;      /* so many of the collections that are open before the line are open behind it, */
	uint8_t depth;     /* and so many are open behind it in all */
	uint8_t decodes;   /* values in it, for sp_fast_reading */
	uint16_t after;    /* frame */
};

struct sp_known_line {
	struct sp_known_line *next; /* the line that followed it the last time; NULL: none that is known */
	struct sp_known_line *next_but_one;
	struct sp_line_effect effect;
	uint16_t length;
	uint16_t before; /* frame */
	char text[];     /* with its line end */
};

/* One that may be known. */
struct sp_line {
	const char *text;
	size_t length;
	uint64_t hash; /* of the text and `before` */
	uint16_t before;
};

struct sp_known_slot {
	uint16_t unit; /* where it stands; 0: free */
	uint16_t tag;  /* a part of its hash, by which most others are told */
};

struct sp_known_lines {
	struct sp_known_line *last; /* the line before the one that is looked for; NULL: it is not known */
	struct sp_known_line *last_but_one;
	char *memory;                /* of all of them */
	size_t used;                 /* units of it; the first is in no use */
	struct sp_known_slot *slots; /* by hash and seed */
	uint64_t seed;               /* odd */
	uint16_t *once;              /* of lines that were met once: a part of their hashes, by another part */
	size_t count;
	bool at_once;
};

/* With `at_once`, a line is learned at its first time: for tests. */
struct sp_known_lines *sp_known_lines_new(bool at_once);
void sp_known_lines_free(struct sp_known_lines *lines);

/* A line that stands in this frame and ends with a line end, to be looked for. */
static inline struct sp_line sp_line_in(uint16_t before, const char *text, size_t length)
{
	return (struct sp_line){ text, length, sp_key_hash(text, length) ^ before * 0x9e3779b97f4a7c15U, before };
}

/* NULL where it is not known. */
struct sp_known_line *sp_known_lines_find(const struct sp_known_lines *lines, const struct sp_line *line);

/* Adds a line that is not known; its text is copied. NULL at the first time that it is asked: most lines that are new
 * do not come again. What is known may be forgotten for it. */
struct sp_known_line *sp_known_lines_learn(struct sp_known_lines *lines, const struct sp_line *line,
					   const struct sp_line_effect *effect);

/* The walk has come over this line; NULL: over one that is not known. Called for every line, and so inline. */
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

#endif
