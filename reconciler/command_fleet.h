/* SPDX-License-Identifier: Apache-2.0 */
/* plan and emit for many clusters at once. */
#ifndef SAMEPAGE_RECONCILER_COMMAND_FLEET_H
#define SAMEPAGE_RECONCILER_COMMAND_FLEET_H

#include "reconciler/command.h"

/* Plans every cluster below --fleet, as many at a time as --jobs says, and with --dir emits those that change. */
enum sp_exit sp_fleet_run(struct sp_run *run);

#endif
