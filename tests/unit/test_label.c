/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "selectors/label.h"

#define A10  "aaaaaaaaaa"
#define A50  A10 A10 A10 A10 A10
#define A63  A50 A10 "aaa"
#define A100 A50 A50
#define A253 A100 A100 A50 "aaa"

struct rule_case {
	const char *title;
	const char *(*problem_of)(const char *text);
	const char *text;
	const char *problem; /* a part of it; NULL where there must be none */
};

static const struct rule_case rules[] = {
	{ "key: a letter", sp_label_key_problem, "a", NULL },
	{ "key: a digit", sp_label_key_problem, "1", NULL },
	{ "key: upper case", sp_label_key_problem, "MyName", NULL },
	{ "key: all that a name may have", sp_label_key_problem, "a-b_c.D9", NULL },
	{ "key: signs in a row", sp_label_key_problem, "a.-_..b", NULL },
	{ "key: a prefix", sp_label_key_problem, "kubernetes.io/hostname", NULL },
	{ "key: a prefix of one part", sp_label_key_problem, "x/y", NULL },
	{ "key: a prefix of digits", sp_label_key_problem, "0.1.2.domain/99", NULL },
	{ "key: a prefix with a dash inside", sp_label_key_problem, "a-b.c--d/e", NULL },
	{ "key: a name of 63 bytes", sp_label_key_problem, A63, NULL },
	{ "key: a prefix of 253 bytes", sp_label_key_problem, A253 "/" A63, NULL },
	{ "key: parts of a prefix have no limit of 63", sp_label_key_problem, A100 ".b/c", NULL },
	{ "key: empty", sp_label_key_problem, "", "empty name" },
	{ "key: empty prefix", sp_label_key_problem, "/a", "empty prefix" },
	{ "key: empty name", sp_label_key_problem, "a/", "empty name" },
	{ "key: a slash alone", sp_label_key_problem, "/", "empty prefix" },
	{ "key: two slashes", sp_label_key_problem, "a/b/c", "more than one '/'" },
	{ "key: two slashes in a row", sp_label_key_problem, "a//b", "more than one '/'" },
	{ "key: a name of 64 bytes", sp_label_key_problem, A63 "a", "more than 63 bytes" },
	{ "key: bytes count, not characters", sp_label_key_problem,
	  "a" A50 "\303\251\303\251\303\251\303\251\303\251\303\251a", "more than 63 bytes" },
	{ "key: a prefix of 254 bytes", sp_label_key_problem, A253 "a/b", "more than 253 bytes" },
	{ "key: an upper-case prefix", sp_label_key_problem, "Example.com/a", "DNS-1123" },
	{ "key: an underscore in the prefix", sp_label_key_problem, "a_b/c", "DNS-1123" },
	{ "key: a prefix that begins with a dash", sp_label_key_problem, "-a/b", "DNS-1123" },
	{ "key: a prefix that ends with a dash", sp_label_key_problem, "a-/b", "DNS-1123" },
	{ "key: a prefix that begins with a dot", sp_label_key_problem, ".a/b", "DNS-1123" },
	{ "key: a prefix that ends with a dot", sp_label_key_problem, "a./b", "DNS-1123" },
	{ "key: an empty part in the prefix", sp_label_key_problem, "a..b/c", "DNS-1123" },
	{ "key: a part that begins with a dash", sp_label_key_problem, "a.-b/c", "DNS-1123" },
	{ "key: a part that ends with a dash", sp_label_key_problem, "a-.b/c", "DNS-1123" },
	{ "key: begins with a dash", sp_label_key_problem, "-a", "begin and end" },
	{ "key: ends with a dot", sp_label_key_problem, "a.", "begin and end" },
	{ "key: ends with an underscore", sp_label_key_problem, "x/a_", "begin and end" },
	{ "key: a dash alone", sp_label_key_problem, "-", "begin and end" },
	{ "key: a blank", sp_label_key_problem, "a b", "must consist of" },
	{ "key: a newline at its end", sp_label_key_problem, "a\n", "must consist of" },
	{ "key: a newline behind the prefix", sp_label_key_problem, "a\n/b", "DNS-1123" },
	{ "key: not ASCII", sp_label_key_problem, "gr\303\266\303\237e", "must consist of" },
	{ "key: a colon", sp_label_key_problem, "a:b", "must consist of" },

	{ "value: empty", sp_label_value_problem, "", NULL },
	{ "value: a letter", sp_label_value_problem, "a", NULL },
	{ "value: a number", sp_label_value_problem, "1.50", NULL },
	{ "value: all that a value may have", sp_label_value_problem, "A-b_c.9", NULL },
	{ "value: of 63 bytes", sp_label_value_problem, A63, NULL },
	{ "value: of 64 bytes", sp_label_value_problem, A63 "a", "longer than 63 bytes" },
	{ "value: begins with a dash", sp_label_value_problem, "-1", "begin and end" },
	{ "value: ends with a dash", sp_label_value_problem, "a-", "begin and end" },
	{ "value: a dot alone", sp_label_value_problem, ".", "begin and end" },
	{ "value: a slash", sp_label_value_problem, "a/b", "must be empty or consist of" },
	{ "value: a blank", sp_label_value_problem, "a b", "must be empty or consist of" },
	{ "value: a blank alone", sp_label_value_problem, " ", "must be empty or consist of" },
	{ "value: a newline at its end", sp_label_value_problem, "a\n", "must be empty or consist of" },
	{ "value: not ASCII", sp_label_value_problem, "\303\251", "must be empty or consist of" },

	{ "node name: one part", sp_subdomain_problem, "node01", NULL },
	{ "node name: a digit first", sp_subdomain_problem, "1.node", NULL },
	{ "node name: an address", sp_subdomain_problem, "ip-10-0-0-1.eu-west-1.compute.internal", NULL },
	{ "node name: 253 bytes in one part", sp_subdomain_problem, A253, NULL },
	{ "node name: 254 bytes", sp_subdomain_problem, A253 "a", "longer than 253 bytes" },
	{ "node name: empty", sp_subdomain_problem, "", "empty" },
	{ "node name: upper case", sp_subdomain_problem, "Node01", "DNS-1123" },
	{ "node name: an underscore", sp_subdomain_problem, "node_01", "DNS-1123" },
	{ "node name: the folder above", sp_subdomain_problem, "..", "DNS-1123" },
	{ "node name: a path", sp_subdomain_problem, "a/b", "DNS-1123" },
	{ "node name: a dot at its end", sp_subdomain_problem, "node01.", "DNS-1123" },
	{ "node name: a dash at its end", sp_subdomain_problem, "node01-", "DNS-1123" },
	{ "node name: a dash behind a dot", sp_subdomain_problem, "a.-b", "DNS-1123" },
	{ "node name: a newline at its end", sp_subdomain_problem, "node01\n", "DNS-1123" },
};

