/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "selectors/selector.h"
#include "state/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define VALUES(...)  ((const char *const[]){ __VA_ARGS__ }), COUNT(((const char *const[]){ __VA_ARGS__ }))
#define NO_VALUES    NULL, 0
#define REQUIREMENTS(...)                                                       \
	{                                                                       \
		((const struct sp_requirement[]){ __VA_ARGS__ }),               \
			COUNT(((const struct sp_requirement[]){ __VA_ARGS__ })) \
	}

/* The labels that every row of matches[] and decisions[] is asked about. */
static const struct sp_label items[] = {
	{ "zone", "a" },       { "empty", "" },
	{ "cores", "8" },      { "most", "9223372036854775807" },
	{ "model", "v2" },     { "too-many", "9223372036854775808" },
	{ "padded", "008" },   { "in", "notin" },
	{ "spaced", "1_000" },
};
static const struct sp_labels labels = { items, COUNT(items) };

struct match_case {
	const char *title;
	struct sp_requirement requirement;
	bool matches;
};

static const struct match_case matches[] = {
	{ "= the value", { "zone", SP_OPERATOR_EQUALS, VALUES("a") }, true },
	{ "= another value", { "zone", SP_OPERATOR_EQUALS, VALUES("b") }, false },
	{ "= the value in another case", { "zone", SP_OPERATOR_EQUALS, VALUES("A") }, false },
	{ "= an absent key", { "rack", SP_OPERATOR_EQUALS, VALUES("a") }, false },
	{ "= empty, and it is", { "empty", SP_OPERATOR_EQUALS, VALUES("") }, true },
	{ "= empty, and the key is absent", { "rack", SP_OPERATOR_EQUALS, VALUES("") }, false },
	{ "!= the value", { "zone", SP_OPERATOR_NOT_EQUALS, VALUES("a") }, false },
	{ "!= another value", { "zone", SP_OPERATOR_NOT_EQUALS, VALUES("b") }, true },
	{ "!= holds where the key is absent", { "rack", SP_OPERATOR_NOT_EQUALS, VALUES("a") }, true },
	{ "!= empty holds where the key is absent", { "rack", SP_OPERATOR_NOT_EQUALS, VALUES("") }, true },
	{ "!= empty, and it is", { "empty", SP_OPERATOR_NOT_EQUALS, VALUES("") }, false },
	{ "In: the first of two", { "zone", SP_OPERATOR_IN, VALUES("a", "b") }, true },
	{ "In: the last of two", { "zone", SP_OPERATOR_IN, VALUES("b", "a") }, true },
	{ "In: none of them", { "zone", SP_OPERATOR_IN, VALUES("b", "c") }, false },
	{ "In: a part of a value is no value", { "zone", SP_OPERATOR_IN, VALUES("aa") }, false },
	{ "In: an absent key", { "rack", SP_OPERATOR_IN, VALUES("a", "") }, false },
	{ "In: the empty value", { "empty", SP_OPERATOR_IN, VALUES("a", "") }, true },
	{ "NotIn: one of them", { "zone", SP_OPERATOR_NOT_IN, VALUES("b", "a") }, false },
	{ "NotIn: none of them", { "zone", SP_OPERATOR_NOT_IN, VALUES("b", "c") }, true },
	{ "NotIn holds where the key is absent", { "rack", SP_OPERATOR_NOT_IN, VALUES("a", "b") }, true },
	{ "NotIn: the empty value", { "empty", SP_OPERATOR_NOT_IN, VALUES("") }, false },
	{ "Exists: there", { "zone", SP_OPERATOR_EXISTS, NO_VALUES }, true },
	{ "Exists: there, with an empty value", { "empty", SP_OPERATOR_EXISTS, NO_VALUES }, true },
	{ "Exists: absent", { "rack", SP_OPERATOR_EXISTS, NO_VALUES }, false },
	{ "DoesNotExist: there", { "zone", SP_OPERATOR_DOES_NOT_EXIST, NO_VALUES }, false },
	{ "DoesNotExist: there, with an empty value", { "empty", SP_OPERATOR_DOES_NOT_EXIST, NO_VALUES }, false },
	{ "DoesNotExist: absent", { "rack", SP_OPERATOR_DOES_NOT_EXIST, NO_VALUES }, true },
	{ "Gt: above", { "cores", SP_OPERATOR_GREATER_THAN, VALUES("7") }, true },
	{ "Gt: equal", { "cores", SP_OPERATOR_GREATER_THAN, VALUES("8") }, false },
	{ "Gt: below", { "cores", SP_OPERATOR_GREATER_THAN, VALUES("9") }, false },
	{ "Gt compares numbers, not texts", { "cores", SP_OPERATOR_GREATER_THAN, VALUES("10") }, false },
	{ "Gt: an absent key", { "rack", SP_OPERATOR_GREATER_THAN, VALUES("0") }, false },
	{ "Gt: the label is no number", { "model", SP_OPERATOR_GREATER_THAN, VALUES("1") }, false },
	{ "Gt: the label is empty", { "empty", SP_OPERATOR_GREATER_THAN, VALUES("0") }, false },
	{ "Gt: the label has an underscore", { "spaced", SP_OPERATOR_GREATER_THAN, VALUES("1") }, false },
	{ "Gt: the largest number", { "most", SP_OPERATOR_GREATER_THAN, VALUES("9223372036854775806") }, true },
	{ "Gt: the label is above all numbers", { "too-many", SP_OPERATOR_GREATER_THAN, VALUES("1") }, false },
	{ "Gt: leading zeros are decimal", { "padded", SP_OPERATOR_GREATER_THAN, VALUES("7") }, true },
	{ "Gt: two values", { "cores", SP_OPERATOR_GREATER_THAN, VALUES("1", "2") }, false },
	{ "Gt: its value is no number", { "cores", SP_OPERATOR_GREATER_THAN, VALUES("few") }, false },
	{ "Lt: below", { "cores", SP_OPERATOR_LESS_THAN, VALUES("10") }, true },
	{ "Lt: equal", { "cores", SP_OPERATOR_LESS_THAN, VALUES("8") }, false },
	{ "Lt: above", { "cores", SP_OPERATOR_LESS_THAN, VALUES("7") }, false },
	{ "Lt: an absent key", { "rack", SP_OPERATOR_LESS_THAN, VALUES("1") }, false },
	{ "Lt: the label is no number", { "model", SP_OPERATOR_LESS_THAN, VALUES("9") }, false },
	{ "Lt: the label is above all numbers", { "too-many", SP_OPERATOR_LESS_THAN, VALUES("9") }, false },
};

