/* SPDX-License-Identifier: Apache-2.0 */
#include "state/facts.h"

#include <inttypes.h>
#include <string.h>

#include "state/ini.h"
#include "state/ini_write.h"
#include "state/knobs.h"

/* What a facts file says outside of the two sections of knobs. */
struct fact {
	const char *section;
	const char *name;
	size_t offset; /* in struct sp_host */
	bool is_number;
};

enum fact_index {
	FACT_NAME,
	FACT_BOOT_ID,
	FACT_KERNEL,
	FACT_TIME,
	FACT_TOTAL,
	FACT_AVAILABLE,
	FACT_PAGE_SIZE,
	FACT_PROBLEM,
	FACT_COUNT
};

static const struct fact facts[FACT_COUNT] = {
	[FACT_NAME] = { "node", "name", offsetof(struct sp_host, node), false },
	[FACT_BOOT_ID] = { "node", "boot_id", offsetof(struct sp_host, boot_id), false },
	[FACT_KERNEL] = { "node", "kernel", offsetof(struct sp_host, kernel), false },
	[FACT_TIME] = { "node", "time", offsetof(struct sp_host, time), true },
	[FACT_TOTAL] = { "memory", "total_kib", offsetof(struct sp_host, memory_total_kib), true },
	[FACT_AVAILABLE] = { "memory", "available_kib", offsetof(struct sp_host, memory_available_kib), true },
	[FACT_PAGE_SIZE] = { "memory", "page_size", offsetof(struct sp_host, page_size), true },
	[FACT_PROBLEM] = { "memory", "problem", offsetof(struct sp_host, meminfo_problem), false },
};

struct facts_reading {
	struct sp_host *host;
	struct sp_arena *arena;
	struct sp_report *report;
	struct sp_knob_list ksm;
	struct sp_knob_list original;
	bool seen[FACT_COUNT];
};

static bool parse_number(const char *text, uint64_t *number)
{
	*number = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(*number, 10U, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(*text - '0'), number))
			return false;
	}
	return true;
}

static bool set_fact(struct facts_reading *reading, const struct fact *fact, const char *value)
{
	char *field = (char *)reading->host + fact->offset;
	const char *text = sp_arena_string(reading->arena, value);
	uint64_t number;

	if (!fact->is_number)
		memcpy(field, &text, sizeof text);
	else if (parse_number(value, &number))
		memcpy(field, &number, sizeof number);
	else
		return false;
	return true;
}

static bool take_fact(struct facts_reading *reading, enum fact_index index, const char *value, struct sp_place place)
{
	const struct fact *fact = &facts[index];

	if (reading->seen[index])
		return sp_fail(reading->report, "invalid-facts", place, "%s of [%s] is given twice", fact->name,
			       fact->section);
	reading->seen[index] = true;
	if (index == FACT_NAME)
		reading->host->place = place;
	if (!*value)
		return sp_fail(reading->report, "invalid-facts", place, "%s of [%s] is empty", fact->name,
			       fact->section);
	if (!set_fact(reading, fact, value))
		return sp_fail(reading->report, "invalid-facts", place,
			       "%s of [%s] is '%s', and not a number from 0 to 18446744073709551615", fact->name,
			       fact->section, value);
	return true;
}

static bool take_knob(struct facts_reading *reading, struct sp_knob_list *list, const char *name, const char *value,
		      struct sp_place place)
{
	if (sp_knob_list_add(list, name, value))
		return true;
	if (list->count == SP_MOST_KNOBS)
		return sp_fail(reading->report, "invalid-facts", place, "more than %d files of KSM", SP_MOST_KNOBS);
	return sp_fail(reading->report, "invalid-facts", place, "'%s' is given twice, or is no name of a file of KSM",
		       name);
}

static bool take(void *context, const char *section, const char *name, const char *value, struct sp_place place)
{
	struct facts_reading *reading = context;
	bool section_is_known = false;

	if (strcmp(section, "ksm") == 0)
		return take_knob(reading, &reading->ksm, name, value, place);
	if (strcmp(section, "original") == 0)
		return take_knob(reading, &reading->original, name, value, place);
	for (size_t i = 0; i < FACT_COUNT; i++) {
		bool is_here = strcmp(section, facts[i].section) == 0;

		section_is_known = section_is_known || is_here;
		if (is_here && strcmp(name, facts[i].name) == 0)
			return take_fact(reading, (enum fact_index)i, value, place);
	}
	if (section_is_known)
		return sp_fail(reading->report, "invalid-facts", place, "[%s] has no '%s'", section, name);
	sp_fail(reading->report, "invalid-facts", place, "there is no section '%s' in a facts file", section);
	return sp_help(reading->report, "its sections are [node], [memory], [ksm] and [original]");
}

/* The numbers of memory come together, or not at all. */
static bool check_memory(const struct facts_reading *reading, const struct sp_source *source)
{
	bool has_total = reading->seen[FACT_TOTAL];
	bool has_available = reading->seen[FACT_AVAILABLE];
	struct sp_place place = { .source = source };

	if (has_total != has_available)
		return sp_fail(reading->report, "invalid-facts", place,
			       "[memory] has only one of total_kib and available_kib");
	if (has_total && reading->seen[FACT_PROBLEM])
		return sp_fail(reading->report, "invalid-facts", place, "[memory] has both numbers and a problem");
	if (!has_total && !reading->seen[FACT_PROBLEM])
		reading->host->meminfo_problem = "the facts do not say how much memory there is";
	return true;
}

bool sp_facts_read(struct sp_source *source, struct sp_arena *arena, struct sp_host *host, struct sp_report *report)
{
	struct facts_reading reading = {
		.host = host,
		.arena = arena,
		.report = report,
		.ksm = { .arena = arena },
		.original = { .arena = arena },
	};

	*host = (struct sp_host){ .place = { .source = source } };
	if (!sp_ini_read(source, take, &reading, report))
		return false;
	if (!host->node) {
		sp_fail(report, "invalid-facts", host->place, "[node] has no name: whose facts are these?");
		return sp_help(report, "'samepage facts' on the node writes it");
	}
	host->knobs = sp_knob_list_finish(&reading.ksm);
	host->original = sp_knob_list_finish(&reading.original);
	host->has_original = host->original.count > 0;
	return check_memory(&reading, source);
}

static void write_text(struct sp_text *out, const char *name, const char *value)
{
	if (value)
		sp_ini_write(out, name, value);
}

static void write_number(struct sp_text *out, const char *name, uint64_t number)
{
	sp_text_format(out, "%s = %" PRIu64 "\n", name, number);
}

static void write_memory(struct sp_text *out, const struct sp_host *host)
{
	sp_text_add(out, "\n[memory]\n");
	if (!host->meminfo_problem) {
		write_number(out, "total_kib", host->memory_total_kib);
		write_number(out, "available_kib", host->memory_available_kib);
	} else if (!sp_ini_write(out, "problem", host->meminfo_problem)) {
		sp_ini_write(out, "problem", "the numbers of memory could not be read");
	}
	if (host->page_size > 0)
		write_number(out, "page_size", host->page_size);
}

void sp_facts_write(struct sp_text *out, const struct sp_host *host)
{
	sp_text_add(out, "[node]\n");
	write_text(out, "name", host->node);
	write_text(out, "boot_id", host->boot_id);
	write_text(out, "kernel", host->kernel);
	if (host->time > 0)
		write_number(out, "time", host->time);
	write_memory(out, host);
	sp_knobs_write(out, "ksm", &host->knobs);
	if (host->has_original)
		sp_knobs_write(out, "original", &host->original);
}
