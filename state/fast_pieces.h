/* SPDX-License-Identifier: Apache-2.0 */
/* The input of a fast reader, cut where an item ends and the next begins, each piece with a thread of its own, and the
 * window through which a piece is read. */
#ifndef SAMEPAGE_STATE_FAST_PIECES_H
#define SAMEPAGE_STATE_FAST_PIECES_H

#include "state/fast_nodes.h"

/* So many bytes behind those in the window are readable, and NUL. */
enum { SP_FAST_PADDING = 64 + 8 };

struct sp_fast_piece {
	const struct sp_source *source;
	const struct sp_node_options *options;
	struct sp_fast_nodes nodes;
	struct sp_fast_reading reading;
	size_t start; /* offsets; the last ends where the input does */
	size_t end;
	bool is_last;
	bool is_read;
	size_t lines; /* line ends in it */
	bool (*read)(struct sp_fast_piece *piece);
};

/* Whole lines of a piece, and the beginning of the next. */
struct sp_fast_window {
	const struct sp_fast_piece *piece;
	char *bytes;
	size_t length;
	size_t whole; /* bytes up to the last line end; all of them at the end of the input */
	size_t capacity;
	size_t offset; /* of what is to be read next */
	bool at_end;
};

/* Moves the window over the whole lines in it, and reads more. False after an error, where a line is too long, and where
 * there is nothing left: `at_end` tells. Zeroed at first, but for the piece. */
bool sp_fast_window_move(struct sp_fast_window *window);
void sp_fast_window_free(struct sp_fast_window *window);

/* Reads all pieces. `border` is what stands where one may begin: its last `kept` bytes belong to the next piece. */
bool sp_fast_pieces_read(const struct sp_source *source, const struct sp_node_options *options, const char *border,
			 size_t kept, bool (*read)(struct sp_fast_piece *piece),
			 struct sp_fast_nodes nodes[SP_FAST_MOST_PIECES]);

/* What reads a piece. */
bool sp_fast_yaml_read(struct sp_fast_piece *piece);
bool sp_fast_json_read(struct sp_fast_piece *piece);

#endif
