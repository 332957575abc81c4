/* SPDX-License-Identifier: Apache-2.0 */
#include "state/kubevirt.h"

#include <string.h>
#include <strings.h>

#include "state/decode.h"
#include "state/object.h"
#include "state/requirement.h"
#include "state/second_opinion.h"

enum { MOST_STEPS = 4 };

/* Where the field stands in each kind that has it. */
struct home {
	const char *kind;
	const char *api_versions[2];
	const char *path[MOST_STEPS]; /* the mappings above ksmConfiguration */
};

static const struct home homes[] = {
	{ "KubeVirt", { "kubevirt.io/v1", "kubevirt.io/v1alpha3" }, { "spec", "configuration" } },
	{ "HyperConverged", { "hco.kubevirt.io/v1beta1" }, { "spec" } },
	{ "HyperConverged", { "hco.kubevirt.io/v1" }, { "spec", "virtualization" } },
};

/* Places where people put ksmConfiguration, each wrong in at least one kind. */
static const char *const haunts[][MOST_STEPS] = {
	{ NULL },
	{ "spec" },
	{ "spec", "configuration" },
	{ "spec", "virtualization" },
	{ "spec", "configuration", "developerConfiguration" },
};

/* What they hold is checked on the way to ksmConfiguration; the rest is not ours to judge. */
static const struct sp_field object_fields[] = {
	{ "apiVersion", SP_FIELD_ANY }, { "kind", SP_FIELD_ANY },   { "metadata", SP_FIELD_ANY },
	{ "spec", SP_FIELD_ANY },       { "status", SP_FIELD_ANY }, { NULL, SP_FIELD_ANY },
};

static const struct sp_field configuration_fields[] = { { "nodeLabelSelector", SP_FIELD_MAPPING },
							{ NULL, SP_FIELD_ANY } };

static const struct sp_field selector_fields[] = {
	{ "matchLabels", SP_FIELD_MAPPING },
	{ "matchExpressions", SP_FIELD_LIST },
	{ NULL, SP_FIELD_ANY },
};

/* What is being built: the requirements, and whether all was well so far. */
struct reading {
	struct sp_decoder decoder;
	struct sp_kubevirt *kubevirt;
	struct sp_requirement *requirements;
	struct sp_place *places;
	size_t count;
	size_t capacity;
	bool good;
};

static const struct home *find_home(const char *kind, const char *api_version)
{
	for (size_t i = 0; i < sizeof homes / sizeof *homes; i++)
		for (size_t j = 0; j < 2 && homes[i].api_versions[j]; j++)
			if (strcmp(homes[i].kind, kind) == 0 && strcmp(homes[i].api_versions[j], api_version) == 0)
				return &homes[i];
	return NULL;
}

static const char *path_text(struct sp_arena *arena, const char *const *path)
{
	const char *text = "";

	for (size_t i = 0; i < MOST_STEPS && path[i]; i++)
		text = sp_arena_format(arena, "%s%s.", text, path[i]);
	return sp_arena_format(arena, "%sksmConfiguration", text);
}

static bool same_path(const char *const *left, const char *const *right)
{
	for (size_t i = 0; i < MOST_STEPS; i++) {
		if (!left[i] || !right[i])
			return left[i] == right[i];
		if (strcmp(left[i], right[i]) != 0)
			return false;
	}
	return true;
}

/* A ksmConfiguration at a place where this kind has none is dropped by the API server, and KSM stays off. */
static void look_for_misplaced(struct reading *reading, const struct sp_tree *root, const struct home *home)
{
	struct sp_decoder *decoder = &reading->decoder;
	const char *right = path_text(decoder->arena, home->path);

	for (size_t i = 0; i < sizeof haunts / sizeof *haunts; i++) {
		const struct sp_tree *tree = root;
		const struct sp_tree_entry *entry;

		for (size_t j = 0; j < MOST_STEPS && haunts[i][j]; j++)
			tree = sp_tree_get(tree, haunts[i][j]);
		entry = sp_tree_find(tree, "ksmConfiguration");
		if (!entry || same_path(haunts[i], home->path))
			continue;
		if (decoder->lenient)
			sp_warn(decoder->report, "misplaced-field", entry->key_place,
				"%s IS DROPPED, as the API server drops it from a %s",
				path_text(decoder->arena, haunts[i]), home->kind);
		else
			reading->good = sp_fail(
				decoder->report, "misplaced-field", entry->key_place,
				"a %s has no field %s: the API server drops it, and KSM is off everywhere", home->kind,
				path_text(decoder->arena, haunts[i]));
		sp_help(decoder->report, "its place is %s", right);
	}
}

