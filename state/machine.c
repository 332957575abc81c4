/* SPDX-License-Identifier: Apache-2.0 */
#include "state/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "state/knobs.h"
#include "state/machine_file.h"
#include "state/machine_ksm.h"
#include "state/machine_state.h"
#include "state/meminfo.h"
#include "state/record.h"
#include "state/source.h"

const struct sp_machine_paths sp_machine_default_paths = {
	.sysfs = "/sys/kernel/mm/ksm",
	.meminfo = "/proc/meminfo",
	.state = "/run/samepage",
	.boot_id = "/proc/sys/kernel/random/boot_id",
};

enum { MEMINFO_SIZE = 256 * 1024, BOOT_ID_SIZE = 64 };

struct sp_machine {
	struct sp_arena arena; /* the paths */
	struct sp_ksm_folder ksm;
	struct sp_state_folder state;
	const char *meminfo;
	const char *boot_id;
};

struct sp_machine *sp_machine_open(const struct sp_machine_paths *paths, struct sp_report *report)
{
	struct sp_machine *machine = calloc(1, sizeof *machine);
	const char *boot_id = paths->boot_id ? paths->boot_id : sp_machine_default_paths.boot_id;

	if (!machine)
		sp_out_of_memory();
	machine->ksm = (struct sp_ksm_folder){
		.path = sp_arena_string(&machine->arena, paths->sysfs),
		.folder = -1,
		.must_be_sysfs = !paths->sysfs_is_given,
	};
	machine->state = (struct sp_state_folder){
		.path = sp_arena_string(&machine->arena, paths->state),
		.folder = -1,
		.lock = -1,
	};
	machine->meminfo = sp_arena_string(&machine->arena, paths->meminfo);
	machine->boot_id = sp_arena_string(&machine->arena, boot_id);
	if (sp_ksm_open(&machine->ksm, report))
		return machine;
	sp_machine_close(machine);
	return NULL;
}

void sp_machine_close(struct sp_machine *machine)
{
	if (!machine)
		return;
	sp_ksm_close(&machine->ksm);
	sp_state_close(&machine->state);
	sp_arena_free(&machine->arena);
	free(machine);
}

const char *sp_machine_sysfs(const struct sp_machine *machine)
{
	return machine->ksm.path;
}

/* Reads a file of /proc by one of the functions of state/machine_file.h. `bytes` gets a NUL behind them. False with
 * errno set, EFBIG for one that is too long. */
static bool read_file(const char *path, ssize_t (*read_bytes)(int, char *, size_t), char *bytes, size_t size,
		      size_t *got)
{
	SP_OWNED_FILE file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = file < 0 ? -1 : read_bytes(file, bytes, size);

	if (length < 0)
		return false;
	if ((size_t)length == size) {
		errno = EFBIG;
		return false;
	}
	bytes[length] = '\0';
	*got = (size_t)length;
	return true;
}

static void read_meminfo(const struct sp_machine *machine, struct sp_arena *arena, struct sp_host *host)
{
	char *text = sp_arena_alloc(arena, MEMINFO_SIZE);
	const char *problem;
	size_t length;

	host->memory_total_kib = 0;
	host->memory_available_kib = 0;
	if (read_file(machine->meminfo, sp_machine_file_read, text, MEMINFO_SIZE, &length))
		problem = sp_meminfo_parse(text, length, &host->memory_total_kib, &host->memory_available_kib);
	else
		problem = strerror(errno);
	host->meminfo_problem = problem ? sp_arena_format(arena, "%s: %s", machine->meminfo, problem) : NULL;
}

/* The boot id, or NULL. It goes into an INI file and must be what it was when it is read there. */
static const char *read_boot_id(const struct sp_machine *machine, struct sp_arena *arena)
{
	char bytes[BOOT_ID_SIZE];
	size_t length;

	if (!read_file(machine->boot_id, sp_machine_file_read_once, bytes, sizeof bytes, &length))
		return NULL;
	length = strspn(bytes, "0123456789abcdefABCDEF-");
	if (length == 0 || bytes[length + strspn(bytes + length, "\n")] != '\0')
		return NULL;
	return sp_arena_copy(arena, bytes, length);
}

