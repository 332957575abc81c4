/* SPDX-License-Identifier: Apache-2.0 */
#include "state/workload.h"

#include <stdlib.h>
#include <string.h>

#include "state/decode.h"
#include "state/object.h"
#include "state/requirement.h"
#include "state/text.h"

static const char affinity_path[] = "affinity.nodeAffinity";
static const char required_name[] = "requiredDuringSchedulingIgnoredDuringExecution";

static const struct sp_field affinity_fields[] = {
	{ "nodeAffinity", SP_FIELD_MAPPING },
	{ "podAffinity", SP_FIELD_MAPPING },
	{ "podAntiAffinity", SP_FIELD_MAPPING },
	{ NULL, SP_FIELD_ANY },
};

static const struct sp_field node_affinity_fields[] = {
	{ "requiredDuringSchedulingIgnoredDuringExecution", SP_FIELD_MAPPING },
	{ "preferredDuringSchedulingIgnoredDuringExecution", SP_FIELD_LIST },
	{ NULL, SP_FIELD_ANY },
};

static const struct sp_field required_fields[] = {
	{ "nodeSelectorTerms", SP_FIELD_LIST },
	{ NULL, SP_FIELD_ANY },
};

static const struct sp_field term_fields[] = {
	{ "matchExpressions", SP_FIELD_LIST },
	{ "matchFields", SP_FIELD_LIST },
	{ NULL, SP_FIELD_ANY },
};

/* One of the kept, and the list that has yet to tell what kind its items are. */
struct kept {
	struct sp_workload workload;
	const struct sp_list *list; /* NULL for a workload that says its kind itself */
};

struct reading {
	struct sp_decoder decoder; /* its arena lives as long as the current object */
	const struct sp_workload_options *options;
	struct sp_arena *arena;
	struct kept *kept;
	size_t count;
	size_t capacity;
	const struct sp_list *counted; /* the list whose items without a kind were counted last */
	size_t list_count;             /* how many these are */
	size_t total;
	size_t skipped;
};

/* What is being read of one object. */
struct rules {
	const struct sp_decoder *decoder;
	const char *key;
	const char *path; /* "spec.template.spec" or "spec" */
	struct sp_node_selector nodes;
	struct sp_place place; /* of the first requirement on `key` */
	bool good;
};

static const char *below(const struct rules *rules, const char *name)
{
	return sp_arena_format(rules->decoder->arena, "%s.%s", rules->path, name);
}

static void note_place(struct rules *rules, const struct sp_requirement *requirement, struct sp_place place)
{
	if (!rules->place.source && strcmp(requirement->key, rules->key) == 0)
		rules->place = place;
}

static void read_node_selector(struct rules *rules, const struct sp_tree *spec)
{
	const struct sp_tree *labels;
	struct sp_requirement *requirements;

	rules->good = sp_decode_mapping(rules->decoder, spec, rules->path, "nodeSelector", &labels) && rules->good;
	if (!labels)
		return;
	requirements = sp_arena_array(rules->decoder->arena, labels->count, sizeof *requirements);
	for (size_t i = 0; i < labels->count; i++) {
		rules->good = sp_requirement_read_label(rules->decoder, &labels->entries[i], "nodeSelector",
							&requirements[i]) &&
			      rules->good;
		note_place(rules, &requirements[i], labels->entries[i].key_place);
	}
	rules->nodes.labels = (struct sp_selector){ requirements, labels->count };
}

/* Reads matchExpressions or matchFields of a term. */
static struct sp_selector read_requirements(struct rules *rules, const struct sp_tree *term, const char *path,
					    enum sp_requirement_home home)
{
	const char *name = home == SP_HOME_NODE_FIELDS ? "matchFields" : "matchExpressions";
	const struct sp_tree *list = sp_tree_get(term, name);
	struct sp_requirement *requirements;

	if (!list)
		return (struct sp_selector){ 0 };
	requirements = sp_arena_array(rules->decoder->arena, list->count, sizeof *requirements);
	for (size_t i = 0; i < list->count; i++) {
		const char *item = sp_arena_format(rules->decoder->arena, "%s.%s[%zu]", path, name, i);

		rules->good = sp_requirement_read(rules->decoder, list->entries[i].value, item, home,
						  &requirements[i]) &&
			      rules->good;
		if (home == SP_HOME_NODE_LABELS)
			note_place(rules, &requirements[i], list->entries[i].value->place);
	}
	return (struct sp_selector){ requirements, list->count };
}