static void test_match(void **state)
{
	const struct match_case *row = *state;

	if (sp_requirement_matches(&row->requirement, &labels) != row->matches)
		fail_msg("%s: must %smatch", row->title, row->matches ? "" : "not ");
}

#define HOLDS                                           \
	{                                               \
		"zone", SP_OPERATOR_EQUALS, VALUES("a") \
	}
#define HOLDS_TOO                                        \
	{                                                \
		"rack", SP_OPERATOR_NOT_IN, VALUES("r1") \
	}
#define FAILS                                           \
	{                                               \
		"zone", SP_OPERATOR_EQUALS, VALUES("b") \
	}
#define FAILS_TOO                                              \
	{                                                      \
		"empty", SP_OPERATOR_DOES_NOT_EXIST, NO_VALUES \
	}
#define ALL_HOLD ((size_t)-1)

struct decision_case {
	const char *title;
	struct sp_selector selector;
	size_t failed; /* index of the requirement that decides, or ALL_HOLD */
};

static const struct decision_case decisions[] = {
	{ "no requirements match everything", { NULL, 0 }, ALL_HOLD },
	{ "one holds", REQUIREMENTS(HOLDS), ALL_HOLD },
	{ "two hold", REQUIREMENTS(HOLDS, HOLDS_TOO), ALL_HOLD },
	{ "one fails", REQUIREMENTS(FAILS), 0 },
	{ "the last of three fails", REQUIREMENTS(HOLDS, HOLDS_TOO, FAILS_TOO), 2 },
	{ "the first that fails decides", REQUIREMENTS(HOLDS, FAILS_TOO, FAILS), 1 },
	{ "as written, not by key", REQUIREMENTS(FAILS, FAILS_TOO), 0 },
	{ "two that exclude each other", REQUIREMENTS(HOLDS, FAILS), 1 },
};

