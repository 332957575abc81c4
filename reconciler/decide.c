/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/decide.h"

#include <string.h>

#include "reconciler/desired.h"
#include "reconciler/pressure.h"

/* What is being decided. */
struct decision {
	const struct sp_situation *situation;
	const struct sp_host *host;
	struct sp_arena *arena;
	struct sp_arena *scratch;
	struct sp_plan_node *planned;
	struct sp_knob_change knobs[SP_WRITTEN_KNOB_COUNT]; /* those that change */
	bool has_annotation;                                /* it is exactly "true" */
	bool managed;
};

static bool annotated(const struct sp_situation *situation)
{
	const char *value = sp_labels_get(&situation->node->annotations, SP_ANNOTATION_MANAGED);

	return value && strcmp(value, "true") == 0;
}

bool sp_is_managed(const struct sp_situation *situation)
{
	return annotated(situation) || (situation->host && situation->host->has_original);
}

bool sp_keeps_ownership(const struct sp_situation *situation)
{
	const struct sp_host *host = situation->host;

	return annotated(situation) || (host && host->has_original && sp_host_is_on(host));
}

/* A copy, but of what nearly every node has none. */
static const char *keep(const struct decision *decision, const char *value)
{
	if (value && strcmp(value, "true") == 0)
		return "true";
	if (value && strcmp(value, "false") == 0)
		return "false";
	return sp_arena_string(decision->arena, value);
}

/* The change from what the node has to "true" or "false". */
static struct sp_change change_to(const struct decision *decision, const char *before, bool after)
{
	const char *wanted = after ? "true" : "false";
	bool same = before && strcmp(before, wanted) == 0;

	return (struct sp_change){ !same, keep(decision, before), wanted };
}

static void set_label(struct decision *decision, bool enabled)
{
	decision->planned->label = change_to(decision,
					     sp_labels_get(&decision->situation->node->labels, SP_LABEL_ENABLED),
					     enabled);
}

static void set_annotation(struct decision *decision, bool managed)
{
	const struct sp_labels *annotations = &decision->situation->node->annotations;

	decision->planned->annotation = change_to(decision, sp_labels_get(annotations, SP_ANNOTATION_MANAGED), managed);
}

/* The annotation's next value cannot be known from here. */
static void leave_annotation_open(struct decision *decision)
{
	const char *before = sp_labels_get(&decision->situation->node->annotations, SP_ANNOTATION_MANAGED);

	decision->planned->annotation = (struct sp_change){ true, keep(decision, before), NULL };
}

/* Plans a write, unless the value stands there already. `after` NULL: not known. */
static void set_knob(struct decision *decision, const char *knob, const char *after)
{
	const char *before = decision->host ? sp_knobs_get(&decision->host->knobs, knob) : NULL;

	if (before && after && strcmp(before, after) == 0)
		return;
	decision->knobs[decision->planned->knob_count++] = (struct sp_knob_change){
		knob, { true, sp_arena_string(decision->arena, before), sp_arena_string(decision->arena, after) }
	};
}

static void conclude(struct decision *decision, enum sp_action action, enum sp_reason reason)
{
	decision->planned->action = action;
	decision->planned->reason = reason;
}

/* Nothing is to be done on the machine: do the two keys tell so already? */
static void conclude_quietly(struct decision *decision, enum sp_reason reason)
{
	bool patched = sp_plan_node_is_patched(decision->planned);

	if (patched && reason == SP_REASON_IN_SYNC)
		reason = SP_REASON_METADATA_ONLY;
	conclude(decision, patched ? SP_ACTION_LABEL : SP_ACTION_UNCHANGED, reason);
}

static void add_to_message(struct decision *decision, const char *more)
{
	decision->planned->message = sp_arena_format(decision->scratch, "%s; %s", decision->planned->message, more);
}

static void decide_static(struct decision *decision)
{
	bool is_on = decision->host && sp_host_is_on(decision->host);

	set_label(decision, true);
	set_annotation(decision, true);
	if (decision->host && !is_on) {
		set_knob(decision, "run", "1");
		conclude(decision, SP_ACTION_ENABLE, decision->managed ? SP_REASON_DRIFTED_OFF : SP_REASON_SELECTED);
		if (decision->managed)
			add_to_message(decision, "KSM was switched off since");
	} else if (decision->managed) {
		conclude_quietly(decision, SP_REASON_IN_SYNC);
	} else if (is_on) {
		conclude(decision, SP_ACTION_ENABLE, SP_REASON_ADOPTED);
		add_to_message(decision, "KSM is on already, switched on by somebody else");
	} else {
		set_knob(decision, "run", "1");
		conclude(decision, SP_ACTION_ENABLE, SP_REASON_SELECTED);
	}
}

