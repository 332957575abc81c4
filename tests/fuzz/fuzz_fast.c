/* SPDX-License-Identifier: Apache-2.0 */
/* -n: what a fast reader takes, the full reader reads as the same nodes, without an error. The first byte of an
 * input says how it is read: in chunks of which size, in how many pieces, for which keys, whether through a pipe,
 * and whether a line that was met once is known, which in an input this small none is else. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/node.h"
#include "state/source.h"
#include "tests/fuzz/property.h"

static const char *const few[] = { "kubevirt.io/ksm-enabled", "kubevirt.io/ksm-handler-managed", "zone" };

struct reading {
	struct sp_source *source;
	struct sp_report report;
	struct sp_node_reader *reader;
};

/* A source over a pipe that holds the text; NULL where it does not fit into one. */
static struct sp_source *open_pipe(const char *bytes, size_t size, struct sp_report *report)
{
	struct sp_source *source = NULL;
	char path[32];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return NULL;
	fcntl(ends[1], F_SETPIPE_SZ, 1024 * 1024);
	if (write(ends[1], bytes, size) == (ssize_t)size) {
		snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
		source = sp_source_open(path, (size_t)1 << 30, report);
	}
	close(ends[0]);
	close(ends[1]);
	return source;
}

static void begin(struct reading *reading, const char *bytes, size_t size, const struct sp_node_options *options,
		  bool through_pipe, struct sp_arena *arena)
{
	reading->report = (struct sp_report){ .arena = arena };
	reading->source = through_pipe ? open_pipe(bytes, size, &reading->report) : NULL;
	if (!reading->source)
		reading->source = sp_source_text("nodes", bytes, size);
	reading->reader = sp_node_reader_new(reading->source, options, &reading->report);
}

static void end(struct reading *reading)
{
	sp_node_reader_free(reading->reader);
	sp_source_close(reading->source);
}

/* All that `wanted` has, `found` has as well. */
static void must_contain(const struct sp_labels *found, const struct sp_labels *wanted, bool only_few)
{
	for (size_t i = 0; i < wanted->count; i++) {
		bool asked = !only_few;

		for (size_t at = 0; at < sizeof few / sizeof *few; at++)
			asked = asked || strcmp(few[at], wanted->items[i].key) == 0;
		if (asked)
			must_equal(sp_labels_get(found, wanted->items[i].key), wanted->items[i].value,
				   "a label has the same value");
	}
}

static void must_be_the_same(const struct sp_node *fast, const struct sp_node *full, bool only_few)
{
	must_equal(fast->name, full->name, "the name is the same");
	must_equal(fast->uid, full->uid, "the uid is the same");
	must(fast->place.line == full->place.line && fast->place.column == full->place.column, "the place is the same");
	must(fast->has_labels == full->has_labels && fast->has_annotations == full->has_annotations,
	     "the maps are there, or not");
	must_contain(&fast->labels, &full->labels, only_few);
	must_contain(&full->labels, &fast->labels, false);
	must_contain(&fast->annotations, &full->annotations, only_few);
	must_contain(&full->annotations, &fast->annotations, false);
}

/* How many nodes are left. */
static size_t drain(struct reading *reading)
{
	struct sp_node node;
	size_t count = 0;

	while (sp_node_reader_next(reading->reader, &node))
		count++;
	return count;
}

/* Whether libyaml refused bytes as such. It looks ahead by the buffer, so that such an error comes before others or
 * behind. */
static bool is_of_bytes(const struct reading *reading)
{
	const struct sp_report *report = &reading->report;

	return report->count > 0 && strstr(report->diagnostics[report->count - 1].message, "(0x");
}

/* The same words; but the list of items begins with the first that is read in full, for who reads the rest of a
 * pipe. */
static void must_say_the_same(const char *one, const char *other)
{
	static const char where[] = "while parsing a block collection that begins in line ";
	const char *begins = strstr(other, where);

	if (begins && strncmp(one, other, (size_t)(begins - other) + sizeof where - 1) == 0)
		return;
	must_equal(one, other, "the same message");
}

/* Both readers at once. Where there are errors, how many nodes come before the first depends on how far libyaml
 * looks ahead; nobody uses them then. */
