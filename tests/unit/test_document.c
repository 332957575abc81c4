/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/document.h"

/* One document for both forms: every kind of value, nested and empty. */
static void describe(struct sp_document *document)
{
	sp_document_begin_map(document);
	sp_document_field(document, "text", "true");
	sp_document_field(document, "nothing", NULL);
	sp_document_number_field(document, "number", 42);
	sp_document_key(document, "yes");
	sp_document_bool(document, true);
	sp_document_key(document, "empty map");
	sp_document_begin_map(document);
	sp_document_end_map(document);
	sp_document_key(document, "list");
	sp_document_begin_list(document);
	sp_document_string(document, "");
	sp_document_begin_list(document);
	sp_document_end_list(document);
	sp_document_begin_map(document);
	sp_document_field(document, "kubevirt.io/ksm-enabled", "false");
	sp_document_field(document, "b", "2");
	sp_document_end_map(document);
	sp_document_end_list(document);
	sp_document_end_map(document);
}

static void assert_form(enum sp_document_form form, const char *expected)
{
	struct sp_text text = { 0 };
	struct sp_document *document = sp_document_start(&text, form);

	describe(document);
	sp_document_finish(document);
	assert_string_equal(sp_text_string(&text), expected);
	sp_text_free(&text);
}

static void test_json(void **state)
{
	(void)state;
	assert_form(SP_DOCUMENT_JSON, "{\n"
				      "  \"text\": \"true\",\n"
				      "  \"nothing\": null,\n"
				      "  \"number\": 42,\n"
				      "  \"yes\": true,\n"
				      "  \"empty map\": {},\n"
				      "  \"list\": [\n"
				      "    \"\",\n"
				      "    [],\n"
				      "    {\n"
				      "      \"kubevirt.io/ksm-enabled\": \"false\",\n"
				      "      \"b\": \"2\"\n"
				      "    }\n"
				      "  ]\n"
				      "}\n");
}

static void test_yaml(void **state)
{
	(void)state;
	assert_form(SP_DOCUMENT_YAML, "text: \"true\"\n"
				      "nothing: null\n"
				      "number: 42\n"
				      "\"yes\": true\n"
				      "\"empty map\": {}\n"
				      "list:\n"
				      "- \"\"\n"
				      "- []\n"
				      "- kubevirt.io/ksm-enabled: \"false\"\n"
				      "  b: \"2\"\n");
}

static void test_strings(void **state)
{
	static const struct {
		const char *string, *json, *yaml;
	} cases[] = {
		{ "plain", "\"plain\"", "\"plain\"" },
		{ "a\"b\\c/d", "\"a\\\"b\\\\c/d\"", "\"a\\\"b\\\\c/d\"" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"", "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1b[31m\x7f", "\"\\u0001\\u001b[31m\\u007f\"", "\"\\x01\\e[31m\\x7F\"" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac", "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac\"",
		  "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac\"" },
		{ "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"", "\"\\U0001F600\"" },
		{ "\xc2\x9b\xe2\x80\xae", "\"\\u009b\\u202e\"", "\"\\x9B\xe2\x80\xae\"" },
		{ "a\xff\xc3z", "\"a\xef\xbf\xbd\xef\xbf\xbdz\"", "\"a\xef\xbf\xbd\xef\xbf\xbdz\"" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
		  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ " lead: and # trail ", "\" lead: and # trail \"", "\" lead: and # trail \"" },
		{ "- x", "\"- x\"", "\"- x\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int form = 0; form < 2; form++) {
			struct sp_text text = { 0 };
			struct sp_text expected = { 0 };
			struct sp_document *document = sp_document_start(&text, form == 0 ? SP_DOCUMENT_JSON :
											    SP_DOCUMENT_YAML);

			sp_document_begin_map(document);
			sp_document_field(document, "k", cases[i].string);
			sp_document_end_map(document);
			sp_document_finish(document);
			sp_text_format(&expected, form == 0 ? "{\n  \"k\": %s\n}\n" : "k: %s\n",
				       form == 0 ? cases[i].json : cases[i].yaml);
			assert_string_equal(text.bytes, expected.bytes);
			sp_text_free(&text);
			sp_text_free(&expected);
		}
	}
}

/* Every byte, at every place among others: a quote, a backslash, control characters and what is no ASCII are found
 * wherever they stand. */
static void test_every_byte(void **state)
{
	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		bool is_plain = byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';

		for (size_t at = 0; at < 20; at++) {
			char string[] = "~ ~ of twenty bytes ";
			char expected[64];
			struct sp_text text = { 0 };
			struct sp_document *document = sp_document_start(&text, SP_DOCUMENT_JSON);

			string[at] = (char)byte;
			snprintf(expected, sizeof expected, "\"%s\"\n", string);
			sp_document_string(document, string);
			sp_document_finish(document);
			assert_int_equal(strcmp(text.bytes, expected) == 0, is_plain);
			sp_text_free(&text);
		}
	}
}

