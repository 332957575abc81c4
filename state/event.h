/* SPDX-License-Identifier: Apache-2.0 */
/* The events of one document: what libyaml, libfyaml and the JSON reader all boil down to. */
#ifndef SAMEPAGE_STATE_EVENT_H
#define SAMEPAGE_STATE_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "state/report.h"

enum sp_event_type {
	SP_EVENT_END, /* of the document, again and again */
	SP_EVENT_SCALAR,
	SP_EVENT_ALIAS,
	SP_EVENT_MAPPING_START,
	SP_EVENT_MAPPING_END,
	SP_EVENT_SEQUENCE_START,
	SP_EVENT_SEQUENCE_END,
};

/* Texts are valid until the next event is asked for. `start` and `end` are the bytes of the source that the event
 * stands for, an anchor and a tag included; 0 where the source is no text in memory. A scalar that is not written
 * has none: both are where it would stand. A collection's start ends behind its bracket; what a block collection's
 * end stands for means nothing. The texts are in no order of libyaml's, so that the compiler copies them one by one: a
 * processor waits where it loads at once what was just stored in two parts. */
struct sp_event {
	enum sp_event_type type;
	bool plain;    /* a scalar without quotes, so that its text decides its type */
	bool is_block; /* a literal or folded scalar: | or > */
	bool is_flow;  /* a collection in brackets */
	struct sp_place place;
	size_t start;
	size_t end;
	const char *value;  /* of a scalar; may hold NUL */
	const char *anchor; /* of a node, or the name an alias refers to; NULL where there is none */
	size_t length;      /* of the value */
	const char *tag;    /* as the library resolves it ("tag:yaml.org,2002:str"), or NULL */
};

/* A stream of events. The implementations embed this struct as their first member. */
struct sp_events {
	/* The next event. False after an error, which is in the report. */
	bool (*next)(struct sp_events *events, struct sp_event *event);
	void (*free)(struct sp_events *events);
};

/* Hands out up to `size` bytes of a document, and how many in `count`; 0 at its end. False after an error, which is in
 * the report. */
typedef bool sp_read_function(void *context, char *bytes, size_t size, size_t *count);

/* Events by libyaml, whose errors and acceptance are kubectl's: kubectl's decoder is a port of it. The document
 * begins at `offset` of the source, in line `first_line`. Only the first document is read, as kubectl does. */
struct sp_events *sp_yaml_events_new(const struct sp_source *source, size_t offset, size_t first_line,
				     sp_read_function *read, void *context, struct sp_report *report);

/* Events by libfyaml, for the second opinion: UTF-8 text in memory only. */
struct sp_events *sp_fyaml_events_new(const struct sp_source *source, size_t first_line, const char *text,
				      size_t length, struct sp_report *report);

/* Events of one JSON value, read from where `source` stands; RFC 8259 to the letter, as kubectl reads what begins
 * with a brace. `column`, from 1, is that of the next character; it is kept up to date. */
struct sp_events *sp_json_events_new(struct sp_source *source, size_t *column, struct sp_report *report);

#endif
