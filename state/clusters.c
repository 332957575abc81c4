/* SPDX-License-Identifier: Apache-2.0 */
#include "state/clusters.h"

#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

struct search {
	const char *root;
	const struct sp_cluster_patterns *patterns;
	struct sp_arena *arena;
	struct sp_report *report;
	struct sp_cluster *clusters; /* one for each folder; those that are none are left out at the end */
	size_t count;
	size_t capacity;
};

static int compare_names(const FTSENT **left, const FTSENT **right)
{
	return strcmp((*left)->fts_name, (*right)->fts_name);
}

/* The folder's path below the root. */
static const char *name_below(const struct search *search, const char *path)
{
	const char *below = path + strlen(search->root);

	below += strspn(below, "/");
	return *below ? sp_arena_string(search->arena, below) : ".";
}

static void add_folder(struct search *search, FTSENT *entry)
{
	search->clusters = sp_arena_grow(search->arena, search->clusters, search->count, &search->capacity,
					 sizeof *search->clusters);
	entry->fts_number = (long)search->count;
	search->clusters[search->count++] = (struct sp_cluster){
		.name = name_below(search, entry->fts_path),
		.path = sp_arena_string(search->arena, entry->fts_path),
	};
}

static void take_file(const struct search *search, struct sp_cluster *cluster, const char *pattern, const char **path,
		      const FTSENT *entry)
{
	if (fnmatch(pattern, entry->fts_name, FNM_PERIOD) != 0)
		return;
	if (*path)
		cluster->problem = sp_arena_format(search->arena, "two files match \"%s\": %s and %s", pattern,
						   strrchr(*path, '/') ? strrchr(*path, '/') + 1 : *path,
						   entry->fts_name);
	*path = sp_arena_string(search->arena, entry->fts_path);
}

/* What cannot be read in the tree is a cluster that is broken, as far as anybody can tell; the others are there all the
 * same. A file that cannot be looked at breaks the folder in which it is. */
static bool note_unreadable(struct search *search, const FTSENT *entry)
{
	size_t at = entry->fts_info == FTS_DNR ? (size_t)entry->fts_number : (size_t)entry->fts_parent->fts_number;

	if (entry->fts_level == 0 || at >= search->count)
		return sp_fail(search->report, "unreadable", (struct sp_place){ 0 }, "%s: %s", entry->fts_path,
			       strerror(entry->fts_errno));
	search->clusters[at].problem = sp_arena_string(search->arena, strerror(entry->fts_errno));
	return true;
}

/* A symbolic link counts as the file that it may lead to: whoever opens it will see. */
static bool visit(struct search *search, FTS *tree, FTSENT *entry)
{
	struct sp_cluster *cluster;

	switch (entry->fts_info) {
	case FTS_D:
		if (entry->fts_level > 0 && entry->fts_name[0] == '.')
			fts_set(tree, entry, FTS_SKIP);
		else
			add_folder(search, entry);
		return true;
	case FTS_F:
	case FTS_SL:
		if (entry->fts_level == 0 || !search->clusters)
			return sp_fail(search->report, "unreadable", (struct sp_place){ 0 }, "%s: %s", search->root,
				       strerror(ENOTDIR));
		cluster = &search->clusters[entry->fts_parent->fts_number];
		take_file(search, cluster, search->patterns->kubevirt, &cluster->kubevirt, entry);
		take_file(search, cluster, search->patterns->nodes, &cluster->nodes, entry);
		return true;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return note_unreadable(search, entry);
	default:
		return true;
	}
}

static bool walk(struct search *search)
{
	char *roots[] = { (char *)search->root, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, compare_names);
	FTSENT *entry;
	bool is_good = true;

	if (!tree)
		return sp_fail(search->report, "unreadable", (struct sp_place){ 0 }, "%s: %s", search->root,
			       strerror(errno));
	while (is_good && (errno = 0, entry = fts_read(tree)) != NULL)
		is_good = visit(search, tree, entry);
	if (is_good && errno != 0)
		is_good = sp_fail(search->report, "unreadable", (struct sp_place){ 0 }, "%s: %s", search->root,
				  strerror(errno));
	fts_close(tree);
	return is_good;
}

/* A snapshot without a custom resource is somebody else's: an emitted folder holds one. */
static void keep_clusters(struct search *search)
{
	size_t kept = 0;

	for (size_t i = 0; i < search->count; i++) {
		struct sp_cluster *cluster = &search->clusters[i];

		if (!cluster->kubevirt && !cluster->problem)
			continue;
		if (!cluster->nodes && !cluster->problem)
			cluster->problem = sp_arena_format(search->arena,
							   "there is no snapshot: no file matches \"%s\"",
							   search->patterns->nodes);
		search->clusters[kept++] = *cluster;
	}
	search->count = kept;
}

/* A byte of a name as it sorts: the root first, and right behind each folder what is in it. */
static int rank(const char *name, size_t at)
{
	if (at == 0 && strcmp(name, ".") == 0)
		return -1;
	return name[at] == '/' ? 1 : name[at] == '\0' ? 0 : 1 + (unsigned char)name[at];
}

static int compare_clusters(const void *left, const void *right)
{
	const char *one = ((const struct sp_cluster *)left)->name;
	const char *other = ((const struct sp_cluster *)right)->name;
	size_t at = 0;

	while (one[at] && one[at] == other[at])
		at++;
	return rank(one, at) - rank(other, at);
}

struct sp_cluster *sp_clusters_find(const char *root, const struct sp_cluster_patterns *patterns,
				    struct sp_arena *arena, size_t *count, struct sp_report *report)
{
	struct search search = { .root = root, .patterns = patterns, .arena = arena, .report = report };

	if (!walk(&search))
		return NULL;
	keep_clusters(&search);
	if (search.count > 0)
		qsort(search.clusters, search.count, sizeof *search.clusters, compare_clusters);
	*count = search.count;
	return search.clusters;
}
