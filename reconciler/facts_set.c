/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/facts_set.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "state/facts.h"
#include "state/file.h"

enum { LARGEST_FACTS = 1024 * 1024 };

static int compare_hosts(const void *left, const void *right)
{
	return strcmp(((const struct sp_host *)left)->node, ((const struct sp_host *)right)->node);
}

static bool read_one(const char *path, struct sp_arena *arena, struct sp_facts_set *set, struct sp_report *report)
{
	struct sp_source *source = sp_source_slurp(path, LARGEST_FACTS, report);

	if (!source)
		return false;
	set->sources[set->source_count++] = source;
	return sp_facts_read(source, arena, &set->hosts[set->count++], report);
}

static bool check_duplicates(const struct sp_facts_set *set, struct sp_report *report)
{
	for (size_t i = 1; i < set->count; i++) {
		const struct sp_host *first = &set->hosts[i - 1];
		const struct sp_host *second = &set->hosts[i];

		if (strcmp(first->node, second->node) != 0)
			continue;
		sp_fail(report, "duplicate-facts", second->place,
			"a second set of facts of node \"%s\"; the first is %s", second->node,
			sp_source_name(first->place.source));
		sp_help(report, "remove the older one");
	}
	return report->errors == 0;
}

bool sp_facts_set_read(const char *path, struct sp_arena *arena, struct sp_facts_set *set, struct sp_report *report)
{
	size_t count;
	const char **paths = sp_file_list(path, ".ini", arena, &count, report);
	bool good = true;

	*set = (struct sp_facts_set){ 0 };
	if (!paths)
		return false;
	set->hosts = sp_arena_array(arena, count, sizeof *set->hosts);
	set->used = sp_arena_array(arena, count, sizeof *set->used);
	set->sources = sp_arena_array(arena, count, sizeof(struct sp_source *));
	for (size_t i = 0; i < count; i++)
		good = read_one(paths[i], arena, set, report) && good;
	if (!good)
		return false;
	if (set->count > 0)
		qsort(set->hosts, set->count, sizeof *set->hosts, compare_hosts);
	return check_duplicates(set, report);
}

const struct sp_host *sp_facts_set_find(const struct sp_facts_set *set, const char *node)
{
	struct sp_host wanted = { .node = node };
	struct sp_host *found = NULL;

	if (set->count > 0)
		found = bsearch(&wanted, set->hosts, set->count, sizeof *set->hosts, compare_hosts);
	if (found)
		set->used[found - set->hosts] = true;
	return found;
}

void sp_facts_set_warn(const struct sp_facts_set *set, double max_age, uint64_t now, struct sp_report *report)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct sp_host *host = &set->hosts[i];

		if (!set->used[i])
			sp_warn(report, "unknown-facts", host->place,
				"facts of node \"%s\", which the plan does not have", host->node);
		else if (max_age > 0 && (host->time == 0 || (host->time < now && (double)(now - host->time) > max_age)))
			sp_warn(report, "old-facts", host->place, "the facts of node \"%s\" are %s", host->node,
				host->time == 0 ? "of an unknown age" : "older than --facts-max-age");
	}
}

void sp_facts_set_close(struct sp_facts_set *set)
{
	for (size_t i = 0; i < set->source_count; i++)
		sp_source_close(set->sources[i]);
	set->source_count = 0;
}
