/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken and what is refused was compared with kubectl itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "selectors/expression.h"
#include "state/source.h"
#include "state/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define A10 "aaaaaaaaaa"
#define A63 A10 A10 A10 A10 A10 A10 "aaa"

struct good_case {
	const char *expression;
	const char *text; /* the canonical text of what was read; NULL: the expression itself */
};

static const struct good_case goods[] = {
	{ "", NULL },
	{ " \t\r\n", "" },
	{ "x=a,y=b,z=c", NULL },
	{ "x!=a,y=b", NULL },
	{ "x=", NULL },
	{ "x= ", "x=" },
	{ "x=,z= ", "x=,z=" },
	{ "x= ,z= ", "x=,z=" },
	{ "!x", NULL },
	{ "x>1", NULL },
	{ "x>1,z<5", NULL },
	{ "x=a,a=x", "a=x,x=a" },
	{ "\rx", "x" },
	{ "a ", "a" },
	{ "a\n", "a" },
	{ "a=b\n", "a=b" },
	{ "this-is-a-dns.domain.com/key-with-dash", NULL },
	{ "this-is-another-dns.domain.com/key-with-dash in (so,what)", NULL },
	{ "0.1.2.domain/99 notin (10.10.100.1, tick.tack.clock)",
	  "0.1.2.domain/99 notin (10.10.100.1,tick.tack.clock)" },
	{ "foo  in\t (abc)", "foo in (abc)" },
	{ "x notin\n (abc)", "x notin (abc)" },
	{ "x  notin\t\t\t(abc,def)", "x notin (abc,def)" },
	{ "x in (abc,def)", NULL },
	{ "key in ( value1, value2 )", "key in (value1,value2)" },
	{ "x in(a)", "x in (a)" },
	{ "x notin(a),y", "x notin (a),y" },
	{ "x notin (abc,def),bar,z in (),w", "bar,w,x notin (abc,def),z in ()" },
	{ "x,y in (a)", NULL },
	{ "x=a,y!=b,z in (h,i,j)", NULL },
	{ "x,y", NULL },
	{ "x,x", NULL },
	{ "x=a,x=a,x!=a", NULL },

	/* == is = */
	{ "x==a", "x=a" },
	{ "x == a", "x=a" },
	{ "x==", "x=" },
	{ "x==,y", "x=,y" },

	/* blanks anywhere between the words */
	{ " x\t=\ra\n,\ny ", "x=a,y" },
	{ "! x", "!x" },
	{ "x !=a", "x!=a" },
	{ "x> 1", "x>1" },

	/* empty values */
	{ "x!=", NULL },
	{ "x in ()", NULL },
	{ "x notin ( )", "x notin ()" },
	{ "x in (,)", "x in ()" },
	{ "x in (abc,)", "x in (,abc)" },
	{ "x notin (, a)", "x notin (,a)" },
	{ "x in (a,,b)", "x in (,a,b)" },
	{ "x in (,,b)", "x in (,b)" },
	{ "x in (a,,,)", "x in (,a)" },
	{ "x in (a,,,b)", "x in (,a,b)" },

	/* each value once, sorted by byte */
	{ "x in (b,a,b,,B,)", "x in (,B,a,b)" },

	/* in and notin where a key or a value may stand */
	{ "in", NULL },
	{ "notin", NULL },
	{ "!in", NULL },
	{ "in,notin", NULL },
	{ "in=in", NULL },
	{ "notin=in", NULL },
	{ "x!=notin", NULL },
	{ "in in (in)", NULL },
	{ "notin notin(notin)", "notin notin (notin)" },
	{ "a in (x,y,notin, z,in)", "a in (in,notin,x,y,z)" },

	/* numbers */
	{ "x>9223372036854775807", NULL },
	{ "x<007", NULL },

	/* limits */
	{ A63, NULL },
	{ A63 "=" A63, NULL },
};

static struct sp_source *source_of(const char *expression)
{
	return sp_source_text("-l", expression, strlen(expression));
}

/* Reads the expression and fails the test where that fails. */
static void read_good(const char *expression, struct sp_arena *arena, struct sp_selector *selector)
{
	struct sp_report report = { .arena = arena };
	struct sp_source *source = source_of(expression);
	bool good = sp_expression_parse(source, arena, selector, &report);

	if (!good)
		fail_msg("\"%s\" is refused: %s", expression, report.diagnostics[0].message);
	assert_int_equal(report.count, 0);
	sp_source_close(source);
}

