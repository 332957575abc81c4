/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar, quirks included, is that of labels.Parse in k8s.io/apimachinery: "in" and "notin" are words as any other
 * where a key or a value may stand, `a in (,b)` has an empty value, and `!a=b` is an error. */
#include "selectors/expression.h"

#include <stdlib.h>
#include <string.h>

#include "state/source.h"
#include "state/utf8.h"

enum token_type {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_COMMA,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_NOT,
	TOKEN_EQUALS,
	TOKEN_NOT_EQUALS,
	TOKEN_GREATER,
	TOKEN_LESS,
};

enum { LONGEST_SHOWN = 300 }; /* bytes of a word that a message repeats */

struct token {
	enum token_type type;
	const char *text;
	size_t length;
	size_t line;
	size_t column; /* from 1, in characters */
};

struct parser {
	const struct sp_source *source;
	struct sp_arena *arena;
	struct sp_report *report;
	const char *text;
	size_t length;
	size_t at;
	size_t line;
	size_t column;
	struct token token; /* the next one, not consumed yet */
};

static bool is_blank(char character)
{
	return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

static bool is_special(char character)
{
	return character != '\0' && strchr("=!(),><", character) != NULL;
}

static enum token_type special_type(const char *text, size_t length)
{
	switch (text[0]) {
	case '(':
		return TOKEN_OPEN;
	case ')':
		return TOKEN_CLOSE;
	case ',':
		return TOKEN_COMMA;
	case '>':
		return TOKEN_GREATER;
	case '<':
		return TOKEN_LESS;
	case '!':
		return length == 2 ? TOKEN_NOT_EQUALS : TOKEN_NOT;
	default:
		return TOKEN_EQUALS;
	}
}

static void move(struct parser *parser, size_t count)
{
	for (; count > 0; count--) {
		char character = parser->text[parser->at++];

		if (character == '\n') {
			parser->line++;
			parser->column = 0;
		}
		parser->column += (character & 0xC0) != 0x80;
	}
}

/* Reads the next token into parser->token. */
static void scan(struct parser *parser)
{
	const char *text;
	size_t left;
	size_t length = 0;

	while (parser->at < parser->length && is_blank(parser->text[parser->at]))
		move(parser, 1);
	text = parser->text + parser->at;
	left = parser->length - parser->at;
	parser->token = (struct token){ TOKEN_END, text, 0, parser->line, parser->column };
	if (left == 0)
		return;
	if (is_special(text[0])) {
		length = (text[0] == '=' || text[0] == '!') && left > 1 && text[1] == '=' ? 2 : 1;
		parser->token.type = special_type(text, length);
	} else {
		while (length < left && !is_special(text[length]) && !is_blank(text[length]))
			length++;
		parser->token.type = TOKEN_WORD;
	}
	parser->token.length = length;
	move(parser, length);
}

static struct sp_place place_of(const struct parser *parser, const struct token *token)
{
	return (struct sp_place){ parser->source, token->line, token->column };
}

/* What people write in a key or a value who think of another language, or NULL. */
static const char *word_help(const char *word, size_t length)
{
	static const struct {
		const char *characters;
		const char *help;
	} habits[] = {
		{ "\"'`", "keys and values are written without quotes" },
		{ "&|", "a comma joins requirements that must all hold; there is no \"or\" but key in (a,b)" },
		{ "*?", "there are no patterns: name the values, key in (a,b), or ask for the key alone" },
		{ ":", "keys and values have no ':'; '=' stands between them" },
	};

	for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
		for (size_t j = 0; j < length; j++)
			if (word[j] != '\0' && strchr(habits[i].characters, word[j]))
				return habits[i].help;
	return NULL;
}

/* Adds `help`, where there is any, to the error just reported. */
static bool helped(struct parser *parser, const char *help)
{
	return help && sp_help(parser->report, "%s", help);
}

static bool expected(struct parser *parser, const char *what, const char *help)
{
	const struct token *token = &parser->token;
	const char *habit = token->type == TOKEN_WORD ? word_help(token->text, token->length) : NULL;
	size_t shown = token->length < LONGEST_SHOWN ? token->length : LONGEST_SHOWN;

	if (token->type == TOKEN_END) {
		sp_fail(parser->report, "selector-syntax", place_of(parser, token),
			"the selector ends where %s is expected", what);
		return helped(parser, "blanks and parentheses need quotes in a shell: -l 'key in (a,b)'");
	}
	sp_fail(parser->report, "selector-syntax", place_of(parser, token), "found '%.*s' where %s is expected",
		(int)shown, token->text, what);
	return helped(parser, habit ? habit : help);
}

static bool is_word(const struct token *token, const char *word)
{
	return token->type == TOKEN_WORD && strlen(word) == token->length &&
	       memcmp(token->text, word, token->length) == 0;
}

/* The operator behind a key, which is consumed. */
static bool parse_operator(struct parser *parser, enum sp_operator *operation)
{
	static const struct {
		enum token_type token;
		enum sp_operator operation;
	} signs[] = {
		{ TOKEN_EQUALS, SP_OPERATOR_EQUALS },
		{ TOKEN_NOT_EQUALS, SP_OPERATOR_NOT_EQUALS },
		{ TOKEN_GREATER, SP_OPERATOR_GREATER_THAN },
		{ TOKEN_LESS, SP_OPERATOR_LESS_THAN },
	};
	bool found = is_word(&parser->token, "in") || is_word(&parser->token, "notin");

	if (found)
		*operation = parser->token.length == 2 ? SP_OPERATOR_IN : SP_OPERATOR_NOT_IN;
	for (size_t i = 0; !found && i < sizeof signs / sizeof *signs; i++) {
		found = parser->token.type == signs[i].token;
		*operation = signs[i].operation;
	}
	if (!found)
		return expected(parser, "one of = == != in notin > < or ','",
				"a comma joins requirements; in and notin are lower-case words");
	scan(parser);
	return true;
}

struct values {
	const char **items;
	struct sp_place *places;
	size_t count;
	size_t capacity;
};

static void add_value(struct parser *parser, struct values *values, const struct token *token)
{
	size_t capacity = values->capacity;

	values->places = sp_arena_grow(parser->arena, values->places, values->count, &capacity, sizeof *values->places);
	values->items = sp_arena_grow(parser->arena, values->items, values->count, &values->capacity,
				      sizeof *values->items);
	values->places[values->count] = place_of(parser, token);
	values->items[values->count++] = token->type == TOKEN_WORD ?
						 sp_arena_copy(parser->arena, token->text, token->length) :
						 "";
}

/* One value of a list, or one comma and the empty values that it stands for. `*at_end` is set before the ")". */
static bool parse_list_step(struct parser *parser, struct values *values, bool *at_end)
{
	struct token token = parser->token;

	if (token.type != TOKEN_WORD && token.type != TOKEN_COMMA)
		return expected(parser, "a value or ','", NULL);
	scan(parser);
	*at_end = parser->token.type == TOKEN_CLOSE;
	if (token.type == TOKEN_WORD) {
		add_value(parser, values, &token);
		return *at_end || parser->token.type == TOKEN_COMMA || expected(parser, "',' or ')'", NULL);
	}
	if (values->count == 0 || *at_end || parser->token.type == TOKEN_COMMA)
		add_value(parser, values, &token);
	if (parser->token.type == TOKEN_COMMA)
		scan(parser); /* the second of two commas; Kubernetes' parser does not take a ")" behind it */
	return true;
}

/* What stands between the parentheses of in and notin. */
static bool parse_list(struct parser *parser, struct values *values)
{
	bool at_end;

	if (parser->token.type != TOKEN_OPEN)
		return expected(parser, "'('", "the values of in and notin stand in parentheses: key in (a,b)");
	scan(parser);
	at_end = parser->token.type == TOKEN_CLOSE;
	if (at_end)
		add_value(parser, values, &parser->token); /* () is one empty value, not none */
	while (!at_end)
		if (!parse_list_step(parser, values, &at_end))
			return false;
	scan(parser);
	return true;
}

static const char *value_help(enum token_type found)
{
	switch (found) {
	case TOKEN_OPEN:
		return "for one of several values, write key in (a,b)";
	case TOKEN_EQUALS:
	case TOKEN_GREATER:
	case TOKEN_LESS:
		return "there is no >= and no <=: for 5 or more, write key>4";
	default:
		return NULL;
	}
}

static bool parse_value(struct parser *parser, struct values *values)
{
	struct token token = parser->token;

	if (token.type != TOKEN_END && token.type != TOKEN_COMMA && token.type != TOKEN_WORD)
		return expected(parser, "a value", value_help(token.type));
	if (token.type == TOKEN_WORD)
		scan(parser);
	add_value(parser, values, &token);
	return true;
}

static int compare_values(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Checks the requirement as Kubernetes does, then leaves each value once. */
static bool finish_requirement(struct parser *parser, struct sp_requirement *requirement, struct values *values,
			       struct sp_place key_place)
{
	size_t wrong;
	size_t kept = 0;
	const char *problem;

	requirement->values = values->items;
	requirement->value_count = values->count;
	problem = sp_requirement_problem(requirement, &wrong);
	if (problem && wrong < values->count) {
		sp_fail(parser->report, "invalid-label-value", values->places[wrong], "value \"%.*s\" %s",
			LONGEST_SHOWN, values->items[wrong], problem);
		return helped(parser, word_help(values->items[wrong], strlen(values->items[wrong])));
	}
	if (problem)
		return sp_fail(parser->report, "invalid-requirement", key_place, "\"%s\": %s", requirement->key,
			       problem);
	if (values->count > 1)
		qsort(values->items, values->count, sizeof *values->items, compare_values);
	for (size_t i = 0; i < values->count; i++)
		if (i == 0 || strcmp(values->items[i], values->items[kept - 1]) != 0)
			values->items[kept++] = values->items[i];
	requirement->value_count = kept;
	return true;
}

static bool parse_requirement(struct parser *parser, struct sp_requirement *requirement)
{
	bool negated = parser->token.type == TOKEN_NOT;
	struct values values = { 0 };
	struct sp_place key_place;
	const char *problem;

	if (negated)
		scan(parser);
	if (parser->token.type != TOKEN_WORD)
		return expected(parser, negated ? "a label key" : "a label key or '!'", NULL);
	key_place = place_of(parser, &parser->token);
	*requirement = (struct sp_requirement){
		.key = sp_arena_copy(parser->arena, parser->token.text, parser->token.length),
		.operation = negated ? SP_OPERATOR_DOES_NOT_EXIST : SP_OPERATOR_EXISTS,
	};
	problem = sp_label_key_problem(requirement->key);
	if (problem) {
		sp_fail(parser->report, "invalid-label-key", key_place, "label key \"%.*s\" %s", LONGEST_SHOWN,
			requirement->key, problem);
		return helped(parser, word_help(requirement->key, strlen(requirement->key)));
	}
	scan(parser);
	if (negated || parser->token.type == TOKEN_END || parser->token.type == TOKEN_COMMA)
		return true;
	if (!parse_operator(parser, &requirement->operation))
		return false;
	if (requirement->operation == SP_OPERATOR_IN || requirement->operation == SP_OPERATOR_NOT_IN) {
		if (!parse_list(parser, &values))
			return false;
	} else if (!parse_value(parser, &values)) {
		return false;
	}
	return finish_requirement(parser, requirement, &values, key_place);
}

static const char *separator_help(const struct sp_requirement *before)
{
	if (before->operation == SP_OPERATOR_DOES_NOT_EXIST)
		return "!key is for a label that is absent; for one with another value, write key!=value";
	return NULL;
}

bool sp_expression_parse(const struct sp_source *source, struct sp_arena *arena, struct sp_selector *selector,
			 struct sp_report *report)
{
	struct parser parser = { .source = source, .arena = arena, .report = report, .line = 1, .column = 1 };
	struct sp_requirement *requirements = NULL;
	size_t capacity = 0;
	size_t count = 0;

	*selector = (struct sp_selector){ 0 };
	parser.text = sp_source_bytes(source, &parser.length);
	scan(&parser);
	while (parser.token.type != TOKEN_END) {
		requirements = sp_arena_grow(arena, requirements, count, &capacity, sizeof *requirements);
		if (!parse_requirement(&parser, &requirements[count++]))
			return false;
		if (parser.token.type == TOKEN_END)
			break;
		if (parser.token.type != TOKEN_COMMA)
			return expected(&parser, "',' or the end", separator_help(&requirements[count - 1]));
		scan(&parser);
		if (parser.token.type != TOKEN_WORD && parser.token.type != TOKEN_NOT)
			return expected(&parser, "a label key or '!'", NULL);
	}
	*selector = (struct sp_selector){ requirements, count };
	return true;
}
