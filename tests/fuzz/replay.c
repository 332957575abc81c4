/* SPDX-License-Identifier: Apache-2.0 */
/* In libFuzzer's place where there is none: runs a fuzz target once on each of the files named, so that the properties
 * are tests as well. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/property.h"

static bool replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	size_t size = 0;
	size_t count;

	if (!file) {
		perror(path);
		return false;
	}
	do {
		bytes = realloc(bytes, size + BUFSIZ);
		must(bytes, "there is memory");
		count = fread(bytes + size, 1, BUFSIZ, file);
		size += count;
	} while (count > 0);
	fclose(file);
	/* of its exact size, so that a sanitizer sees who reads behind it */
	bytes = realloc(bytes, size > 0 ? size : 1);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	return true;
}

int main(int count, char *arguments[])
{
	bool done = true;

	for (int i = 1; i < count; i++)
		done = replay(arguments[i]) && done;
	return done ? 0 : 1;
}
