/* SPDX-License-Identifier: Apache-2.0 */
/* The custom resource: a KubeVirt or a HyperConverged, read for its ksmConfiguration. Pure but for the source's
 * reads. */
#ifndef SAMEPAGE_STATE_KUBEVIRT_H
#define SAMEPAGE_STATE_KUBEVIRT_H

#include <stdbool.h>

#include "selectors/selector.h"
#include "state/report.h"

enum sp_selector_kind {
	SP_SELECTOR_ABSENT,       /* no ksmConfiguration: selects no node */
	SP_SELECTOR_NIL,          /* ksmConfiguration without nodeLabelSelector: selects no node */
	SP_SELECTOR_EMPTY,        /* a nodeLabelSelector without requirements: selects every node */
	SP_SELECTOR_REQUIREMENTS, /* selects the nodes that meet all of them */
};

struct sp_kubevirt {
	const char *kind;      /* "KubeVirt" or "HyperConverged" */
	const char *namespace; /* "" where it has none */
	const char *name;
	struct sp_place place;          /* of the object */
	struct sp_place selector_place; /* of nodeLabelSelector, or of the nearest field above it that is there */
	enum sp_selector_kind selector_kind;
	struct sp_selector selector; /* in the order of the file; no requirements but for SP_SELECTOR_REQUIREMENTS */
	const struct sp_place *requirement_places; /* one for each requirement */
};

struct sp_kubevirt_options {
	bool lenient; /* unknown fields are dropped with a warning, as the API server drops them for lenient clients */
};

/* Finds the one KubeVirt (or HyperConverged) in the source and reads it. Everything in `kubevirt` is owned by `arena`.
 * All problems of the object are reported, not just the first. */
bool sp_kubevirt_read(struct sp_source *source, const struct sp_kubevirt_options *options, struct sp_arena *arena,
		      struct sp_kubevirt *kubevirt, struct sp_report *report);

#endif
