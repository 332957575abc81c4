/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/command_node.h"

#include <stdlib.h>
#include <sys/utsname.h>

const char *sp_node_name(struct sp_run *run)
{
	const char *name = run->options.node ? run->options.node : getenv("NODE_NAME");
	struct utsname system;

	if (name && name[0])
		return name;
	if (uname(&system) != 0 || system.nodename[0] == '\0')
		return NULL;
	return sp_arena_string(&run->arena, system.nodename);
}

struct sp_machine_paths sp_node_paths(const struct sp_options *options)
{
	struct sp_machine_paths paths = sp_machine_default_paths;

	if (options->sysfs_root) {
		paths.sysfs = options->sysfs_root;
		paths.sysfs_is_given = true;
	}
	if (options->meminfo)
		paths.meminfo = options->meminfo;
	if (options->state_dir)
		paths.state = options->state_dir;
	return paths;
}
