/* SPDX-License-Identifier: Apache-2.0 */
/* SIGTERM, SIGINT and SIGHUP while a node is changed: they are held back from the first change to the last. At any other
 * time they end the process at once: to read the inputs and to print the results may take for ever (a FIFO, a file
 * system that hangs, a pipe that is full). What the caller of the program ignores (nohup, a job in the background) stays
 * ignored. */
#ifndef SAMEPAGE_RECONCILER_SIGNALS_H
#define SAMEPAGE_RECONCILER_SIGNALS_H

#include <stdbool.h>

/* Holds them back. */
void sp_signals_hold(void);

/* Lets them come: one that was held back ends the process now. */
void sp_signals_let_go(void);

/* Holds them back for passes that are repeated: SIGTERM and SIGINT end the process with status 0, SIGHUP waits for
 * sp_signals_wait, and begins the next pass. */
void sp_signals_hold_for_loop(void);

/* Whether one came that is to end the process. */
bool sp_signals_should_stop(void);

/* With signals held back, waits until it is time for the next pass; false where a signal is to end the process. */
bool sp_signals_wait(double seconds);

#endif
