/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/splice.h"

#include <stdlib.h>
#include <string.h>

static const char no_colon[] = "it has no value, and no colon on its line behind which one could stand";

static bool is_blank(char character)
{
	return character == ' ' || character == '\t';
}

static bool is_line_end(char character)
{
	return character == '\n' || character == '\r';
}

void sp_splice_start(struct sp_splice *splice, const char *text, size_t length, bool is_json, struct sp_arena *arena)
{
	size_t at = 0;

	*splice = (struct sp_splice){
		.text = text, .length = length, .is_json = is_json, .line_end = "\n", .arena = arena
	};
	while (at < length && !is_line_end(text[at]))
		at++;
	if (at < length && text[at] == '\r')
		splice->line_end = at + 1 < length && text[at + 1] == '\n' ? "\r\n" : "\r";
}

static void add_edit(struct sp_splice *splice, size_t at, size_t length, struct sp_text *text)
{
	splice->edits = sp_arena_grow(splice->arena, splice->edits, splice->count, &splice->capacity,
				      sizeof *splice->edits);
	splice->edits[splice->count++] = (struct sp_edit){ at, length,
							   sp_arena_string(splice->arena, sp_text_string(text)) };
	sp_text_free(text);
}

/* Where the line of the byte at `at` ends. YAML 1.1, and so libyaml, ends lines with NEL, LS and PS as well. */
static size_t end_of_line(const struct sp_splice *splice, size_t at)
{
	for (; at < splice->length && !is_line_end(splice->text[at]); at++) {
		const char *text = splice->text + at;
		size_t left = splice->length - at;

		if ((left >= 2 && memcmp(text, "\xC2\x85", 2) == 0) ||
		    (left >= 3 && (memcmp(text, "\xE2\x80\xA8", 3) == 0 || memcmp(text, "\xE2\x80\xA9", 3) == 0)))
			break;
	}
	return at;
}

static void add_blanks(struct sp_text *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sp_text_add_char(text, ' ');
}

/* The column, from 0, in which the keys of a mapping, or the dashes of a list, stand. */
static size_t column_of(const struct sp_layout *collection)
{
	struct sp_place place = collection->place;

	/* an anchor or a tag stands before them */
	if ((collection->anchor || collection->has_tag) && collection->count > 0 && collection->entries &&
	    collection->entries[0].key)
		place = collection->entries[0].key->place;
	return place.column - 1;
}

size_t sp_splice_step(const struct sp_layout *parent, const struct sp_layout *child)
{
	size_t outer;
	size_t inner;

	if (parent->count == 0 || child->count == 0 || !child->entries || !child->entries[0].key)
		return 2;
	outer = parent->is_flow ? parent->entries[0].key->place.column - 1 : column_of(parent);
	inner = child->is_flow ? child->entries[0].key->place.column - 1 : column_of(child);
	return inner > outer && inner - outer <= 8 && parent->is_flow == child->is_flow ? inner - outer : 2;
}

/* What stands in the text between two places, if that is `wanted` once, or not at all where it is 0, and else only
 * blanks and line ends; NULL if it is something else. */
static const char *between(const struct sp_splice *splice, size_t from, size_t to, char wanted)
{
	size_t found = 0;

	if (from > to)
		return NULL;
	for (size_t at = from; at < to; at++) {
		char character = splice->text[at];

		if (wanted && character == wanted)
			found++;
		else if (!is_blank(character) && !is_line_end(character))
			return NULL;
	}
	return found == (wanted ? 1 : 0) ? sp_arena_copy(splice->arena, splice->text + from, to - from) : NULL;
}

static size_t start_of(const struct sp_layout_entry *entry)
{
	return entry->key ? entry->key->start : entry->value->start;
}

/* Flow style */

/* How a collection in brackets is written. */
struct style {
	bool quotes_keys;
	const char *colon;
	const char *comma;
	const char *line; /* the line end and the indentation before each entry; NULL where they share a line */
	const char *step; /* how much deeper what is nested stands */
};

static bool is_quoted(const struct sp_splice *splice, const struct sp_layout *key)
{
	return key->start < splice->length && splice->text[key->start] == '"';
}

/* Takes the style over from the collection's entries. */
static struct style style_of(const struct sp_splice *splice, const struct sp_layout *flow, size_t step)
{
	struct style style = { .quotes_keys = splice->is_json, .colon = ": ", .comma = ", " };
	const struct sp_layout_entry *last = flow->count > 0 && flow->entries ? &flow->entries[flow->count - 1] : NULL;
	const char *found;
	const char *line;

