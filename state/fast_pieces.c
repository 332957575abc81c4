/* SPDX-License-Identifier: Apache-2.0 */
#include "state/fast_pieces.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHUNK = 256 * 1024,
	LARGEST_WINDOW = 16 * 1024 * 1024, /* a line that is longer is for the full reader */
	LONGEST_SEARCH = 8 * 1024 * 1024,  /* for a border */
};

static void make_room(struct sp_fast_window *window, size_t wanted)
{
	size_t needed = window->length + wanted + SP_FAST_PADDING;

	if (window->bytes && window->capacity >= needed)
		return;
	window->capacity = window->bytes ? 2 * needed : needed;
	window->bytes = realloc(window->bytes, window->capacity);
	if (!window->bytes)
		sp_out_of_memory();
}

static bool read_more(struct sp_fast_window *window, size_t wanted)
{
	const struct sp_fast_piece *piece = window->piece;
	size_t left = piece->end - window->offset;
	ssize_t count;

	if (wanted > left)
		wanted = left;
	make_room(window, wanted);
	count = sp_source_read_at(piece->source, window->offset, window->bytes + window->length, wanted);
	if (count < 0)
		return false;
	window->at_end = count == 0;
	window->offset += (size_t)count;
	window->length += (size_t)count;
	memset(window->bytes + window->length, '\0', SP_FAST_PADDING);
	return true;
}

bool sp_fast_window_move(struct sp_fast_window *window)
{
	size_t wanted = window->piece->options->chunk > 0 ? window->piece->options->chunk : CHUNK;

	if (window->at_end)
		return false;
	if (!window->bytes)
		window->offset = window->piece->start;
	if (window->bytes && window->whole > 0) {
		if (window->piece->options->moved)
			window->piece->options->moved(window->piece->options->moved_context, window->whole, 0);
		window->length -= window->whole;
		memmove(window->bytes, window->bytes + window->whole, window->length);
		window->whole = 0;
	}
	while (window->whole == 0 && !window->at_end) {
		const char *last;

		if (window->length > LARGEST_WINDOW || !read_more(window, wanted))
			return false;
		last = memrchr(window->bytes, '\n', window->length);
		window->whole = last ? (size_t)(last - window->bytes) + 1 : 0;
	}
	if (window->at_end)
		window->whole = window->length;
	return window->whole > 0;
}

void sp_fast_window_free(struct sp_fast_window *window)
{
	free(window->bytes);
}

static void *read_piece(void *context)
{
	struct sp_fast_piece *piece = context;

	piece->reading = sp_fast_begin(piece->options, &piece->nodes);
	piece->is_read = piece->read(piece);
	return NULL;
}

/* Where a piece may begin, from `offset` on; 0 where no border is near. */
static size_t find_border(const struct sp_source *source, size_t offset, const char *border, size_t kept)
{
	size_t length = strlen(border);
	size_t end = offset + LONGEST_SEARCH;
	char *bytes = malloc(CHUNK);
	size_t found = 0;
	ssize_t count = 0;

	if (!bytes)
		sp_out_of_memory();
	for (; found == 0 && offset < end; offset += (size_t)count - length) {
		const char *at;

		count = sp_source_read_at(source, offset, bytes, CHUNK);
		if (count <= (ssize_t)length)
			break;
		at = memmem(bytes, (size_t)count, border, length);
		found = at ? offset + (size_t)(at - bytes) + length - kept : 0;
	}
	free(bytes);
	return found;
}

/* Each piece has a thread, the first has this one. One whose thread cannot be started is read by this one, too. */
static void read_pieces(struct sp_fast_piece *pieces, size_t count)
{
	pthread_t threads[SP_FAST_MOST_PIECES];
	bool started[SP_FAST_MOST_PIECES] = { false };

	for (size_t i = 1; i < count; i++)
		started[i] = pthread_create(&threads[i], NULL, read_piece, &pieces[i]) == 0;
	for (size_t i = 0; i < count; i++)
		if (!started[i])
			read_piece(&pieces[i]);
	for (size_t i = 1; i < count; i++)
		if (started[i])
			pthread_join(threads[i], NULL);
}