static void test_good(void **state)
{
	const struct good_case *row = *state;
	const char *expected = row->text ? row->text : row->expression;
	struct sp_arena arena = { 0 };
	struct sp_selector selector;
	struct sp_text text = { 0 };
	struct sp_text again = { 0 };

	read_good(row->expression, &arena, &selector);
	sp_selector_write(&text, &selector);
	if (strcmp(sp_text_string(&text), expected) != 0)
		fail_msg("\"%s\" was read as \"%s\", not \"%s\"", row->expression, sp_text_string(&text), expected);
	read_good(expected, &arena, &selector);
	sp_selector_write(&again, &selector);
	assert_string_equal(sp_text_string(&again), expected);
	sp_text_free(&text);
	sp_text_free(&again);
	sp_arena_free(&arena);
}

/* The cases of upstream's TestSelectorMatches. */
struct match_case {
	const char *expression;
	struct sp_label labels[2];
	bool matches;
};

static const struct match_case matches[] = {
	{ "", { { "x", "y" } }, true },
	{ "x=y", { { "x", "y" } }, true },
	{ "x=y,z=w", { { "x", "y" }, { "z", "w" } }, true },
	{ "x!=y,z!=w", { { "x", "z" }, { "z", "a" } }, true },
	{ "notin=in", { { "notin", "in" } }, true },
	{ "x", { { "x", "z" } }, true },
	{ "!x", { { "y", "z" } }, true },
	{ "x>1", { { "x", "2" } }, true },
	{ "x<1", { { "x", "0" } }, true },
	{ "x=z", { { NULL, NULL } }, false },
	{ "x=y", { { "x", "z" } }, false },
	{ "x=y,z=w", { { "x", "w" }, { "z", "w" } }, false },
	{ "x!=y,z!=w", { { "x", "z" }, { "z", "w" } }, false },
	{ "x", { { "y", "z" } }, false },
	{ "!x", { { "x", "z" } }, false },
	{ "x>1", { { "x", "0" } }, false },
	{ "x<1", { { "x", "2" } }, false },
	{ "foo=bar", { { "foo", "bar" }, { "baz", "blah" } }, true },
	{ "baz=blah", { { "foo", "bar" }, { "baz", "blah" } }, true },
	{ "foo=bar,baz=blah", { { "foo", "bar" }, { "baz", "blah" } }, true },
	{ "foo=blah", { { "foo", "bar" }, { "baz", "blah" } }, false },
	{ "baz=bar", { { "foo", "bar" }, { "baz", "blah" } }, false },
	{ "foo=bar,foobar=bar,baz=blah", { { "foo", "bar" }, { "baz", "blah" } }, false },
	{ "x in ()", { { "x", "" } }, true },
	{ "x in ()", { { "x", "y" } }, false },
	{ "x in ()", { { "y", "" } }, false },
	{ "x notin ()", { { "x", "y" } }, true },
	{ "x notin ()", { { "y", "" } }, true },
	{ "x=", { { "x", "" } }, true },
};

static void test_match(void **state)
{
	const struct match_case *row = *state;
	struct sp_labels labels = { row->labels, 0 };
	struct sp_arena arena = { 0 };
	struct sp_selector selector;

	while (labels.count < COUNT(row->labels) && row->labels[labels.count].key)
		labels.count++;
	read_good(row->expression, &arena, &selector);
	if (sp_selector_matches(&selector, &labels, NULL) != row->matches)
		fail_msg("\"%s\" must %smatch", row->expression, row->matches ? "" : "not ");
	sp_arena_free(&arena);
}

#define SYNTAX "selector-syntax"
#define KEY    "invalid-label-key"
#define VALUE  "invalid-label-value"

struct bad_case {
	const char *expression;
	const char *code;
	size_t line;
	size_t column;
	const char *message; /* a part of it */
	const char *help;    /* a part of it; NULL: there is none */
};

