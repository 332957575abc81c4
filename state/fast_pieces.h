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
	struct sp_source *stream; /* an input that can be read but once; then there is one piece. NULL: there is none */
	const struct sp_node_options *options;
	struct sp_fast_nodes nodes;
	struct sp_fast_reading reading;
	size_t start; /* offsets; the last ends where the input does */
	size_t end;
	bool is_last;
	bool is_whole; /* the only piece of a file; whether that is JSON its first bytes will tell */
	bool is_read;
	bool is_json;
	size_t lines; /* line ends in it */
};

/* Whole lines of a piece, and the beginning of the next: bytes[first .. first + whole). Of a stream, what stands
 * before them is kept from where the last item began. */
struct sp_fast_window {
	const struct sp_fast_piece *piece;
	char *bytes;
	size_t first;
	size_t whole;  /* bytes up to the last line end; all of them at the end of the input */
	size_t length; /* of all that is in the window */
	size_t capacity;
	size_t offset; /* of what is to be read next */
	bool at_end;
	char *head; /* of a stream: what stands before the first item, once that is not in the window any more */
};

/* Moves the window over the whole lines in it, and reads more. False after an error, where a line is too long, and
 * where there is nothing left: `at_end` tells. */
bool sp_fast_window_move(struct sp_fast_window *window);

/* What reads a piece through its window. */
bool sp_fast_yaml_read(struct sp_fast_piece *piece, struct sp_fast_window *window);
bool sp_fast_json_read(struct sp_fast_piece *piece, struct sp_fast_window *window);

#endif
