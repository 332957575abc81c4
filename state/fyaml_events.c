/* SPDX-License-Identifier: Apache-2.0 */
/* The only reader that calls libfyaml. What to know of libfyaml 0.7.12: it crashes on input that it cannot map,
 * reads some valid YAML wrongly (runs of '' in single quotes, empty block scalars), so that it is never the only
 * reader, and prints its errors itself, some of them even where they are collected, unless it has nowhere to print
 * to. It does not end an event's text with NUL. */
#include <libfyaml.h>
#include <stdlib.h>

#include "state/event.h"

struct fyaml_events {
	struct sp_events events;
	const struct sp_source *source;
	size_t first_line;
	struct sp_report *report;
	struct fy_diag *diag;
	struct fy_parser *parser;
	struct fy_event *event;
	struct sp_arena texts; /* of the current event */
	bool ended;
};

static bool fail_to_parse(struct fyaml_events *self)
{
	void *iterator = NULL;
	const struct fy_diag_error *error;

	while ((error = fy_diag_errors_iterate(self->diag, &iterator))) {
		struct sp_place place = { self->source,
					  self->first_line + (size_t)(error->line > 0 ? error->line - 1 : 0),
					  error->column > 0 ? (size_t)error->column : 1 };

		if (error->type == FYET_ERROR && error->msg)
			return sp_fail(self->report, "yaml-syntax", place, "%s", error->msg);
	}
	return sp_fail(self->report, "yaml-syntax", (struct sp_place){ .source = self->source }, "it cannot be parsed");
}

static const char *text_of(struct fyaml_events *self, struct fy_token *token, size_t *length)
{
	size_t size = 0;
	const char *text = token ? fy_token_get_text(token, &size) : NULL;

	if (length)
		*length = text ? size : 0;
	return token ? sp_arena_copy(&self->texts, text ? text : "", text ? size : 0) : NULL;
}

static void take_scalar(struct fyaml_events *self, struct sp_event *event)
{
	struct fy_token *token = self->event->scalar.value;
	enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;

	event->type = SP_EVENT_SCALAR;
	event->value = text_of(self, token, &event->length);
	if (!event->value)
		event->value = ""; /* an implicit null */
	event->tag = text_of(self, self->event->scalar.tag, NULL);
	event->plain = style == FYSS_PLAIN || style == FYSS_ANY;
	if (event->tag && event->tag[0] == '!' && event->tag[1] == '\0') {
		event->plain = false; /* as kubectl takes it */
		event->tag = NULL;
	}
}

static bool take(struct fyaml_events *self, struct sp_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(self->event);

	*event = (struct sp_event){ .place = { .source = self->source } };
	if (mark) {
		event->place.line = self->first_line + (size_t)mark->line;
		event->place.column = (size_t)mark->column + 1;
	}
	switch (self->event->type) {
	case FYET_SCALAR:
		take_scalar(self, event);
		break;
	case FYET_ALIAS:
		event->type = SP_EVENT_ALIAS;
		event->anchor = text_of(self, self->event->alias.anchor, NULL);
		return true;
	case FYET_MAPPING_START:
		event->type = SP_EVENT_MAPPING_START;
		break;
	case FYET_MAPPING_END:
		event->type = SP_EVENT_MAPPING_END;
		return true;
	case FYET_SEQUENCE_START:
		event->type = SP_EVENT_SEQUENCE_START;
		break;
	case FYET_SEQUENCE_END:
		event->type = SP_EVENT_SEQUENCE_END;
		return true;
	case FYET_DOCUMENT_END:
	case FYET_STREAM_END:
		self->ended = true;
		event->type = SP_EVENT_END;
		return true;
	default:
		return false;
	}
	event->anchor = text_of(self, fy_event_get_anchor_token(self->event), NULL);
	return true;
}

static void drop_event(struct fyaml_events *self)
{
	if (self->event)
		fy_parser_event_free(self->parser, self->event);
	self->event = NULL;
	sp_arena_reset(&self->texts);
}

static bool next(struct sp_events *events, struct sp_event *event)
{
	struct fyaml_events *self = (struct fyaml_events *)events;

	if (self->ended) {
		*event = (struct sp_event){ .type = SP_EVENT_END };
		return true;
	}
	do {
		drop_event(self);
		self->event = fy_parser_parse(self->parser);
		if (!self->event)
			return fail_to_parse(self);
	} while (!take(self, event));
	return true;
}

static void free_events(struct sp_events *events)
{
	struct fyaml_events *self = (struct fyaml_events *)events;

	drop_event(self);
	fy_parser_destroy(self->parser);
	fy_diag_destroy(self->diag);
	sp_arena_free(&self->texts);
	free(self);
}

struct sp_events *sp_fyaml_events_new(const struct sp_source *source, size_t first_line, const char *text,
				      size_t length, struct sp_report *report)
{
	struct fyaml_events *self = calloc(1, sizeof *self);
	/* fy_diag_cfg_default would ask whether stderr is a terminal; nothing is printed */
	struct fy_diag_cfg diag_config = { .level = FYET_ERROR, .module_mask = ~0U };
	struct fy_parse_cfg config = { .flags = FYPCF_DEFAULT_PARSE | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_1 };

	if (!self)
		sp_out_of_memory();
	self->diag = fy_diag_create(&diag_config);
	if (!self->diag)
		sp_out_of_memory();
	fy_diag_set_collect_errors(self->diag, true);
	config.diag = self->diag;
	self->parser = fy_parser_create(&config);
	if (!self->parser || fy_parser_set_string(self->parser, text, length) != 0)
		sp_out_of_memory();
	self->events = (struct sp_events){ .next = next, .free = free_events };
	self->source = source;
	self->first_line = first_line;
	self->report = report;
	return &self->events;
}
