/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: for every node what changes, and why. Pure: a function of what was read and of nothing else.
 *
 * It is data. The renderers (render.h), the patches (patch.h) and the node side all read this one struct. */
#ifndef SAMEPAGE_RECONCILER_PLAN_H
#define SAMEPAGE_RECONCILER_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "state/host.h"
#include "state/kubevirt.h"
#include "state/node.h"
#include "state/override.h"
#include "state/report.h"

/* The two keys that samepage, like virt-handler, keeps on a Node. */
#define SP_LABEL_ENABLED      "kubevirt.io/ksm-enabled"
#define SP_ANNOTATION_MANAGED "kubevirt.io/ksm-handler-managed"

enum sp_policy { SP_POLICY_STATIC, SP_POLICY_PRESSURE };

enum sp_action {
	SP_ACTION_ENABLE,
	SP_ACTION_DISABLE,
	SP_ACTION_RESTORE,
	SP_ACTION_TUNE,
	SP_ACTION_LABEL,
	SP_ACTION_UNCHANGED,
	SP_ACTION_BLOCKED,
	SP_ACTION_COUNT
};

enum sp_reason {
	SP_REASON_SELECTED,
	SP_REASON_DRIFTED_OFF,
	SP_REASON_ADOPTED,
	SP_REASON_DESELECTED,
	SP_REASON_CONFIGURATION_REMOVED,
	SP_REASON_METADATA_ONLY,
	SP_REASON_IN_SYNC,
	SP_REASON_EXTERNAL,
	SP_REASON_KSM_UNAVAILABLE,
	SP_REASON_PRESSURE_ROSE,
	SP_REASON_PRESSURE_EASED,
	SP_REASON_PRESSURE_UNKNOWN,
	SP_REASON_COUNT
};

/* How one value goes from what it is to what it should be. */
struct sp_change {
	bool changes;       /* false: it stays as it is */
	const char *before; /* NULL: absent (labels and annotations), not known (sysfs); only where it changes */
	const char *after;  /* NULL where it cannot be known ("afterUnknown") */
};

/* One knob of /sys/kernel/mm/ksm. */
struct sp_knob_change {
	const char *knob; /* "run" */
	struct sp_change change;
};

struct sp_plan_node {
	const char *name;
	const char *uid; /* NULL where the snapshot has none */
	struct sp_place place;
	enum sp_action action;
	enum sp_reason reason;
	const char *message; /* names the requirement that decided */
	bool selected;
	bool gives_back;      /* once its knobs are written, the originals are back, and the record has done its work */
	bool has_labels;      /* the Node has a labels map, be it empty: a JSON patch must know */
	bool has_annotations; /* the same for annotations */
	struct sp_change label;             /* kubevirt.io/ksm-enabled */
	struct sp_change annotation;        /* kubevirt.io/ksm-handler-managed */
	const struct sp_knob_change *knobs; /* those that change, in the order of the writes */
	size_t knob_count;
	bool is_protected;          /* matches --protect */
	struct sp_labels overrides; /* the annotations of the pressure policy that the Node has, under that policy */
};

struct sp_plan_warning {
	const char *code;
	const char *message;
	const char *help; /* what to do; NULL where the message says it */
	struct sp_place place;
};

/* What a guard has against the plan: it must not be carried out as it is. */
struct sp_plan_refusal {
	const char *code; /* "guard-max-changed" */
	const char *message;
	const char *help;
	const char *const *nodes; /* the names of those that it is about; none where it is about the whole */
	size_t node_count;
};

/* What the plan does to a virtual machine that asks for the label kubevirt.io/ksm-enabled (scheduling.h). The
 * numbers are of nodes in the snapshot that it may run on. */
struct sp_impact {
	const char *kind;      /* "VirtualMachine" or "VirtualMachineInstance" */
	const char *namespace; /* "" where it has none */
	const char *name;
	const char *requirement; /* what it asks of the label, in kubectl's syntax */
	struct sp_place place;   /* of that requirement */
	size_t before;
	size_t after;   /* without those of which it is unknown */
	size_t lost;    /* before and not after */
	size_t gained;  /* after and not before */
	size_t unknown; /* the label's next value is, and decides */
};

