/* SPDX-License-Identifier: Apache-2.0 */
/* What a KRM function gets: a ResourceList, read for how it is written (state/layout.h). Its items are handed out
 * one by one, and memory is that of one. Pure but for the source's reads. Source: the KRM Functions Specification
 * v1, of kubernetes-sigs/kustomize. */
#ifndef SAMEPAGE_STATE_RESOURCE_LIST_H
#define SAMEPAGE_STATE_RESOURCE_LIST_H

#include <stdbool.h>

#include "state/layout.h"
#include "state/source.h"

struct sp_resource_list;

/* A reader over `source`, which is text in memory, from its beginning on. */
struct sp_resource_list *sp_resource_list_new(struct sp_source *source, struct sp_report *report);
void sp_resource_list_free(struct sp_resource_list *list);

/* The next item, valid until the one after it is asked for. NULL at the end and after an error, which is in the report:
 * text that cannot be parsed, or that is no ResourceList. */
const struct sp_layout *sp_resource_list_next(struct sp_resource_list *list);

/* Whether all of it was read, without an error. */
bool sp_resource_list_is_read(const struct sp_resource_list *list);

/* The list itself, once all of it was read: a mapping, whose `items` has no entries. Owned by the reader. */
const struct sp_layout *sp_resource_list_root(const struct sp_resource_list *list);

/* Whether it is JSON. */
bool sp_resource_list_is_json(const struct sp_resource_list *list);

/* Whether the anchor of that name is referred to by what was read so far. */
bool sp_resource_list_is_aliased(const struct sp_resource_list *list, const char *anchor);

#endif