	if (!last)
		return style;
	if (last->key && (splice->is_json || is_quoted(splice, last->key))) {
		style.quotes_keys = true;
		found = between(splice, last->key->end, last->value->start, ':');
		style.colon = found ? found : ": ";
	}
	if (style.colon[1] == '\0')
		style.comma = ",";
	if (flow->count > 1) {
		found = between(splice, last[-1].value->end, start_of(last), ',');
	} else {
		found = between(splice, flow->inside, start_of(last), 0);
		found = found && strpbrk(found, "\r\n") ? sp_arena_format(splice->arena, ",%s", found) : NULL;
	}
	if (found)
		style.comma = found;
	line = strpbrk(style.comma, "\r\n");
	if (line) {
		style.line = line;
		style.step = line[strlen(line) - 1] == '\t' ? "\t" :
							      sp_arena_format(splice->arena, "%*s", (int)step, "");
	}
	return style;
}

static void add_key(struct sp_text *text, const struct style *style, const char *key)
{
	sp_text_format(text, style->quotes_keys ? "\"%s\"%s" : "%s%s", key, style->colon);
}

static void add_flow_entries(struct sp_text *text, const struct style *style, const struct sp_splice_content *content)
{
	if (content->key) {
		add_key(text, style, content->key);
		sp_text_format(text, "\"%s\"", content->value);
		return;
	}
	for (size_t i = 0; i < content->item_count; i++) {
		if (i > 0)
			sp_text_add(text, style->comma);
		sp_text_add(text, content->items[i].flow);
	}
}

/* The content as a collection in brackets, below entries in that style. */
static void add_flow(struct sp_splice *splice, struct sp_text *text, const struct style *outer,
		     const struct sp_splice_content *content)
{
	struct style style = *outer;

	if (outer->line) {
		style.line = sp_arena_format(splice->arena, "%s%s", outer->line, outer->step);
		style.comma = sp_arena_format(splice->arena, ",%s", style.line);
	}
	sp_text_add_char(text, content->key ? '{' : '[');
	sp_text_add(text, style.line ? style.line : "");
	add_flow_entries(text, &style, content);
	sp_text_add(text, outer->line ? outer->line : "");
	sp_text_add_char(text, content->key ? '}' : ']');
}

/* Puts `entry` into a collection in brackets, behind its entry number `at`. */
static void insert_flow(struct sp_splice *splice, const struct sp_layout *flow, size_t at, const struct style *style,
			struct sp_text *entry)
{
	struct sp_text text = { 0 };
	const struct sp_layout_entry *neighbour;

	if (flow->count == 0) {
		add_edit(splice, flow->inside, 0, entry);
		return;
	}
	neighbour = &flow->entries[at];
	if (neighbour->value->ends == SP_LAYOUT_END_UNSURE) {
		sp_text_format(entry, "%s", style->comma);
		add_edit(splice, start_of(neighbour), 0, entry);
		return;
	}
	sp_text_format(&text, "%s%s", style->comma, sp_text_string(entry));
	sp_text_free(entry);
	add_edit(splice, neighbour->value->end, 0, &text);
}

/* Block style */

/* Appends lines that end with "\n" with the text's own line ends, indented; the last one without its end. */
static void add_lines(const struct sp_splice *splice, struct sp_text *text, const char *lines, size_t column)
{
	for (bool is_first = true; *lines; is_first = false) {
		size_t length = strcspn(lines, "\n");

		if (!is_first)
			sp_text_add(text, splice->line_end);
		add_blanks(text, column);
		sp_text_append(text, lines, length);
		lines += length + (lines[length] == '\n');
	}
}

/* The content as lines: "- " before the first of each item, or an entry. */
static void describe_block(struct sp_text *lines, const struct sp_splice_content *content)
{
	if (content->key) {
		sp_text_format(lines, "%s: \"%s\"\n", content->key, content->value);
		return;
	}
	for (size_t i = 0; i < content->item_count; i++) {
		const char *line = content->items[i].block;
		const char *dash = "- ";

		while (*line) {
			size_t length = strcspn(line, "\n");

			sp_text_add(lines, dash);
			sp_text_append(lines, line, length);
			sp_text_add_char(lines, '\n');
			line += length + (line[length] == '\n');
			dash = "  ";
		}
	}
}