static void decide_blocked(struct decision *decision)
{
	set_label(decision, false);
	set_annotation(decision, false);
	conclude(decision, SP_ACTION_BLOCKED, SP_REASON_KSM_UNAVAILABLE);
	add_to_message(decision, "but its kernel has no KSM");
}

/* Something that the arithmetic needs cannot be read: nothing is done, and what is ours stays ours. */
static void decide_unknown_pressure(struct decision *decision, const char *why)
{
	set_annotation(decision, sp_keeps_ownership(decision->situation));
	conclude_quietly(decision, SP_REASON_PRESSURE_UNKNOWN);
	add_to_message(decision, sp_arena_format(decision->scratch, "whether memory is short cannot be told: %s", why));
}

static void tell_pressure(struct decision *decision, const struct sp_tuning *tuning, float free_percent)
{
	const struct sp_host *host = decision->host;
	double total = host->memory_total_kib > 0 ? (double)host->memory_total_kib : 1;

	add_to_message(decision, sp_arena_format(decision->scratch, "memory is %s: %.1f%% available, %s %.4g%%",
						 tuning->is_short ? "short" : "not short",
						 100 * (double)host->memory_available_kib / total,
						 tuning->is_short ? "not above" : "above", 100 * (double)free_percent));
	if (tuning->is_clamped)
		add_to_message(decision, "a number was clamped to what the kernel takes");
}

static void conclude_running(struct decision *decision, const struct sp_tuning *tuning, bool is_on)
{
	enum sp_reason moved = tuning->is_short ? SP_REASON_PRESSURE_ROSE : SP_REASON_PRESSURE_EASED;

	if (!is_on)
		conclude(decision, SP_ACTION_ENABLE,
			 decision->has_annotation ? SP_REASON_DRIFTED_OFF :
			 decision->managed        ? SP_REASON_PRESSURE_ROSE :
						    SP_REASON_SELECTED);
	else if (!decision->managed)
		conclude(decision, SP_ACTION_ENABLE, SP_REASON_ADOPTED);
	else if (decision->planned->knob_count > 0)
		conclude(decision, SP_ACTION_TUNE, moved);
	else
		conclude_quietly(decision, SP_REASON_IN_SYNC);
}

/* The recorded value of `run`. 2 would unmerge again, which takes memory that nobody has checked; its rest is 0. */
static const char *original_run(const struct sp_host *host)
{
	const char *run = sp_knobs_get(&host->original, "run");

	return run && strcmp(run, "1") == 0 ? "1" : "0";
}

/* The advisor sets pages_to_scan itself, and the kernel refuses everybody else. */
static void leave_pages_to_advisor(struct decision *decision, const char *wanted)
{
	const char *pages = sp_knobs_get(&decision->host->knobs, "pages_to_scan");

	if (!pages || strcmp(pages, wanted) != 0)
		add_to_message(decision, "pages_to_scan is left to the kernel's advisor");
}

/* Plans to give back what was recorded: `run` first, then the rest. */
static void give_back(struct decision *decision)
{
	const struct sp_host *host = decision->host;

	if (!host) {
		set_knob(decision, "run", NULL);
		return;
	}
	if (!host->has_original) {
		if (sp_host_is_on(host))
			set_knob(decision, "run", "0");
		return;
	}
	decision->planned->gives_back = true;
	set_knob(decision, "run", original_run(host));
	for (size_t i = SP_WRITTEN_KNOB_COUNT - 1; i-- > 0;) {
		const char *original = sp_knobs_get(&host->original, sp_written_knobs[i]);

		if (!original)
			continue;
		if (strcmp(sp_written_knobs[i], "pages_to_scan") == 0 && sp_host_has_advisor(host))
			leave_pages_to_advisor(decision, original);
		else
			set_knob(decision, sp_written_knobs[i], original);
	}
}

