/* SPDX-License-Identifier: Apache-2.0 */
/* The requirements of selectors, read from trees and judged as the API server judges them. Pure. */
#ifndef SAMEPAGE_STATE_REQUIREMENT_H
#define SAMEPAGE_STATE_REQUIREMENT_H

#include <stdbool.h>

#include "selectors/selector.h"
#include "state/decode.h"

/* Where a requirement stands, and what it may therefore say. */
enum sp_requirement_home {
	SP_HOME_LABEL_SELECTOR, /* matchExpressions of a LabelSelector: four operators */
	SP_HOME_NODE_LABELS,    /* matchExpressions of a nodeSelectorTerm: Gt and Lt as well */
	SP_HOME_NODE_FIELDS,    /* matchFields of a nodeSelectorTerm: metadata.name alone */
};

/* Reads one entry of a mapping of labels, such as matchLabels; `path` is the mapping's name in messages. False where it
 * was refused: the problems are in the report. The texts are those of the tree or owned by the decoder's arena. */
bool sp_requirement_read_label(const struct sp_decoder *decoder, const struct sp_tree_entry *entry, const char *path,
			       struct sp_requirement *requirement);

/* The same for an item of a list of requirements. */
bool sp_requirement_read(const struct sp_decoder *decoder, const struct sp_tree *tree, const char *path,
			 enum sp_requirement_home home, struct sp_requirement *requirement);

#endif