static void test_decision(void **state)
{
	const struct decision_case *row = *state;
	const struct sp_requirement *failed = NULL;
	const struct sp_requirement *expected = NULL;
	bool matched = sp_selector_matches(&row->selector, &labels, &failed);

	if (row->failed != ALL_HOLD)
		expected = &row->selector.requirements[row->failed];
	if (matched != !expected)
		fail_msg("%s: must %smatch", row->title, expected ? "not " : "");
	if (failed != expected)
		fail_msg("%s: decided by \"%s\"", row->title, failed ? failed->key : "none");
	assert_int_equal(sp_selector_matches(&row->selector, &labels, NULL), matched);
}

#define NOT_A_VALUE ((size_t)-1)
#define A64         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct problem_case {
	const char *title;
	struct sp_requirement requirement;
	const char *problem; /* a part of it; NULL where there must be none */
	size_t value;
};

static const struct problem_case problems[] = {
	{ "valid: =", { "x", SP_OPERATOR_EQUALS, VALUES("a") }, NULL, NOT_A_VALUE },
	{ "valid: = empty", { "x", SP_OPERATOR_EQUALS, VALUES("") }, NULL, NOT_A_VALUE },
	{ "valid: In", { "x", SP_OPERATOR_IN, VALUES("foo") }, NULL, NOT_A_VALUE },
	{ "valid: In, a value twice", { "x", SP_OPERATOR_IN, VALUES("foo", "foo", "") }, NULL, NOT_A_VALUE },
	{ "valid: NotIn", { "x", SP_OPERATOR_NOT_IN, VALUES("foo") }, NULL, NOT_A_VALUE },
	{ "valid: Exists", { "x", SP_OPERATOR_EXISTS, NO_VALUES }, NULL, NOT_A_VALUE },
	{ "valid: DoesNotExist", { "x", SP_OPERATOR_DOES_NOT_EXIST, NO_VALUES }, NULL, NOT_A_VALUE },
	{ "valid: a digit first", { "1foo", SP_OPERATOR_IN, VALUES("bar") }, NULL, NOT_A_VALUE },
	{ "valid: all digits", { "1234", SP_OPERATOR_IN, VALUES("bar") }, NULL, NOT_A_VALUE },
	{ "valid: Gt", { "y", SP_OPERATOR_GREATER_THAN, VALUES("1") }, NULL, NOT_A_VALUE },
	{ "valid: Lt", { "z", SP_OPERATOR_LESS_THAN, VALUES("6") }, NULL, NOT_A_VALUE },
	{ "valid: Gt the largest number",
	  { "z", SP_OPERATOR_GREATER_THAN, VALUES("9223372036854775807") },
	  NULL,
	  NOT_A_VALUE },
	{ "In without values", { "x", SP_OPERATOR_IN, NO_VALUES }, "at least one value", NOT_A_VALUE },
	{ "NotIn without values", { "x", SP_OPERATOR_NOT_IN, NO_VALUES }, "at least one value", NOT_A_VALUE },
	{ "Exists with a value", { "x", SP_OPERATOR_EXISTS, VALUES("a") }, "take no values", NOT_A_VALUE },
	{ "Exists with an empty value", { "x", SP_OPERATOR_EXISTS, VALUES("") }, "take no values", NOT_A_VALUE },
	{ "DoesNotExist with a value",
	  { "x", SP_OPERATOR_DOES_NOT_EXIST, VALUES("a") },
	  "take no values",
	  NOT_A_VALUE },
	{ "= without a value", { "x", SP_OPERATOR_EQUALS, NO_VALUES }, "exactly one value", NOT_A_VALUE },
	{ "!= with two", { "x", SP_OPERATOR_NOT_EQUALS, VALUES("a", "b") }, "exactly one value", NOT_A_VALUE },
	{ "Gt without a value", { "x", SP_OPERATOR_GREATER_THAN, NO_VALUES }, "exactly one value", NOT_A_VALUE },
	{ "Lt with two", { "x", SP_OPERATOR_LESS_THAN, VALUES("1", "2") }, "exactly one value", NOT_A_VALUE },
	{ "Gt a word", { "foo", SP_OPERATOR_GREATER_THAN, VALUES("bar") }, "whole number", 0 },
	{ "Lt a word", { "barz", SP_OPERATOR_LESS_THAN, VALUES("blah") }, "whole number", 0 },
	{ "Gt empty", { "x", SP_OPERATOR_GREATER_THAN, VALUES("") }, "whole number", 0 },
	{ "Gt a fraction", { "x", SP_OPERATOR_GREATER_THAN, VALUES("1.5") }, "whole number", 0 },
	{ "Gt a hexadecimal number", { "x", SP_OPERATOR_GREATER_THAN, VALUES("0x10") }, "whole number", 0 },
	{ "Gt a number with an underscore", { "x", SP_OPERATOR_GREATER_THAN, VALUES("1_000") }, "whole number", 0 },
	{ "Gt a number above all",
	  { "x", SP_OPERATOR_GREATER_THAN, VALUES("9223372036854775808") },
	  "whole number",
	  0 },
	{ "Gt a negative number: no label has one",
	  { "x", SP_OPERATOR_GREATER_THAN, VALUES("-1") },
	  "begin and end",
	  0 },
	{ "a bad key", { "a b", SP_OPERATOR_EXISTS, NO_VALUES }, "must consist of", NOT_A_VALUE },
	{ "an empty key", { "", SP_OPERATOR_EXISTS, NO_VALUES }, "empty name", NOT_A_VALUE },
	{ "the key comes before the values", { "a b", SP_OPERATOR_IN, VALUES("-") }, "must consist of", NOT_A_VALUE },
	{ "the first bad value", { "x", SP_OPERATOR_IN, VALUES("a", "b c", "-") }, "must be empty or consist of", 1 },
	{ "a value that is too long", { "x", SP_OPERATOR_NOT_IN, VALUES("a", "", A64) }, "longer than 63 bytes", 2 },
};

