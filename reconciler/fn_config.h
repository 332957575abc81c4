/* SPDX-License-Identifier: Apache-2.0 */
/* What a KRM function is told: the functionConfig of its ResourceList, a SamepageConfig or a ConfigMap. Pure. */
#ifndef SAMEPAGE_RECONCILER_FN_CONFIG_H
#define SAMEPAGE_RECONCILER_FN_CONFIG_H

#include <stdbool.h>

#include "reconciler/guard.h"
#include "reconciler/plan.h"
#include "state/layout.h"

struct sp_fn_config {
	enum sp_policy policy;
	const char *selector; /* of the nodes to consider; NULL for all */
	const char *protect;  /* of the nodes that are to stay as they are; NULL for none */
	bool lenient;
	bool allow_all;
	struct sp_guards guards;
};

/* Reads `layout`, the value of functionConfig, or NULL where there is none. All that is wrong is reported; false if
 * something was. Texts are owned by `arena`. */
bool sp_fn_config_read(const struct sp_layout *layout, struct sp_arena *arena, struct sp_fn_config *config,
		       struct sp_report *report);

#endif
