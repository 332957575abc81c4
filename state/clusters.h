/* SPDX-License-Identifier: Apache-2.0 */
/* The clusters of a repository: each folder that holds a custom resource and a snapshot. One of the few modules that
 * talk to the system; it only lists, and opens no file. */
#ifndef SAMEPAGE_STATE_CLUSTERS_H
#define SAMEPAGE_STATE_CLUSTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "state/report.h"

struct sp_cluster {
	const char *name;     /* its folder, below the root: "prod/eu-1"; "." for the root itself */
	const char *path;     /* the same with the root */
	const char *kubevirt; /* paths, from the root on; NULL: there is none */
	const char *nodes;
	const char *problem; /* why it cannot be read, or NULL: two files of which one is meant, no snapshot */
};

/* How the two files are called: patterns as glob(7) has them. */
struct sp_cluster_patterns {
	const char *kubevirt;
	const char *nodes;
};

/* The clusters in `root` and below it, sorted by name, each right before those that are within it; NULL after an
 * error. A folder with a custom resource alone is a cluster, too, with a problem, and so is one that cannot be read.
 * Hidden folders and symbolic links to folders are not entered. Owned by `arena`. */
struct sp_cluster *sp_clusters_find(const char *root, const struct sp_cluster_patterns *patterns,
				    struct sp_arena *arena, size_t *count, struct sp_report *report);

#endif
