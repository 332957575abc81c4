/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/emit.h"

#include <string.h>

#include "reconciler/emit_files.h"
#include "reconciler/emitted.h"
#include "reconciler/render.h"
#include "selectors/label.h"
#include "state/folder.h"

/* What is known to be ours in the folder that is to be replaced, in the order of its deletion. */
struct old {
	const char **names;
	size_t count;
	size_t capacity;
};

static void note_old(struct old *old, struct sp_arena *arena, const char *name)
{
	old->names = sp_arena_grow(arena, old->names, old->count, &old->capacity, sizeof *old->names);
	old->names[old->count++] = name;
}

static bool refuse_foreign(const char *path, const char *folder, const char *name, struct sp_report *report)
{
	sp_fail(report, "destination-foreign", (struct sp_place){ 0 },
		"%s: is not replaced, because samepage did not write %s%s in it", path, folder, name);
	return sp_help(report, "move what is not samepage's out of the folder, or choose another");
}

/* Whether the old folder's plan.json is ours; if so, the files that belong to it in patches/. */
static bool read_old_plan(struct sp_folder *folder, const char *path, struct sp_arena *arena,
			  struct sp_emitted *emitted, struct sp_report *report)
{
	struct sp_text content = { 0 };
	bool is_read = sp_folder_read(folder, "plan.json", &content);
	bool is_ours = is_read && sp_emitted_read(sp_text_string(&content), content.length, arena, emitted);

	sp_text_free(&content);
	return is_ours || !is_read ? is_ours : refuse_foreign(path, "", "plan.json", report);
}

static bool check_old_patches(struct sp_folder *folder, const char *path, const struct sp_emitted *emitted,
			      struct sp_arena *arena, struct old *old, struct sp_report *report)
{
	const struct sp_entry *entries;
	size_t count;

	if (!sp_folder_list(folder, "patches", &entries, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].type != SP_ENTRY_FILE || !sp_emitted_has_patch(emitted, entries[i].name))
			return refuse_foreign(path, "patches/", entries[i].name, report);
		note_old(old, arena, sp_arena_format(arena, "patches/%s", entries[i].name));
	}
	note_old(old, arena, "patches");
	return true;
}

/* Whether every entry at the top of the old folder is one that we write. */
static bool check_old_entries(const struct sp_entry *entries, size_t count, const char *path, struct sp_report *report)
{
	bool has_plan = false;

	for (size_t i = 0; i < count; i++) {
		const struct sp_entry *entry = &entries[i];
		bool is_patches = strcmp(entry->name, "patches") == 0 && entry->type == SP_ENTRY_FOLDER;

		if (!is_patches && (entry->type != SP_ENTRY_FILE || !sp_emitted_has_file(entry->name)))
			return refuse_foreign(path, "", entry->name, report);
		has_plan = has_plan || strcmp(entry->name, "plan.json") == 0;
	}
	if (count == 0 || has_plan)
		return true;
	return refuse_foreign(path, "", entries[0].name, report);
}

/* Whether the folder at the destination, if there is one, may go. An empty one may: nothing is lost. */
static bool may_replace(struct sp_folder *folder, const char *path, bool force, struct sp_arena *arena, struct old *old,
			struct sp_report *report)
{
	struct sp_emitted emitted;
	const struct sp_entry *entries;
	size_t count;

	if (!sp_folder_exists(folder))
		return true;
	if (!force)
		return sp_fail(report, "destination-exists", (struct sp_place){ 0 }, "%s: exists; --force replaces it",
			       path);
	if (!sp_folder_list(folder, "", &entries, &count) || !check_old_entries(entries, count, path, report))
		return false;
	if (count > 0 && !read_old_plan(folder, path, arena, &emitted, report))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].type == SP_ENTRY_FILE)
			note_old(old, arena, entries[i].name);
		else if (!check_old_patches(folder, path, &emitted, arena, old, report))
			return false;
	}
	return true;
}

