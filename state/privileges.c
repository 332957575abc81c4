/* SPDX-License-Identifier: Apache-2.0 */
#include "state/privileges.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int kept[] = { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE };

/* The ambient set goes with the inheritable one. */
static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	uint32_t masks[_LINUX_CAPABILITY_U32S_3] = { 0 };
	uint32_t excess = 0;

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		masks[CAP_TO_INDEX(kept[i])] |= CAP_TO_MASK(kept[i]);
	if (syscall(SYS_capget, &header, sets) != 0)
		return;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		excess |= (sets[i].permitted & ~masks[i]) | sets[i].inheritable;
		sets[i].permitted &= masks[i];
		sets[i].effective &= masks[i];
		sets[i].inheritable = 0;
	}
	if (excess !=
	    0) /* else it is not called: filters of system calls, as services have them, may end who calls it */
		syscall(SYS_capset, &header, sets);
}

void sp_privileges_drop(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	drop_capabilities();
}
