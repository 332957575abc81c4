/* SPDX-License-Identifier: Apache-2.0 */
/* SIGTERM, SIGINT and SIGHUP while a node is changed: they are held back, and come through where that is safe. What the
 * caller of the program ignores (nohup, a job in the background) stays ignored. */
#ifndef SAMEPAGE_RECONCILER_SIGNALS_H
#define SAMEPAGE_RECONCILER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Holds them back; the mask from before is left in `before`. */
void sp_signals_hold(sigset_t *before);

/* Lets them come: one that was held back ends the process now. */
void sp_signals_let_go(const sigset_t *before);

/* The same for passes that are repeated: SIGTERM and SIGINT end the process with status 0, SIGHUP begins the next
 * pass. */
void sp_signals_hold_for_loop(void);

/* Whether one came that is to end the process. */
bool sp_signals_should_stop(void);

/* While inputs are read and results printed nothing is changed, and either may take for ever (a FIFO, a file system
 * that hangs, a pipe that is full): between `true` and `false` the signals end the process at once. */
void sp_signals_may_end(bool may_end);

/* Waits until it is time for the next pass; false where a signal is to end the process. */
bool sp_signals_wait(double seconds);

#endif
