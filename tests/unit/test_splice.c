/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/splice.h"
#include "state/document.h"
#include "state/layout.h"
#include "state/source.h"

/* A metadata gets a label, unless it is said otherwise. */
struct splice_case {
	const char *title;
	const char *text;
	const char *expected; /* NULL: it cannot be done */
};

static const struct splice_case cases[] = {
	/* absent */
	{ "absent: behind the name", "name: n\nuid: u\n", "name: n\nlabels:\n  k: \"v\"\nuid: u\n" },
	{ "absent: behind the name's comment", "name: n # c\nuid: u\n", "name: n # c\nlabels:\n  k: \"v\"\nuid: u\n" },
	{ "absent: no line end", "name: n", "name: n\nlabels:\n  k: \"v\"" },
	{ "absent: no name", "uid: u\n", "uid: u\nlabels:\n  k: \"v\"\n" },
	{ "absent: indented", "  name: n\n", "  name: n\n  labels:\n    k: \"v\"\n" },
	{ "absent: CRLF", "name: n\r\nuid: u\r\n", "name: n\r\nlabels:\r\n  k: \"v\"\r\nuid: u\r\n" },
	{ "absent: CR", "name: n\ruid: u\r", "name: n\rlabels:\r  k: \"v\"\ruid: u\r" },
	{ "absent: name of many lines", "name: \"n\\\n  m\" # c\nuid: u\n",
	  "name: \"n\\\n  m\" # c\nlabels:\n  k: \"v\"\nuid: u\n" },
	{ "absent: name is a block scalar", "name: |-\n  n\n\nuid: u\n",
	  "name: |-\n  n\n\nlabels:\n  k: \"v\"\nuid: u\n" },
	{ "absent: name is a block scalar without an end", "name: |-\n  n", "labels:\n  k: \"v\"\nname: |-\n  n" },
	{ "absent: letters of two bytes", "a: größe # ü\nname: nö # ü\nuid: ü\n",
	  "a: größe # ü\nname: nö # ü\nlabels:\n  k: \"v\"\nuid: ü\n" },
	{ "absent: letters of four bytes", "a: \"\U0001F600\"\nname: n\nb: c\n",
	  "a: \"\U0001F600\"\nname: n\nlabels:\n  k: \"v\"\nb: c\n" },
	{ "absent: a byte order mark", "\xEF\xBB\xBFname: n\nuid: u\n",
	  "\xEF\xBB\xBFname: n\nlabels:\n  k: \"v\"\nuid: u\n" },
	{ "absent: a comment with NEL", "name: n # c\xC2\x85uid: u\n",
	  "name: n # c\nlabels:\n  k: \"v\"\xC2\x85uid: u\n" },
	{ "absent: flow", "# f\n{name: n, uid: u}\n", "# f\n{name: n, labels: {k: \"v\"}, uid: u}\n" },
	{ "absent: flow, tight", "# f\n{\"name\":\"n\",\"uid\":\"u\"}",
	  "# f\n{\"name\":\"n\",\"labels\":{\"k\":\"v\"},\"uid\":\"u\"}" },
	{ "absent: JSON of many lines", "{\n  \"name\": \"n\",\n  \"uid\": \"u\"\n}\n",
	  "{\n  \"name\": \"n\",\n  \"labels\": {\n    \"k\": \"v\"\n  },\n  \"uid\": \"u\"\n}\n" },
	{ "absent: JSON with tabs", "{\n\t\"name\": \"n\"\n}",
	  "{\n\t\"name\": \"n\",\n\t\"labels\": {\n\t\t\"k\": \"v\"\n\t}\n}" },
	{ "absent: flow, single quotes", "# f\n{'name':'n'}", "# f\n{'name':'n', labels: {k: \"v\"}}" },

	/* null and empty */
	{ "nothing", "labels:\nname: n\n", "labels:\n  k: \"v\"\nname: n\n" },
	{ "nothing, at the end", "name: n\nlabels:", "name: n\nlabels:\n  k: \"v\"" },
	{ "nothing, with a comment", "labels: # c\nname: n\n", "labels: # c\n  k: \"v\"\nname: n\n" },
	{ "null", "labels: null # c\nname: n\n", "labels: {k: \"v\"} # c\nname: n\n" },
	{ "~", "labels: ~\nname: n\n", "labels: {k: \"v\"}\nname: n\n" },
	{ "null in JSON", "{\"labels\": null}", "{\"labels\": {\"k\": \"v\"}}" },
	{ "null in JSON of many lines", "{\n  \"a\": 1,\n  \"labels\": null\n}",
	  "{\n  \"a\": 1,\n  \"labels\": {\n    \"k\": \"v\"\n  }\n}" },
	{ "nothing in flow", "# f\n{name: n, labels: }", "# f\n{name: n, labels: {k: \"v\"} }" },
	{ "nothing in flow, first", "# f\n{labels: , name: n}", "# f\n{labels: {k: \"v\"} , name: n}" },
	{ "null with an anchor", "labels: &x\nname: n\n", NULL },
	{ "null with a tag", "labels: !!null null\nname: n\n", NULL },
	{ "a key without a colon", "? labels\n? name\n", NULL },
	{ "an alias", "a: &x {b: c}\nlabels: *x\n", NULL },
	{ "a list", "labels: [a]\n", NULL },
	{ "a text", "labels: a\n", NULL },
	{ "{}", "labels: {} # c\nname: n\n", "labels: {k: \"v\"} # c\nname: n\n" },
	{ "{ }", "labels: { }\n", "labels: {k: \"v\" }\n" },
	{ "{ over lines }", "labels: {\n  }\n", "labels: {k: \"v\"\n  }\n" },
	{ "{} in JSON", "{\"labels\":{}}", "{\"labels\":{\"k\": \"v\"}}" },

	/* entries in block style */
	{ "block", "labels:\n  a: b\nname: n\n", "labels:\n  a: b\n  k: \"v\"\nname: n\n" },
	{ "block, far in", "labels:\n       a: b # c\nname: n\n",
	  "labels:\n       a: b # c\n       k: \"v\"\nname: n\n" },
	{ "block, comments behind", "labels:\n  a: b\n  # c\n# d\nname: n\n",
	  "labels:\n  a: b\n  k: \"v\"\n  # c\n# d\nname: n\n" },
	{ "block, no line end", "labels:\n  a: b", "labels:\n  a: b\n  k: \"v\"" },
	{ "block, blanks at the end", "labels:\n  a: b  ", "labels:\n  a: b  \n  k: \"v\"" },
	{ "block, CRLF, no line end", "labels:\r\n  a: b", "labels:\r\n  a: b\r\n  k: \"v\"" },
	{ "block, ends with a block scalar", "labels:\n  a: |\n    b\nname: n\n",
	  "labels:\n  a: |\n    b\n  k: \"v\"\nname: n\n" },
	{ "block, ends with what keeps its line ends", "labels:\n  a: |+\n    b\n\n\nname: n\n",
	  "labels:\n  a: |+\n    b\n\n\n  k: \"v\"\nname: n\n" },
	{ "block, ends with a text that is cut", "labels:\n  a: b\n  c: |\n    d",
	  "labels:\n  a: b\n  k: \"v\"\n  c: |\n    d" },
	{ "block, ends with nothing", "labels:\n  a: b\n  c:\nname: n\n",
	  "labels:\n  a: b\n  k: \"v\"\n  c:\nname: n\n" },
	{ "block with an anchor", "labels: &x\n   a: b\n", "labels: &x\n   a: b\n   k: \"v\"\n" },
	{ "explicit key", "? labels\n: a: b\n", "? labels\n: a: b\n  k: \"v\"\n" },
	{ "key in quotes", "\"labels\":\n  a: b\n", "\"labels\":\n  a: b\n  k: \"v\"\n" },

	/* entries in flow style */
	{ "flow", "labels: {a: b} # c\n", "labels: {a: b, k: \"v\"} # c\n" },
	{ "flow, comma at the end", "labels: {a: b,}\n", "labels: {a: b, k: \"v\",}\n" },
	{ "flow, spaced", "labels: { a: b , c: d }\n", "labels: { a: b , c: d , k: \"v\" }\n" },
	{ "flow, lines", "labels: {\n    a: b, # 1\n    c: d # 2\n  }\n",
	  "labels: {\n    a: b, # 1\n    c: d, k: \"v\" # 2\n  }\n" },
	{ "flow, a key alone", "labels: {a: b, c}\n", "labels: {a: b, k: \"v\", c}\n" },
	{ "flow, aligned colons", "labels: {\"a\" : \"b\", \"cc\": \"d\"}\n",
	  "labels: {\"a\" : \"b\", \"cc\": \"d\", \"k\": \"v\"}\n" },
	{ "JSON, lines", "{\"labels\": {\n  \"a\": \"b\",\n  \"c\": \"d\"\n}}",
	  "{\"labels\": {\n  \"a\": \"b\",\n  \"c\": \"d\",\n  \"k\": \"v\"\n}}" },
	{ "JSON, escapes", "{\"labels\": {\"a\": \"\\u00fc\\\"}\"}}",
	  "{\"labels\": {\"a\": \"\\u00fc\\\"}\", \"k\": \"v\"}}" },

	/* the key is there */
	{ "replace: plain", "labels:\n  k: old # c\n  a: b\n", "labels:\n  k: \"v\" # c\n  a: b\n" },
	{ "replace: quotes", "labels:\n  k: 'o''ld'\n", "labels:\n  k: \"v\"\n" },
	{ "replace: key in quotes", "labels:\n  \"k\":   \"old\"\n", "labels:\n  \"k\":   \"v\"\n" },
	{ "replace: escaped key", "labels:\n  \"\\x6b\": \"old\"\n", "labels:\n  \"\\x6b\": \"v\"\n" },
	{ "replace: letters of two bytes before", "labels:\n  ü: größer\n  k: größer # ü\n",
	  "labels:\n  ü: größer\n  k: \"v\" # ü\n" },
	{ "replace: many lines", "labels:\n  k: a\n    b\n  c: d\n", "labels:\n  k: \"v\"\n  c: d\n" },
	{ "replace: literal", "labels:\n  k: |\n    old\n  a: b\n", "labels:\n  k: \"v\"\n  a: b\n" },
	{ "replace: literal with a comment", "labels:\n  k: |-  # c\n    old\n    new\n\n  a: b\n",
	  "labels:\n  k: \"v\"  # c\n\n  a: b\n" },
	{ "replace: folded, cut", "labels:\n  k: >\n    old", "labels:\n  k: \"v\"" },
	{ "replace: literal without a line", "labels:\n  k: |\n  a: b\n", "labels:\n  k: \"v\"\n  a: b\n" },
	{ "replace: CRLF literal", "labels:\r\n  k: |\r\n    old\r\n  a: b\r\n",
	  "labels:\r\n  k: \"v\"\r\n  a: b\r\n" },
	{ "replace: nothing", "labels:\n  k:\n  a: b\n", "labels:\n  k: \"v\"\n  a: b\n" },
	{ "replace: nothing, a comment", "labels:\n  k: # c\n", "labels:\n  k: \"v\" # c\n" },
	{ "replace: nothing in flow", "labels: {k: , a: b}\n", "labels: {k: \"v\" , a: b}\n" },
	{ "replace: a tag", "labels:\n  k: !!str true\n", "labels:\n  k: \"v\"\n" },
	{ "replace: an alias", "labels:\n  a: &x b\n  k: *x\n", "labels:\n  a: &x b\n  k: \"v\"\n" },
	{ "replace: flow", "labels: {k: old}\n", "labels: {k: \"v\"}\n" },
	{ "replace: JSON", "{\"labels\":{\"k\":\"old\",\"a\":\"b\"}}", "{\"labels\":{\"k\":\"v\",\"a\":\"b\"}}" },
	{ "replace: JSON null", "{\"labels\":{\"k\":null}}", "{\"labels\":{\"k\":\"v\"}}" },
	{ "replace: a list", "labels: {k: [a]}\n", NULL },
};

