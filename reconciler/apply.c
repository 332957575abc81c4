/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/apply.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reconciler/decide.h"
#include "reconciler/document.h"
#include "reconciler/patch.h"
#include "reconciler/stale.h"
#include "reconciler/wording.h"
#include "state/file.h"

struct pass {
	const struct sp_apply_request *request;
	struct sp_arena *arena;
	struct sp_inputs *inputs;
	struct sp_apply_result *result;
	struct sp_report *report;
	struct sp_machine *machine;
	struct sp_host host;
	struct sp_knob_change *knobs; /* result->node.knobs, to be adjusted */
};

static const struct sp_place nowhere;

/* Takes over the decision for this node. */
static bool take_decision(struct pass *pass, const struct sp_plan_node *node)
{
	pass->result->node = *node;
	pass->result->has_node = true;
	pass->knobs = sp_arena_array(pass->arena, SP_WRITTEN_KNOB_COUNT, sizeof *pass->knobs);
	for (size_t i = 0; i < node->knob_count; i++)
		pass->knobs[i] = node->knobs[i];
	pass->result->node.knobs = pass->knobs;
	return true;
}

static bool fail(struct pass *pass, enum sp_apply_outcome outcome)
{
	pass->result->outcome = outcome;
	return false;
}

static bool fail_unknown_node(const struct pass *pass, const struct sp_source *source)
{
	sp_fail(pass->report, "unknown-node", (struct sp_place){ source, 0, 0 }, "no Node named \"%s\" in it",
		pass->request->node);
	return sp_help(pass->report, "--node NAME says which Node this machine is");
}

/* With a snapshot and what is known of the CR: the plan's decision for this node. */
static const struct sp_plan_node *plan_here(struct pass *pass, const struct sp_load_options *options)
{
	struct sp_load_options load = *options;
	const struct sp_plan_node *node;
	struct sp_plan plan;

	load.host = &pass->host;
	if (!sp_load_plan(&load, pass->arena, pass->inputs, &plan, pass->report))
		return NULL;
	node = sp_saved_find(&plan, pass->request->node);
	if (!node)
		fail_unknown_node(pass, pass->inputs->nodes_source);
	return node;
}

static bool decide_by_plan(struct pass *pass)
{
	const struct sp_plan_node *node = plan_here(pass, &pass->request->load);

	return node && take_decision(pass, node);
}

/* Why the node is selected or not; what the plan knew of the machine, behind it, is told anew. */
static const char *why_selected(const struct pass *pass, const struct sp_plan_node *saved)
{
	char *message = sp_arena_string(pass->arena, saved->message);
	char *end = strstr(message, "; ");

	if (end)
		*end = '\0';
	return message;
}

/* What the annotation was when the plan was made. One that stays as it is is not in a plan: it says already what the
 * action comes to. Under the pressure policy a selected node may be on or off, and where nothing changes it still
 * is. */
static const char *annotation_then(const struct pass *pass, const struct sp_plan *plan,
				   const struct sp_plan_node *saved)
{
	bool is_on = saved->selected && saved->action != SP_ACTION_BLOCKED;

	if (saved->annotation.changes)
		return saved->annotation.before;
	if (plan->policy == SP_POLICY_PRESSURE && saved->action == SP_ACTION_DISABLE)
		is_on = false;
	else if (plan->policy == SP_POLICY_PRESSURE && saved->knob_count == 0)
		is_on = is_on && sp_host_is_on(&pass->host);
	return is_on ? "true" : "false";
}

/* What the saved plan says of this node, decided anew with what this machine shows. */
static const struct sp_plan_node *decide_alone(struct pass *pass, const struct sp_plan *plan,
					       const struct sp_kubevirt *kubevirt, const struct sp_plan_node *saved)
{
	struct sp_plan_node *now = sp_arena_alloc(pass->arena, sizeof *now);
	const char *managed = annotation_then(pass, plan, saved);
	const char *enabled = saved->label.changes ? saved->label.before : saved->label.after;
	struct sp_label *annotations = sp_arena_array(pass->arena, saved->overrides.count + 1, sizeof *annotations);
	struct sp_label label = { SP_LABEL_ENABLED, enabled };
	struct sp_node node = { .name = saved->name, .uid = saved->uid };
	struct sp_situation situation = {
		.policy = plan->policy,
		.kubevirt = kubevirt,
		.node = &node,
		.host = &pass->host,
		.selected = &saved->selected,
	};

	for (size_t i = 0; i < saved->overrides.count; i++)
		annotations[i] = saved->overrides.items[i];
	annotations[saved->overrides.count] = (struct sp_label){ SP_ANNOTATION_MANAGED, managed };
	node.annotations = (struct sp_labels){ annotations, saved->overrides.count + (managed ? 1 : 0) };
	node.labels = (struct sp_labels){ &label, enabled ? 1 : 0 };
	*now = (struct sp_plan_node){ .name = saved->name,
				      .uid = saved->uid,
				      .message = why_selected(pass, saved),
				      .has_labels = saved->has_labels,
				      .has_annotations = saved->has_annotations };
	sp_decide(&situation, pass->arena, pass->arena, now);
	return now;
}

