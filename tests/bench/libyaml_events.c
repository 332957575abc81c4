/* SPDX-License-Identifier: Apache-2.0 */
/* What libyaml alone needs for a file: all its events, and nothing done with them.
 *
 *	libyaml_events FILE */
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

static size_t count_events(yaml_parser_t *parser)
{
	yaml_event_type_t type;
	yaml_event_t event;
	size_t count = 0;

	do {
		if (!yaml_parser_parse(parser, &event))
			return 0;
		type = event.type;
		yaml_event_delete(&event);
		count++;
	} while (type != YAML_STREAM_END_EVENT);
	return count;
}

int main(int count, char *arguments[])
{
	FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
	yaml_parser_t parser;
	size_t events;

	if (!file || !yaml_parser_initialize(&parser)) {
		fputs("usage: libyaml_events FILE\n", stderr);
		return EXIT_FAILURE;
	}
	yaml_parser_set_input_file(&parser, file);
	events = count_events(&parser);
	yaml_parser_delete(&parser);
	fclose(file);
	printf("%zu events\n", events);
	return events > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
