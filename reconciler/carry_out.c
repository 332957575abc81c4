/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/carry_out.h"

#include <errno.h>
#include <string.h>

/* The host's ksm folder, as a container sees it that shares the host's processes. */
#define HOST_SYSFS "/proc/1/root/sys/kernel/mm/ksm"
#define NEEDS      " (it takes hostPID and the capability SYS_PTRACE)"

/* One file that is to change. */
struct change {
	const char *knob;
	const char *before; /* NULL: not known */
	const char *after;
	bool is_written; /* it is, or may be, other than before */
	bool is_stuck;   /* it could not be put back */
	int error;       /* of the write, if it failed; 0: the file showed another value */
	int stuck_error; /* the same of putting it back */
};

/* Between the first write and the last no memory is taken, as running out of it would end the process: what there is to
 * report is kept here until then. */
struct work {
	struct sp_machine *machine;
	struct change *changes;
	size_t count;
	size_t next;              /* the change to write next; the one that failed, if one did */
	bool is_stopped;          /* `stop` said so */
	char shown[SP_KNOB_SIZE]; /* by the file whose write failed */
	struct sp_done *done;
};

/* What really changes, in order. False where it is not known what to write. */
static bool collect(struct work *work, const struct sp_host *host, const struct sp_knob_change *knobs, size_t count,
		    struct sp_report *report)
{
	for (size_t i = 0; i < count; i++) {
		const char *before = sp_knobs_get(&host->knobs, knobs[i].knob);
		const char *after = knobs[i].change.after;

		if (!knobs[i].change.changes || (before && after && strcmp(before, after) == 0))
			continue;
		if (!after)
			return sp_fail(report, "sysfs-write", (struct sp_place){ 0 },
				       "%s/%s: its next value is not known; nothing was written",
				       sp_machine_sysfs(work->machine), knobs[i].knob);
		work->changes[work->count++] = (struct change){ .knob = knobs[i].knob,
								.before = before,
								.after = after };
	}
	return true;
}

static void note(struct work *work, const struct change *change, bool is_rollback)
{
	work->done->writes[work->done->count++] = (struct sp_done_write){
		.knob = change->knob,
		.before = is_rollback ? change->after : change->before,
		.after = is_rollback ? change->before : change->after,
		.is_rollback = is_rollback,
	};
}

/* Whether a write that failed changed the file all the same. Where that cannot be told, it did. */
static bool took_effect(struct work *work, const struct change *change)
{
	bool is_shown = sp_machine_show(work->machine, change->knob, work->shown);

	if (!change->before)
		return is_shown && strcmp(work->shown, change->after) == 0;
	return !is_shown || strcmp(work->shown, change->before) != 0;
}

/* Writes until all is written, a write fails, or `stop` says so. */
static bool write_all(struct work *work, bool (*stop)(void))
{
	for (; work->next < work->count; work->next++) {
		struct change *change = &work->changes[work->next];
		bool is_good;

		work->is_stopped = stop && stop();
		if (work->is_stopped)
			return false;
		is_good = sp_machine_write(work->machine, change->knob, change->after, &change->error);
		change->is_written = is_good || took_effect(work, change);
		if (change->is_written)
			note(work, change, false);
		if (!is_good)
			return false;
	}
	return true;
}

static bool put_back(struct work *work, struct change *change)
{
	char shown[SP_KNOB_SIZE];

	if (!change->before)
		return false;
	if (!sp_machine_write(work->machine, change->knob, change->before, &change->stuck_error) &&
	    !(sp_machine_show(work->machine, change->knob, shown) && strcmp(shown, change->before) == 0))
		return false;
	note(work, change, true);
	return true;
}

/* Puts back what was written, in reverse order; what fails does not keep the rest from it. */
static enum sp_carried_out roll_back(struct work *work)
{
	enum sp_carried_out result = SP_CARRIED_OUT_NOTHING;

	for (size_t i = work->count; i-- > 0;) {
		struct change *change = &work->changes[i];

		if (!change->is_written)
			continue;
		change->is_stuck = !put_back(work, change);
		if (change->is_stuck)
			result = SP_CARRIED_OUT_PARTLY;
		else if (result == SP_CARRIED_OUT_NOTHING)
			result = SP_CARRIED_OUT_RESTORED;
	}
	return result;
}

