/* SPDX-License-Identifier: Apache-2.0 */
/* What root may do beyond what a verb of the node side needs. One of the few modules that talk to the system. */
#ifndef SAMEPAGE_STATE_PRIVILEGES_H
#define SAMEPAGE_STATE_PRIVILEGES_H

/* Gives up, for good, all capabilities but those that let root read and write the files it is pointed to, and look at
 * other processes and, by /proc/1/root, into the host's file system. No program that is started gets more: none is.
 * What cannot be given up stays, as it was not asked for. */
void sp_privileges_drop(void);

#endif
