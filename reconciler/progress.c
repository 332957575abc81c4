/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reconciler/wording.h"
#include "state/file.h"
#include "state/text.h"

enum { PATIENCE_MILLISECONDS = 1000, INTERVAL_MILLISECONDS = 100 };

#define WIPE "\r\033[K"

void sp_progress_start(struct sp_progress *progress, const char *path)
{
	progress->path = path;
	atomic_init(&progress->bytes, 0);
	atomic_init(&progress->nodes, 0);
	atomic_init(&progress->drawn, 0);
	pthread_mutex_init(&progress->drawing, NULL);
	clock_gettime(CLOCK_MONOTONIC, &progress->started);
}

static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

static long long elapsed(const struct sp_progress *progress)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)(now.tv_sec - progress->started.tv_sec) * 1000 +
	       (now.tv_nsec - progress->started.tv_nsec) / 1000000;
}

static void draw(const struct sp_progress *progress, long long milliseconds)
{
	double megabytes = (double)atomic_load(&progress->bytes) / 1e6;
	size_t nodes = atomic_load(&progress->nodes);
	struct sp_text line = { 0 };

	sp_text_add(&line, WIPE "samepage: ");
	sp_text_add_visible(&line, sp_wording_path(progress->path));
	sp_text_add(&line, ": ");
	if (nodes > 0) {
		sp_wording_add_nodes(&line, nodes);
		sp_text_add(&line, ", ");
	}
	sp_text_format(&line, "%.0f MB, %.0f MB/s", megabytes, megabytes * 1000 / (double)milliseconds);
	sp_write_all(STDERR_FILENO, line.bytes, line.length);
	sp_text_free(&line);
}

void sp_progress_add(void *context, size_t bytes, size_t nodes)
{
	struct sp_progress *progress = context;
	long long now = elapsed(progress);

	atomic_fetch_add(&progress->bytes, bytes);
	atomic_fetch_add(&progress->nodes, nodes);
	if (now < PATIENCE_MILLISECONDS || now - atomic_load(&progress->drawn) < INTERVAL_MILLISECONDS ||
	    pthread_mutex_trylock(&progress->drawing) != 0)
		return;
	if (atomic_exchange(&progress->drawn, now) == 0)
		progress->is_terminal = is_terminal();
	if (progress->is_terminal)
		draw(progress, now);
	pthread_mutex_unlock(&progress->drawing);
}

void sp_progress_end(struct sp_progress *progress)
{
	if (atomic_load(&progress->drawn) > 0 && progress->is_terminal)
		sp_write_all(STDERR_FILENO, WIPE, sizeof WIPE - 1);
	pthread_mutex_destroy(&progress->drawing);
}