static void add_requirement(struct reading *reading, const struct sp_requirement *requirement, struct sp_place place)
{
	size_t places = reading->capacity;

	reading->places = sp_arena_grow(reading->decoder.arena, reading->places, reading->count, &places,
					sizeof *reading->places);
	reading->requirements = sp_arena_grow(reading->decoder.arena, reading->requirements, reading->count,
					      &reading->capacity, sizeof *reading->requirements);
	reading->places[reading->count] = place;
	reading->requirements[reading->count++] = *requirement;
}

static void read_match_labels(struct reading *reading, const struct sp_tree *labels)
{
	for (size_t i = 0; labels && i < labels->count; i++) {
		const struct sp_tree_entry *entry = &labels->entries[i];
		struct sp_requirement requirement;

		reading->good = sp_requirement_read_label(&reading->decoder, entry, "matchLabels", &requirement) &&
				reading->good;
		add_requirement(reading, &requirement, entry->key_place);
	}
}

static void read_match_expressions(struct reading *reading, const struct sp_tree *expressions, const char *path)
{
	for (size_t i = 0; expressions && i < expressions->count; i++) {
		const struct sp_tree *tree = expressions->entries[i].value;
		const char *below = sp_arena_format(reading->decoder.arena, "%s.matchExpressions[%zu]", path, i);
		struct sp_requirement requirement;

		reading->good = sp_requirement_read(&reading->decoder, tree, below, SP_HOME_LABEL_SELECTOR,
						    &requirement) &&
				reading->good;
		add_requirement(reading, &requirement, tree->place);
	}
}

static void read_selector(struct reading *reading, const struct sp_tree *selector, const char *path)
{
	struct sp_decoder *decoder = &reading->decoder;
	const struct sp_tree *labels;

	if (!sp_decode_check(decoder, selector, path, selector_fields)) {
		reading->good = false;
		return;
	}
	reading->good = sp_decode_mapping(decoder, selector, path, "matchLabels", &labels) && reading->good;
	read_match_labels(reading, labels);
	read_match_expressions(reading, sp_tree_get(selector, "matchExpressions"), path);
	reading->kubevirt->selector = (struct sp_selector){ reading->requirements, reading->count };
	reading->kubevirt->requirement_places = reading->places;
	reading->kubevirt->selector_kind = reading->count > 0 ? SP_SELECTOR_REQUIREMENTS : SP_SELECTOR_EMPTY;
}

static void read_configuration(struct reading *reading, const struct sp_tree *configuration, const char *path)
{
	struct sp_decoder *decoder = &reading->decoder;
	const struct sp_tree_entry *entry = sp_tree_find(configuration, "nodeLabelSelector");
	const struct sp_tree *selector;

	reading->kubevirt->selector_kind = SP_SELECTOR_NIL;
	if (!sp_decode_check(decoder, configuration, path, configuration_fields)) {
		reading->good = false;
		return;
	}
	if (entry)
		reading->kubevirt->selector_place = entry->key_place;
	if (!sp_decode_mapping(decoder, configuration, path, "nodeLabelSelector", &selector))
		reading->good = false;
	else if (selector)
		read_selector(reading, selector, sp_arena_format(decoder->arena, "%s.nodeLabelSelector", path));
}

/* Walks to the mapping in which ksmConfiguration stands; NULL where some step is absent. */
static const struct sp_tree *walk(struct reading *reading, const struct sp_tree *root, const struct home *home)
{
	const char *path = "";
	const struct sp_tree *tree = root;

	for (size_t i = 0; i < MOST_STEPS && home->path[i] && tree; i++) {
		const struct sp_tree_entry *entry = sp_tree_find(tree, home->path[i]);

		if (entry)
			reading->kubevirt->selector_place = entry->key_place;
		if (!sp_decode_mapping(&reading->decoder, tree, path, home->path[i], &tree)) {
			reading->good = false;
			return NULL;
		}
		path = sp_arena_format(reading->decoder.arena, "%s%s%s", path, path[0] ? "." : "", home->path[i]);
	}
	return tree;
}

/* Fields beside ksmConfiguration that it was probably meant to be. tlsConfiguration and apiConfiguration, which a
 * KubeVirt has, are three letters away. */
