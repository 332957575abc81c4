/* SPDX-License-Identifier: Apache-2.0 */
#include "selectors/selector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/arena.h"
#include "state/text.h"

static const char *const operator_names[] = { "=", "!=", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt" };

const char *sp_operator_name(enum sp_operator operation)
{
	return operator_names[operation];
}

bool sp_operator_find(const char *name, enum sp_operator last, enum sp_operator *operation)
{
	for (enum sp_operator found = SP_OPERATOR_IN; found <= last; found++) {
		if (strcmp(name, operator_names[found]) == 0) {
			*operation = found;
			return true;
		}
	}
	return false;
}

/* Go's strconv.ParseInt(text, 10, 64): an optional sign and digits. */
static bool parse_integer(const char *text, long long *number)
{
	const char *digits = text + (text[0] == '+' || text[0] == '-');

	if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return false;
	errno = 0;
	*number = strtoll(text, NULL, 10);
	return errno == 0;
}

static bool has_value(const struct sp_requirement *requirement, const char *value)
{
	for (size_t i = 0; value && i < requirement->value_count; i++)
		if (strcmp(requirement->values[i], value) == 0)
			return true;
	return false;
}

static bool compares(const struct sp_requirement *requirement, const char *value)
{
	long long left;
	long long right;

	if (!value || requirement->value_count != 1 || !parse_integer(value, &left) ||
	    !parse_integer(requirement->values[0], &right))
		return false;
	return requirement->operation == SP_OPERATOR_GREATER_THAN ? left > right : left < right;
}

bool sp_requirement_matches(const struct sp_requirement *requirement, const struct sp_labels *labels)
{
	const char *value = sp_labels_get(labels, requirement->key);

	switch (requirement->operation) {
	case SP_OPERATOR_EQUALS:
	case SP_OPERATOR_IN:
		return has_value(requirement, value);
	case SP_OPERATOR_NOT_EQUALS:
	case SP_OPERATOR_NOT_IN:
		return !has_value(requirement, value);
	case SP_OPERATOR_EXISTS:
		return value != NULL;
	case SP_OPERATOR_DOES_NOT_EXIST:
		return value == NULL;
	default:
		return compares(requirement, value);
	}
}

bool sp_selector_matches(const struct sp_selector *selector, const struct sp_labels *labels,
			 const struct sp_requirement **failed)
{
	if (failed)
		*failed = NULL;
	for (size_t i = 0; i < selector->count; i++) {
		if (sp_requirement_matches(&selector->requirements[i], labels))
			continue;
		if (failed)
			*failed = &selector->requirements[i];
		return false;
	}
	return true;
}

/* Whether there are as many values as the operator takes. */
static const char *count_problem(const struct sp_requirement *requirement)
{
	switch (requirement->operation) {
	case SP_OPERATOR_IN:
	case SP_OPERATOR_NOT_IN:
		return requirement->value_count > 0 ? NULL : "In and NotIn need at least one value";
	case SP_OPERATOR_EXISTS:
	case SP_OPERATOR_DOES_NOT_EXIST:
		return requirement->value_count == 0 ? NULL : "Exists and DoesNotExist take no values";
	case SP_OPERATOR_GREATER_THAN:
	case SP_OPERATOR_LESS_THAN:
		return requirement->value_count == 1 ? NULL : "Gt and Lt take exactly one value";
	default:
		return requirement->value_count == 1 ? NULL : "= and != take exactly one value";
	}
}

const char *sp_requirement_problem(const struct sp_requirement *requirement, size_t *value)
{
	const char *problem = sp_label_key_problem(requirement->key);
	bool compared = requirement->operation >= SP_OPERATOR_GREATER_THAN;
	long long number;

	if (value)
		*value = (size_t)-1;
	if (!problem)
		problem = count_problem(requirement);
	for (size_t i = 0; !problem && i < requirement->value_count; i++) {
		problem = sp_label_value_problem(requirement->values[i]);
		if (!problem && compared && !parse_integer(requirement->values[i], &number))
			problem = "must be a whole number for Gt and Lt";
		if (problem && value)
			*value = i;
	}
	return problem;
}

static int compare_values(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void write_set(struct sp_text *text, const struct sp_requirement *requirement)
{
	struct sp_arena scratch = { 0 };
	const char **values = sp_arena_array(&scratch, requirement->value_count, sizeof *values);

	for (size_t i = 0; i < requirement->value_count; i++)
		values[i] = requirement->values[i];
	qsort(values, requirement->value_count, sizeof *values, compare_values);
	sp_text_add(text, requirement->operation == SP_OPERATOR_IN ? " in (" : " notin (");
	for (size_t i = 0; i < requirement->value_count; i++) {
		if (i > 0)
			sp_text_add_char(text, ',');
		sp_text_add(text, values[i]);
	}
	sp_text_add_char(text, ')');
	sp_arena_free(&scratch);
}

void sp_requirement_write(struct sp_text *text, const struct sp_requirement *requirement)
{
	static const char *const signs[] = { [SP_OPERATOR_EQUALS] = "=",
					     [SP_OPERATOR_NOT_EQUALS] = "!=",
					     [SP_OPERATOR_GREATER_THAN] = ">",
					     [SP_OPERATOR_LESS_THAN] = "<" };

	if (requirement->operation == SP_OPERATOR_DOES_NOT_EXIST)
		sp_text_add_char(text, '!');
	sp_text_add(text, requirement->key);
	if (requirement->operation == SP_OPERATOR_IN || requirement->operation == SP_OPERATOR_NOT_IN) {
		write_set(text, requirement);
	} else if (requirement->operation != SP_OPERATOR_EXISTS &&
		   requirement->operation != SP_OPERATOR_DOES_NOT_EXIST) {
		sp_text_add(text, signs[requirement->operation]);
		sp_text_add(text, requirement->value_count > 0 ? requirement->values[0] : "");
	}
}

/* By key, then as written. */
static int compare_requirements(const void *left, const void *right)
{
	const struct sp_requirement *first = *(const struct sp_requirement *const *)left;
	const struct sp_requirement *second = *(const struct sp_requirement *const *)right;
	int order = strcmp(first->key, second->key);

	return order ? order : first < second ? -1 : first > second;
}

void sp_selector_write(struct sp_text *text, const struct sp_selector *selector)
{
	struct sp_arena scratch = { 0 };
	const struct sp_requirement **sorted = sp_arena_array(&scratch, selector->count, sizeof *sorted);

	for (size_t i = 0; i < selector->count; i++)
		sorted[i] = &selector->requirements[i];
	qsort(sorted, selector->count, sizeof *sorted, compare_requirements);
	for (size_t i = 0; i < selector->count; i++) {
		if (i > 0)
			sp_text_add_char(text, ',');
		sp_requirement_write(text, sorted[i]);
	}
	sp_arena_free(&scratch);
}
