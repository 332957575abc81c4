/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/render.h"

void sp_render_names(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	(void)options;
	for (size_t i = 0; i < plan->node_count; i++) {
		if (plan->nodes[i].action == SP_ACTION_UNCHANGED)
			continue;
		sp_text_add_visible(out, plan->nodes[i].name);
		sp_text_add_char(out, '\n');
	}
}