static const struct bad_case bads[] = {
	/* between requirements */
	{ ",", SYNTAX, 1, 1, "found ',' where a label key or '!' is expected", NULL },
	{ ",x,y", SYNTAX, 1, 1, "found ',' where a label key or '!' is expected", NULL },
	{ "x,", SYNTAX, 1, 3, "ends where a label key or '!' is expected", "quotes in a shell" },
	{ "x,,y", SYNTAX, 1, 3, "found ',' where a label key or '!' is expected", NULL },
	{ "a in (xyz),", SYNTAX, 1, 12, "ends where a label key or '!' is expected", "quotes in a shell" },
	{ "a in (xyz)b notin ()", SYNTAX, 1, 11, "found 'b' where ',' or the end is expected", NULL },
	{ "x=a y=b", SYNTAX, 1, 5, "found 'y' where ',' or the end is expected", NULL },
	{ "x==a==b", SYNTAX, 1, 5, "found '==' where ',' or the end is expected", NULL },
	{ "x=a)", SYNTAX, 1, 4, "found ')' where ',' or the end is expected", NULL },
	{ "x=a && y=b", SYNTAX, 1, 5, "found '&&' where ',' or the end is expected", "comma joins" },

	/* keys */
	{ "!", SYNTAX, 1, 2, "ends where a label key is expected", "quotes in a shell" },
	{ "!!x", SYNTAX, 1, 2, "found '!' where a label key is expected", NULL },
	{ "!,x", SYNTAX, 1, 2, "found ',' where a label key is expected", NULL },
	{ "!=x", SYNTAX, 1, 1, "found '!=' where a label key or '!' is expected", NULL },
	{ "=a", SYNTAX, 1, 1, "found '=' where a label key or '!' is expected", NULL },
	{ "()", SYNTAX, 1, 1, "found '(' where a label key or '!' is expected", NULL },
	{ "(", SYNTAX, 1, 1, "found '(' where a label key or '!' is expected", NULL },
	{ "== != (), = notin", SYNTAX, 1, 1, "found '==' where a label key or '!' is expected", NULL },
	{ "!x=a", SYNTAX, 1, 3, "found '=' where ',' or the end is expected", "key!=value" },
	{ "!x in (a)", SYNTAX, 1, 4, "found 'in' where ',' or the end is expected", "key!=value" },

	/* operators */
	{ "x y", SYNTAX, 1, 3, "found 'y' where one of", "comma joins" },
	{ "x !y", SYNTAX, 1, 3, "found '!' where one of", "comma joins" },
	{ "x!", SYNTAX, 1, 2, "found '!' where one of", "comma joins" },
	{ "x (", SYNTAX, 1, 3, "found '(' where one of", "comma joins" },
	{ "x)", SYNTAX, 1, 2, "found ')' where one of", "comma joins" },
	{ "x nott in (y)", SYNTAX, 1, 3, "found 'nott' where one of", "lower-case" },
	{ "x NotIn (y)", SYNTAX, 1, 3, "found 'NotIn' where one of", "lower-case" },
	{ "x & y", SYNTAX, 1, 3, "found '&' where one of", "no \"or\"" },
	{ "x : y", SYNTAX, 1, 3, "found ':' where one of", "'=' stands between" },

	/* one value */
	{ "x=!a", SYNTAX, 1, 3, "found '!' where a value is expected", NULL },
	{ "x===a", SYNTAX, 1, 4, "found '=' where a value is expected", "no >=" },
	{ "x!==a", SYNTAX, 1, 4, "found '=' where a value is expected", "no >=" },
	{ "x>=1", SYNTAX, 1, 3, "found '=' where a value is expected", "key>4" },
	{ "x=>1", SYNTAX, 1, 3, "found '>' where a value is expected", "key>4" },
	{ "x<>1", SYNTAX, 1, 3, "found '>' where a value is expected", "key>4" },
	{ "x=)", SYNTAX, 1, 3, "found ')' where a value is expected", NULL },
	{ "x=(a,b)", SYNTAX, 1, 3, "found '(' where a value is expected", "key in (a,b)" },

	/* lists of values */
	{ "x in", SYNTAX, 1, 5, "ends where '(' is expected", "quotes in a shell" },
	{ "in in", SYNTAX, 1, 6, "ends where '(' is expected", "quotes in a shell" },
	{ "x in a", SYNTAX, 1, 6, "found 'a' where '(' is expected", "in parentheses" },
	{ "x in in (a)", SYNTAX, 1, 6, "found 'in' where '(' is expected", "in parentheses" },
	{ "x in, y", SYNTAX, 1, 5, "found ',' where '(' is expected", "in parentheses" },
	{ "a notin(", SYNTAX, 1, 9, "ends where a value or ',' is expected", "quotes in a shell" },
	{ "x in (a", SYNTAX, 1, 8, "ends where ',' or ')' is expected", "quotes in a shell" },
	{ "x in (a,", SYNTAX, 1, 9, "ends where a value or ',' is expected", "quotes in a shell" },
	{ "a in (xyz abc)", SYNTAX, 1, 11, "found 'abc' where ',' or ')' is expected", NULL },
	{ "x in ((a))", SYNTAX, 1, 7, "found '(' where a value or ',' is expected", NULL },
	{ "x in (!a)", SYNTAX, 1, 7, "found '!' where a value or ',' is expected", NULL },
	{ "x in (a=b)", SYNTAX, 1, 8, "found '=' where ',' or ')' is expected", NULL },
	/* a second comma wants a value or a third one behind it */
	{ "x in (,,)", SYNTAX, 1, 9, "found ')' where a value or ',' is expected", NULL },
	{ "x in (a,,)", SYNTAX, 1, 10, "found ')' where a value or ',' is expected", NULL },

	/* keys and values that no label has */
	{ "x=a||y=b", VALUE, 1, 3, "value \"a||y\" must be empty or consist of", "no \"or\"" },
	{ "x<a", VALUE, 1, 3, "value \"a\" must be a whole number", NULL },
	{ "x>", VALUE, 1, 3, "value \"\" must be a whole number", NULL },
	{ "x>,y", VALUE, 1, 3, "value \"\" must be a whole number", NULL },
	{ "x>in", VALUE, 1, 3, "value \"in\" must be a whole number", NULL },
	{ "x>9223372036854775808", VALUE, 1, 3, "must be a whole number", NULL },
	{ "x>-1", VALUE, 1, 3, "value \"-1\" must be empty or consist of", NULL },
	{ "x>+1", VALUE, 1, 3, "value \"+1\" must be empty or consist of", NULL },
	{ "x=" A63 "a", VALUE, 1, 3, "longer than 63 bytes", NULL },
	{ "x in (b,,-,+)", VALUE, 1, 10, "value \"-\" must be empty or consist of", NULL },
	{ "x=\"a\"", VALUE, 1, 3, "value \"\"a\"\" must be empty", "without quotes" },
	{ "x=a*", VALUE, 1, 3, "value \"a*\" must be empty", "no patterns" },
	{ "x=a\fb", VALUE, 1, 3, "must be empty or consist of", NULL },
	{ "'x=a'", KEY, 1, 1, "label key \"'x\" must consist of", "without quotes" },
	{ "x:a", KEY, 1, 1, "label key \"x:a\" must consist of", "'=' stands between" },
	{ "a,!-b", KEY, 1, 4, "label key \"-b\" must consist of", NULL },
	{ "a/b/c=d", KEY, 1, 1, "more than one '/'", NULL },
	{ "/a", KEY, 1, 1, "empty prefix", NULL },
	{ "A/b", KEY, 1, 1, "DNS-1123", NULL },
	{ A63 "a", KEY, 1, 1, "more than 63 bytes", NULL },
	{ "~", KEY, 1, 1, "label key \"~\" must consist of", NULL },
	/* the key is looked at before what follows it */
	{ "-a (", KEY, 1, 1, "label key \"-a\"", NULL },

	/* places */
	{ "a=b,\n  c=(d)", SYNTAX, 2, 5, "found '(' where a value is expected", "key in (a,b)" },
	{ "a,\n", SYNTAX, 2, 1, "ends where a label key or '!' is expected", "quotes in a shell" },
	{ "a in (b\303\266,\303\266", SYNTAX, 1, 11, "ends where ',' or ')' is expected", "quotes in a shell" },
	{ "a in (b,\303\266,)", VALUE, 1, 9, "value \"\303\266\"", NULL },
	{ "x in (\377\200 (", SYNTAX, 1, 9, "found '(' where ',' or ')' is expected", NULL },
};