/* What came of it all, for the end of the message. */
static const char *const consequences[] = {
	[SP_CARRIED_OUT] = "",
	[SP_CARRIED_OUT_NOTHING] = "nothing was changed",
	[SP_CARRIED_OUT_RESTORED] = "what was written is put back",
	[SP_CARRIED_OUT_PARTLY] = "not all that was written could be put back",
};

static bool is_permission(int error)
{
	return error == EROFS || error == EACCES || error == EPERM;
}

/* What to do about the errors that have a known cause. */
static bool advise(const struct work *work, const struct change *change, struct sp_report *report)
{
	char mode[SP_KNOB_SIZE];

	if (change->error == EROFS)
		return sp_help(report, "in a container, whose sysfs is read-only, try --sysfs-root " HOST_SYSFS NEEDS);
	if (change->error == EACCES || change->error == EPERM)
		return sp_help(report,
			       "this takes root; in a container, try --sysfs-root " HOST_SYSFS " as well" NEEDS);
	if (change->error == EINVAL && strcmp(change->knob, "pages_to_scan") == 0 &&
	    sp_machine_show(work->machine, "advisor_mode", mode) && !strstr(mode, "[none]"))
		return sp_help(report,
			       "advisor_mode is '%s': the kernel sets pages_to_scan itself, and takes it from nobody",
			       mode);
	return false;
}

static void report_failure(const struct work *work, enum sp_carried_out result, struct sp_report *report)
{
	const char *folder = sp_machine_sysfs(work->machine);
	const struct change *change = &work->changes[work->next];
	struct sp_place nowhere = { 0 };

	if (work->is_stopped)
		sp_fail(report, "interrupted", nowhere, "%s: interrupted before %s was written; %s", folder,
			change->knob, consequences[result]);
	else if (change->error != 0)
		sp_fail(report, "sysfs-write", nowhere, "%s/%s: writing '%s': %s; %s", folder, change->knob,
			change->after, strerror(change->error), consequences[result]);
	else
		sp_fail(report, "sysfs-write", nowhere, "%s/%s: took '%s', but shows '%s'; %s", folder, change->knob,
			change->after, work->shown, consequences[result]);
	advise(work, change, report);
}

/* Says what stands in a file that could not be put back. */
static void report_stuck(const struct work *work, const struct change *change, struct sp_report *report)
{
	const char *folder = sp_machine_sysfs(work->machine);
	const char *why = change->stuck_error != 0 ? strerror(change->stuck_error) :
						     "it takes the value, but shows another";
	const char *now = "cannot be read";
	char shown[SP_KNOB_SIZE];

	if (sp_machine_show(work->machine, change->knob, shown))
		now = shown;
	if (change->before)
		sp_fail(report, "sysfs-write", (struct sp_place){ 0 },
			"%s/%s: putting back '%s': %s; its value now: %s", folder, change->knob, change->before, why,
			now);
	else
		sp_fail(report, "sysfs-write", (struct sp_place){ 0 },
			"%s/%s: what to put back is not known; its value now: %s", folder, change->knob, now);
}

enum sp_carried_out sp_carry_out(struct sp_machine *machine, const struct sp_host *host,
				 const struct sp_plan_node *node, bool (*stop)(void), struct sp_done *done,
				 struct sp_report *report)
{
	size_t count = node->knob_count;
	struct work work = { .machine = machine, .done = done };
	enum sp_carried_out result;

	*done = (struct sp_done){ 0 };
	if (count == 0)
		return SP_CARRIED_OUT;
	work.changes = sp_arena_array(report->arena, count, sizeof *work.changes);
	done->writes = sp_arena_array(report->arena, count,
				      2 * sizeof *done->writes); /* each may be written and put back */
	if (!collect(&work, host, node->knobs, count, report))
		return SP_CARRIED_OUT_NOTHING;
	if (write_all(&work, stop))
		return SP_CARRIED_OUT;
	result = roll_back(&work);
	done->lacks_permission = is_permission(work.changes[work.next].error);
	report_failure(&work, result, report);
	for (size_t i = work.count; i-- > 0;)
		if (work.changes[i].is_stuck)
			report_stuck(&work, &work.changes[i], report);
	return result;
}
