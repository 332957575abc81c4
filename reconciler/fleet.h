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
	const char *problem;           /* the first error, with its place; NULL where there is none */
	struct sp_plan plan;           /* unless broken; where there is a part, its numbers are enough */
	struct sp_checksum checksum;   /* YAML: of the plan */
	struct sp_document_part *part; /* JSON: the plan, by sp_fleet_write_part; else NULL */
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

/* The plan of one cluster as it will stand in the fleet's JSON. */
void sp_fleet_write_part(struct sp_document_part *part, const struct sp_plan *plan);

/* Whether a fleet has the form of that name: text, json, yaml, markdown or names. */
bool sp_fleet_has_form(const char *form);

/* The parts of the entries are left out, and get their places. */
void sp_fleet_write(struct sp_text *out, const struct sp_fleet *fleet, const char *form,
		    const struct sp_render_options *options);

#endif