/* What the record says, and which boot this is, if that is not known yet. No record, or a void one, is no error. */
static bool read_record(const struct sp_machine *machine, struct sp_arena *arena, struct sp_host *host,
			struct sp_report *report)
{
	char bytes[SP_STATE_RECORD_SIZE];
	size_t length;
	enum sp_state_found found = sp_state_read(&machine->state, bytes, &length, report);
	enum sp_record_state state;
	struct sp_source *source;

	host->has_original = false;
	host->has_damaged = false;
	host->original = (struct sp_knobs){ 0 };
	if (found != SP_STATE_RECORD_READ)
		return found == SP_STATE_NONE;
	if (!host->boot_id)
		host->boot_id = read_boot_id(machine, arena);
	if (!host->boot_id)
		return sp_fail(report, "state-folder", (struct sp_place){ 0 },
			       "%s/" SP_STATE_RECORD
			       ": %s does not say which boot this is, so that the record cannot be used",
			       machine->state.path, machine->boot_id);
	source = sp_source_text(sp_arena_format(arena, "%s/" SP_STATE_RECORD, machine->state.path), bytes, length);
	state = sp_record_read(source, host->boot_id, arena, &host->original, report);
	host->has_original = state == SP_RECORD_VALID;
	host->has_damaged = state == SP_RECORD_DAMAGED;
	sp_source_close(source);
	return true;
}

/* Opens the state folder for reading. Who may not look into it does without the record. */
static bool open_state(struct sp_machine *machine, struct sp_report *report)
{
	if (machine->state.folder >= 0)
		return true;
	if (geteuid() == 0 || access(machine->state.path, R_OK | X_OK) == 0 || errno != EACCES)
		return sp_state_open(&machine->state, false, report);
	sp_warn(report, "state-unreadable", (struct sp_place){ 0 },
		"%s: no permission to look for a record of KSM's settings; it is taken for none", machine->state.path);
	sp_help(report, "run as root");
	return true;
}

bool sp_machine_read(struct sp_machine *machine, struct sp_arena *arena, struct sp_host *host, struct sp_report *report)
{
	struct utsname system;

	if (!sp_ksm_list(&machine->ksm, arena, &host->knobs, report))
		return false;
	read_meminfo(machine, arena, host);
	host->boot_id = read_boot_id(machine, arena);
	host->kernel = uname(&system) == 0 ? sp_arena_string(arena, system.release) : NULL;
	host->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	return open_state(machine, report) && read_record(machine, arena, host, report);
}

/* Whether pages_to_scan differs from what may be given back. */
static bool differs_from_original(const struct sp_host *host)
{
	const char *original = sp_knobs_get(&host->original, "pages_to_scan");
	const char *now = sp_knobs_get(&host->knobs, "pages_to_scan");

	return original && !(now && strcmp(now, original) == 0);
}

bool sp_machine_look(struct sp_machine *machine, bool with_memory, struct sp_arena *arena, struct sp_host *host,
		     struct sp_report *report)
{
	struct sp_knob_list list = { .arena = arena };

	for (size_t i = 0; i < SP_WRITTEN_KNOB_COUNT; i++)
		if (!sp_ksm_add(&machine->ksm, sp_written_knobs[i], &list, report))
			return false;
	host->knobs = sp_knob_list_finish(&list);
	host->meminfo_problem = "meminfo was not looked at";
	if (with_memory)
		read_meminfo(machine, arena, host);
	host->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	if (!open_state(machine, report) || !read_record(machine, arena, host, report))
		return false;
	if ((with_memory || differs_from_original(host)) && !sp_ksm_add(&machine->ksm, "advisor_mode", &list, report))
		return false;
	host->knobs = sp_knob_list_finish(&list);
	return true;
}