/* Puts lines into a collection in block style, behind its entry number `at`; before that entry, where it is not sure
 * where it ends. */
static void insert_block(struct sp_splice *splice, const struct sp_layout *block, size_t at, struct sp_text *lines)
{
	const struct sp_layout *value = block->entries[at].value;
	size_t column = column_of(block);
	size_t place = block->entries[at].key ? start_of(&block->entries[at]) : block->start;
	struct sp_text text = { 0 };

	if (value->ends == SP_LAYOUT_END_IN_LINE) {
		place = end_of_line(splice, value->end);
		sp_text_add(&text, splice->line_end);
		add_lines(splice, &text, sp_text_string(lines), column);
	} else if (value->ends == SP_LAYOUT_END_NEW_LINE) {
		place = value->end;
		add_lines(splice, &text, sp_text_string(lines), column);
		sp_text_add(&text, splice->line_end);
	} else {
		/* the first line stands where the entry stood, which is indented already */
		add_lines(splice, &text, sp_text_string(lines), column);
		sp_text_add(&text, splice->line_end);
		add_blanks(&text, column);
		memmove(text.bytes, text.bytes + column, text.length - column + 1);
		text.length -= column;
	}
	sp_text_free(lines);
	add_edit(splice, place, 0, &text);
}

/* A whole entry */

static size_t index_of(const struct sp_layout *parent, const char *name)
{
	const struct sp_layout_entry *entry = name ? sp_layout_find(parent, name) : NULL;

	return entry ? (size_t)(entry - parent->entries) : parent->count - 1;
}

static void put_absent(struct sp_splice *splice, const struct sp_layout *parent, const char *name, const char *behind,
		       size_t step, const struct sp_splice_content *content)
{
	size_t at = index_of(parent, behind);
	struct sp_text lines = { 0 };
	struct sp_text inner = { 0 };

	if (parent->is_flow) {
		struct style style = style_of(splice, parent, step);

		add_key(&lines, &style, name);
		add_flow(splice, &lines, &style, content);
		insert_flow(splice, parent, at, &style, &lines);
		return;
	}
	describe_block(&inner, content);
	sp_text_format(&lines, "%s:\n", name);
	for (const char *line = sp_text_string(&inner); *line; line = strchr(line, '\n') + 1) {
		add_blanks(&lines, step);
		sp_text_append(&lines, line, strcspn(line, "\n") + 1);
	}
	sp_text_free(&inner);
	insert_block(splice, parent, at, &lines);
}

/* Where a value that is not written can stand: behind the colon. False where there is none, as in "? key". */
static bool find_colon(const struct sp_splice *splice, const struct sp_layout_entry *entry, size_t *behind)
{
	*behind = entry->key->end;
	if (!between(splice, entry->key->end, entry->value->start, ':'))
		return false;
	while (splice->text[(*behind)++] != ':')
		;
	return true;
}

/* A value that is not written. In block style what is put stands in the lines below. */
static const char *fill_empty(struct sp_splice *splice, const struct sp_layout *parent,
			      const struct sp_layout_entry *entry, size_t step, const struct style *style,
			      const struct sp_splice_content *content)
{
	struct sp_text lines = { 0 };
	struct sp_text text = { 0 };
	size_t at;

	if (!find_colon(splice, entry, &at))
		return no_colon;
	if (parent->is_flow) {
		sp_text_add_char(&text, ' ');
		add_flow(splice, &text, style, content);
	} else {
		at = end_of_line(splice, at);
		describe_block(&lines, content);
		sp_text_add(&text, splice->line_end);
		add_lines(splice, &text, sp_text_string(&lines), column_of(parent) + step);
		sp_text_free(&lines);
	}
	add_edit(splice, at, 0, &text);
	return NULL;
}

static const char *put_null(struct sp_splice *splice, const struct sp_layout *parent,
			    const struct sp_layout_entry *entry, size_t step, const struct sp_splice_content *content)
{
	const struct sp_layout *value = entry->value;
	struct style style = { .quotes_keys = splice->is_json, .colon = ": ", .comma = ", " };
	struct sp_text text = { 0 };

	if (value->anchor || value->has_tag)
		return "its value is null with an anchor or a tag";
	if (parent->is_flow)
		style = style_of(splice, parent, step);
	if (value->start == value->end)
		return fill_empty(splice, parent, entry, step, &style, content);
	add_flow(splice, &text, &style, content);
	add_edit(splice, value->start, value->end - value->start, &text);
	return NULL;
}

