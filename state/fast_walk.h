/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over the lines of a snapshot, as both fast readers have it: which collections are open, and which lines
 * were read before.
 *
 * What a line does is decided by its bytes and by what is open where it begins, its frame. So a line that was read
 * before in the same frame does the same again, and is only compared; its value may be another, where nobody looks at
 * it. That holds for lines of which no note is taken: what belongs to a name, a label that is asked for, or the border of
 * an item, is always read. */
#ifndef SAMEPAGE_STATE_FAST_WALK_H
#define SAMEPAGE_STATE_FAST_WALK_H

#include <string.h>

#include "state/byte_masks.h"
#include "state/fast_pieces.h"
#include "state/key_set.h"
#include "state/known_lines.h"

enum {
	SP_FAST_DEEPEST = SP_KEY_SET_DEPTHS,
	SP_FAST_LONGEST_KEY = 500, /* libyaml takes 1024 */
};

/* A collection that is open. */
struct sp_fast_level {
	uint32_t column; /* in YAML */
	uint8_t role;    /* enum sp_fast_role */
	uint8_t awaited; /* the role of the value that the last key awaits */
	bool awaits;     /* in YAML: the last key, or "-", has its value in the lines below, or null */
	bool is_list;
};

/* All that decides, beside its bytes, what a line does: whatever is read of a line must be in here, or the line noted
 * (is_noted of struct sp_fast_reading), so that it is read each time. */
struct sp_fast_frame {
	struct sp_fast_level levels[SP_FAST_DEEPEST];
	uint32_t depth;
	uint32_t mode;   /* the reader's own */
	uint32_t column; /* the same */
	bool matters;    /* of struct sp_fast_reading, where a value may go on */
};

struct sp_fast_walk {
	struct sp_fast_reading *reading;
	struct sp_key_set *keys;
	sp_byte_masks_function *find; /* for YAML */
	struct sp_fast_frame frame;   /* what is open; out of date while `is_ahead` */
	size_t line;                  /* the number of the line, from 1 */
	size_t offset;                /* of the line */
	bool learns_at_once;          /* of struct sp_node_options */
	struct sp_known_lines *known; /* NULL: there was no need so far */
	struct sp_fast_frames *frames;
	uint16_t number;            /* the frame's; 0: it has none */
	bool is_ahead;              /* known lines were passed: `number` tells the frame, and `frame` is older */
	struct sp_line_effect done; /* what the line has done so far */
	struct sp_fast_value
		value;  /* the last in the line, to be set by who reads it: any other of its kind does the same */
	size_t decodes; /* of the reading, when it began */
	size_t misses;  /* lines that were read */
};

struct sp_fast_walk sp_fast_walk_begin(struct sp_fast_piece *piece);
void sp_fast_walk_end(struct sp_fast_walk *walk);

static inline struct sp_fast_level *sp_fast_top(struct sp_fast_walk *walk)
{
	return &walk->frame.levels[walk->frame.depth - 1];
}

/* How many blanks stand at `at`: eight at a time. What is behind the text is readable, and no blank ends it. */
static inline size_t sp_fast_count_blanks(const char *at)
{
	static const char blanks[] = "        ";
	const char *start = at;

	while (memcmp(at, blanks, 8) == 0)
		at += 8;
	while (*at == ' ')
		at++;
	return (size_t)(at - start);
}

/* A collection begins. False where there are too many. */
bool sp_fast_push(struct sp_fast_walk *walk, struct sp_fast_level level);

/* The innermost one ends. */
void sp_fast_pop(struct sp_fast_walk *walk);

/* A key of the innermost collection. False where it may be there already. */
bool sp_fast_add_key(struct sp_fast_walk *walk, const char *key, size_t length);

/* Reads one line: walk->line and walk->offset are its. False where it is not recognised. */
typedef bool sp_fast_line_function(struct sp_fast_walk *walk, const char *start, size_t length);

/* Takes all lines of a chunk; the last may have no line end at the end of the input alone. */
bool sp_fast_walk_lines(struct sp_fast_walk *walk, const char *bytes, size_t length, sp_fast_line_function *read);

/* To be called before `frame` is looked at between two chunks. */
void sp_fast_walk_settle(struct sp_fast_walk *walk);

#endif
