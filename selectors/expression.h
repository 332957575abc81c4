/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors as kubectl's -l takes them: "zone in (a,b),!gpu,rack!=r1". Pure.
 * Source of the syntax: k8s.io/apimachinery/pkg/labels (lexer and parser). */
#ifndef SAMEPAGE_SELECTORS_EXPRESSION_H
#define SAMEPAGE_SELECTORS_EXPRESSION_H

#include <stdbool.h>

#include "selectors/selector.h"
#include "state/report.h"

/* Reads `source`, the whole of whose text is the expression (see sp_source_text), into a selector that is owned by
 * `arena`. An empty expression, or one of blanks, matches everything. Errors (code "selector-syntax") carry the column
 * in the expression. */
bool sp_expression_parse(const struct sp_source *source, struct sp_arena *arena, struct sp_selector *selector,
			 struct sp_report *report);

#endif
