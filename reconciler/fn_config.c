/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/fn_config.h"

#include <string.h>

#include "state/decode.h"

struct reading {
	struct sp_fn_config *config;
	struct sp_arena *arena;
	struct sp_report *report;
	const char *path; /* of the settings: "spec", "data" */
	bool good;
};

static const struct sp_field setting_fields[] = {
	{ "policy", SP_FIELD_STRING }, { "selector", SP_FIELD_STRING }, { "protect", SP_FIELD_STRING },
	{ "lenient", SP_FIELD_ANY },   { "allowAll", SP_FIELD_ANY },    { "maxChanged", SP_FIELD_ANY },
	{ "minNodes", SP_FIELD_ANY },  { "failOnWarn", SP_FIELD_ANY },  { NULL, SP_FIELD_ANY },
};

static void fail(struct reading *reading, const struct sp_layout *value, const char *name, const char *wanted)
{
	reading->good = sp_fail(reading->report, "invalid-function-config", value->place,
				"functionConfig: %s.%s must be %s, not \"%s\"", reading->path, name, wanted,
				value->text);
}

static void take_bool(struct reading *reading, const char *name, const struct sp_layout *value, bool *flag)
{
	*flag = strcmp(value->text, "true") == 0;
	if (!*flag && strcmp(value->text, "false") != 0)
		fail(reading, value, name, "true or false");
}

static void take_policy(struct reading *reading, const char *name, const struct sp_layout *value)
{
	if (!sp_policy_find(value->text, &reading->config->policy))
		fail(reading, value, name, "static or pressure");
}

static void take_setting(struct reading *reading, const char *name, const struct sp_layout *value)
{
	struct sp_fn_config *config = reading->config;

	if (strcmp(name, "policy") == 0)
		take_policy(reading, name, value);
	else if (strcmp(name, "selector") == 0)
		config->selector = sp_arena_string(reading->arena, value->text);
	else if (strcmp(name, "protect") == 0)
		config->protect = sp_arena_string(reading->arena, value->text);
	else if (strcmp(name, "lenient") == 0)
		take_bool(reading, name, value, &config->lenient);
	else if (strcmp(name, "allowAll") == 0)
		take_bool(reading, name, value, &config->allow_all);
	else if (strcmp(name, "failOnWarn") == 0)
		take_bool(reading, name, value, &config->guards.fail_on_warn);
	else if (strcmp(name, "maxChanged") == 0 && !sp_guard_parse_max_changed(value->text, &config->guards))
		fail(reading, value, name, "a number of nodes, or a percentage such as 10%");
	else if (strcmp(name, "minNodes") == 0 && !sp_guard_parse_count(value->text, &config->guards.min_nodes))
		fail(reading, value, name, "a number of nodes");
}

/* Reports a name that is not known, with what was probably meant. */
static void refuse_unknown(struct reading *reading, const struct sp_layout *key, const char *path,
			   const struct sp_field *fields)
{
	struct sp_decoder decoder = { reading->report, reading->arena, false };
	struct sp_tree_entry entry = { .key = key->text ? key->text : "", .key_place = key->place };

	reading->good = sp_decode_unknown(&decoder, &entry, path, fields) && reading->good;
}

static bool is_known(const struct sp_layout *key, const struct sp_field *fields)
{
	for (; key->type == SP_LAYOUT_SCALAR && fields->name; fields++)
		if (strcmp(key->text, fields->name) == 0)
			return true;
	return false;
}

static void read_settings(struct reading *reading, const struct sp_layout *settings)
{
	if (sp_layout_is_null(settings))
		return;
	if (settings->type != SP_LAYOUT_MAPPING) {
		reading->good = sp_fail(reading->report, "invalid-function-config", settings->place,
					"functionConfig: %s must be a mapping, written out", reading->path);
		return;
	}
	for (size_t i = 0; i < settings->count; i++) {
		const struct sp_layout_entry *entry = &settings->entries[i];

		if (!is_known(entry->key, setting_fields))
			refuse_unknown(reading, entry->key,
				       sp_arena_format(reading->arena, "functionConfig.%s", reading->path),
				       setting_fields);
		else if (entry->value->type != SP_LAYOUT_SCALAR)
			reading->good = sp_fail(reading->report, "invalid-function-config", entry->value->place,
						"functionConfig: %s.%s must be one value, written out", reading->path,
						entry->key->text);
		else if (!sp_layout_is_null(entry->value))
			take_setting(reading, entry->key->text, entry->value);
	}
}

/* A ConfigMap is written by kpt from its command line, and may have whatever else a ConfigMap has. */
static void check_fields(struct reading *reading, const struct sp_layout *layout)
{
	static const struct sp_field fields[] = { { "apiVersion", SP_FIELD_STRING },
						  { "kind", SP_FIELD_STRING },
						  { "metadata", SP_FIELD_MAPPING },
						  { "spec", SP_FIELD_MAPPING },
						  { NULL, SP_FIELD_ANY } };

	for (size_t i = 0; i < layout->count; i++)
		if (!is_known(layout->entries[i].key, fields))
			refuse_unknown(reading, layout->entries[i].key, "functionConfig", fields);
}

static bool is_kind(const struct sp_layout *layout, const char *version, const char *kind)
{
	const char *found_version = sp_layout_text(layout, "apiVersion");
	const char *found_kind = sp_layout_text(layout, "kind");

	return found_version && found_kind && strcmp(found_version, version) == 0 && strcmp(found_kind, kind) == 0;
}

bool sp_fn_config_read(const struct sp_layout *layout, struct sp_arena *arena, struct sp_fn_config *config,
		       struct sp_report *report)
{
	struct reading reading = { config, arena, report, "spec", true };
	const struct sp_layout_entry *entry;
	bool is_own;

	*config = (struct sp_fn_config){ .policy = SP_POLICY_STATIC, .guards = { .are_settings = true } };
	if (!layout || sp_layout_is_null(layout))
		return true;
	is_own = is_kind(layout, "samepage.dev/v1", "SamepageConfig");
	if (!is_own && !is_kind(layout, "v1", "ConfigMap")) {
		const char *version = sp_layout_text(layout, "apiVersion");
		const char *kind = sp_layout_text(layout, "kind");

		sp_fail(report, "invalid-function-config", layout->place,
			"functionConfig: a kind \"%s\" of version \"%s\"", kind ? kind : "", version ? version : "");
		return sp_help(report, "it is a SamepageConfig of samepage.dev/v1, or a ConfigMap of v1");
	}
	if (is_own)
		check_fields(&reading, layout);
	else
		reading.path = "data";
	entry = sp_layout_find(layout, reading.path);
	if (entry)
		read_settings(&reading, entry->value);
	return reading.good;
}
