/* SPDX-License-Identifier: Apache-2.0 */
/* The words for people that the forms of a plan share, and how they are escaped. Pure. */
#ifndef SAMEPAGE_RECONCILER_WORDING_H
#define SAMEPAGE_RECONCILER_WORDING_H

#include <stdbool.h>
#include <stddef.h>

#include "reconciler/plan.h"
#include "state/text.h"

/* One value that changes. All but `name`, which is a knob's or a key, are ready to be shown: strings of Kubernetes are
 * quoted, what is not there is "absent" or "unknown", long values are cut, and nothing can move a cursor. */
struct sp_row {
	const char *kind; /* "sysfs", "annotation" or "label" */
	const char *name;
	const char *before;
	const char *after;
};

/* The values that change on `node`, in the order of the writes: the node's side, annotation, label. Owned by `arena`;
 * their number comes in `count`. */
const struct sp_row *sp_wording_rows(const struct sp_plan_node *node, struct sp_arena *arena, size_t *count);

/* '+', '-', '<', '~' or '!'; ' ' for unchanged. */
char sp_wording_symbol(enum sp_action action);

/* Appends the line that is the same wherever it is shown: "Plan: 2 to enable, … 12 unchanged.", without a line end. */
void sp_wording_add_summary(struct sp_text *out, const struct sp_plan *plan);

/* What the selector means, or NULL for a selector with requirements, whose text says it all. */
const char *sp_wording_selector(enum sp_selector_kind kind);

/* Appends text for an attribute, or between tags, of HTML or XML. Control characters, which XML cannot hold, become
 * \xNN. */
void sp_wording_add_markup(struct sp_text *out, const char *text);

/* "stdin" for "-", else the path. */
const char *sp_wording_path(const char *path);

/* Appends "3 of 12 virtual machines ask for kubevirt.io/ksm-enabled", without a line end. */
void sp_wording_add_workloads(struct sp_text *out, const struct sp_plan *plan);

/* Appends "NAMESPACE/NAME", or NAME where there is no namespace; not escaped. */
void sp_wording_add_name(struct sp_text *out, const char *namespace, const char *name);

/* Whether the plan changes on which nodes the machine may run, or leaves it without one: what is shown unless more is
 * asked for. */
bool sp_wording_is_hit(const struct sp_impact *impact);

/* Whether no node is left for the machine, as far as can be told. */
bool sp_wording_is_stranded(const struct sp_impact *impact);

/* Appends "1 node", "2 nodes". */
void sp_wording_add_nodes(struct sp_text *out, size_t count);

/* Appends `word` as one word of a shell's command, in quotes where it needs them. */
void sp_wording_add_shell_word(struct sp_text *out, const char *word);

/* Appends the command that comes next: "samepage emit -f … -n … -d DIR". */
void sp_wording_add_command(struct sp_text *out, const char *verb, const struct sp_plan *plan);

#endif