/* The layout of the text's first document, which is a mapping. */
static const struct sp_layout *read_layout(struct sp_source *source, struct sp_arena *arena, bool *is_json)
{
	struct sp_report report = { .arena = arena };
	struct sp_layout_reader reader = { .source = source, .report = &report };
	struct sp_documents documents;
	struct sp_event event;
	const struct sp_layout *layout;

	sp_documents_start(&documents, source, &report);
	assert_true(sp_documents_next(&documents, &reader.events));
	assert_true(sp_layout_next(&reader, &event));
	layout = sp_layout_read(&reader, &event, arena);
	assert_non_null(layout);
	*is_json = documents.is_json;
	reader.events->free(reader.events);
	sp_layout_reader_free(&reader);
	return layout;
}

/* What comes of the text, or NULL where it cannot be done. */
static const char *put(const char *text, const char *name, const struct sp_splice_content *content,
		       struct sp_arena *arena)
{
	struct sp_source *source = sp_source_text("text", text, strlen(text));
	struct sp_splice splice;
	struct sp_text out = { 0 };
	const char *result;
	bool is_json;
	const struct sp_layout *layout = read_layout(source, arena, &is_json);
	const char *problem;

	sp_splice_start(&splice, text, strlen(text), is_json, arena);
	problem = sp_splice_put(&splice, layout, name, "name", 2, content);
	assert_true(sp_splice_write(&splice, &out));
	if (problem)
		assert_string_equal(sp_text_string(&out), text);
	result = problem ? NULL : sp_arena_string(arena, sp_text_string(&out));
	sp_text_free(&out);
	sp_source_close(source);
	return result;
}