static void look_for_misspelt(struct reading *reading, const struct sp_tree *above, const char *path)
{
	static const struct sp_field field[] = { { "ksmConfiguration", SP_FIELD_MAPPING }, { NULL, SP_FIELD_ANY } };
	size_t length = strlen(path) - strlen(".ksmConfiguration");
	const char *above_path = sp_arena_copy(reading->decoder.arena, path, length);

	for (size_t i = 0; above && i < above->count; i++) {
		const struct sp_tree_entry *entry = &above->entries[i];

		if (strcmp(entry->key, "ksmConfiguration") == 0 ||
		    (strncasecmp(entry->key, "ksm", 3) != 0 && !sp_decode_resembles(entry->key, "ksmConfiguration", 2)))
			continue;
		reading->good = sp_decode_unknown(&reading->decoder, entry, above_path, field) && reading->good;
		sp_help(reading->decoder.report, "did you mean \"ksmConfiguration\"?");
	}
}

static bool read_metadata(struct reading *reading, const struct sp_tree *root)
{
	const struct sp_decoder *decoder = &reading->decoder;
	struct sp_kubevirt *kubevirt = reading->kubevirt;
	const struct sp_tree *metadata;
	const struct sp_tree *deletion;

	if (!sp_decode_mapping(decoder, root, "", "metadata", &metadata))
		return false;
	if (metadata && !sp_decode_check(decoder, metadata, "metadata", sp_metadata_fields))
		return false;
	if (!sp_decode_string(decoder, metadata, "metadata", "name", &kubevirt->name) ||
	    !sp_decode_string(decoder, metadata, "metadata", "namespace", &kubevirt->namespace))
		return false;
	if (!kubevirt->name || kubevirt->name[0] == '\0')
		return sp_fail(decoder->report, "missing-name", root->place, "this %s has no name", kubevirt->kind);
	if (!kubevirt->namespace)
		kubevirt->namespace = "";
	deletion = sp_tree_get(metadata, "deletionTimestamp");
	if (deletion && !sp_tree_is_null(deletion))
		sp_warn(decoder->report, "being-deleted", deletion->place,
			"this %s is being deleted: virt-handler ignores it and keeps the settings it had",
			kubevirt->kind);
	return true;
}

static bool read_object(struct reading *reading, const struct sp_tree *root, const struct home *home)
{
	const char *path = path_text(reading->decoder.arena, home->path);
	const struct sp_tree *above;
	const struct sp_tree_entry *entry;
	const struct sp_tree *configuration;

	/* ksmConfiguration at the root is told of by look_for_misplaced */
	reading->good = sp_tree_find(root, "ksmConfiguration") ||
			sp_decode_check(&reading->decoder, root, "", object_fields);
	reading->good = read_metadata(reading, root) && reading->good;
	look_for_misplaced(reading, root, home);
	above = walk(reading, root, home);
	look_for_misspelt(reading, above, path);
	entry = sp_tree_find(above, "ksmConfiguration");
	if (!entry)
		return reading->good;
	reading->kubevirt->selector_place = entry->key_place;
	if (!sp_decode_mapping(&reading->decoder, above,
			       sp_arena_copy(reading->decoder.arena, path, strlen(path) - strlen(".ksmConfiguration")),
			       "ksmConfiguration", &configuration))
		return false;
	if (configuration)
		read_configuration(reading, configuration, path);
	return reading->good;
}

static const struct sp_tree *find_configuration(const struct sp_tree *root, const struct home *home)
{
	for (size_t i = 0; i < MOST_STEPS && home->path[i]; i++)
		root = sp_tree_get(root, home->path[i]);
	return sp_tree_get(root, "ksmConfiguration");
}

/* The kind of an object: its own, or for an item of a raw list that of the list. */
static const char *kind_of(const struct sp_object *object, struct sp_arena *arena)
{
	if (object->kind)
		return object->kind;
	if (!object->list || !object->list->kind || strlen(object->list->kind) <= 4)
		return "";
	return sp_arena_copy(arena, object->list->kind, strlen(object->list->kind) - 4);
}

static bool is_wanted(const char *kind)
{
	return strcmp(kind, "KubeVirt") == 0 || strcmp(kind, "HyperConverged") == 0;
}

struct candidate {
	struct sp_object object;
	struct sp_object_position position;
};

static struct sp_object_position position_of(const struct sp_object_reader *reader, struct sp_source *source,
					     const struct sp_object *object)
{
	struct sp_object_position position = { .source = source, .in_list = object->list, .item = object->item };

	sp_object_reader_document(reader, &position.offset, &position.line);
	return position;
}

/* The object for longer than the reader keeps it, or an error where it is too large. */
static bool keep_object(struct sp_object *object, struct sp_arena *arena, struct sp_report *report)
{
	const struct sp_tree *tree = sp_tree_copy(object->tree, arena);

	if (!tree)
		return sp_fail(report, "value-too-long", object->tree->place, "too many and too large objects");
	object->tree = tree;
	object->kind = sp_arena_string(arena, object->kind);
	object->api_version = sp_arena_string(arena, object->api_version);
	return true;
}

