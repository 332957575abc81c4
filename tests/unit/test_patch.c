/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/patch.h"

#define UID "11111111-1111-4111-8111-111111111111"

struct patch_case {
	const char *title;
	struct sp_plan_node node;
	const char *merge;
	const char *json;
};

#define TEST_OPERATION(path, value) \
	"  {\n    \"op\": \"test\",\n    \"path\": \"" path "\",\n    \"value\": " value "\n  }"
#define SET_OPERATION(op, path, value) \
	"  {\n    \"op\": \"" op "\",\n    \"path\": \"" path "\",\n    \"value\": \"" value "\"\n  }"
#define ADD_MAP(path, key, value)                                                                               \
	"  {\n    \"op\": \"add\",\n    \"path\": \"" path "\",\n    \"value\": {\n      \"" key "\": \"" value \
	"\"\n    }\n  }"

static const struct patch_case cases[] = {
	{
		"both change, one is there, one is not",
		{ .name = "node01",
		  .uid = UID,
		  .has_labels = true,
		  .has_annotations = true,
		  .label = { true, NULL, "true" },
		  .annotation = { true, "false", "true" } },
		"apiVersion: \"v1\"\n"
		"kind: \"Node\"\n"
		"metadata:\n"
		"  name: \"node01\"\n"
		"  uid: \"" UID "\"\n"
		"  labels:\n"
		"    kubevirt.io/ksm-enabled: \"true\"\n"
		"  annotations:\n"
		"    kubevirt.io/ksm-handler-managed: \"true\"\n",
		"[\n" TEST_OPERATION("/metadata/uid", "\"" UID "\"") ",\n" SET_OPERATION(
			"add", "/metadata/labels/kubevirt.io~1ksm-enabled",
			"true") ",\n" TEST_OPERATION("/metadata/annotations/kubevirt.io~1ksm-handler-managed",
						     "\"false\"") ",\n" SET_OPERATION("replace",
										      "/metadata/annotations/"
										      "kubevirt.io~1ksm-handler-"
										      "managed",
										      "true") "\n]\n",
	},
	{
		"no uid, no maps: nothing that somebody added since is wiped",
		{ .name = "1e3", .label = { true, NULL, "false" }, .annotation = { true, NULL, "false" } },
		"apiVersion: \"v1\"\n"
		"kind: \"Node\"\n"
		"metadata:\n"
		"  name: \"1e3\"\n"
		"  labels:\n"
		"    kubevirt.io/ksm-enabled: \"false\"\n"
		"  annotations:\n"
		"    kubevirt.io/ksm-handler-managed: \"false\"\n",
		"[\n" TEST_OPERATION("/metadata/name", "\"1e3\"") ",\n" TEST_OPERATION(
			"/metadata/labels",
			"null") ",\n" ADD_MAP("/metadata/labels", "kubevirt.io/ksm-enabled",
					      "false") ",\n" TEST_OPERATION("/metadata/annotations",
									    "null") ",\n" ADD_MAP("/metadata/"
												  "annotations",
												  "kubevirt.io/"
												  "ksm-handler-managed",
												  "false") "\n]\n",
	},
	{
		"a value that cannot be known is left out",
		{ .name = "n",
		  .has_labels = true,
		  .has_annotations = true,
		  .label = { true, "was\n\"this\"", "true" },
		  .annotation = { true, "true", NULL } },
		"apiVersion: \"v1\"\n"
		"kind: \"Node\"\n"
		"metadata:\n"
		"  name: \"n\"\n"
		"  labels:\n"
		"    kubevirt.io/ksm-enabled: \"true\"\n",
		"[\n" TEST_OPERATION("/metadata/name", "\"n\"") ",\n" TEST_OPERATION(
			"/metadata/labels/kubevirt.io~1ksm-enabled",
			"\"was\\n\\\"this\\\"\"") ",\n" SET_OPERATION("replace",
								      "/metadata/labels/kubevirt.io~1ksm-enabled",
								      "true") "\n]\n",
	},
	{
		"only the annotation changes",
		{ .name = "n", .uid = "u", .annotation = { true, NULL, "true" }, .has_annotations = true },
		"apiVersion: \"v1\"\n"
		"kind: \"Node\"\n"
		"metadata:\n"
		"  name: \"n\"\n"
		"  uid: \"u\"\n"
		"  annotations:\n"
		"    kubevirt.io/ksm-handler-managed: \"true\"\n",
		"[\n" TEST_OPERATION("/metadata/uid", "\"u\"") ",\n" SET_OPERATION(
			"add", "/metadata/annotations/kubevirt.io~1ksm-handler-managed", "true") "\n]\n",
	},
};

static void assert_patch(const struct patch_case *test, enum sp_patch_format format, const char *expected)
{
	struct sp_text text = { 0 };

	sp_patch_write(&text, &test->node, format);
	if (strcmp(text.bytes, expected) != 0)
		print_error("%s\n", test->title);
	assert_string_equal(text.bytes, expected);
	sp_text_free(&text);
}

static void test_patches(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_patch(&cases[i], SP_PATCH_MERGE, cases[i].merge);
		assert_patch(&cases[i], SP_PATCH_JSON, cases[i].json);
	}
}

static void assert_file_name(const char *node, enum sp_patch_format format, const char *expected)
{
	struct sp_text text = { 0 };

	sp_patch_file_name(&text, node, format);
	assert_string_equal(text.bytes, expected);
	sp_text_free(&text);
}

static void test_file_names(void **state)
{
	char name[254];
	char expected[256];

	(void)state;
	assert_file_name("node01", SP_PATCH_MERGE, "node01.yaml");
	assert_file_name("node01.example.org", SP_PATCH_JSON, "node01.example.org.json");

	memset(name, 'a', sizeof name);
	name[250] = '\0';
	memcpy(expected, name, 250);
	strcpy(expected + 250, ".yaml");
	assert_file_name(name, SP_PATCH_MERGE, expected);

	/* printf 'a%.0s' $(seq 251) | sha256sum */
	name[250] = 'a';
	name[251] = '\0';
	memset(expected, 'a', 233);
	strcpy(expected + 233, "_772f911dd9d66928.yaml");
	assert_file_name(name, SP_PATCH_MERGE, expected);
	assert_int_equal(strlen(expected), 255);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patches),
		cmocka_unit_test(test_file_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