/* Hands the text over as a file, and empties it for the next. */
static bool add_file(struct sp_folder *folder, const char *name, struct sp_text *content, bool is_executable)
{
	bool is_added = sp_folder_add_file(folder, name, sp_text_string(content), content->length, is_executable);

	content->length = 0;
	return is_added;
}

/* `stream` gets them all. */
static bool add_patches(struct sp_folder *folder, const struct sp_plan *plan, enum sp_patch_format format,
			struct sp_text *stream)
{
	struct sp_text name = { 0 };
	struct sp_text patch = { 0 };
	bool is_added = sp_folder_add_folder(folder, "patches");

	for (size_t i = 0; i < plan->node_count && is_added; i++) {
		if (!sp_plan_node_is_patched(&plan->nodes[i]))
			continue;
		name.length = 0;
		sp_text_add(&name, "patches/");
		sp_patch_file_name(&name, plan->nodes[i].name, format);
		sp_patch_write(&patch, &plan->nodes[i], format);
		sp_emit_stream_add(stream, &patch);
		is_added = add_file(folder, name.bytes, &patch, false);
	}
	sp_text_free(&name);
	sp_text_free(&patch);
	return is_added;
}

static bool add_whole_nodes(struct sp_folder *folder, const struct sp_plan *plan)
{
	struct sp_text content = { 0 };
	bool is_added;

	sp_emit_whole_nodes(&content, plan);
	is_added = add_file(folder, "nodes.yaml", &content, false);
	sp_emit_kustomization(&content);
	is_added = is_added && add_file(folder, "kustomization.yaml", &content, false);
	sp_text_free(&content);
	return is_added;
}

/* The patches, and nodes.yaml: all of them, or the whole Nodes. */
static bool add_nodes(struct sp_folder *folder, const struct sp_plan *plan, const struct sp_emit_options *options)
{
	struct sp_text stream = { 0 };
	bool is_added = add_patches(folder, plan, options->format, &stream);

	sp_emit_stream_finish(&stream);
	if (is_added && options->gitops)
		is_added = add_whole_nodes(folder, plan);
	else if (is_added && options->format == SP_PATCH_MERGE)
		is_added = add_file(folder, "nodes.yaml", &stream, false);
	sp_text_free(&stream);
	return is_added;
}

static bool add_files(struct sp_folder *folder, const struct sp_plan *plan, const struct sp_emit_options *options)
{
	const struct sp_render_options plain = { 0 };
	struct sp_text content = { 0 };
	bool is_added;

	sp_render_json(&content, plan, &plain);
	is_added = add_file(folder, "plan.json", &content, false) && add_nodes(folder, plan, options);
	if (is_added) {
		sp_emit_script(&content, plan, options->format);
		is_added = add_file(folder, "apply.sh", &content, true);
	}
	if (is_added) {
		sp_emit_readme(&content, plan, options);
		is_added = add_file(folder, "README.md", &content, false);
	}
	sp_text_free(&content);
	return is_added;
}

/* No name becomes a file's name that is not one of a Node: it could lead out of the folder. */
static bool check_names(const struct sp_plan *plan, struct sp_report *report)
{
	for (size_t i = 0; i < plan->node_count; i++) {
		const struct sp_plan_node *node = &plan->nodes[i];
		const char *problem = sp_subdomain_problem(node->name);

		if (problem)
			return sp_fail(report, "invalid-node-name", node->place, "node name \"%s\" %s", node->name,
				       problem);
	}
	return true;
}

bool sp_emit(const struct sp_plan *plan, const char *path, const struct sp_emit_options *options,
	     struct sp_report *report)
{
	struct sp_arena arena = { 0 };
	struct old old = { 0 };
	struct sp_folder *folder = check_names(plan, report) ? sp_folder_open(path, &arena, report) : NULL;
	bool is_done = folder && may_replace(folder, path, options->force, &arena, &old, report) &&
		       sp_folder_build(folder) && add_files(folder, plan, options) &&
		       sp_folder_commit(folder, old.names, old.count);

	sp_folder_close(folder);
	sp_arena_free(&arena);
	return is_done;
}
