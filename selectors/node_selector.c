/* SPDX-License-Identifier: Apache-2.0 */
#include "selectors/node_selector.h"

#include <string.h>

#include "state/arena.h"

static bool meets_all(const struct sp_selector *selector, const struct sp_labels *labels, const char *ignored)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct sp_requirement *requirement = &selector->requirements[i];

		if (ignored && strcmp(requirement->key, ignored) == 0)
			continue;
		if (!sp_requirement_matches(requirement, labels))
			return false;
	}
	return true;
}

/* A field is looked at like a label: each requirement has one value, so that In is "equals", and every node has a
 * name. */
static bool term_matches(const struct sp_node_term *term, const char *name, const struct sp_labels *labels,
			 const char *ignored)
{
	const struct sp_label field = { SP_FIELD_NODE_NAME, name };
	const struct sp_labels fields = { &field, 1 };

	if (term->labels.count == 0 && term->fields.count == 0)
		return false;
	return meets_all(&term->fields, &fields, NULL) && meets_all(&term->labels, labels, ignored);
}

bool sp_node_selector_matches(const struct sp_node_selector *selector, const char *name, const struct sp_labels *labels,
			      const char *ignored)
{
	if (!meets_all(&selector->labels, labels, ignored))
		return false;
	for (size_t i = 0; i < selector->term_count; i++)
		if (term_matches(&selector->terms[i], name, labels, ignored))
			return true;
	return !selector->has_terms;
}

static void visit_all(const struct sp_selector *selector, sp_requirement_function *visit, void *context)
{
	for (size_t i = 0; i < selector->count; i++)
		visit(context, &selector->requirements[i]);
}

void sp_node_selector_visit(const struct sp_node_selector *selector, sp_requirement_function *visit, void *context)
{
	visit_all(&selector->labels, visit, context);
	for (size_t i = 0; i < selector->term_count; i++)
		visit_all(&selector->terms[i].labels, visit, context);
}

static struct sp_selector copy_selector(const struct sp_selector *selector, struct sp_arena *arena)
{
	struct sp_requirement *copies = sp_arena_array(arena, selector->count, sizeof *copies);

	for (size_t i = 0; i < selector->count; i++) {
		const struct sp_requirement *requirement = &selector->requirements[i];
		const char **values = sp_arena_array(arena, requirement->value_count, sizeof *values);

		for (size_t j = 0; j < requirement->value_count; j++)
			values[j] = sp_arena_string(arena, requirement->values[j]);
		copies[i] = (struct sp_requirement){ sp_arena_string(arena, requirement->key), requirement->operation,
						     values, requirement->value_count };
	}
	return (struct sp_selector){ copies, selector->count };
}

struct sp_node_selector sp_node_selector_copy(const struct sp_node_selector *selector, struct sp_arena *arena)
{
	struct sp_node_term *terms = sp_arena_array(arena, selector->term_count, sizeof *terms);

	for (size_t i = 0; i < selector->term_count; i++) {
		terms[i].labels = copy_selector(&selector->terms[i].labels, arena);
		terms[i].fields = copy_selector(&selector->terms[i].fields, arena);
	}
	return (struct sp_node_selector){ copy_selector(&selector->labels, arena), selector->has_terms, terms,
					  selector->term_count };
}

const char *sp_node_field_problem(const struct sp_requirement *requirement, size_t *value)
{
	const char *problem;

	*value = (size_t)-1;
	if (strcmp(requirement->key, SP_FIELD_NODE_NAME) != 0)
		return "metadata.name is the only field that matchFields knows";
	if (requirement->operation != SP_OPERATOR_IN && requirement->operation != SP_OPERATOR_NOT_IN)
		return "matchFields knows only In and NotIn";
	if (requirement->value_count != 1)
		return "In and NotIn take exactly one value in matchFields";
	problem = sp_subdomain_problem(requirement->values[0]);
	if (problem)
		*value = 0;
	return problem;
}