static void test_problem(void **state)
{
	const struct problem_case *row = *state;
	size_t value = 99;
	const char *problem = sp_requirement_problem(&row->requirement, &value);

	if (!row->problem && problem)
		fail_msg("%s, but: %s", row->title, problem);
	if (row->problem && !problem)
		fail_msg("%s: taken, but: %s", row->title, row->problem);
	if (row->problem && !strstr(problem, row->problem))
		fail_msg("%s: \"%s\" does not say \"%s\"", row->title, problem, row->problem);
	if (value != row->value)
		fail_msg("%s: value %zu is wrong, not %zu", row->title, row->value, value);
	assert_ptr_equal(sp_requirement_problem(&row->requirement, NULL), problem);
}

struct text_case {
	const char *text;
	struct sp_selector selector;
};

static const struct text_case texts[] = {
	{ "", { NULL, 0 } },
	{ "a=b", REQUIREMENTS({ "a", SP_OPERATOR_EQUALS, VALUES("b") }) },
	{ "a=", REQUIREMENTS({ "a", SP_OPERATOR_EQUALS, VALUES("") }) },
	{ "a!=b", REQUIREMENTS({ "a", SP_OPERATOR_NOT_EQUALS, VALUES("b") }) },
	{ "a", REQUIREMENTS({ "a", SP_OPERATOR_EXISTS, NO_VALUES }) },
	{ "!a", REQUIREMENTS({ "a", SP_OPERATOR_DOES_NOT_EXIST, NO_VALUES }) },
	{ "a>1", REQUIREMENTS({ "a", SP_OPERATOR_GREATER_THAN, VALUES("1") }) },
	{ "a<1", REQUIREMENTS({ "a", SP_OPERATOR_LESS_THAN, VALUES("1") }) },
	{ "a in (b)", REQUIREMENTS({ "a", SP_OPERATOR_IN, VALUES("b") }) },
	{ "a in ()", REQUIREMENTS({ "a", SP_OPERATOR_IN, VALUES("") }) },
	{ "a notin ()", REQUIREMENTS({ "a", SP_OPERATOR_NOT_IN, VALUES("") }) },
	/* sorted by byte: upper case and digits before lower case, the empty value first */
	{ "a in (,10,9,B,a,b)", REQUIREMENTS({ "a", SP_OPERATOR_IN, VALUES("b", "9", "B", "", "10", "a") }) },
	{ "a notin (b,b,c)", REQUIREMENTS({ "a", SP_OPERATOR_NOT_IN, VALUES("b", "c", "b") }) },
	{ "x in (abc,def),y notin (jkl),z",
	  REQUIREMENTS({ "x", SP_OPERATOR_IN, VALUES("abc", "def") }, { "y", SP_OPERATOR_NOT_IN, VALUES("jkl") },
		       { "z", SP_OPERATOR_EXISTS, NO_VALUES }) },
	{ "x notin (abc,def),y!=jkl,!z", REQUIREMENTS({ "x", SP_OPERATOR_NOT_IN, VALUES("abc", "def") },
						      { "y", SP_OPERATOR_NOT_EQUALS, VALUES("jkl") },
						      { "z", SP_OPERATOR_DOES_NOT_EXIST, NO_VALUES }) },
	/* by key, whatever the operator is */
	{ "B,a=1,!b,c",
	  REQUIREMENTS({ "c", SP_OPERATOR_EXISTS, NO_VALUES }, { "b", SP_OPERATOR_DOES_NOT_EXIST, NO_VALUES },
		       { "a", SP_OPERATOR_EQUALS, VALUES("1") }, { "B", SP_OPERATOR_EXISTS, NO_VALUES }) },
	/* requirements of one key stay as they were written */
	{ "a,z!=b,z,z=a",
	  REQUIREMENTS({ "z", SP_OPERATOR_NOT_EQUALS, VALUES("b") }, { "z", SP_OPERATOR_EXISTS, NO_VALUES },
		       { "a", SP_OPERATOR_EXISTS, NO_VALUES }, { "z", SP_OPERATOR_EQUALS, VALUES("a") }) },
};

