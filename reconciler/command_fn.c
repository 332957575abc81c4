/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/command.h"
#include "reconciler/command_shared.h"
#include "reconciler/fn.h"

static const char *const options[] = { "color", "help", NULL };

/* All of the list is in memory, as it is given back as it came. 5,000 Nodes of a real cluster take some 100 MB. */
static const size_t largest_list = (size_t)256 * 1024 * 1024;

static enum sp_exit run_fn(struct sp_run *run)
{
	enum sp_exit status = sp_shared_no_arguments(run);

	if (status != SP_EXIT_DONE)
		return status;
	run->inputs.nodes_source = sp_source_slurp("-", largest_list, &run->report);
	if (!run->inputs.nodes_source)
		return SP_EXIT_ERROR;
	switch (sp_fn_run(&run->inputs, &run->arena, &run->out, &run->report)) {
	case SP_FN_DONE:
		return SP_EXIT_DONE;
	case SP_FN_REFUSED:
		run->print_anyway = true;
		return SP_EXIT_REFUSED;
	case SP_FN_FAILED:
		run->print_anyway = true;
		return SP_EXIT_ERROR;
	default:
		return SP_EXIT_ERROR;
	}
}

const struct sp_command sp_command_fn = {
	.name = "fn",
	.arguments = "",
	.summary = "KRM function: a ResourceList on stdin, the changed one on stdout",
	.description = "Reads a ResourceList with a KubeVirt and Nodes, as kustomize and kpt hand it over, and sets "
		       "the label and the annotation of the Nodes as planned. All else stays as it is, byte by byte. "
		       "What changed and what went wrong is in its results. Settings come from its functionConfig "
		       "alone: a SamepageConfig or a ConfigMap with policy, selector, protect, lenient, allowAll, "
		       "maxChanged, minNodes and failOnWarn.",
	.accepted = { options, NULL },
	.run = run_fn,
};
