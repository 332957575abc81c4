/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/emit_files.h"

#include <string.h>

#include "reconciler/render.h"
#include "reconciler/wording.h"

void sp_emit_stream_add(struct sp_text *stream, const struct sp_text *patch)
{
	sp_text_add(stream, "---\n");
	sp_text_append(stream, patch->bytes, patch->length);
}

void sp_emit_stream_finish(struct sp_text *stream)
{
	if (stream->length == 0)
		sp_text_add(stream, "# No node's labels or annotations change.\n");
}

void sp_emit_whole_nodes(struct sp_text *out, const struct sp_plan *plan)
{
	for (size_t i = 0; i < plan->node_count; i++) {
		sp_text_add(out, "---\n");
		sp_patch_write_whole(out, &plan->nodes[i]);
	}
}

void sp_emit_kustomization(struct sp_text *out)
{
	sp_text_add(out,
		    "# Apply with server-side apply, and never prune: to prune a Node's manifest deletes the Node.\n"
		    "apiVersion: kustomize.config.k8s.io/v1beta1\n"
		    "kind: Kustomization\n"
		    "resources:\n"
		    "- nodes.yaml\n");
}

/* apply.sh */

/* Above the commands: what is the same for every plan. */
static const char script_start[] =
	"set -uf # -f: KUBECTL is split into words below, and they are no patterns\n"
	"\n"
	"usage() {\n"
	"\tcat <<'END'\n"
	"usage: apply.sh [--dry-run] [--keep-going]\n"
	"\n"
	"Patches the nodes of a cluster, one after the other, and stops at the first\n"
	"that fails.\n"
	"\n"
	"  --dry-run     let the API server check every patch, and change nothing\n"
	"  --keep-going  go on after a failure; the exit status is 1 all the same\n"
	"  -h, --help    show this text\n"
	"\n"
	"KUBECTL is the command to run, flags included: KUBECTL='kubectl --context prod'.\n"
	"It runs in the folder of this script: file names in KUBECTL's flags and in\n"
	"KUBECONFIG should begin with a slash.\n"
	"END\n"
	"}\n"
	"\n"
	"keep_going=false\n"
	"dry_run=\n"
	"for argument; do\n"
	"\tcase $argument in\n"
	"\t--dry-run) dry_run=--dry-run=server ;;\n"
	"\t--keep-going) keep_going=true ;;\n"
	"\t-h | --help) usage; exit 0 ;;\n"
	"\t*) echo \"apply.sh: unknown argument: $argument\" >&2; usage >&2; exit 64 ;;\n"
	"\tesac\n"
	"done\n"
	"\n"
	"# A program named by a path that is relative to where we are now stays that program.\n"
	"KUBECTL=${KUBECTL:-kubectl}\n"
	"case ${KUBECTL%% *} in\n"
	"/*) ;;\n"
	"*/*) KUBECTL=$PWD/$KUBECTL ;;\n"
	"esac\n"
	"CDPATH='' cd -- \"$(dirname -- \"$0\")\" || exit 1\n"
	"\n"
	"patched=0\n"
	"failed=\n"
	"\n"
	"# Runs KUBECTL in kubectl's stead, and counts: kubectl patch node NAME ...\n"
	"kubectl() {\n"
	"\t# Unquoted on purpose: KUBECTL may carry flags, and dry_run may be nothing at all.\n"
	"\t# shellcheck disable=SC2086\n"
	"\tif command $KUBECTL \"$@\" $dry_run; then\n"
	"\t\tpatched=$((patched + 1))\n"
	"\telse\n"
	"\t\tfailed=\"$failed $3\"\n"
	"\t\t\"$keep_going\" || exit 1\n"
	"\tfi\n"
	"}\n"
	"\n"
	"# However the script ends, it says how far it came.\n"
	"report() {\n"
	"\techo \"$patched of $total nodes patched${dry_run:+ (dry run: nothing was changed)}.\"\n"
	"\t[ -z \"$failed\" ] || echo \"apply.sh: failed:$failed\" >&2\n"
	"}\n"
	"trap report EXIT\n"
	"trap 'exit 129' HUP\n"
	"trap 'exit 130' INT\n"
	"trap 'exit 143' TERM\n"
	"\n";

/* kubectl patch node node01 --type merge --patch-file patches/node01.yaml */
static void add_command(struct sp_text *out, const struct sp_plan_node *node, enum sp_patch_format format)
{
	struct sp_text file = { 0 };

	sp_text_add(&file, "patches/");
	sp_patch_file_name(&file, node->name, format);
	sp_text_add(out, "kubectl patch node ");
	sp_wording_add_shell_word(out, node->name);
	sp_text_format(out, " --type %s --patch-file ", format == SP_PATCH_JSON ? "json" : "merge");
	sp_wording_add_shell_word(out, file.bytes);
	sp_text_add_char(out, '\n');
	sp_text_free(&file);
}