static void check_diagnostic(const struct bad_case *row, const struct sp_diagnostic *diagnostic,
			     const struct sp_source *source)
{
	if (strcmp(diagnostic->code, row->code) != 0)
		fail_msg("\"%s\": code %s, not %s", row->expression, diagnostic->code, row->code);
	if (diagnostic->place.line != row->line || diagnostic->place.column != row->column)
		fail_msg("\"%s\": at %zu:%zu, not %zu:%zu", row->expression, diagnostic->place.line,
			 diagnostic->place.column, row->line, row->column);
	if (!strstr(diagnostic->message, row->message))
		fail_msg("\"%s\": \"%s\" does not say \"%s\"", row->expression, diagnostic->message, row->message);
	if (!diagnostic->help != !row->help || (row->help && !strstr(diagnostic->help, row->help)))
		fail_msg("\"%s\": help \"%s\" does not say \"%s\"", row->expression,
			 diagnostic->help ? diagnostic->help : "(none)", row->help ? row->help : "(none)");
	assert_int_equal(diagnostic->severity, SP_ERROR);
	assert_ptr_equal(diagnostic->place.source, source);
}

static void test_bad(void **state)
{
	const struct bad_case *row = *state;
	struct sp_arena arena = { 0 };
	struct sp_report report = { .arena = &arena };
	struct sp_selector selector;
	struct sp_source *source = source_of(row->expression);

	if (sp_expression_parse(source, &arena, &selector, &report))
		fail_msg("\"%s\" is taken, but: %s", row->expression, row->message);
	assert_int_equal(report.count, 1);
	check_diagnostic(row, &report.diagnostics[0], source);
	assert_int_equal(selector.count, 0);
	sp_source_close(source);
	sp_arena_free(&arena);
}