/* A literal or folded scalar gives way to one in quotes; a comment behind its indicator stays. */
static void replace_block_scalar(struct sp_splice *splice, const struct sp_layout *old, struct sp_text *text)
{
	size_t line = end_of_line(splice, old->start);
	size_t end = old->end;
	size_t header = old->start;
	struct sp_text nothing = { 0 };

	while (header < line && !(splice->text[header] == '#' && is_blank(splice->text[header - 1])))
		header++;
	while (header > old->start && is_blank(splice->text[header - 1]))
		header--;
	if (end < line)
		end = line;
	while (end > line && (is_blank(splice->text[end - 1]) || is_line_end(splice->text[end - 1])))
		end--;
	add_edit(splice, old->start, header - old->start, text);
	add_edit(splice, line, end - line, &nothing);
}

static const char *replace(struct sp_splice *splice, const struct sp_layout_entry *entry, const char *value)
{
	const struct sp_layout *old = entry->value;
	bool is_empty = old->start == old->end;
	struct sp_text text = { 0 };
	size_t at;

	if (old->type != SP_LAYOUT_SCALAR && old->type != SP_LAYOUT_ALIAS)
		return "its value is no text";
	if (is_empty && !find_colon(splice, entry, &at))
		return no_colon;
	sp_text_format(&text, "%s\"%s\"", is_empty ? " " : "", value);
	if (is_empty)
		add_edit(splice, at, 0, &text);
	else if (old->is_block)
		replace_block_scalar(splice, old, &text);
	else
		add_edit(splice, old->start, old->end - old->start, &text);
	return NULL;
}

static void append(struct sp_splice *splice, const struct sp_layout *collection, size_t step,
		   const struct sp_splice_content *content)
{
	size_t last = collection->count > 0 ? collection->count - 1 : 0;
	struct sp_text text = { 0 };

	if (collection->is_flow) {
		struct style style = style_of(splice, collection, step);

		add_flow_entries(&text, &style, content);
		insert_flow(splice, collection, last, &style, &text);
	} else {
		describe_block(&text, content);
		insert_block(splice, collection, last, &text);
	}
}

const char *sp_splice_put(struct sp_splice *splice, const struct sp_layout *parent, const char *name,
			  const char *behind, size_t step, const struct sp_splice_content *content)
{
	const struct sp_layout_entry *entry = sp_layout_find(parent, name);
	const struct sp_layout_entry *old;

	if (!entry) {
		put_absent(splice, parent, name, behind, step, content);
		return NULL;
	}
	if (entry->value->type == SP_LAYOUT_ALIAS)
		return "it is an alias";
	if (entry->value->type == SP_LAYOUT_SCALAR)
		return sp_layout_is_null(entry->value) ? put_null(splice, parent, entry, step, content) :
							 "it is a text";
	if ((entry->value->type == SP_LAYOUT_SEQUENCE) != !content->key)
		return content->key ? "it is a list" : "it is a mapping";
	old = content->key ? sp_layout_find(entry->value, content->key) : NULL;
	if (old)
		return replace(splice, old, content->value);
	append(splice, entry->value, step, content);
	return NULL;
}

/* The whole text */

static int compare_edits(const void *left, const void *right)
{
	const struct sp_edit *const *first = left;
	const struct sp_edit *const *second = right;

	if ((*first)->at != (*second)->at)
		return (*first)->at < (*second)->at ? -1 : 1;
	return *first < *second ? -1 : *first > *second;
}

bool sp_splice_write(const struct sp_splice *splice, struct sp_text *out)
{
	const struct sp_edit **sorted = sp_arena_array(splice->arena, splice->count, sizeof(struct sp_edit *));
	size_t at = 0;

	for (size_t i = 0; i < splice->count; i++)
		sorted[i] = &splice->edits[i];
	if (splice->count > 0)
		qsort(sorted, splice->count, sizeof *sorted, compare_edits);
	for (size_t i = 0; i < splice->count; i++) {
		if (sorted[i]->at < at || sorted[i]->at + sorted[i]->length > splice->length)
			return false;
		sp_text_append(out, splice->text + at, sorted[i]->at - at);
		sp_text_add(out, sorted[i]->text);
		at = sorted[i]->at + sorted[i]->length;
	}
	sp_text_append(out, splice->text + at, splice->length - at);
	return true;
}