static void every_layout_gets_the_label_and_keeps_the_rest(void **state)
{
	struct sp_splice_content content = { .key = "k", .value = "v" };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sp_arena arena = { 0 };
		const char *result = put(cases[i].text, "labels", &content, &arena);

		if (!result != !cases[i].expected || (result && strcmp(result, cases[i].expected) != 0))
			fail_msg("%s:\n%s\n-- became\n%s\n-- and not\n%s", cases[i].title, cases[i].text,
				 result ? result : "(nothing)", cases[i].expected ? cases[i].expected : "(nothing)");
		/* a second time changes nothing */
		if (result)
			assert_string_equal(put(result, "labels", &content, &arena), result);
		sp_arena_free(&arena);
	}
}

static const struct splice_case list_cases[] = {
	{ "absent", "a: b\n", "a: b\nr:\n  - m: \"1\"\n    s: \"2\"\n  - m: \"3\"\n" },
	{ "absent in JSON", "{\"a\": 1}", "{\"a\": 1, \"r\": [{1}, {3}]}" },
	{ "absent in JSON of many lines", "{\n  \"a\": 1\n}", "{\n  \"a\": 1,\n  \"r\": [\n    {1},\n    {3}\n  ]\n}" },
	{ "nothing", "r:\na: b\n", "r:\n  - m: \"1\"\n    s: \"2\"\n  - m: \"3\"\na: b\n" },
	{ "null", "r: null\na: b\n", "r: [{1}, {3}]\na: b\n" },
	{ "[]", "r: []\na: b\n", "r: [{1}, {3}]\na: b\n" },
	{ "flow", "r: [{x: y}]\n", "r: [{x: y}, {1}, {3}]\n" },
	{ "block", "r:\n- x: y # c\na: b\n", "r:\n- x: y # c\n- m: \"1\"\n  s: \"2\"\n- m: \"3\"\na: b\n" },
	{ "block, indented", "r:\n    -   x: y\n        z: w\na: b\n",
	  "r:\n    -   x: y\n        z: w\n    - m: \"1\"\n      s: \"2\"\n    - m: \"3\"\na: b\n" },
	{ "block, ends with nothing", "r:\n  - x:\n", "r:\n  - m: \"1\"\n    s: \"2\"\n  - m: \"3\"\n  - x:\n" },
	{ "a mapping", "r: {a: b}\n", NULL },
};

