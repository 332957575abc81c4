/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of bytes as people write them. Pure. */
#ifndef SAMEPAGE_STATE_SIZE_H
#define SAMEPAGE_STATE_SIZE_H

#include <stdbool.h>
#include <stddef.h>

/* Reads "1000000", "512Ki", "64Mi", "4Gi" or "1Ti", as Kubernetes writes quantities. False where it is none, or too
 * much for this machine. */
bool sp_size_parse(const char *text, size_t *bytes);

#endif
