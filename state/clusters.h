/* SPDX-License-Identifier: Apache-2.0 */
/* The clusters of a repository: each folder that holds a custom resource and a snapshot. One of the few modules that talk
 * to the system; it only lists, and opens no file. */
#ifndef SAMEPAGE_STATE_CLUSTERS_H
#define SAMEPAGE_STATE_CLUSTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "state/report.h"

struct sp_cluster {
	const char *name;     /* its folder, below the root: "prod/eu-1"; "." for the root itself */
	const char *kubevirt; /* paths, from the root on; NULL: there is none */
	const char *nodes;
	const char *problem; /* why it cannot be read, or NULL: two files of which one is meant, no snapshot */
};

/* The clusters in `root` and below it, sorted by name. The files are found by glob(7) patterns for their names; a folder
 * with a custom resource alone is a cluster, too, with a problem. Hidden folders and symbolic links to folders are not
 * entered. False after an error. Owned by `arena`. */
bool sp_clusters_find(const char *root, const char *kubevirt_pattern, const char *nodes_pattern, struct sp_arena *arena,
		      struct sp_cluster **clusters, size_t *count, struct sp_report *report);

#endif
