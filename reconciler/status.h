/* SPDX-License-Identifier: Apache-2.0 */
/* How KSM does on this node, and as bytes: for people, for programs and for Prometheus. Pure. */
#ifndef SAMEPAGE_RECONCILER_STATUS_H
#define SAMEPAGE_RECONCILER_STATUS_H

#include <stdbool.h>

#include "reconciler/plan.h"
#include "reconciler/savings.h"
#include "state/text.h"

/* Who switched KSM on. */
enum sp_owner {
	SP_OWNER_NOBODY,        /* it is off, or not there */
	SP_OWNER_SAMEPAGE,      /* there is a record */
	SP_OWNER_CONFIGURATION, /* the Node's annotation says so, and there is no record */
	SP_OWNER_SOMEBODY,      /* neither */
	SP_OWNER_UNKNOWN,       /* whether there is a record cannot be told */
};

enum { SP_STATUS_PROCESSES = 10 };

struct sp_status {
	const char *node;
	const struct sp_host *host;
	enum sp_owner owner;
	struct sp_savings savings;
	const struct sp_processes *processes;
	const struct sp_process *best; /* at most SP_STATUS_PROCESSES */
	size_t best_count;
	const struct sp_finding *findings;
	size_t finding_count;
	const struct sp_plan_node *planned; /* what the CR wants of this node; NULL where none was given */
};

/* Whether the node is not as the CR wants it. */
bool sp_status_drifts(const struct sp_status *status);

typedef void sp_status_function(struct sp_text *out, const struct sp_status *status);
sp_status_function sp_status_write_text;
sp_status_function sp_status_write_json;
sp_status_function sp_status_write_prometheus; /* the text format, version 0.0.4 */

/* A number of bytes for people: "252.3 MiB", "-4.0 KiB". */
void sp_status_add_bytes(struct sp_text *out, double bytes);

/* A line of `width` columns for the newest of `count` values, from 0 to the largest: blocks, or ASCII. */
void sp_status_add_chart(struct sp_text *out, const double *values, size_t count, size_t width, bool unicode);

#endif
