/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "reconciler/command.h"
#include "reconciler/command_node.h"
#include "reconciler/command_shared.h"
#include "reconciler/facts_json.h"
#include "state/facts.h"
#include "state/file.h"
#include "state/privileges.h"

static const char *const options[] = { "node",      "out",    "output", "sysfs-root", "meminfo",
				       "state-dir", "config", "help",   NULL };

static bool read_host(struct sp_run *run, struct sp_host *host)
{
	struct sp_machine_paths paths = sp_node_paths(&run->options);
	struct sp_machine *machine = sp_machine_open(&paths, &run->report);
	bool good = machine && sp_machine_read(machine, &run->arena, host, &run->report);

	sp_machine_close(machine);
	host->time = (uint64_t)time(NULL);
	return good;
}

static enum sp_exit run_facts(struct sp_run *run)
{
	const char *form = run->options.output ? run->options.output : "text";
	const char *name = sp_node_name(run);
	struct sp_host host;

	if (sp_shared_no_arguments(run) != SP_EXIT_DONE)
		return SP_EXIT_USAGE;
	if (!name)
		return sp_usage(run, "this node's name is not known: --node NAME says it");
	sp_privileges_drop();
	if (!read_host(run, &host))
		return SP_EXIT_ERROR;
	host.node = name;
	if (strcmp(form, "json") == 0)
		sp_facts_write_json(&run->out, &host);
	else
		sp_facts_write(&run->out, &host);
	if (!run->options.out)
		return SP_EXIT_DONE;
	if (!sp_file_write(run->options.out, sp_text_string(&run->out), run->out.length, &run->report))
		return SP_EXIT_ERROR;
	sp_text_free(&run->out);
	return SP_EXIT_DONE;
}

const struct sp_command sp_command_facts = {
	.name = "facts",
	.arguments = "",
	.summary = "print this node's KSM and memory state as INI",
	.description = "What a plan cannot know from a snapshot: every file of /sys/kernel/mm/ksm, the memory, and the "
		       "recorded original values. Nothing is changed; plan, explain and check read it with --facts.",
	.accepted = { options, "text|json" },
	.run = run_facts,
};