static void read_term(struct rules *rules, const struct sp_tree *tree, const char *path, struct sp_node_term *term)
{
	if (sp_tree_is_null(tree))
		return;
	if (tree->type != SP_TREE_MAPPING)
		rules->good = sp_fail(rules->decoder->report, "wrong-type", tree->place, "%s must be a mapping, not %s",
				      path, sp_tree_type_name(tree));
	else if (!sp_decode_check(rules->decoder, tree, path, term_fields))
		rules->good = false;
	else
		*term = (struct sp_node_term){ read_requirements(rules, tree, path, SP_HOME_NODE_LABELS),
					       read_requirements(rules, tree, path, SP_HOME_NODE_FIELDS) };
}

static void read_terms(struct rules *rules, const struct sp_tree *required)
{
	const struct sp_tree *list = sp_tree_get(required, "nodeSelectorTerms");
	struct sp_node_term *terms;

	if (!sp_decode_check(rules->decoder, required, required_name, required_fields)) {
		rules->good = false;
		return;
	}
	if (!list || list->count == 0) {
		rules->good = sp_fail(rules->decoder->report, "invalid-requirement",
				      list ? list->place : required->place,
				      "%s must have at least one of nodeSelectorTerms", required_name);
		return;
	}
	terms = sp_arena_array(rules->decoder->arena, list->count, sizeof *terms);
	for (size_t i = 0; i < list->count; i++)
		read_term(rules, list->entries[i].value,
			  sp_arena_format(rules->decoder->arena, "nodeSelectorTerms[%zu]", i), &terms[i]);
	rules->nodes.has_terms = true;
	rules->nodes.terms = terms;
	rules->nodes.term_count = list->count;
}

static void read_affinity(struct rules *rules, const struct sp_tree *spec)
{
	const struct sp_decoder *decoder = rules->decoder;
	const struct sp_tree *affinity;
	const struct sp_tree *node_affinity = NULL;
	const struct sp_tree *required = NULL;
	bool good;

	good = sp_decode_mapping(decoder, spec, rules->path, "affinity", &affinity) &&
	       (!affinity || sp_decode_check(decoder, affinity, below(rules, "affinity"), affinity_fields)) &&
	       sp_decode_mapping(decoder, affinity, below(rules, "affinity"), "nodeAffinity", &node_affinity) &&
	       (!node_affinity ||
		sp_decode_check(decoder, node_affinity, below(rules, affinity_path), node_affinity_fields)) &&
	       sp_decode_mapping(decoder, node_affinity, below(rules, affinity_path), required_name, &required);
	rules->good = good && rules->good;
	if (good && required)
		read_terms(rules, required);
}

/* The fields of a pod's spec that people put into the VirtualMachine's own, where the API server drops them. */
static void look_for_misplaced(struct rules *rules, const struct sp_tree *spec)
{
	static const char *const names[] = { "nodeSelector", "affinity" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct sp_tree_entry *entry = sp_tree_find(spec, names[i]);

		if (!entry)
			continue;
		if (rules->decoder->lenient)
			sp_warn(rules->decoder->report, "misplaced-field", entry->key_place,
				"spec.%s IS DROPPED, as the API server drops it from a VirtualMachine", names[i]);
		else
			rules->good = sp_fail(rules->decoder->report, "misplaced-field", entry->key_place,
					      "a VirtualMachine has no field spec.%s: the API server drops it",
					      names[i]);
		sp_help(rules->decoder->report, "its place is spec.template.spec.%s", names[i]);
	}
}

/* Reads what the workload asks of nodes. Items of raw lists do not say what they are: only a VirtualMachine has a
 * template. */
static void read_rules(struct rules *rules, const struct sp_object *object)
{
	const struct sp_tree *spec;
	const struct sp_tree *template = NULL;
	bool is_machine;

	rules->good = sp_decode_mapping(rules->decoder, object->tree, "", "spec", &spec);
	is_machine = object->kind ? strcmp(object->kind, "VirtualMachine") == 0 :
				    sp_tree_find(spec, "template") != NULL;
	rules->path = "spec";
	if (is_machine) {
		if (object->kind)
			look_for_misplaced(rules, spec);
		rules->path = "spec.template.spec";
		rules->good = sp_decode_mapping(rules->decoder, spec, "spec", "template", &template) &&
			      sp_decode_mapping(rules->decoder, template, "spec.template", "spec", &spec) &&
			      rules->good;
	}
	if (!rules->good || !spec)
		return;
	read_node_selector(rules, spec);
	read_affinity(rules, spec);
}

/* Several requirements on the label, each once, and not too many: nobody would read them. */
enum { MOST_WORDED = 4 };

struct wording {
	const char *key;
	struct sp_arena *arena;
	const char *text; /* "" before the first */
	size_t count;
};

