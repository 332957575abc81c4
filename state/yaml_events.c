/* SPDX-License-Identifier: Apache-2.0 */
/* The only reader that calls libyaml. What to know of libyaml 0.2.5: it sees no duplicate keys, and has no limit of
 * depth or of a value's length. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "state/event.h"
#include "state/source.h"

/* No value in a Kubernetes object is longer: etcd takes 1.5 MiB for a whole one. */
enum { LONGEST_VALUE = 8 * 1024 * 1024 };

struct yaml_events {
	struct sp_events events;
	const struct sp_source *source;
	size_t offset;
	size_t first_line;
	sp_read_function *read;
	void *context;
	struct sp_report *report;
	yaml_parser_t parser;
	yaml_event_t event;
	size_t fed;     /* bytes read since the last event, */
	size_t made_up; /* empty lines that the source had made up before the first of them; those since do not count */
	size_t character; /* the character of the document that was last looked for, and the byte of the source it is */
	size_t byte;
	bool is_text; /* else bytes cannot be told */
	bool failed_to_read;
	bool ended;
};

static struct sp_place place_of(const struct yaml_events *self, yaml_mark_t mark)
{
	return (struct sp_place){ self->source, self->first_line + mark.line, mark.column + 1 };
}

/* The byte of the source at which character `index` of the document begins. libyaml counts characters, without a byte
 * order mark; what it asks about is never far from what it asked about before. */
static size_t byte_of(struct yaml_events *self, size_t index)
{
	size_t length;
	const char *text = sp_source_bytes(self->source, &length);

	while (self->character < index && self->byte < length) {
		self->byte++;
		while (self->byte < length && (text[self->byte] & 0xC0) == 0x80)
			self->byte++;
		self->character++;
	}
	while (self->character > index) {
		self->byte--;
		while ((text[self->byte] & 0xC0) == 0x80)
			self->byte--;
		self->character--;
	}
	return self->byte;
}

static size_t first_byte(const struct sp_source *source, size_t offset)
{
	static const char mark[] = { '\xEF', '\xBB', '\xBF' };
	size_t length;
	const char *text = sp_source_bytes(source, &length);
	bool is_marked = sp_source_is_text(source) && length >= offset + sizeof mark &&
			 memcmp(text + offset, mark, sizeof mark) == 0;

	return is_marked ? offset + sizeof mark : offset;
}

static bool refuse_as_too_long(struct yaml_events *self, yaml_mark_t mark)
{
	return sp_fail(self->report, "value-too-long", place_of(self, mark),
		       "a value of more than %d MiB ends here or later", LONGEST_VALUE >> 20);
}

/* Whether a value is longer after all: libyaml may have had its end at hand when it was to be fed for the last time,
 * which depends on where the value begins, and that is elsewhere where a pipe is gone on with. */
static bool is_too_long(const yaml_event_t *event)
{
	enum { QUOTES = 2 };

	return event->type == YAML_SCALAR_EVENT &&
	       (event->data.scalar.length > LONGEST_VALUE ||
		event->end_mark.index - event->start_mark.index > LONGEST_VALUE + QUOTES);
}

static int read_handler(void *data, unsigned char *buffer, size_t size, size_t *size_read)
{
	struct yaml_events *self = data;

	if (self->fed == 0)
		self->made_up = sp_source_made_up(self->source);
	if (self->fed > LONGEST_VALUE + sp_source_made_up(self->source) - self->made_up) {
		refuse_as_too_long(self, self->parser.mark);
		self->failed_to_read = true;
		return 0;
	}
	if (!self->read(self->context, (char *)buffer, size, size_read)) {
		self->failed_to_read = true;
		return 0;
	}
	self->fed += *size_read;
	return 1;
}

static bool fail_to_parse(struct yaml_events *self)
{
	const yaml_parser_t *parser = &self->parser;
	struct sp_place place = place_of(self, parser->problem_mark);
	const char *problem = parser->problem ? parser->problem : "it cannot be parsed";

	if (self->failed_to_read)
		return false;
	if (parser->error == YAML_READER_ERROR) {
		/* libyaml reads ahead, so that its mark stands before the place */
		place = sp_source_place(self->source, self->offset + parser->problem_offset);
		return sp_fail(self->report, "yaml-syntax", place, "%s (0x%X)", problem,
			       (unsigned)(parser->problem_value > 0 ? parser->problem_value : 0));
	}
	if (parser->context)
		return sp_fail(self->report, "yaml-syntax", place, "%s, %s that begins in line %zu", problem,
			       parser->context, self->first_line + parser->context_mark.line);
	return sp_fail(self->report, "yaml-syntax", place, "%s", problem);
}