struct sp_plan {
	enum sp_policy policy;
	struct {
		const char *path; /* as given on the command line */
		const char *kind; /* "KubeVirt" or "HyperConverged" */
		const char *namespace;
		const char *name;
	} kubevirt;
	struct {
		const char *path;
		size_t count;   /* the nodes of the plan */
		size_t total;   /* all that the snapshot holds: more, where --selector left some out */
		size_t skipped; /* objects in it that are no Nodes */
	} nodes_input;
	struct {
		const char *path; /* NULL where no facts were given */
		size_t count;
	} facts_input;
	struct {
		const char *path; /* NULL where none were given */
		size_t count;     /* of virtual machines, those that do not ask for the label among them */
		size_t skipped;   /* objects that are none */
	} workloads_input;
	const char *digest; /* "sha256:" and 64 hexadecimal digits */
	enum sp_selector_kind selector_kind;
	const char *selector_text; /* canonical; "" for a selector without requirements */
	size_t summary[SP_ACTION_COUNT];
	const struct sp_plan_node *nodes; /* sorted by name, by byte */
	size_t node_count;
	const struct sp_impact *impacts; /* sorted by namespace, name and kind */
	size_t impact_count;
	const struct sp_plan_warning *warnings;
	size_t warning_count;
	const struct sp_plan_refusal *refusals;
	size_t refusal_count;
};

/* "enable", "drifted-off", "static", "requirements" and so on, as they stand in plan.json. */
const char *sp_action_name(enum sp_action action);
const char *sp_reason_name(enum sp_reason reason);
const char *sp_policy_name(enum sp_policy policy);
const char *sp_selector_kind_name(enum sp_selector_kind kind);

/* The other way: false where there is no such name. */
bool sp_action_find(const char *name, enum sp_action *action);
bool sp_reason_find(const char *name, enum sp_reason *reason);
bool sp_policy_find(const char *name, enum sp_policy *policy);
bool sp_selector_kind_find(const char *name, enum sp_selector_kind *kind);

/* Whether the node's labels or annotations change, so that it gets a patch. */
bool sp_plan_node_is_patched(const struct sp_plan_node *node);

/* How many nodes the plan changes: all but the unchanged. */
size_t sp_plan_changed(const struct sp_plan *plan);

/* Builds a plan node by node, so that no more of a snapshot is kept than the plan needs. */
struct sp_planner;

/* `kubevirt` is read while planning and must live until sp_planner_finish; all else is copied into `arena`. */
struct sp_planner *sp_planner_start(struct sp_arena *arena, const struct sp_kubevirt *kubevirt, enum sp_policy policy);

/* The labels that the warning about control planes looks for. */
enum { SP_CONTROL_PLANE_LABEL_COUNT = 2 };
extern const char *const sp_control_plane_labels[SP_CONTROL_PLANE_LABEL_COUNT];

/* Marks the nodes that match `protect`, which must live as long as the planner. */
void sp_planner_protect(struct sp_planner *planner, const struct sp_selector *protect);

/* Makes room for so many nodes, before the first is added. There may be fewer, or more. */
void sp_planner_expect(struct sp_planner *planner, size_t count);

/* Says that the user means every node: an empty selector deserves no warning. */
void sp_planner_allow_all(struct sp_planner *planner);

/* Takes one node of the snapshot, and what is known of its machine (NULL: nothing). Neither is referred to afterwards,
 * except the source of the node's place. Returns what is planned for it, valid until the next is added. */
const struct sp_plan_node *sp_planner_add(struct sp_planner *planner, const struct sp_node *node,
					  const struct sp_host *host);

/* What the plan says of the files that it was made from. */
struct sp_plan_inputs {
	const char *kubevirt_path; /* as given on the command line */
	const char *nodes_path;
	const char *facts_path; /* NULL where no facts were given */
	size_t facts_count;
	size_t node_total;
	size_t skipped;
};

/* The finished plan, owned by the arena. Two nodes of one name are an error that names both places. Warnings in the
 * report become those of the plan. */
bool sp_planner_finish(struct sp_planner *planner, const struct sp_plan_inputs *inputs, struct sp_plan *plan,
		       struct sp_report *report);

/* Makes the warnings in the report those of the plan, once more where there are new ones. Owned by `arena`. */
void sp_plan_take_warnings(struct sp_plan *plan, const struct sp_report *report, struct sp_arena *arena);

#endif
