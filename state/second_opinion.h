/* SPDX-License-Identifier: Apache-2.0 */
/* libfyaml's view of the custom resource. A plan rests on a few lines of YAML; where two parsers read them differently,
 * nobody should act on either. Pure: text in memory.
 *
 * libfyaml is never the judge of what is valid, as kubectl's decoder is a port of libyaml; but its messages are
 * better. */
#ifndef SAMEPAGE_STATE_SECOND_OPINION_H
#define SAMEPAGE_STATE_SECOND_OPINION_H

#include <stdbool.h>
#include <stddef.h>

#include "state/object.h"

/* Where an object stands in a source that is text in memory. */
struct sp_object_position {
	struct sp_source *source;
	size_t offset; /* of its document */
	size_t line;   /* in which that begins */
	bool in_list;
	size_t item; /* which item of the list it is */
};

/* Whether libfyaml reads the same below `path` (NULL ends it, then "ksmConfiguration") of the object. An error if it
 * does not; a warning where libfyaml cannot read the document at all. */
bool sp_second_opinion_agrees(const struct sp_object_position *position, const char *const *path,
			      const struct sp_tree *configuration, struct sp_report *report);

/* Puts the syntax error in the report into libfyaml's words, where it finds one as well in the document. */
void sp_second_opinion_explain(const struct sp_object_position *position, struct sp_report *report);

#endif