static void test_text(void **state)
{
	const struct text_case *row = *state;
	struct sp_text text = { 0 };

	sp_selector_write(&text, &row->selector);
	assert_string_equal(sp_text_string(&text), row->text);
	sp_text_free(&text);
}

struct operator_case {
	const char *name;
	enum sp_operator number;
	bool found;   /* whether a LabelSelector has it */
	bool in_node; /* whether a node affinity has it */
};

static const struct operator_case operators[] = {
	{ "=", SP_OPERATOR_EQUALS, false, false },
	{ "!=", SP_OPERATOR_NOT_EQUALS, false, false },
	{ "In", SP_OPERATOR_IN, true, true },
	{ "NotIn", SP_OPERATOR_NOT_IN, true, true },
	{ "Exists", SP_OPERATOR_EXISTS, true, true },
	{ "DoesNotExist", SP_OPERATOR_DOES_NOT_EXIST, true, true },
	{ "Gt", SP_OPERATOR_GREATER_THAN, false, true },
	{ "Lt", SP_OPERATOR_LESS_THAN, false, true },
};

static void test_operator(void **state)
{
	const struct operator_case *row = *state;
	enum sp_operator number = SP_OPERATOR_EQUALS;

	assert_string_equal(sp_operator_name(row->number), row->name);
	assert_int_equal(sp_operator_find(row->name, SP_OPERATOR_DOES_NOT_EXIST, &number), row->found);
	assert_int_equal(sp_operator_find(row->name, SP_OPERATOR_LESS_THAN, &number), row->in_node);
	if (row->in_node)
		assert_int_equal(number, row->number);
}

static const char *const no_operators[] = { " ",     "in",  "IN",     "NOTIN", "Notin",        "notIn",
					    "Exist", "In ", "exists", "==",    "DoesNotExists" };

static void test_no_operator(void **state)
{
	const char *const *name = *state;
	enum sp_operator number;

	if (sp_operator_find(*name, SP_OPERATOR_LESS_THAN, &number))
		fail_msg("\"%s\" is taken for %s", *name, sp_operator_name(number));
}

static struct CMUnitTest row_test(const char *name, CMUnitTestFunction function, const void *row)
{
	return (struct CMUnitTest){ name, function, NULL, NULL, (void *)row };
}

int main(void)
{
	struct CMUnitTest tests[COUNT(matches) + COUNT(decisions) + COUNT(problems) + COUNT(texts) + COUNT(operators) +
				COUNT(no_operators)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(matches); i++)
		tests[count++] = row_test(matches[i].title, test_match, &matches[i]);
	for (size_t i = 0; i < COUNT(decisions); i++)
		tests[count++] = row_test(decisions[i].title, test_decision, &decisions[i]);
	for (size_t i = 0; i < COUNT(problems); i++)
		tests[count++] = row_test(problems[i].title, test_problem, &problems[i]);
	for (size_t i = 0; i < COUNT(texts); i++)
		tests[count++] = row_test(texts[i].text[0] ? texts[i].text : "no text", test_text, &texts[i]);
	for (size_t i = 0; i < COUNT(operators); i++)
		tests[count++] = row_test(operators[i].name, test_operator, &operators[i]);
	for (size_t i = 0; i < COUNT(no_operators); i++)
		tests[count++] = row_test(no_operators[i], test_no_operator, &no_operators[i]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
