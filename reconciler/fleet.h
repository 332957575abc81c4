/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of many clusters, as bytes. Pure. */
#ifndef SAMEPAGE_RECONCILER_FLEET_H
#define SAMEPAGE_RECONCILER_FLEET_H

#include <stdbool.h>

#include "reconciler/checksum.h"
#include "reconciler/plan.h"
#include "reconciler/render.h"

enum sp_fleet_outcome { SP_FLEET_PLANNED, SP_FLEET_REFUSED /* by a guard; there is a plan */, SP_FLEET_BROKEN };

struct sp_fleet_entry {
	const char *name;
	enum sp_fleet_outcome outcome;
	const char *problem;         /* the first error, with its place; NULL where there is none */
	struct sp_plan plan;         /* unless broken */
	struct sp_checksum checksum; /* of the plan, where it was made already; else its text is NULL */
};

struct sp_fleet {
	const char *root; /* as given on the command line */
	const struct sp_fleet_entry *entries;
	size_t count;
};

/* How many clusters came out so. */
size_t sp_fleet_count(const struct sp_fleet *fleet, enum sp_fleet_outcome outcome);

/* How many nodes change in all of them. */
size_t sp_fleet_changed(const struct sp_fleet *fleet);

/* Whether a fleet has the form of that name: text, json, yaml, markdown or names. */
bool sp_fleet_has_form(const char *form);
void sp_fleet_write(struct sp_text *out, const struct sp_fleet *fleet, const char *form,
		    const struct sp_render_options *options);

#endif