/* Whether `part` is one of those that are joined in `text`: no requirement's text has a comma and a blank in it. */
static bool has_part(const char *text, const char *part)
{
	size_t length = strlen(part);

	while (text) {
		const char *end = strstr(text, ", ");

		if (strncmp(text, part, length) == 0 && (text[length] == '\0' || text + length == end))
			return true;
		text = end ? end + 2 : NULL;
	}
	return false;
}

static void word_requirement(void *context, const struct sp_requirement *requirement)
{
	struct wording *wording = context;
	struct sp_text text = { 0 };

	if (strcmp(requirement->key, wording->key) != 0 || wording->count > MOST_WORDED)
		return;
	if (wording->count < MOST_WORDED)
		sp_requirement_write(&text, requirement);
	else
		sp_text_add(&text, "...");
	if (wording->count == 0 || !has_part(wording->text, text.bytes)) {
		wording->text = sp_arena_format(wording->arena, "%s%s%s", wording->text, wording->count > 0 ? ", " : "",
						text.bytes);
		wording->count++;
	}
	sp_text_free(&text);
}

/* What the workload asks of the label `key`; "" where nothing. */
static const char *word_requirements(const struct sp_node_selector *nodes, const char *key, struct sp_arena *arena)
{
	struct wording wording = { key, arena, "", 0 };

	sp_node_selector_visit(nodes, word_requirement, &wording);
	return wording.text;
}

static bool read_name(const struct reading *reading, const struct sp_object *object, struct sp_workload *workload)
{
	const struct sp_decoder *decoder = &reading->decoder;
	const struct sp_tree *metadata;

	if (!sp_decode_mapping(decoder, object->tree, "", "metadata", &metadata) ||
	    !sp_decode_string(decoder, metadata, "metadata", "namespace", &workload->namespace) ||
	    !sp_decode_string(decoder, metadata, "metadata", "name", &workload->name))
		return false;
	if ((!workload->name || !workload->name[0]) &&
	    !sp_decode_string(decoder, metadata, "metadata", "generateName", &workload->name))
		return false;
	if (!workload->name || !workload->name[0])
		return sp_fail(decoder->report, "missing-name", object->tree->place, "this %s has no name",
			       workload->kind);
	if (!workload->namespace)
		workload->namespace = "";
	return true;
}

/* Keeps a copy: the object is gone once the next is read. */
static void keep(struct reading *reading, const struct sp_workload *workload, const struct sp_list *list)
{
	struct kept *kept;

	reading->kept = sp_arena_grow(reading->arena, reading->kept, reading->count, &reading->capacity, sizeof *kept);
	kept = &reading->kept[reading->count++];
	*kept = (struct kept){ *workload, list };
	kept->workload.namespace = sp_arena_string(reading->arena, workload->namespace);
	kept->workload.name = sp_arena_string(reading->arena, workload->name);
	kept->workload.requirement = sp_arena_string(reading->arena, workload->requirement);
	kept->workload.nodes = sp_node_selector_copy(&workload->nodes, reading->arena);
}

static void read_workload(struct reading *reading, const struct sp_object *object, const char *kind)
{
	struct rules rules = { .decoder = &reading->decoder, .key = reading->options->key };
	struct sp_workload workload = { .kind = kind };

	read_rules(&rules, object);
	if (!read_name(reading, object, &workload) || !rules.good)
		return;
	workload.requirement = word_requirements(&rules.nodes, reading->options->key, reading->decoder.arena);
	if (workload.requirement[0] == '\0')
		return;
	workload.nodes = rules.nodes;
	workload.place = rules.place;
	keep(reading, &workload, object->kind ? NULL : object->list);
}

static const char *const kinds[] = { "VirtualMachine", "VirtualMachineInstance" };

static const char *find_kind(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strlen(kinds[i]) == length && strncmp(kinds[i], name, length) == 0)
			return kinds[i];
	return NULL;
}

/* The kind of the items of a raw list, or NULL where it is no workload's. */
static const char *item_kind(const struct sp_list *list)
{
	size_t length = list->kind ? strlen(list->kind) : 0;

	return length > 4 ? find_kind(list->kind, length - 4) : NULL;
}

/* Whether the object is one of KubeVirt's: other groups have VirtualMachines, too. */
static bool check_version(struct reading *reading, const struct sp_object *object, bool *is_ours)
{
	const char *version = object->api_version;

	*is_ours = strncmp(version, "kubevirt.io/", 12) == 0;
	if (!*is_ours || strcmp(version, "kubevirt.io/v1") == 0 || strcmp(version, "kubevirt.io/v1alpha3") == 0)
		return true;
	sp_fail(reading->decoder.report, "unknown-version", object->tree->place,
		"no kind \"%s\" is known for version \"%s\"", object->kind, version);
	return sp_help(reading->decoder.report, "the versions known are kubevirt.io/v1 and kubevirt.io/v1alpha3");
}