static bool decide_by_saved(struct pass *pass)
{
	const struct sp_plan *plan = &pass->inputs->saved.plan;
	struct sp_load_options load = pass->request->load;
	const struct sp_plan_node *saved;
	const struct sp_plan_node *now;
	struct sp_kubevirt kubevirt;

	if (!sp_load_saved(pass->request->plan, false, pass->arena, pass->inputs, pass->report))
		return false;
	if (plan->refusal_count > 0) {
		sp_fail(pass->report, plan->refusals[0].code, (struct sp_place){ pass->inputs->saved.source, 0, 0 },
			"%s", plan->refusals[0].message);
		return fail(pass, SP_APPLY_REFUSED);
	}
	saved = sp_saved_find(plan, pass->request->node);
	if (!saved)
		return fail_unknown_node(pass, pass->inputs->saved.source);
	if (!sp_saved_kubevirt(&pass->inputs->saved, pass->arena, &kubevirt, pass->report))
		return false;
	load.known_kubevirt = &kubevirt;
	load.policy = plan->policy;
	now = load.nodes ? plan_here(pass, &load) : decide_alone(pass, plan, &kubevirt, saved);
	if (!now)
		return false;
	return sp_stale_check_node(saved, now, &pass->host, saved->place, pass->report) ? take_decision(pass, now) :
											  fail(pass, SP_APPLY_STALE);
}

static const char *message_of_release(const struct sp_host *host)
{
	if (host->has_original)
		return "what was recorded is given back";
	if (!host->has_damaged)
		return "there is no record: samepage has nothing to give back here";
	return sp_host_is_on(host) ? "what was recorded cannot be read any more: KSM is switched off" :
				     "what was recorded cannot be read any more, and KSM is off";
}

/* A release asks no CR: it is as if there were no configuration any more. A damaged record still tells that KSM is
 * ours; it gives back nothing but run=0. */
static bool decide_release(struct pass *pass)
{
	static const struct sp_kubevirt nothing = { .selector_kind = SP_SELECTOR_ABSENT };
	static const bool is_selected = false;
	struct sp_node node = { .name = pass->request->node };
	struct sp_host host = pass->host;
	struct sp_situation situation = {
		.kubevirt = &nothing, .node = &node, .host = &host, .selected = &is_selected
	};
	struct sp_plan_node planned = { .name = pass->request->node, .message = message_of_release(&pass->host) };

	host.has_original |= host.has_damaged;
	sp_decide(&situation, pass->arena, pass->arena, &planned);
	return take_decision(pass, &planned);
}

/* Merged pages take memory when they are taken apart: one page for each that shares another. */
static bool allow_unmerge(struct pass *pass)
{
	char sharing[SP_KNOB_SIZE];
	bool is_known = sp_machine_show(pass->machine, "pages_sharing", sharing);
	uint64_t pages = is_known ? strtoull(sharing, NULL, 10) : 0;
	uint64_t bytes;
	bool fits = is_known && !pass->host.meminfo_problem &&
		    !__builtin_mul_overflow(pages, pass->host.page_size, &bytes) &&
		    bytes / 1024 <= pass->host.memory_available_kib;

	if (fits || pass->request->force)
		return true;
	if (!is_known || pass->host.meminfo_problem)
		sp_fail(pass->report, "unmerge-refused", nowhere,
			"whether there is memory to unmerge cannot be told: %s",
			is_known ? pass->host.meminfo_problem : "pages_sharing cannot be read");
	else
		sp_fail(pass->report, "unmerge-refused", nowhere,
			"to unmerge %" PRIu64 " pages takes more memory than the %" PRIu64 " MiB that are available",
			pages, pass->host.memory_available_kib / 1024);
	sp_help(pass->report, "without --unmerge merged pages stay merged; --force unmerges all the same");
	return fail(pass, SP_APPLY_REFUSED);
}

