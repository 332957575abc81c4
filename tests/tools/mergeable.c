/* SPDX-License-Identifier: Apache-2.0 */
/* Takes memory in which every page is equal and asks the kernel to merge it, says so, and waits to be told to go:
 *
 *	mergeable MIB
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int main(int count, char *arguments[])
{
	size_t size = (size_t)(count == 2 ? strtoul(arguments[1], NULL, 10) : 0) << 20;
	char *memory;

	if (size == 0)
		return 64;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || madvise(memory, size, MADV_NOHUGEPAGE) != 0)
		return 1;
	if (madvise(memory, size, MADV_MERGEABLE) != 0) {
		puts("no KSM");
		return 1;
	}
	memset(memory, 0x5A, size);
	puts("ready");
	fflush(stdout);
	return getchar() == EOF ? 0 : 1;
}