static void follow_tuning(struct decision *decision, const struct sp_tuning *tuning)
{
	bool is_on = sp_host_is_on(decision->host);
	const char *pages;

	set_annotation(decision, tuning->run);
	if (tuning->run) {
		set_knob(decision, "sleep_millisecs",
			 sp_arena_format(decision->scratch, "%u", tuning->sleep_millisecs));
		pages = sp_arena_format(decision->scratch, "%u", tuning->pages_to_scan);
		if (sp_host_has_advisor(decision->host))
			leave_pages_to_advisor(decision, pages);
		else
			set_knob(decision, "pages_to_scan", pages);
		set_knob(decision, "run", "1");
		conclude_running(decision, tuning, is_on);
		return;
	}
	/* where KSM was off before, too, the originals can go back: what somebody switches on from now on is theirs */
	if (decision->host->has_original && strcmp(original_run(decision->host), "0") == 0)
		give_back(decision);
	else
		set_knob(decision, "run", "0");
	if (decision->planned->knob_count > 0)
		conclude(decision, SP_ACTION_DISABLE, SP_REASON_PRESSURE_EASED);
	else
		conclude_quietly(decision, SP_REASON_IN_SYNC);
}

static void decide_pressure(struct decision *decision)
{
	const struct sp_host *host = decision->host;
	struct sp_overrides overrides = sp_overrides_read(&decision->situation->node->annotations, NULL);
	const char *pages = sp_knobs_get(&host->knobs, "pages_to_scan");
	struct sp_load load = { .total_kib = host->memory_total_kib,
				.available_kib = host->memory_available_kib,
				.is_on = sp_host_is_on(host) };
	struct sp_tuning tuning;

	set_label(decision, true);
	if (host->meminfo_problem) {
		decide_unknown_pressure(decision, host->meminfo_problem);
	} else if (!pages || !sp_go_atoi(pages, &load.pages_to_scan)) {
		decide_unknown_pressure(decision, "pages_to_scan shows no number");
	} else {
		tuning = sp_tune(&overrides, &load);
		/* a rate that the advisor sets does not decay until it is below the least */
		tuning.run = tuning.run && (tuning.is_short || !sp_host_has_advisor(host));
		tell_pressure(decision, &tuning, overrides.free_percent);
		follow_tuning(decision, &tuning);
	}
}

static void decide_selected(struct decision *decision)
{
	if (decision->host && !sp_host_has_ksm(decision->host)) {
		decide_blocked(decision);
	} else if (decision->situation->policy == SP_POLICY_STATIC) {
		decide_static(decision);
	} else if (decision->host) {
		decide_pressure(decision);
	} else {
		set_label(decision, true);
		leave_annotation_open(decision);
		conclude_quietly(decision, SP_REASON_PRESSURE_UNKNOWN);
	}
}

static void decide_unselected(struct decision *decision)
{
	bool removed = decision->situation->kubevirt->selector_kind <= SP_SELECTOR_NIL;

	set_label(decision, false);
	set_annotation(decision, false);
	if (decision->managed)
		give_back(decision);
	if (decision->planned->knob_count > 0 || decision->has_annotation) {
		conclude(decision, removed ? SP_ACTION_RESTORE : SP_ACTION_DISABLE,
			 removed ? SP_REASON_CONFIGURATION_REMOVED : SP_REASON_DESELECTED);
	} else if (!decision->managed && decision->host && sp_host_is_on(decision->host)) {
		conclude_quietly(decision, SP_REASON_EXTERNAL);
		add_to_message(decision, "KSM is on, switched on by somebody else, and stays");
	} else {
		conclude_quietly(decision, SP_REASON_IN_SYNC);
	}
}

static const struct sp_knob_change *keep_knobs(const struct decision *decision)
{
	size_t count = decision->planned->knob_count;
	struct sp_knob_change *knobs;

	if (count == 0)
		return NULL;
	knobs = sp_arena_array(decision->arena, count, sizeof *knobs);
	memcpy(knobs, decision->knobs, count * sizeof *knobs);
	return knobs;
}

void sp_decide(const struct sp_situation *situation, struct sp_arena *arena, struct sp_arena *scratch,
	       struct sp_plan_node *planned)
{
	struct decision decision = {
		.situation = situation,
		.host = situation->host,
		.arena = arena,
		.scratch = scratch,
		.planned = planned,
		.has_annotation = annotated(situation),
		.managed = sp_is_managed(situation),
	};

	if (situation->selected) {
		planned->selected = *situation->selected;
	} else {
		struct sp_desired desired = sp_desire(situation->kubevirt, &situation->node->labels);
		struct sp_desired_messages own = { .arena = scratch };

		planned->selected = desired.selected;
		planned->message = sp_desired_message(&desired, situation->kubevirt,
						      situation->messages ? situation->messages : &own);
	}
	planned->knob_count = 0;
	if (planned->selected)
		decide_selected(&decision);
	else
		decide_unselected(&decision);
	planned->knobs = keep_knobs(&decision);
}