static bool prepare_unmerge(struct pass *pass)
{
	for (size_t i = 0; pass->request->unmerge && i < pass->result->node.knob_count; i++) {
		struct sp_knob_change *knob = &pass->knobs[i];

		if (strcmp(knob->knob, "run") != 0 || !knob->change.after || strcmp(knob->change.after, "0") != 0)
			continue;
		if (!allow_unmerge(pass))
			return false;
		knob->change.after = "2";
	}
	return true;
}

static bool was_annotated(const struct sp_plan_node *node)
{
	return node->annotation.before && strcmp(node->annotation.before, "true") == 0;
}

/* Whether a managed stretch begins, so that what stands there now is the original. Where the annotation says that KSM
 * is on by configuration and there is no record, somebody else switched it on for us, and the original is not known. */
static bool begins_stretch(const struct pass *pass)
{
	const struct sp_plan_node *node = &pass->result->node;

	if (!node->selected || pass->host.has_original || (was_annotated(node) && sp_host_is_on(&pass->host)))
		return false;
	return node->knob_count > 0 || node->reason == SP_REASON_ADOPTED;
}

/* Whether the record, if there is one, has served its purpose once all is written. */
static bool ends_stretch(const struct pass *pass)
{
	const struct sp_plan_node *node = &pass->result->node;

	return node->gives_back || (pass->host.has_damaged && !node->selected && was_annotated(node));
}

static bool is_written(const char *knob)
{
	for (size_t i = 0; i < SP_WRITTEN_KNOB_COUNT; i++)
		if (strcmp(sp_written_knobs[i], knob) == 0)
			return true;
	return false;
}

/* Whether all that may be changed from now on can be recorded: a knob that is there, but shows nothing, cannot. */
static bool can_record(const struct pass *pass)
{
	for (size_t i = 0; i < pass->host.knobs.count; i++) {
		const struct sp_knob *knob = &pass->host.knobs.items[i];

		if (!knob->value && is_written(knob->name))
			return sp_fail(pass->report, "sysfs-read", nowhere,
				       "%s/%s cannot be read, and so not recorded: nothing is changed",
				       pass->request->paths.sysfs, knob->name);
	}
	return true;
}

/* After a failure ownership stays as it was: what was ours is ours, and what was not is not. */
static void keep_ownership(struct pass *pass)
{
	struct sp_plan_node *node = &pass->result->node;
	bool managed = was_annotated(node) || (pass->host.has_original && sp_host_is_on(&pass->host));
	const char *wanted = managed ? "true" : "false";

	node->annotation.after = wanted;
	node->annotation.changes = !node->annotation.before || strcmp(node->annotation.before, wanted) != 0;
}

/* KSM that is there but cannot be set is none: virtual machines must not be sent here for it. */
static void refuse_label(struct pass *pass)
{
	struct sp_plan_node *node = &pass->result->node;

	if (!node->selected || !pass->result->done.lacks_permission || sp_host_is_on(&pass->host))
		return;
	node->label.after = "false";
	node->label.changes = !node->label.before || strcmp(node->label.before, "false") != 0;
}

/* To be called before anything is changed; a second time it does nothing new. */
static void begin_changes(struct pass *pass)
{
	pass->result->has_changes = true;
	if (pass->request->before_changes)
		pass->request->before_changes();
}

static bool write_knobs(struct pass *pass)
{
	static const enum sp_apply_outcome outcomes[] = {
		[SP_CARRIED_OUT] = SP_APPLY_DONE,
		[SP_CARRIED_OUT_NOTHING] = SP_APPLY_FAILED,
		[SP_CARRIED_OUT_RESTORED] = SP_APPLY_RESTORED,
		[SP_CARRIED_OUT_PARTLY] = SP_APPLY_PARTLY,
	};
	const struct sp_plan_node *node = &pass->result->node;
	bool begins = begins_stretch(pass);
	bool ends = ends_stretch(pass);
	enum sp_carried_out carried;

	if (node->knob_count == 0 && !begins && !ends)
		return true;
	begin_changes(pass);
	if (begins && (!can_record(pass) || !sp_machine_record(pass->machine, &pass->host, pass->report)))
		return fail(pass, SP_APPLY_FAILED);
	carried = sp_carry_out(pass->machine, &pass->host, node, pass->request->stop, &pass->result->done,
			       pass->report);
	pass->result->outcome = outcomes[carried];
	if (carried == SP_CARRIED_OUT)
		return !ends || sp_machine_forget(pass->machine, pass->report) || fail(pass, SP_APPLY_FAILED);
	/* the originals are back, so that a record made just now tells of nothing */
	if (begins && carried != SP_CARRIED_OUT_PARTLY)
		sp_machine_forget(pass->machine, pass->report);
	return false;
}

