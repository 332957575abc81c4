/* SPDX-License-Identifier: Apache-2.0 */
/* A line on a terminal while a large input is being read, from its second second on: how much, how many nodes, how
 * fast. One of the few modules that talk to the system. */
#ifndef SAMEPAGE_RECONCILER_PROGRESS_H
#define SAMEPAGE_RECONCILER_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct sp_progress {
	const char *path;
	struct timespec started;
	atomic_size_t bytes;
	atomic_size_t nodes;
	atomic_llong drawn; /* when, in milliseconds since the start; 0: never */
	pthread_mutex_t drawing;
	bool is_terminal; /* asked for when it is to be drawn first */
};

/* Begins. Nothing is ever drawn where stderr is no terminal. */
void sp_progress_start(struct sp_progress *progress, const char *path);

/* So much was read since. May be called by several threads; `context` is a struct sp_progress. */
void sp_progress_add(void *context, size_t bytes, size_t nodes);

/* Wipes the line, if there is one. */
void sp_progress_end(struct sp_progress *progress);

#endif