/* Reads all objects and keeps those that may be what is looked for: an item without a kind may be, until its list has
 * told its own. False after an error that ends the reading. */
static bool collect(struct sp_object_reader *reader, struct sp_source *source, struct sp_arena *arena,
		    struct candidate **candidates, size_t *count, struct sp_report *report)
{
	size_t capacity = 0;
	struct sp_object object;
	size_t kept = 0;

	*candidates = NULL;
	*count = 0;
	while (sp_object_reader_next(reader, &object)) {
		if (object.kind && !is_wanted(object.kind))
			continue;
		if (!keep_object(&object, arena, report))
			return false;
		*candidates = sp_arena_grow(arena, *candidates, *count, &capacity, sizeof **candidates);
		(*candidates)[*count].object = object;
		(*candidates)[(*count)++].position = position_of(reader, source, &object);
	}
	for (size_t i = 0; i < *count; i++) {
		(*candidates)[i].object.kind = kind_of(&(*candidates)[i].object, arena);
		if (is_wanted((*candidates)[i].object.kind))
			(*candidates)[kept++] = (*candidates)[i];
	}
	*count = kept;
	return !sp_object_reader_failed(reader);
}

static bool expect_one(struct sp_source *source, const struct candidate *candidates, size_t count,
		       struct sp_report *report)
{
	if (!candidates || count == 0) {
		sp_fail(report, "no-kubevirt", (struct sp_place){ source, 0, 0 },
			"no KubeVirt and no HyperConverged in it");
		sp_help(report, "kubectl get kubevirt -A -o yaml writes one");
		return false;
	}
	if (count == 1)
		return true;
	sp_fail(report, "two-kubevirts", candidates[1].object.tree->place,
		"a second %s; the first is in line %zu, column %zu", candidates[1].object.kind,
		candidates[0].object.tree->place.line, candidates[0].object.tree->place.column);
	return sp_help(report, "give one of them");
}

/* The home of the object's field, or NULL with an error where the version is not known. */
static const struct home *home_of(const struct sp_object *object, struct sp_report *report)
{
	const char *version = object->api_version;
	const struct home *home;

	if (!version)
		version = strcmp(object->kind, "KubeVirt") == 0 ? "kubevirt.io/v1" : "hco.kubevirt.io/v1beta1";
	home = find_home(object->kind, version);
	if (home)
		return home;
	sp_fail(report, "unknown-version", object->tree->place, "no kind \"%s\" is known for version \"%s\"",
		object->kind, version);
	sp_help(report, "the versions known are kubevirt.io/v1, kubevirt.io/v1alpha3, hco.kubevirt.io/v1beta1 and "
			"hco.kubevirt.io/v1");
	return NULL;
}

/* Reads the source's objects and finds the one that matters. */
static bool find_object(struct sp_source *source, struct sp_arena *arena, struct candidate *found, bool *is_json,
			struct sp_report *report)
{
	struct sp_object_reader *reader = sp_object_reader_new(source, NULL, NULL, report);
	struct sp_object_position position;
	struct candidate *candidates;
	size_t count;
	bool failed = !collect(reader, source, arena, &candidates, &count, report);
	*is_json = sp_object_reader_is_json(reader);
	position = position_of(reader, source, &(struct sp_object){ 0 });
	sp_object_reader_free(reader);
	if (failed && !*is_json)
		sp_second_opinion_explain(&position, report);
	if (failed || !expect_one(source, candidates, count, report))
		return false;
	*found = candidates[0];
	return true;
}

bool sp_kubevirt_read(struct sp_source *source, const struct sp_kubevirt_options *options, struct sp_arena *arena,
		      struct sp_kubevirt *kubevirt, struct sp_report *report)
{
	struct reading reading = { .decoder = { report, arena, options->lenient }, .kubevirt = kubevirt };
	struct candidate found;
	const struct home *home;
	bool is_json;

	if (!find_object(source, arena, &found, &is_json, report))
		return false;
	home = home_of(&found.object, report);
	if (!home)
		return false;
	*kubevirt = (struct sp_kubevirt){ .kind = home->kind, .place = found.object.tree->place };
	kubevirt->selector_place = kubevirt->place;
	if (!read_object(&reading, found.object.tree, home) || report->errors > 0)
		return false;
	/* JSON leaves no room for opinions */
	return is_json || sp_second_opinion_agrees(&found.position, home->path,
						   find_configuration(found.object.tree, home), report);
}