static void take_scalar(const yaml_event_t *from, struct sp_event *event)
{
	yaml_scalar_style_t style = from->data.scalar.style;

	event->type = SP_EVENT_SCALAR;
	event->plain = style == YAML_PLAIN_SCALAR_STYLE;
	event->is_block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
	event->is_flow = false;
	event->value = (const char *)from->data.scalar.value;
	event->length = from->data.scalar.length;
	event->tag = (const char *)from->data.scalar.tag;
	event->anchor = (const char *)from->data.scalar.anchor;
}

/* What is no scalar; false for what does not concern a reader of documents. */
static bool take_other(struct yaml_events *self, struct sp_event *event)
{
	const yaml_event_t *from = &self->event;

	event->plain = event->is_block = event->is_flow = false;
	event->value = event->tag = event->anchor = NULL;
	event->length = 0;
	switch (from->type) {
	case YAML_ALIAS_EVENT:
		event->type = SP_EVENT_ALIAS;
		event->anchor = (const char *)from->data.alias.anchor;
		return true;
	case YAML_MAPPING_START_EVENT:
		event->type = SP_EVENT_MAPPING_START;
		event->anchor = (const char *)from->data.mapping_start.anchor;
		event->tag = (const char *)from->data.mapping_start.tag;
		event->is_flow = from->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
		return true;
	case YAML_MAPPING_END_EVENT:
		event->type = SP_EVENT_MAPPING_END;
		return true;
	case YAML_SEQUENCE_START_EVENT:
		event->type = SP_EVENT_SEQUENCE_START;
		event->anchor = (const char *)from->data.sequence_start.anchor;
		event->tag = (const char *)from->data.sequence_start.tag;
		event->is_flow = from->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
		return true;
	case YAML_SEQUENCE_END_EVENT:
		event->type = SP_EVENT_SEQUENCE_END;
		return true;
	case YAML_DOCUMENT_END_EVENT:
	case YAML_STREAM_END_EVENT:
		self->ended = true;
		event->type = SP_EVENT_END;
		return true;
	default:
		return false;
	}
}

/* Takes over what concerns a reader of documents; false for the rest. One by one, and line and column apart, which is
 * much faster: there are thousands of events for each Node, and a processor waits where it loads at once what was just
 * stored in two parts. */
static bool take(struct yaml_events *self, struct sp_event *event)
{
	const yaml_event_t *from = &self->event;

	event->place.source = self->source;
	event->place.line = self->first_line + from->start_mark.line;
	event->start = self->is_text ? byte_of(self, from->start_mark.index) : 0;
	event->end = self->is_text ? byte_of(self, from->end_mark.index) : 0;
	event->place.column = from->start_mark.column + 1;
	if (from->type != YAML_SCALAR_EVENT)
		return take_other(self, event);
	take_scalar(from, event);
	return true;
}

/* What follows the first document without a "---" line, kubectl ignores, be it well-formed or not. */
static bool warn_of_the_rest(struct yaml_events *self)
{
	struct sp_place place = place_of(self, self->event.end_mark);
	bool parsed;

	yaml_event_delete(&self->event);
	self->fed = 0;
	parsed = yaml_parser_parse(&self->parser, &self->event);
	if (self->failed_to_read)
		return false;
	if (!parsed || self->event.type != YAML_STREAM_END_EVENT)
		sp_warn(self->report, "ignored-text", place,
			"the text behind the end of this document is ignored, as kubectl ignores it");
	return true;
}

static bool next(struct sp_events *events, struct sp_event *event)
{
	struct yaml_events *self = (struct yaml_events *)events;

	if (self->ended) {
		*event = (struct sp_event){ .type = SP_EVENT_END };
		return true;
	}
	do {
		yaml_event_delete(&self->event);
		self->fed = 0;
		if (!yaml_parser_parse(&self->parser, &self->event))
			return fail_to_parse(self);
		if (is_too_long(&self->event))
			return refuse_as_too_long(self, self->event.end_mark);
	} while (!take(self, event));
	return self->event.type == YAML_DOCUMENT_END_EVENT ? warn_of_the_rest(self) : true;
}

static void free_events(struct sp_events *events)
{
	struct yaml_events *self = (struct yaml_events *)events;

	yaml_event_delete(&self->event);
	yaml_parser_delete(&self->parser);
	free(self);
}

struct sp_events *sp_yaml_events_new(const struct sp_source *source, size_t offset, size_t first_line,
				     sp_read_function *read, void *context, struct sp_report *report)
{
	struct yaml_events *self = calloc(1, sizeof *self);

	if (!self || !yaml_parser_initialize(&self->parser))
		sp_out_of_memory();
	self->events = (struct sp_events){ .next = next, .free = free_events };
	self->source = source;
	self->offset = offset;
	self->first_line = first_line;
	self->is_text = sp_source_is_text(source);
	self->byte = first_byte(source, offset);
	self->read = read;
	self->context = context;
	self->report = report;
	yaml_parser_set_input(&self->parser, read_handler, self);
	return &self->events;
}