/* The items of a raw list, now that its kind is known. */
static void count_list(struct reading *reading)
{
	if (reading->counted && item_kind(reading->counted))
		reading->total += reading->list_count;
	else
		reading->skipped += reading->list_count;
	reading->counted = NULL;
	reading->list_count = 0;
}

static void read_object(struct reading *reading, const struct sp_object *object)
{
	const char *kind = object->kind ? find_kind(object->kind, strlen(object->kind)) : NULL;
	bool is_ours = false;

	if (reading->counted && reading->counted != object->list)
		count_list(reading);
	if (!object->kind) {
		reading->counted = object->list;
		reading->list_count++;
		read_workload(reading, object, "workload");
	} else if (kind && check_version(reading, object, &is_ours)) {
		reading->total += is_ours;
		reading->skipped += !is_ours;
		if (is_ours)
			read_workload(reading, object, kind);
	} else if (!kind) {
		reading->skipped++;
	}
}

/* By namespace, name and kind, then as they stand in the file. */
static int compare_workloads(const void *left, const void *right)
{
	const struct sp_workload *first = left;
	const struct sp_workload *second = right;
	int order = strcmp(first->namespace, second->namespace);

	if (order == 0)
		order = strcmp(first->name, second->name);
	if (order == 0)
		order = strcmp(first->kind, second->kind);
	if (order != 0)
		return order;
	if (first->place.line != second->place.line)
		return first->place.line < second->place.line ? -1 : 1;
	return first->place.column < second->place.column ? -1 : first->place.column > second->place.column;
}

/* The kept without those that turned out to be something else. */
static void conclude(struct reading *reading, struct sp_workloads *workloads)
{
	struct sp_workload *items = sp_arena_array(reading->arena, reading->count, sizeof *items);
	size_t count = 0;

	count_list(reading);
	for (size_t i = 0; i < reading->count; i++) {
		struct kept *kept = &reading->kept[i];

		if (kept->list)
			kept->workload.kind = item_kind(kept->list);
		if (kept->workload.kind)
			items[count++] = kept->workload;
	}
	if (count > 0)
		qsort(items, count, sizeof *items, compare_workloads);
	*workloads = (struct sp_workloads){ items, count, reading->total, reading->skipped };
}

bool sp_workloads_read(struct sp_source *source, const struct sp_workload_options *options, struct sp_arena *arena,
		       struct sp_workloads *workloads, struct sp_report *report)
{
	struct sp_arena scratch = { 0 };
	struct sp_object_reader *reader = sp_object_reader_new(source, NULL, NULL, report);
	struct reading reading = {
		.decoder = { report, &scratch, options->lenient },
		.options = options,
		.arena = arena,
	};
	struct sp_object object;

	while (sp_object_reader_next(reader, &object)) {
		read_object(&reading, &object);
		sp_arena_reset(&scratch);
	}
	conclude(&reading, workloads);
	sp_object_reader_free(reader);
	sp_arena_free(&scratch);
	/* a List without items is an answer, a file without a byte is what a command that failed leaves */
	if (report->errors == 0 && workloads->total == 0 && (workloads->skipped > 0 || sp_source_offset(source) == 0)) {
		sp_warn(report, "no-workload", (struct sp_place){ source, 0, 0 },
			"no VirtualMachine and no VirtualMachineInstance in it");
		sp_help(report, "kubectl get vm,vmi -A -o yaml writes them");
	}
	return report->errors == 0;
}

struct key_list {
	const char **keys;
	size_t count;
	size_t capacity;
	struct sp_arena *arena;
};

static void add_key(void *context, const struct sp_requirement *requirement)
{
	struct key_list *list = context;

	list->keys = sp_arena_grow(list->arena, list->keys, list->count, &list->capacity, sizeof *list->keys);
	list->keys[list->count++] = requirement->key;
}

static int compare_keys(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

const char *const *sp_workloads_keys(const struct sp_workloads *workloads, struct sp_arena *arena, size_t *count)
{
	struct key_list list = { .arena = arena };

	*count = 0;
	for (size_t i = 0; i < workloads->count; i++)
		sp_node_selector_visit(&workloads->items[i].nodes, add_key, &list);
	if (list.count > 0)
		qsort(list.keys, list.count, sizeof *list.keys, compare_keys);
	for (size_t i = 0; i < list.count; i++)
		if (i == 0 || strcmp(list.keys[i], list.keys[i - 1]) != 0)
			list.keys[(*count)++] = list.keys[i];
	return list.keys;
}