static void compare(struct reading *fast, struct reading *full, bool only_few, bool through_pipe)
{
	struct sp_node one;
	struct sp_node other;
	bool more_of_one;
	bool more_of_other;
	size_t left;

	for (;;) {
		more_of_one = sp_node_reader_next(fast->reader, &one);
		more_of_other = sp_node_reader_next(full->reader, &other);
		if (!more_of_one || !more_of_other)
			break;
		must_be_the_same(&one, &other, only_few);
	}
	left = drain(fast) + drain(full);
	must(full->report.errors > 0 || (left == 0 && more_of_one == more_of_other), "as many nodes");
	must(sp_node_reader_skipped(fast->reader) == sp_node_reader_skipped(full->reader) || full->report.errors > 0,
	     "the same is passed over");
	/* behind the end of a document they may be looked at, or not */
	if (through_pipe && (is_of_bytes(fast) || is_of_bytes(full)))
		return;
	must((fast->report.errors > 0) == (full->report.errors > 0), "an error, or none");
	if (is_of_bytes(fast) || is_of_bytes(full))
		return;
	must(fast->report.count == full->report.count, "as many errors and warnings");
	for (size_t i = 0; i < full->report.count; i++) {
		const struct sp_diagnostic *one_said = &fast->report.diagnostics[i];
		const struct sp_diagnostic *other_said = &full->report.diagnostics[i];

		must_say_the_same(one_said->message, other_said->message);
		must_equal(one_said->help, other_said->help, "the same help");
		must(one_said->place.line == other_said->place.line &&
			     one_said->place.column == other_said->place.column,
		     "at the same place");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const size_t chunks[] = { 0, 1, 7, 64, 65, 200, 1000, 4096 };
	struct sp_arena arena = { 0 };
	struct sp_node_options whole = { .full = true };
	struct sp_node_options how = { 0 };
	struct reading fast;
	struct reading full;

	if (size == 0)
		return 0;
	how.chunk = chunks[bytes[0] & 7];
	how.pieces = 1 + (bytes[0] >> 3 & 3);
	how.learns_at_once = bytes[0] & 0x20;
	if (bytes[0] & 0x80) {
		how.keys = few;
		how.key_count = sizeof few / sizeof *few;
	}
	begin(&fast, (const char *)bytes + 1, size - 1, &how, bytes[0] & 0x40, &arena);
	begin(&full, (const char *)bytes + 1, size - 1, &whole, false, &arena);
	compare(&fast, &full, how.keys != NULL, bytes[0] & 0x40);
	end(&fast);
	end(&full);
	sp_arena_free(&arena);
	return 0;
}

/* The mutator: whole lines and their indentation, and the bytes that mean something, in a text that stays a
 * snapshot. */

#ifdef __clang__
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* A line of the text, without the first byte: where it begins, and how long it is with its end. */
static size_t pick_line(const uint8_t *bytes, size_t size, uint32_t *random, size_t *length)
{
	size_t start = 1 + next_random(random) % (size - 1);
	const uint8_t *end;

	while (start > 1 && bytes[start - 1] != '\n')
		start--;
	end = memchr(bytes + start, '\n', size - start);
	*length = end ? (size_t)(end - (bytes + start)) + 1 : size - start;
	return start;
}

/* Replaces `removed` bytes at `at`; how long the text is then. */
static size_t replace(uint8_t *bytes, size_t size, size_t most, size_t at, size_t removed, const uint8_t *added,
		      size_t length)
{
	if (size - removed + length > most)
		return size;
	memmove(bytes + at + length, bytes + at + removed, size - at - removed);
	memcpy(bytes + at, added, length);
	return size - removed + length;
}

static size_t move_lines(uint8_t *bytes, size_t size, size_t most, uint32_t *random)
{
	uint8_t copy[4096];
	size_t length;
	size_t target_length;
	size_t from = pick_line(bytes, size, random, &length);
	size_t to = pick_line(bytes, size, random, &target_length);

	if (length > sizeof copy)
		return size;
	memcpy(copy, bytes + from, length);
	return replace(bytes, size, most, to, next_random(random) % 3 == 0 ? target_length : 0, copy, length);
}

/* Repeats a run of lines somewhere, so that what is known comes in another place. */
static size_t repeat_lines(uint8_t *bytes, size_t size, size_t most, uint32_t *random)
{
	uint8_t copy[4096];
	size_t length;
	size_t from = pick_line(bytes, size, random, &length);
	size_t to = pick_line(bytes, size, random, &length);
	size_t count = next_random(random) % 2 ? SIZE_MAX : 1 + next_random(random) % 40;

	for (length = 0; count > 0 && from + length < size; count--) {
		const uint8_t *end = memchr(bytes + from + length, '\n', size - from - length);
		size_t longer = end ? (size_t)(end - (bytes + from)) + 1 : size - from;

		if (longer > sizeof copy)
			break;
		length = longer;
	}
	memcpy(copy, bytes + from, length);
	return replace(bytes, size, most, to, 0, copy, length);
}

static size_t change_token(uint8_t *bytes, size_t size, size_t most, uint32_t *random)
{
	static const char *const tokens[] = {
		"  ",
		" ",
		"- ",
		"-",
		": ",
		":",
		"'",
		"''",
		"\"",
		"\\\"",
		"|",
		"|-",
		"{}",
		"[]",
		"#",
		" #",
		"&a ",
		"*a",
		"!!str ",
		"? ",
		"<<: ",
		"---",
		"...",
		"\n",
		"\r",
		"\t",
		"true",
		"null",
		"1",
		"0x1",
		"1e999",
		".inf",
		"~",
		"items",
		"metadata",
		"labels",
		"annotations",
		"name",
		"uid",
		"kind",
		"apiVersion",
		"Node",
		"List",
		"v1",
		"\xc2\x85",
		"\xe2\x80\xa8",
		"\xef\xbb\xbf",
		"\xc3\xa9",
		"{",
		"}",
		"[",
		"]",
		",",
		"}, {",
		"%",
		"@",
		"`",
		">",
		"\\u0061",
		"\\n",
		"zone",
		"kubevirt.io/ksm-enabled",
		"{\"a\": 1}",
		"finalizers",
		"creationTimestamp",
		"generation",
		"\x7f",
		"\x80",
	};
	const char *token = tokens[next_random(random) % (sizeof tokens / sizeof *tokens)];
	size_t length;
	size_t at = pick_line(bytes, size, random, &length);
	size_t removed = 0;

	at += next_random(random) % (length + 1);
	if (next_random(random) % 3 == 0)
		removed = next_random(random) % 4;
	if (at + removed > size)
		removed = size - at;
	return replace(bytes, size, most, at, removed, (const uint8_t *)token, strlen(token));
}

static size_t change_indentation(uint8_t *bytes, size_t size, size_t most, uint32_t *random)
{
	size_t length;
	size_t at = pick_line(bytes, size, random, &length);
	size_t blanks = next_random(random) % 5;
	size_t removed = next_random(random) % 5;

	for (size_t i = 0; i < removed; i++)
		if (at + i >= size || bytes[at + i] != ' ')
			removed = i;
	return replace(bytes, size, most, at, removed, (const uint8_t *)"     ", blanks);
}

/* Moves a run of lines by two columns, often all that follow: what stays well-formed may still be in the wrong
 * place. */
static size_t shift_lines(uint8_t *bytes, size_t size, size_t most, uint32_t *random)
{
	size_t length;
	size_t at = pick_line(bytes, size, random, &length);
	bool is_deeper = next_random(random) % 2;
	size_t count = next_random(random) % 2 ? SIZE_MAX : next_random(random) % 40;

	for (; count > 0 && at < size; count--) {
		const uint8_t *end;
		size_t removed = is_deeper ? 0 : 2;

		if (!is_deeper && (size - at < 2 || memcmp(bytes + at, "  ", 2) != 0))
			return size;
		if (is_deeper && size + 2 > most)
			return size;
		size = replace(bytes, size, most, at, removed, (const uint8_t *)"  ", is_deeper ? 2 : 0);
		end = memchr(bytes + at, '\n', size - at);
		at = end ? (size_t)(end - bytes) + 1 : size;
	}
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
	uint32_t random = seed | 1;
	size_t length;
	size_t at;

	next_random(&random);
	if (size < 3 || next_random(&random) % 8 == 0)
		return LLVMFuzzerMutate(bytes, size, most);
	for (unsigned count = 1 + next_random(&random) % 3; count > 0 && size > 2; count--) {
		switch (next_random(&random) % 8) {
		case 0:
			at = pick_line(bytes, size, &random, &length);
			size = replace(bytes, size, most, at, length, bytes, 0);
			break;
		case 1:
			size = change_indentation(bytes, size, most, &random);
			break;
		case 2:
			bytes[0] = (uint8_t)next_random(&random);
			break;
		case 3:
			size = move_lines(bytes, size, most, &random);
			break;
		case 4:
			size = shift_lines(bytes, size, most, &random);
			break;
		case 5:
			size = repeat_lines(bytes, size, most, &random);
			break;
		default:
			size = change_token(bytes, size, most, &random);
		}
	}
	return size;
}
#endif