bool sp_machine_lock(struct sp_machine *machine, double seconds, struct sp_report *report)
{
	return sp_state_lock(&machine->state, seconds, report);
}

/* The knobs that can be written, and so can be given back; `known` are those that the decision rests on. */
static bool writable_knobs(const struct sp_machine *machine, const struct sp_knobs *known, struct sp_arena *arena,
			   struct sp_knobs *knobs, struct sp_report *report)
{
	struct sp_knob_list list = { .arena = arena };
	struct sp_knobs found;

	if (!sp_ksm_list(&machine->ksm, arena, &found, report))
		return false;
	for (size_t i = 0; i < found.count; i++) {
		const char *name = found.items[i].name;
		const char *value = sp_knobs_get(known, name);

		value = value ? value : found.items[i].value;
		if (value && sp_ksm_is_writable(&machine->ksm, name))
			sp_knob_list_add(&list, name, value);
	}
	*knobs = sp_knob_list_finish(&list);
	return true;
}

/* Whether a text that is to be a record reads back as a valid one. */
static bool is_record(const struct sp_text *text, const char *boot_id, struct sp_arena *arena)
{
	struct sp_source *source = sp_source_text(SP_STATE_RECORD, text->bytes, text->length);
	struct sp_report ignored = { .arena = arena };
	struct sp_knobs knobs;
	enum sp_record_state found = sp_record_read(source, boot_id, arena, &knobs, &ignored);

	sp_source_close(source);
	return found == SP_RECORD_VALID && text->length < SP_STATE_RECORD_SIZE;
}

static bool write_record(struct sp_machine *machine, const struct sp_knobs *known, const char *boot_id,
			 struct sp_arena *arena, struct sp_report *report)
{
	struct sp_text text = { 0 };
	struct sp_knobs knobs;
	bool done;

	if (!writable_knobs(machine, known, arena, &knobs, report))
		return false;
	sp_record_write(&text, &knobs, boot_id);
	if (is_record(&text, boot_id, arena))
		done = sp_state_write(&machine->state, text.bytes, text.length, report);
	else
		done = sp_fail(report, "state-folder", (struct sp_place){ 0 },
			       "%s: the values of %s cannot be recorded", machine->state.path, machine->ksm.path);
	sp_text_free(&text);
	return done;
}

static bool needs_lock(const struct sp_machine *machine, struct sp_report *report)
{
	return machine->state.lock >= 0 ||
	       sp_fail(report, "state-folder", (struct sp_place){ 0 }, "%s: is not locked", machine->state.path);
}

bool sp_machine_record(struct sp_machine *machine, const struct sp_host *host, struct sp_report *report)
{
	struct sp_arena arena = { 0 };
	struct sp_report damages = { .arena = &arena }; /* sp_machine_read has told of them */
	struct sp_host found = { .boot_id = host->boot_id ? host->boot_id : read_boot_id(machine, &arena) };
	bool done = false;

	if (!needs_lock(machine, report))
		return false;
	if (!found.boot_id)
		sp_fail(report, "state-folder", (struct sp_place){ 0 },
			"%s: does not say which boot this is, so that nothing can be recorded", machine->boot_id);
	else if (read_record(machine, &arena, &found, &damages))
		done = found.has_original || write_record(machine, &host->knobs, found.boot_id, &arena, report);
	else
		sp_fail(report, "state-folder", (struct sp_place){ 0 }, "%s", damages.diagnostics[0].message);
	sp_arena_free(&arena);
	return done;
}

bool sp_machine_forget(struct sp_machine *machine, struct sp_report *report)
{
	return needs_lock(machine, report) && sp_state_remove(&machine->state, report);
}

bool sp_machine_show(const struct sp_machine *machine, const char *knob, char value[SP_KNOB_SIZE])
{
	return sp_ksm_show(&machine->ksm, knob, value);
}

bool sp_machine_write(struct sp_machine *machine, const char *knob, const char *value, int *error)
{
	return sp_ksm_write(&machine->ksm, knob, value, error);
}
