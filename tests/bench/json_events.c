/* SPDX-License-Identifier: Apache-2.0 */
/* What samepage's own JSON reader needs for a file: all its events, and nothing done with them.
 *
 *	json_events FILE */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "state/event.h"
#include "state/source.h"

static size_t count_events(struct sp_events *events)
{
	struct sp_event event;
	size_t count = 0;

	do {
		if (!events->next(events, &event))
			return 0;
		count++;
	} while (event.type != SP_EVENT_END);
	return count;
}

int main(int count, char *arguments[])
{
	struct sp_arena arena = { 0 };
	struct sp_report report = { .arena = &arena };
	struct sp_source *source = count == 2 ? sp_source_open(arguments[1], SIZE_MAX, &report) : NULL;
	struct sp_events *events;
	size_t column = 1;
	size_t found;

	if (!source) {
		fputs("usage: json_events FILE\n", stderr);
		return EXIT_FAILURE;
	}
	events = sp_json_events_new(source, &column, &report);
	found = count_events(events);
	events->free(events);
	sp_source_close(source);
	sp_arena_free(&arena);
	printf("%zu events\n", found);
	return found > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
