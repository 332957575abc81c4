/* SPDX-License-Identifier: Apache-2.0 */
#include "state/record.h"

#include <string.h>

#include "state/ini.h"
#include "state/ini_write.h"
#include "state/knobs.h"
#include "state/sha256.h"

/* A record ends with exactly this, the digest, and a line end: whatever is missing or behind it damages it. */
#define CHECKSUM_START "[checksum]\nsha256 = "
#define VERSION        "1"

enum {
	CHECKSUM_START_LENGTH = sizeof CHECKSUM_START - 1,
	CHECKSUM_LENGTH = CHECKSUM_START_LENGTH + SP_SHA256_HEX_LENGTH + 1,
};

struct record_reading {
	struct sp_arena *arena;
	struct sp_report *report;
	struct sp_knob_list knobs;
	const char *version;
	const char *boot_id;
};

static void write_digest(const char *bytes, size_t length, char digest[SP_SHA256_HEX_LENGTH + 1])
{
	unsigned char hash[SP_SHA256_SIZE];

	sp_sha256(bytes, length, hash);
	sp_sha256_hex(hash, digest);
}

void sp_record_write(struct sp_text *out, const struct sp_knobs *knobs, const char *boot_id)
{
	size_t start = out->length;
	char digest[SP_SHA256_HEX_LENGTH + 1];

	sp_text_add(out, "; What KSM was set to before samepage changed it.\n[record]\n");
	sp_ini_write(out, "version", VERSION);
	sp_ini_write(out, "boot_id", boot_id);
	sp_knobs_write(out, "original", knobs);
	sp_text_add_char(out, '\n');
	write_digest(out->bytes + start, out->length - start, digest);
	sp_text_format(out, CHECKSUM_START "%s\n", digest);
}

static bool checksum_is_right(const char *bytes, size_t length)
{
	size_t body = length - CHECKSUM_LENGTH;
	char digest[SP_SHA256_HEX_LENGTH + 1];

	if (length <= CHECKSUM_LENGTH || bytes[body - 1] != '\n' || bytes[length - 1] != '\n' ||
	    memcmp(bytes + body, CHECKSUM_START, CHECKSUM_START_LENGTH) != 0)
		return false;
	write_digest(bytes, body, digest);
	return memcmp(bytes + body + CHECKSUM_START_LENGTH, digest, SP_SHA256_HEX_LENGTH) == 0;
}

static bool take(void *context, const char *section, const char *name, const char *value, struct sp_place place)
{
	struct record_reading *reading = context;
	bool in_record = strcmp(section, "record") == 0;

	if (strcmp(section, "checksum") == 0)
		return true;
	if (strcmp(section, "original") == 0 && sp_knob_list_add(&reading->knobs, name, value))
		return true;
	if (in_record && !reading->version && strcmp(name, "version") == 0)
		reading->version = sp_arena_string(reading->arena, value);
	else if (in_record && !reading->boot_id && strcmp(name, "boot_id") == 0)
		reading->boot_id = sp_arena_string(reading->arena, value);
	else
		return sp_fail(reading->report, "damaged-record", place, "'%s' of [%s] does not belong into it", name,
			       section);
	return true;
}

/* The source may be gone before the report is printed, so that its name is put into the message instead of a place. */
static enum sp_record_state damaged(struct sp_report *report, const struct sp_source *source, const char *why)
{
	sp_warn(report, "damaged-record", (struct sp_place){ 0 }, "%s: this record of KSM's settings is damaged: %s",
		sp_source_name(source), why);
	sp_help(report, "it is not used: what KSM was set to before is not known any more");
	return SP_RECORD_DAMAGED;
}

enum sp_record_state sp_record_read(struct sp_source *source, const char *boot_id, struct sp_arena *arena,
				    struct sp_knobs *knobs, struct sp_report *report)
{
	struct sp_report problems = { .arena = arena };
	struct record_reading reading = { .arena = arena, .report = &problems, .knobs = { .arena = arena } };
	struct sp_knobs found;
	size_t length;
	const char *bytes = sp_source_bytes(source, &length);

	if (!checksum_is_right(bytes, length))
		return damaged(report, source, "it is not whole, or its checksum is wrong");
	if (!sp_ini_read(source, take, &reading, &problems))
		return damaged(report, source, problems.diagnostics[0].message);
	if (!reading.version || strcmp(reading.version, VERSION) != 0)
		return damaged(report, source, "its version is not " VERSION);
	found = sp_knob_list_finish(&reading.knobs);
	if (!reading.boot_id || !sp_knobs_get(&found, "run"))
		return damaged(report, source, "it lacks the boot_id or the value of run");
	if (!boot_id || strcmp(reading.boot_id, boot_id) != 0)
		return SP_RECORD_OTHER_BOOT;
	*knobs = found;
	return SP_RECORD_VALID;
}