static void test_rule(void **state)
{
	const struct rule_case *row = *state;
	const char *problem = row->problem_of(row->text);

	if (!row->problem && problem)
		fail_msg("\"%s\" is valid, but: %s", row->text, problem);
	if (row->problem && !problem)
		fail_msg("\"%s\" is taken, but: %s", row->text, row->problem);
	if (row->problem && !strstr(problem, row->problem))
		fail_msg("\"%s\": \"%s\" does not say \"%s\"", row->text, problem, row->problem);
}

struct get_case {
	const char *title;
	const char *key;
	const char *value;
};

static const struct get_case gets[] = {
	{ "get: the first", "a", "1" },
	{ "get: the last", "example.com/a", "3" },
	{ "get: an empty value is not an absent one", "empty", "" },
	{ "get: absent", "b", NULL },
	{ "get: the case of letters counts", "A", NULL },
	{ "get: a part of a key is no key", "example.com/", NULL },
	{ "get: the empty key", "", NULL },
};

static void test_get(void **state)
{
	static const struct sp_label items[] = { { "a", "1" }, { "empty", "" }, { "example.com/a", "3" } };
	static const struct sp_labels labels = { items, sizeof items / sizeof *items };
	static const struct sp_labels none = { NULL, 0 };
	const struct get_case *row = *state;
	const char *value = sp_labels_get(&labels, row->key);

	if (!value != !row->value || (value && strcmp(value, row->value) != 0))
		fail_msg("\"%s\" has value %s, not %s", row->key, value ? value : "(none)",
			 row->value ? row->value : "(none)");
	assert_null(sp_labels_get(&none, row->key));
}

enum { RULES = sizeof rules / sizeof *rules, GETS = sizeof gets / sizeof *gets };

int main(void)
{
	struct CMUnitTest tests[RULES + GETS];
	size_t count = 0;

	for (size_t i = 0; i < RULES; i++)
		tests[count++] = (struct CMUnitTest){ rules[i].title, test_rule, NULL, NULL, (void *)&rules[i] };
	for (size_t i = 0; i < GETS; i++)
		tests[count++] = (struct CMUnitTest){ gets[i].title, test_get, NULL, NULL, (void *)&gets[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
