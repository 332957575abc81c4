/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/signals.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static void end_loop(int number)
{
	(void)number;
	_exit(0);
}

/* Marks SIGHUP as one that does not end the process. It is waited for, so that this never runs. */
static void begin_next_pass(int number)
{
	(void)number;
}

static const int ending[] = { SIGTERM, SIGINT, SIGHUP };
enum { ENDING_COUNT = sizeof ending / sizeof *ending };

static bool ends_process(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN &&
	       action.sa_handler != begin_next_pass;
}

static void ending_signals(sigset_t *signals)
{
	sigemptyset(signals);
	for (size_t i = 0; i < ENDING_COUNT; i++)
		sigaddset(signals, ending[i]);
}

void sp_signals_hold(void)
{
	sigset_t signals;

	ending_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

void sp_signals_let_go(void)
{
	sigset_t signals;

	ending_signals(&signals);
	if (!ends_process(SIGHUP))
		sigdelset(&signals, SIGHUP);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

void sp_signals_hold_for_loop(void)
{
	static const struct sigaction end = { .sa_handler = end_loop };
	static const struct sigaction next = { .sa_handler = begin_next_pass };

	sp_signals_hold();
	sigaction(SIGHUP, &next, NULL);
	if (ends_process(SIGTERM))
		sigaction(SIGTERM, &end, NULL);
	if (ends_process(SIGINT))
		sigaction(SIGINT, &end, NULL);
}

/* What is held back waits even where it is ignored. */
bool sp_signals_should_stop(void)
{
	sigset_t pending;

	if (sigpending(&pending) != 0)
		return false;
	for (size_t i = 0; i < ENDING_COUNT; i++)
		if (sigismember(&pending, ending[i]) == 1 && ends_process(ending[i]))
			return true;
	return false;
}

bool sp_signals_wait(double seconds)
{
	struct timespec left = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
	sigset_t signals;
	int got;

	ending_signals(&signals);
	for (size_t i = 0; i < ENDING_COUNT; i++)
		if (ending[i] != SIGHUP && !ends_process(ending[i]))
			sigdelset(&signals, ending[i]);
	do {
		got = sigtimedwait(&signals, NULL, &left);
	} while (got < 0 && errno == EINTR);
	return got < 0 || got == SIGHUP;
}
