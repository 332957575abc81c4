/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share: a property that does not hold ends the process, with words for it. */
#ifndef SAMEPAGE_TESTS_FUZZ_PROPERTY_H
#define SAMEPAGE_TESTS_FUZZ_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "selectors/selector.h"
#include "state/report.h"

/* What libFuzzer calls, and replay.c. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

void must(bool holds, const char *property);
void must_equal(const char *left, const char *right, const char *property); /* NULL equals NULL */

/* What holds for every report: who refuses says why; every message and code is there; a caret stands in its line or
 * right behind it; and nothing of it can move a terminal's cursor. */
void must_be_readable(const struct sp_report *report, bool accepted);

/* The canonical text of a selector, owned by `arena`. */
const char *canonical_text(const struct sp_selector *selector, struct sp_arena *arena);

#endif