static bool has_root_key(const struct sp_fast_piece *piece, const char *key)
{
	for (size_t i = 0; i < piece->reading.root_key_count; i++)
		if (strcmp(piece->reading.root_keys[i], key) == 0)
			return true;
	return false;
}

/* No root key of this piece stands in one before it. */
static bool has_new_root_keys(const struct sp_fast_piece *pieces, size_t index)
{
	for (size_t i = 0; i < index; i++)
		for (size_t key = 0; key < pieces[index].reading.root_key_count; key++)
			if (has_root_key(&pieces[i], pieces[index].reading.root_keys[key]))
				return false;
	return true;
}

/* Whether the pieces make one List. */
static bool fit_together(const struct sp_fast_piece *pieces, size_t count)
{
	static const char *const needed[] = { "apiVersion", "kind", "items" };

	for (size_t i = 0; i < count; i++)
		if (!pieces[i].is_read || !has_new_root_keys(pieces, i))
			return false;
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!has_root_key(&pieces[0], needed[i]) && !has_root_key(&pieces[count - 1], needed[i]))
			return false;
	return true;
}

/* Hands the nodes over, with the lines of the whole input. */
static void take_nodes(struct sp_fast_piece *pieces, size_t count, struct sp_fast_nodes *nodes)
{
	size_t lines = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t at = 0; at < pieces[i].nodes.count; at++)
			pieces[i].nodes.items[at].place.line += lines;
		lines += pieces[i].lines;
		nodes[i] = pieces[i].nodes;
	}
}

bool sp_fast_pieces_read(const struct sp_source *source, const struct sp_node_options *options, const char *border,
			 size_t kept, bool (*read)(struct sp_fast_piece *piece),
			 struct sp_fast_nodes nodes[SP_FAST_MOST_PIECES])
{
	struct sp_fast_piece pieces[SP_FAST_MOST_PIECES];
	size_t wanted = options->pieces > 0 ? options->pieces : sp_source_pieces(source);
	size_t size = sp_source_size(source);
	size_t count = 1;

	pieces[0] = (struct sp_fast_piece){ .source = source, .options = options, .read = read };
	for (size_t i = 1; i < wanted && i < SP_FAST_MOST_PIECES; i++) {
		size_t start = find_border(source, size / wanted * i, border, kept);

		if (start <= pieces[count - 1].start)
			continue;
		pieces[count - 1].end = start;
		pieces[count] = pieces[0];
		pieces[count++].start = start;
	}
	pieces[count - 1].end = size;
	pieces[count - 1].is_last = true;
	read_pieces(pieces, count);
	if (fit_together(pieces, count)) {
		take_nodes(pieces, count, nodes);
		return true;
	}
	for (size_t i = 0; i < count; i++)
		sp_fast_nodes_free(&pieces[i].nodes);
	return false;
}

/* kubectl's decoder takes for JSON what begins with a brace, white space aside. */
static bool is_json(const struct sp_source *source)
{
	char first[64];
	ssize_t count = sp_source_read_at(source, 0, first, sizeof first);
	ssize_t at = 0;

	while (at < count && strchr(" \t\r\n", first[at]) && first[at])
		at++;
	return at < count && first[at] == '{';
}

bool sp_fast_nodes_read(const struct sp_source *source, const struct sp_node_options *options,
			struct sp_fast_nodes nodes[SP_FAST_MOST_PIECES])
{
	/* as kubectl indents them */
	if (is_json(source))
		return sp_fast_pieces_read(source, options, "\n        },\n        {\n", 10, sp_fast_json_read, nodes);
	return sp_fast_pieces_read(source, options, "\n- ", 2, sp_fast_yaml_read, nodes);
}