static void write_patch(struct pass *pass)
{
	const char *path = pass->request->patch_out;
	size_t length = path ? strlen(path) : 0;
	bool json = length >= 5 && strcmp(path + length - 5, ".json") == 0;
	struct sp_text text = { 0 };

	if (!path || pass->request->dry_run || !sp_plan_node_is_patched(&pass->result->node))
		return;
	sp_patch_write(&text, &pass->result->node, json ? SP_PATCH_MERGE_JSON : SP_PATCH_MERGE);
	if (!sp_file_is(path, sp_text_string(&text), text.length)) {
		begin_changes(pass);
		if (!sp_file_write(path, sp_text_string(&text), text.length, pass->report) &&
		    pass->result->outcome == SP_APPLY_DONE)
			pass->result->outcome = SP_APPLY_FAILED;
	}
	sp_text_free(&text);
}

static void refuse_blocked(struct pass *pass)
{
	pass->result->outcome = SP_APPLY_FAILED;
	sp_fail(pass->report, "ksm-unavailable", nowhere, "%s/run cannot be read: this node is selected and has no KSM",
		pass->request->paths.sysfs);
	sp_help(pass->report, "is the kernel built with CONFIG_KSM? In a container, try "
			      "--sysfs-root /proc/1/root/sys/kernel/mm/ksm (it takes hostPID and the capability "
			      "SYS_PTRACE)");
}

/* Whether something that may be done rests on how much memory there is; a saved plan's policy is not known yet. */
static bool needs_memory(const struct sp_apply_request *request)
{
	return request->unmerge || request->plan || (!request->release && request->load.policy != SP_POLICY_STATIC);
}

static bool read_machine(struct pass *pass)
{
	pass->machine = sp_machine_open(&pass->request->paths, pass->report);
	if (!pass->machine)
		return false;
	if (!pass->request->dry_run && !sp_machine_lock(pass->machine, pass->request->lock_timeout, pass->report))
		return false;
	if (!sp_machine_look(pass->machine, needs_memory(pass->request), pass->arena, &pass->host, pass->report))
		return false;
	pass->host.node = pass->request->node;
	return true;
}

static void carry_out_decision(struct pass *pass)
{
	struct sp_plan_node *node = &pass->result->node;

	if (node->action == SP_ACTION_BLOCKED) {
		refuse_blocked(pass);
	} else if (node->reason == SP_REASON_PRESSURE_UNKNOWN) {
		pass->result->outcome = SP_APPLY_FAILED;
		sp_fail(pass->report, "pressure-unknown", nowhere, "%s", node->message);
		keep_ownership(pass);
	} else if (!prepare_unmerge(pass)) {
		return;
	} else if (!pass->request->dry_run && !write_knobs(pass)) {
		keep_ownership(pass);
		refuse_label(pass);
	}
	write_patch(pass);
}

static bool decide(struct pass *pass)
{
	if (pass->request->release)
		return decide_release(pass);
	return pass->request->plan ? decide_by_saved(pass) : decide_by_plan(pass);
}

void sp_apply(const struct sp_apply_request *request, struct sp_arena *arena, struct sp_inputs *inputs,
	      struct sp_apply_result *result, struct sp_report *report)
{
	struct pass pass = { .request = request, .arena = arena, .inputs = inputs, .result = result, .report = report };

	*result = (struct sp_apply_result){ .outcome = SP_APPLY_FAILED };
	if (read_machine(&pass) && decide(&pass)) {
		result->outcome = SP_APPLY_DONE;
		carry_out_decision(&pass);
	}
	sp_machine_close(pass.machine);
}

/* "  wrote run: 0 -> 1" */
static void write_knob(struct sp_text *out, const char *title, const char *knob, const char *before, const char *after)
{
	sp_text_format(out, "  %s %s: ", title, knob);
	sp_text_add_visible(out, before ? before : "unknown");
	sp_text_add(out, " -> ");
	sp_text_add_visible(out, after);
	sp_text_add_char(out, '\n');
}