/* Long input is read in a time that grows no faster than it does, and is not repeated whole by a message. */
static void test_long(void **state)
{
	enum { MANY = 20000 };
	struct sp_text text = { 0 };
	struct sp_arena arena = { 0 };
	struct sp_report report = { .arena = &arena };
	struct sp_selector selector;
	struct sp_source *source;

	(void)state;
	sp_text_add(&text, "a in (b");
	for (int i = 0; i < MANY; i++)
		sp_text_format(&text, ",%d", i);
	sp_text_add(&text, ")");
	for (int i = 0; i < MANY; i++)
		sp_text_format(&text, ",k%d=%d", i, i);
	read_good(text.bytes, &arena, &selector);
	assert_int_equal(selector.count, MANY + 1);
	assert_int_equal(selector.requirements[0].value_count, MANY + 1);

	sp_text_add(&text, ",-");
	for (int i = 0; i < MANY; i++)
		sp_text_add_char(&text, 'z');
	source = source_of(text.bytes);
	assert_false(sp_expression_parse(source, &arena, &selector, &report));
	assert_true(strlen(report.diagnostics[0].message) < 1000);
	sp_source_close(source);
	sp_text_free(&text);
	sp_arena_free(&arena);
}

/* A test whose name shows the expression, blanks and all. */
static struct CMUnitTest row_test(struct sp_arena *names, const char *verb, const char *expression,
				  CMUnitTestFunction function, const void *row)
{
	struct sp_text name = { 0 };
	struct CMUnitTest test = { NULL, function, NULL, NULL, (void *)row };

	sp_text_add_visible(&name, expression);
	test.name = sp_arena_format(names, "%s \"%s\"", verb, sp_text_string(&name));
	sp_text_free(&name);
	return test;
}

int main(void)
{
	struct CMUnitTest tests[COUNT(goods) + COUNT(matches) + COUNT(bads) + 1];
	struct sp_arena names = { 0 };
	size_t count = 0;
	int failed;

	for (size_t i = 0; i < COUNT(goods); i++)
		tests[count++] = row_test(&names, "reads", goods[i].expression, test_good, &goods[i]);
	for (size_t i = 0; i < COUNT(matches); i++)
		tests[count++] = row_test(&names, "asks", matches[i].expression, test_match, &matches[i]);
	for (size_t i = 0; i < COUNT(bads); i++)
		tests[count++] = row_test(&names, "refuses", bads[i].expression, test_bad, &bads[i]);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_long);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	sp_arena_free(&names);
	return failed;
}
