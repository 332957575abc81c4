/* SPDX-License-Identifier: Apache-2.0 */
#include "state/fast_pieces.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "state/byte_masks.h"

enum {
	CHUNK = 256 * 1024,
	LARGEST_WINDOW = 16 * 1024 * 1024, /* a line that is longer is for the full reader */
	LONGEST_SEARCH = 8 * 1024 * 1024,  /* for a border */
	FIRST = 64,                        /* bytes that tell JSON from YAML */
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

static ssize_t read_at_most(const struct sp_fast_window *window, size_t wanted)
{
	const struct sp_fast_piece *piece = window->piece;
	char *end = window->bytes + window->length;

	if (piece->stream)
		return sp_source_read(piece->stream, end, wanted);
	return sp_source_read_at(piece->source, window->offset, end, wanted);
}

static bool read_more(struct sp_fast_window *window, size_t wanted)
{
	size_t left = window->piece->end - window->offset;
	ssize_t count;

	if (wanted > left)
		wanted = left;
	make_room(window, wanted);
	count = read_at_most(window, wanted);
	if (count < 0)
		return false;
	window->at_end = count == 0;
	window->offset += (size_t)count;
	window->length += (size_t)count;
	memset(window->bytes + window->length, '\0', SP_FAST_PADDING);
	return true;
}

/* How many of the first bytes are of no use any more. */
static size_t count_done(struct sp_fast_window *window)
{
	const struct sp_fast_reading *reading = &window->piece->reading;
	size_t start = window->offset - window->length;

	if (!window->piece->stream)
		return window->first;
	if (!reading->has_items)
		return 0;
	if (!window->head) {
		window->head = malloc(reading->first_item + 1);
		if (!window->head)
			sp_out_of_memory();
		memcpy(window->head, window->bytes, reading->first_item);
	}
	return reading->item - start;
}

static void move_over(struct sp_fast_window *window)
{
	const struct sp_node_options *options = window->piece->options;
	size_t done;

	if (options->moved)
		options->moved(options->moved_context, window->whole, 0);
	window->first += window->whole;
	window->whole = 0;
	done = count_done(window);
	window->first -= done;
	window->length -= done;
	memmove(window->bytes, window->bytes + done, window->length);
}

static size_t chunk_of(const struct sp_fast_piece *piece)
{
	return piece->options->chunk > 0 ? piece->options->chunk : CHUNK;
}

bool sp_fast_window_move(struct sp_fast_window *window)
{
	size_t wanted = chunk_of(window->piece);

	if (window->at_end)
		return false;
	if (window->whole > 0)
		move_over(window);
	while (window->whole == 0 && !window->at_end) {
		const char *last;

		if (window->length > LARGEST_WINDOW || !read_more(window, wanted))
			return false;
		last = memrchr(window->bytes + window->first, '\n', window->length - window->first);
		window->whole = last ? (size_t)(last - window->bytes) + 1 - window->first : 0;
	}
	if (window->at_end)
		window->whole = window->length - window->first;
	return window->whole > 0;
}

/* In JSON, an item may stand anywhere in its line; blanks before it do no harm and let it stand in its column. */
static size_t count_blanks(const struct sp_fast_piece *piece, size_t lines)
{
	size_t column = piece->reading.node.place.column;

	if (!piece->is_json)
		return 0;
	return lines > 0 ? column - 1 : column - piece->reading.first_column;
}

/* `rest` is the last item that began, and what is behind it. */
static void resume_at_item(const struct sp_fast_piece *piece, const char *head, const char *rest, size_t length)
{
	const struct sp_fast_reading *reading = &piece->reading;
	size_t lines = reading->node.place.line - 1 - sp_count_line_ends(head, reading->first_item);
	size_t blanks = count_blanks(piece, lines);
	char *padded = malloc(blanks + length + 1);

	if (!padded)
		sp_out_of_memory();
	memset(padded, ' ', blanks);
	memcpy(padded + blanks, rest, length);
	sp_source_resume(piece->stream, head, reading->first_item, lines, padded, blanks + length);
	free(padded);
}

/* A stream that was not read to its end goes on with the last item that began. */
static void resume(const struct sp_fast_window *window)
{
	const struct sp_fast_piece *piece = window->piece;
	const struct sp_fast_reading *reading = &piece->reading;
	const char *bytes = window->bytes ? window->bytes : "";
	size_t behind = window->offset - reading->item;

	if (reading->has_items)
		resume_at_item(piece, window->head ? window->head : bytes, bytes + window->length - behind, behind);
	else
		sp_source_resume(piece->stream, bytes, window->length, 0, "", 0);
}

/* Where a piece may begin, from `offset` on; 0 where no border is near. A border is what stands between two items as
 * kubectl indents them; its last bytes belong to the second. */
static size_t find_border(const struct sp_source *source, size_t offset, bool is_json)
{
	const char *border = is_json ? "\n        },\n        {\n" : "\n- ";
	size_t kept = is_json ? 10 : 2;
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

/* kubectl's decoder takes for JSON what begins with a brace, white space aside. */
static bool is_json(const char *bytes, size_t length)
{
	size_t at = 0;

	if (length > FIRST)
		length = FIRST;
	while (at < length && bytes[at] && strchr(" \t\r\n", bytes[at]))
		at++;
	return at < length && bytes[at] == '{';
}

static void *read_piece(void *context)
{
	struct sp_fast_piece *piece = context;
	struct sp_fast_window window = { .piece = piece, .offset = piece->start };
	size_t chunk = chunk_of(piece);

	piece->reading = sp_fast_begin(piece->options, &piece->nodes);
	if (piece->is_whole)
		piece->is_json = read_more(&window, chunk > FIRST ? chunk : FIRST) &&
				 is_json(window.bytes, window.length);
	piece->is_read = piece->is_json ? sp_fast_json_read(piece, &window) : sp_fast_yaml_read(piece, &window);
	if (piece->stream && !fit_together(piece, 1))
		resume(&window);
	free(window.head);
	free(window.bytes);
	return NULL;
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

bool sp_fast_nodes_read(const struct sp_source *source, const struct sp_node_options *options,
			struct sp_fast_nodes nodes[SP_FAST_MOST_PIECES])
{
	struct sp_fast_piece pieces[SP_FAST_MOST_PIECES];
	size_t wanted = options->pieces > 0 ? options->pieces : sp_source_pieces(source);
	size_t size = sp_source_size(source);
	char first[FIRST];
	ssize_t length = wanted > 1 ? sp_source_read_at(source, 0, first, sizeof first) : 0;
	size_t count = 1;

	pieces[0] = (struct sp_fast_piece){ .source = source, .options = options, .is_whole = wanted <= 1 };
	pieces[0].is_json = length > 0 && is_json(first, (size_t)length);
	for (size_t i = 1; i < wanted && i < SP_FAST_MOST_PIECES; i++) {
		size_t start = find_border(source, size / wanted * i, pieces[0].is_json);

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

bool sp_fast_nodes_stream(struct sp_source *source, const struct sp_node_options *options, struct sp_fast_nodes *nodes,
			  size_t *decodes)
{
	struct sp_fast_piece piece = { .stream = source, .options = options, .end = SIZE_MAX, .is_last = true };
	struct sp_report report = { .arena = &nodes->arena };
	size_t length;
	const char *first = sp_source_peek(source, FIRST, &length, &report);

	*decodes = 0;
	if (!first)
		return false; /* the full reader tells why */
	piece.is_json = is_json(first, length);
	piece.nodes = *nodes;
	read_piece(&piece);
	*nodes = piece.nodes;
	if (piece.is_read && fit_together(&piece, 1))
		return true;
	nodes->count = piece.reading.item_count;
	*decodes = piece.reading.item_decodes;
	return false;
}