/* A release reads no snapshot: it cannot know what the Node has. */
static void write_key(struct sp_text *out, const struct sp_apply_request *request, const char *title,
		      const struct sp_change *change)
{
	const char *none = request->release ? "unknown" : "absent";

	if (!change->changes || !change->after)
		return;
	sp_text_format(out, "  %-10s  ", title);
	sp_text_add_visible(out, change->before ? change->before : none);
	sp_text_format(out, " -> %s\n", change->after);
}

void sp_apply_write(struct sp_text *out, const struct sp_apply_request *request, const struct sp_apply_result *result)
{
	const struct sp_plan_node *node = &result->node;

	if (!result->has_node)
		return;
	sp_text_format(out, "%s: %s (%s): ", node->name, sp_action_name(node->action), sp_reason_name(node->reason));
	sp_text_add_visible(out, node->message);
	sp_text_add_char(out, '\n');
	for (size_t i = 0; request->dry_run && i < node->knob_count; i++)
		write_knob(out, "would write", node->knobs[i].knob, node->knobs[i].change.before,
			   node->knobs[i].change.after);
	for (size_t i = 0; i < result->done.count; i++) {
		const struct sp_done_write *done = &result->done.writes[i];

		write_knob(out, done->is_rollback ? "put back" : "wrote", done->knob, done->before, done->after);
	}
	if (!request->dry_run && result->done.count == 0)
		sp_text_add(out, "  nothing written to sysfs\n");
	write_key(out, request, "annotation", &node->annotation);
	write_key(out, request, "label", &node->label);
}

static void describe_writes(struct sp_document *document, const struct sp_apply_request *request,
			    const struct sp_apply_result *result)
{
	sp_document_key(document, "writes");
	sp_document_begin_list(document);
	for (size_t i = 0; request->dry_run && i < result->node.knob_count; i++) {
		sp_document_begin_map(document);
		sp_document_field(document, "file", result->node.knobs[i].knob);
		sp_document_field(document, "before", result->node.knobs[i].change.before);
		sp_document_field(document, "after", result->node.knobs[i].change.after);
		sp_document_end_map(document);
	}
	for (size_t i = 0; i < result->done.count; i++) {
		const struct sp_done_write *done = &result->done.writes[i];

		sp_document_begin_map(document);
		sp_document_field(document, "file", done->knob);
		sp_document_field(document, "before", done->before);
		sp_document_field(document, "after", done->after);
		if (done->is_rollback) {
			sp_document_key(document, "rollback");
			sp_document_bool(document, true);
		}
		sp_document_end_map(document);
	}
	sp_document_end_list(document);
}

static void describe_key(struct sp_document *document, const char *map, const char *key, const struct sp_change *change)
{
	sp_document_key(document, map);
	sp_document_begin_map(document);
	if (change->changes && change->after) {
		sp_document_key(document, key);
		sp_document_begin_map(document);
		sp_document_field(document, "before", change->before);
		sp_document_field(document, "after", change->after);
		sp_document_end_map(document);
	}
	sp_document_end_map(document);
}

void sp_apply_write_json(struct sp_text *out, const struct sp_apply_request *request,
			 const struct sp_apply_result *result)
{
	static const char *const outcomes[] = {
		[SP_APPLY_DONE] = "done",       [SP_APPLY_FAILED] = "failed",
		[SP_APPLY_REFUSED] = "refused", [SP_APPLY_RESTORED] = "rolled-back",
		[SP_APPLY_PARTLY] = "partly",   [SP_APPLY_STALE] = "stale",
	};
	const struct sp_plan_node *node = &result->node;
	struct sp_document *document = sp_document_start(out, SP_DOCUMENT_JSON);

	sp_document_begin_map(document);
	sp_document_field(document, "apiVersion", "samepage.dev/v1");
	sp_document_field(document, "kind", "ApplyResult");
	sp_document_field(document, "node", request->node);
	sp_document_field(document, "outcome", outcomes[result->outcome]);
	sp_document_key(document, "dryRun");
	sp_document_bool(document, request->dry_run);
	if (result->has_node) {
		sp_document_field(document, "action", sp_action_name(node->action));
		sp_document_field(document, "reason", sp_reason_name(node->reason));
		sp_document_field(document, "message", node->message);
		describe_writes(document, request, result);
		describe_key(document, "labels", SP_LABEL_ENABLED, &node->label);
		describe_key(document, "annotations", SP_ANNOTATION_MANAGED, &node->annotation);
	}
	sp_document_end_map(document);
	sp_document_finish(document);
}
