/* SPDX-License-Identifier: Apache-2.0 */
/* What a scalar is, for the fast readers: cheap answers that err on the side of "not for me". Pure. The rules are
 * those of state/scalar.h, which is asked where the first byte does not tell. */
#ifndef SAMEPAGE_STATE_FAST_SCALAR_H
#define SAMEPAGE_STATE_FAST_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

/* A plain scalar that begins with a letter and has more than these is a string. */
enum { SP_FAST_SCALAR_LONGEST_WORD = 5 };

/* Whether a plain scalar may begin with `first`: no indicator of YAML does. */
bool sp_fast_scalar_may_start(char first);

/* Whether a plain scalar is a string for sure, and no boolean, number or null. */
bool sp_fast_scalar_is_string(const char *text, size_t length);

/* Whether a plain scalar is anything but a number that JSON does not have. */
bool sp_fast_scalar_is_finite(const char *text, size_t length);

/* Whether a plain scalar may be a key: it begins with a letter, a digit, a dot, a slash or an underscore, and is a
 * string. */
bool sp_fast_scalar_is_key(const char *text, size_t length);

/* Whether it is a time as Kubernetes writes it: "2024-01-31T23:59:59Z". */
bool sp_fast_scalar_is_time(const char *text, size_t length);

/* Whether the bytes are UTF-8 without what libyaml takes for a line end or does not take at all. */
bool sp_fast_scalar_is_text(const char *bytes, size_t length);

#endif
