/* SPDX-License-Identifier: Apache-2.0 */
#include "state/knobs.h"

#include <stdlib.h>
#include <string.h>

#include "state/ini_write.h"

bool sp_knob_list_add(struct sp_knob_list *list, const char *name, const char *value)
{
	if (list->count == SP_MOST_KNOBS || !sp_ini_is_name(name))
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return false;
	list->items = sp_arena_grow(list->arena, list->items, list->count, &list->capacity, sizeof *list->items);
	list->items[list->count++] = (struct sp_knob){
		.name = sp_arena_string(list->arena, name),
		.value = sp_arena_string(list->arena, value),
	};
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct sp_knob *a = left;
	const struct sp_knob *b = right;

	return strcmp(a->name, b->name);
}

struct sp_knobs sp_knob_list_finish(struct sp_knob_list *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof *list->items, compare);
	return (struct sp_knobs){ list->items, list->count };
}

void sp_knobs_write(struct sp_text *out, const char *section, const struct sp_knobs *knobs)
{
	if (knobs->count == 0)
		return;
	sp_text_format(out, "\n[%s]\n", section);
	for (size_t i = 0; i < knobs->count; i++) {
		if (knobs->items[i].value)
			sp_ini_write(out, knobs->items[i].name, knobs->items[i].value);
		else
			sp_text_format(out, "; %s cannot be read\n", knobs->items[i].name);
	}
}
