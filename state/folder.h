/* SPDX-License-Identifier: Apache-2.0 */
/* A folder that is written all or nothing: built under a temporary name beside its destination, and put in place by one
 * rename. One of the few modules that talk to the system; what goes into the folder, and whether what stands in its
 * place may go, is for the caller to say.
 *
 *	folder = sp_folder_open("out", &arena, report);
 *	done = folder && sp_folder_build(folder) && sp_folder_add_file(folder, "a.txt", "a", 1, false) &&
 *	       sp_folder_commit(folder, NULL, 0);
 *	sp_folder_close(folder);
 *
 * Names of entries are relative to the folder; one "/" at most is in them. Errors go to the report that was given to
 * sp_folder_open, and name the destination, not the temporary folder. */
#ifndef SAMEPAGE_STATE_FOLDER_H
#define SAMEPAGE_STATE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "state/report.h"
#include "state/text.h"

enum sp_entry_type { SP_ENTRY_FILE, SP_ENTRY_FOLDER, SP_ENTRY_OTHER /* a symbolic link, a FIFO, ... */ };

struct sp_entry {
	const char *name;
	enum sp_entry_type type;
};

struct sp_folder;

/* Makes the folders above `path`, as far as they are not there. */
bool sp_folder_make_parents(const char *path, struct sp_report *report);

/* Looks at the destination, whose parent must exist, and changes nothing. Anything but a folder that stands there is
 * an error, a symbolic link to one included. NULL after an error. `arena` owns what is found and must outlive the
 * result. */
struct sp_folder *sp_folder_open(const char *path, struct sp_arena *arena, struct sp_report *report);

/* Whether there is a folder at the destination, an old one. */
bool sp_folder_exists(const struct sp_folder *folder);

/* The entries of the old folder, or of the folder `name` in it where that is not "", sorted by name. */
bool sp_folder_list(struct sp_folder *folder, const char *name, const struct sp_entry **entries, size_t *count);

/* Appends the content of a regular file of the old folder. */
bool sp_folder_read(struct sp_folder *folder, const char *name, struct sp_text *content);

/* Makes the temporary folder. From now on until sp_folder_close, SIGINT, SIGTERM and SIGHUP make the next call fail. */
bool sp_folder_build(struct sp_folder *folder);

/* Adds a folder, or a file, to the one that is being built. */
bool sp_folder_add_folder(struct sp_folder *folder, const char *name);
bool sp_folder_add_file(struct sp_folder *folder, const char *name, const char *bytes, size_t length,
			bool is_executable);

/* Puts the folder in place, once all of it is on the disk. An old one is replaced, and of it the entries `old` are
 * deleted, in that order: entries of a folder come before it. Where there are others, they stay, and so does the old
 * folder, under a temporary name that a warning gives. */
bool sp_folder_commit(struct sp_folder *folder, const char *const *old, size_t count);

/* Deletes what was built and not put in place, and gives everything back. NULL is fine. Where a signal came meanwhile,
 * it is raised again, so that the process ends as if it had not been caught. */
void sp_folder_close(struct sp_folder *folder);

#endif