static void every_list_gets_its_items(void **state)
{
	const struct sp_splice_item items[] = { { "m: \"1\"\ns: \"2\"\n", "{1}" }, { "m: \"3\"\n", "{3}" } };
	struct sp_splice_content content = { .items = items, .item_count = 2 };

	(void)state;
	for (size_t i = 0; i < sizeof list_cases / sizeof *list_cases; i++) {
		struct sp_arena arena = { 0 };
		const char *result = put(list_cases[i].text, "r", &content, &arena);

		if (!result != !list_cases[i].expected || (result && strcmp(result, list_cases[i].expected) != 0))
			fail_msg("%s:\n%s\n-- became\n%s\n-- and not\n%s", list_cases[i].title, list_cases[i].text,
				 result ? result : "(nothing)",
				 list_cases[i].expected ? list_cases[i].expected : "(nothing)");
		sp_arena_free(&arena);
	}
}

static void edits_that_overlap_are_none(void **state)
{
	static const char text[] = "abcdef";
	struct sp_edit edits[] = { { 1, 3, "x" }, { 2, 1, "y" } };
	struct sp_arena arena = { 0 };
	struct sp_splice splice;
	struct sp_text out = { 0 };

	(void)state;
	sp_splice_start(&splice, text, strlen(text), false, &arena);
	splice.edits = edits;
	splice.count = 2;
	assert_false(sp_splice_write(&splice, &out));
	splice.count = 1;
	out.length = 0;
	assert_true(sp_splice_write(&splice, &out));
	assert_string_equal(sp_text_string(&out), "axef");
	sp_text_free(&out);
	sp_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layout_gets_the_label_and_keeps_the_rest),
		cmocka_unit_test(every_list_gets_its_items),
		cmocka_unit_test(edits_that_overlap_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