static size_t count_patched(const struct sp_plan *plan, const struct sp_plan_node **first)
{
	size_t count = 0;

	*first = NULL;
	for (size_t i = 0; i < plan->node_count; i++) {
		if (!sp_plan_node_is_patched(&plan->nodes[i]))
			continue;
		if (count++ == 0)
			*first = &plan->nodes[i];
	}
	return count;
}

void sp_emit_script(struct sp_text *out, const struct sp_plan *plan, enum sp_patch_format format)
{
	const struct sp_plan_node *first;
	size_t total = count_patched(plan, &first);

	sp_text_format(out,
		       "#!/bin/sh\n"
		       "# SPDX-License-Identifier: Apache-2.0\n"
		       "# Hands the KSM labels and annotations of %zu node%s to kubectl, one patch for each.\n"
		       "# Written by samepage; README.md, beside it, says what changes. ./apply.sh --help\n",
		       total, total == 1 ? "" : "s");
	sp_text_add(out, script_start);
	sp_text_format(out, "total=%zu\n", total);
	for (size_t i = 0; i < plan->node_count; i++)
		if (sp_plan_node_is_patched(&plan->nodes[i]))
			add_command(out, &plan->nodes[i], format);
	sp_text_add(out, "[ -z \"$failed\" ]\n");
}

/* README.md */

static const char readme_files[] = "\n"
				   "## Files\n"
				   "\n"
				   "| file | what it is |\n"
				   "|---|---|\n"
				   "| `plan.json` | the plan, for programs |\n";

static const char readme_apply[] =
	"\n"
	"## Apply\n"
	"\n"
	"Let the API server check every patch, then apply them. `apply.sh` stops at the first node that fails;\n"
	"`--keep-going` goes on. A patch changes nothing but the two keys, and where the snapshot had the node's uid "
	"it is\n"
	"refused for a node that was re-created since.\n"
	"\n"
	"```sh\n"
	"./apply.sh --dry-run\n"
	"./apply.sh\n"
	"KUBECTL='kubectl --context prod' ./apply.sh\n"
	"```\n";

static const char readme_server_side[] =
	"\n"
	"All nodes with one command, by server-side apply:\n"
	"\n"
	"```sh\n"
	"kubectl apply --server-side --field-manager=samepage -f nodes.yaml\n"
	"```\n"
	"\n"
	"A key that another manager set to another value is a conflict. `--force-conflicts` takes it over, from "
	"virt-handler\n"
	"too; if virt-handler still runs with KSM in its own hands, it will set its own value again. Server-side apply "
	"also\n"
	"removes a key that `--field-manager=samepage` once applied and that `nodes.yaml` no longer holds because it "
	"does not\n"
	"change: once nodes were applied that way, patch them with `apply.sh` from then on.\n";

static const char readme_node_side[] = "\n"
				       "The patches set labels and annotations. `/sys/kernel/mm/ksm` is set on each "
				       "node itself, by `samepage apply`.\n";

static const char readme_gitops[] =
	"\n"
	"## A controller\n"
	"\n"
	"Argo CD or Flux may apply this folder by server-side apply. `nodes.yaml` holds both keys of every node, so "
	"that none "
	"is\n"
	"taken away when it stops to change. Pruning must be off: to prune the manifest of a Node deletes the Node.\n";

static void add_files(struct sp_text *out, const struct sp_emit_options *options)
{
	bool is_json = options->format == SP_PATCH_JSON;

	sp_text_add(out, readme_files);
	sp_text_add(out,
		    is_json ? "| `patches/NODE.json` | the JSON patch (RFC 6902) of one node: it applies only where "
			      "the values are still those of the snapshot |\n" :
			      "| `patches/NODE.yaml` | the patch of one node: a merge patch, a strategic merge patch "
			      "or a kustomize patch |\n");
	if (options->gitops)
		sp_text_add(out, "| `nodes.yaml` | both keys of every node, for server-side apply |\n"
				 "| `kustomization.yaml` | names it for controllers and `kubectl apply -k` |\n");
	else if (!is_json)
		sp_text_add(out, "| `nodes.yaml` | all of them as one stream, for server-side apply |\n");
	sp_text_add(out, "| `apply.sh` | one `kubectl patch` for each |\n");
}

void sp_emit_readme(struct sp_text *out, const struct sp_plan *plan, const struct sp_emit_options *options)
{
	const struct sp_render_options plain = { 0 };
	const struct sp_plan_node *first;

	count_patched(plan, &first);
	sp_text_add(out, "# KSM plan\n\n");
	sp_render_markdown(out, plan, &plain);
	add_files(out, options);
	if (first) {
		sp_text_add(out, readme_apply);
		sp_text_add(out, "\nOne node alone:\n\n```sh\n");
		add_command(out, first, options->format);
		sp_text_add(out, "```\n");
	}
	if (options->gitops)
		sp_text_add(out, readme_gitops);
	else if (first && options->format == SP_PATCH_MERGE)
		sp_text_add(out, readme_server_side);
	sp_text_add(out, readme_node_side);
}
