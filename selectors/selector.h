/* SPDX-License-Identifier: Apache-2.0 */
/* Label selectors: does this node match, and which requirement decided? Pure.
 * Source of the rules: metav1.LabelSelectorAsSelector and k8s.io/apimachinery/pkg/labels. */
#ifndef SAMEPAGE_SELECTORS_SELECTOR_H
#define SAMEPAGE_SELECTORS_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "selectors/label.h"

struct sp_text;

enum sp_operator {
	SP_OPERATOR_EQUALS,     /* one entry of matchLabels, or `=` and `==` in an expression: like In with one value */
	SP_OPERATOR_NOT_EQUALS, /* `!=` in an expression: like NotIn with one value */
	SP_OPERATOR_IN,
	SP_OPERATOR_NOT_IN,
	SP_OPERATOR_EXISTS,
	SP_OPERATOR_DOES_NOT_EXIST,
	SP_OPERATOR_GREATER_THAN, /* `>` in an expression, Gt in a node affinity: both sides are whole numbers */
	SP_OPERATOR_LESS_THAN,    /* `<`, Lt */
};

/* One requirement: a key, an operator, and as many values as the operator takes. */
struct sp_requirement {
	const char *key;
	enum sp_operator operation;
	const char *const *values;
	size_t value_count;
};

/* Requirements that must all hold, in the order in which they were written. None at all matches everything. */
struct sp_selector {
	const struct sp_requirement *requirements;
	size_t count;
};

/* Whether the labels meet one requirement. NotIn, != and DoesNotExist hold where the key is absent; the others do not.
 * Gt and Lt compare as signed 64-bit integers and do not hold where the label's value is none. */
bool sp_requirement_matches(const struct sp_requirement *requirement, const struct sp_labels *labels);

/* Whether the labels meet all requirements. `failed`, where not NULL, is set to the first that they do not meet, in the
 * order of the selector, or to NULL. */
bool sp_selector_matches(const struct sp_selector *selector, const struct sp_labels *labels,
			 const struct sp_requirement **failed);

/* Whether the requirement is one that could be converted: a valid key, as many values as its operator takes, and valid
 * values (Gt and Lt: one, a whole number). NULL, or a static text for people; `value`, where not NULL, is set to the
 * index of the value that is wrong, or to (size_t)-1 where it is not a value. */
const char *sp_requirement_problem(const struct sp_requirement *requirement, size_t *value);

/* Appends a requirement as Kubernetes writes it: "key=value", "key!=value", "key in (a,b)", "key notin (a,b)", "key",
 * "!key", "key>1", "key<1". Values of in and notin are sorted by byte; one that was given twice stands twice. */
void sp_requirement_write(struct sp_text *text, const struct sp_requirement *requirement);

/* Appends the canonical text of the selector: its requirements sorted by key (requirements of one key stay in their
 * order), joined by commas. Nothing for a selector without requirements. */
void sp_selector_write(struct sp_text *text, const struct sp_selector *selector);

/* The name of an operator as the API spells it: "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"; "=" and "!=" for
 * the two that only expressions have. */
const char *sp_operator_name(enum sp_operator operation);

/* Finds an operator by its name in the API, case-sensitive, from In up to `last`: SP_OPERATOR_DOES_NOT_EXIST for the
 * four of a LabelSelector, SP_OPERATOR_LESS_THAN for the six of a node affinity. */
bool sp_operator_find(const char *name, enum sp_operator last, enum sp_operator *operation);

#endif
