/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit's XML, as far as its readers agree: tests/schemas/junit.xsd. */
#include "reconciler/findings.h"
#include "reconciler/wording.h"

static void add_attribute(struct sp_text *out, const char *name, const char *value)
{
	sp_text_format(out, " %s=\"", name);
	sp_wording_add_markup(out, value);
	sp_text_add_char(out, '"');
}

static void begin_test(struct sp_text *out, const char *class_name, const char *name)
{
	sp_text_format(out, "    <testcase classname=\"%s\"", class_name);
	add_attribute(out, "name", name);
}

/* The text between the tags is what CI systems show first, or alone. */
static void add_failure(struct sp_text *out, const char *type, const char *place, const char *message, const char *help)
{
	struct sp_text whole = { 0 };

	sp_text_add(out, ">\n      <failure");
	add_attribute(out, "type", type);
	add_attribute(out, "message", message);
	sp_text_add(out, ">");
	sp_text_format(&whole, "%s%s%s", place, place[0] ? ": " : "", message);
	sp_wording_add_markup(out, whole.bytes);
	if (help) {
		sp_text_add(out, "\nhelp: ");
		sp_wording_add_markup(out, help);
	}
	sp_text_add(out, "</failure>\n    </testcase>\n");
	sp_text_free(&whole);
}

static void add_finding(struct sp_text *out, const struct sp_finding *finding)
{
	static const struct {
		const char *class_name;
		const char *type;
	} kinds[] = {
		[SP_FINDING_WARNING] = { "samepage.warnings", "warning" },
		[SP_FINDING_REFUSAL] = { "samepage.refusals", "refused" },
		[SP_FINDING_ERROR] = { "samepage.errors", "error" },
	};
	struct sp_text place = { 0 };
	struct sp_text name = { 0 };

	sp_place_write(&place, finding->place);
	sp_text_format(&name, "%s%s%s", finding->code, place.length > 0 ? " " : "", sp_text_string(&place));
	begin_test(out, kinds[finding->kind].class_name, name.bytes);
	add_failure(out, kinds[finding->kind].type, sp_text_string(&place), finding->message, finding->help);
	sp_text_free(&name);
	sp_text_free(&place);
}

static void add_verb(struct sp_text *out, const struct sp_findings *findings)
{
	begin_test(out, "samepage", findings->verb);
	sp_text_add(out, ">\n      <system-out>");
	sp_wording_add_markup(out, findings->summary);
	sp_text_add(out, "</system-out>\n    </testcase>\n");
}

void sp_findings_junit(struct sp_text *out, const struct sp_findings *findings)
{
	size_t failures = findings->count;

	sp_text_format(out,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<testsuites tests=\"%zu\" failures=\"%zu\">\n"
		       "  <testsuite name=\"samepage %s\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n",
		       failures + 1, failures, findings->verb, failures + 1, failures);
	add_verb(out, findings);
	for (size_t i = 0; i < findings->count; i++)
		add_finding(out, &findings->entries[i]);
	sp_text_add(out, "  </testsuite>\n</testsuites>\n");
}