/* Deeper than any of our documents is. */
static void test_depth(void **state)
{
	enum { DEPTH = 40 };
	struct sp_text text = { 0 };
	struct sp_text expected = { 0 };
	struct sp_document *document = sp_document_start(&text, SP_DOCUMENT_JSON);

	(void)state;
	for (int depth = 0; depth < DEPTH; depth++)
		sp_document_begin_list(document);
	for (int depth = 0; depth < DEPTH; depth++)
		sp_document_end_list(document);
	sp_document_finish(document);
	for (int depth = 0; depth < DEPTH - 1; depth++)
		sp_text_format(&expected, "[\n%*s", 2 * (depth + 1), "");
	sp_text_add(&expected, "[]");
	for (int depth = DEPTH - 1; depth-- > 0;)
		sp_text_format(&expected, "\n%*s]", 2 * depth, "");
	sp_text_add_char(&expected, '\n');
	assert_string_equal(text.bytes, expected.bytes);
	sp_text_free(&text);
	sp_text_free(&expected);
}

/* However long a string is, it stays on its line. */
static void test_long_string(void **state)
{
	struct sp_text text = { 0 };
	struct sp_text value = { 0 };
	struct sp_text expected = { 0 };
	struct sp_document *document = sp_document_start(&text, SP_DOCUMENT_YAML);

	(void)state;
	for (int i = 0; i < 1000; i++)
		sp_text_add(&value, "word ");
	sp_document_begin_list(document);
	sp_document_string(document, value.bytes);
	sp_document_end_list(document);
	sp_document_finish(document);
	sp_text_format(&expected, "- \"%s\"\n", value.bytes);
	assert_string_equal(text.bytes, expected.bytes);
	sp_text_free(&text);
	sp_text_free(&value);
	sp_text_free(&expected);
}

/* A part and what it is left out of make the document. */
static void test_part(void **state)
{
	struct sp_text whole = { 0 };
	struct sp_text text = { 0 };
	struct sp_document_part parts[2] = { 0 };
	struct sp_document *document = sp_document_start(&whole, SP_DOCUMENT_JSON);

	(void)state;
	sp_document_begin_map(document);
	sp_document_key(document, "list");
	sp_document_begin_list(document);
	describe(document);
	describe(document);
	sp_document_end_list(document);
	sp_document_end_map(document);
	sp_document_finish(document);

	document = sp_document_start(&text, SP_DOCUMENT_JSON);
	sp_document_begin_map(document);
	sp_document_key(document, "list");
	sp_document_begin_list(document);
	for (size_t i = 0; i < 2; i++) {
		struct sp_document *part = sp_document_start_part(&parts[i], 2);

		describe(part);
		sp_document_finish(part);
		sp_document_leave_out(document, &parts[i]);
	}
	sp_document_end_list(document);
	sp_document_end_map(document);
	sp_document_finish(document);

	assert_int_equal(text.length + parts[0].text.length + parts[1].text.length, whole.length);
	assert_memory_equal(text.bytes, whole.bytes, parts[0].at);
	assert_memory_equal(parts[0].text.bytes, whole.bytes + parts[0].at, parts[0].text.length);
	assert_memory_equal(parts[1].text.bytes, whole.bytes + parts[1].at + parts[0].text.length,
			    parts[1].text.length);
	assert_string_equal(text.bytes + parts[1].at,
			    whole.bytes + parts[1].at + parts[0].text.length + parts[1].text.length);
	sp_text_free(&parts[0].text);
	sp_text_free(&parts[1].text);
	sp_text_free(&text);
	sp_text_free(&whole);
}

static void test_keys(void **state)
{
	static const char *const quoted[] = { "", "on", "No", "TRUE", "null", "1", "1.5", "-a", "~", "a b", "a:", "n" };
	static const char *const plain[] = {
		"a", "run", "kubevirt.io/ksm-enabled", "apiVersion", "under_score", "none"
	};

	(void)state;
	for (size_t i = 0; i < sizeof quoted / sizeof *quoted + sizeof plain / sizeof *plain; i++) {
		bool is_quoted = i < sizeof quoted / sizeof *quoted;
		const char *key = is_quoted ? quoted[i] : plain[i - sizeof quoted / sizeof *quoted];
		struct sp_text text = { 0 };
		struct sp_text expected = { 0 };
		struct sp_document *document = sp_document_start(&text, SP_DOCUMENT_YAML);

		sp_document_begin_map(document);
		sp_document_number_field(document, key, 0);
		sp_document_end_map(document);
		sp_document_finish(document);
		sp_text_format(&expected, is_quoted ? "\"%s\": 0\n" : "%s: 0\n", key);
		assert_string_equal(text.bytes, expected.bytes);
		sp_text_free(&text);
		sp_text_free(&expected);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),    cmocka_unit_test(test_yaml),        cmocka_unit_test(test_part),
		cmocka_unit_test(test_strings), cmocka_unit_test(test_every_byte),  cmocka_unit_test(test_depth),
		cmocka_unit_test(test_keys),    cmocka_unit_test(test_long_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
