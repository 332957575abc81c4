/* SPDX-License-Identifier: Apache-2.0 */
#include "state/fast_value.h"

#include "state/fast_nodes.h"

/* By its quotes, and where it has none, by what it begins with. */
static enum sp_fast_value_kind likely_kind(const struct sp_fast_value *value)
{
	switch (value->shape) {
	case SP_FAST_PLAIN:
		return value->text[0] >= '0' && value->text[0] <= '9' ? SP_FAST_VALUE_INTEGER : SP_FAST_VALUE_PLAIN;
	case SP_FAST_SINGLE:
		return SP_FAST_VALUE_SINGLE;
	case SP_FAST_DOUBLE:
		return SP_FAST_VALUE_DOUBLE;
	default:
		return SP_FAST_VALUE_NONE;
	}
}

enum sp_fast_value_kind sp_fast_value_kind(const struct sp_fast_value *value)
{
	enum sp_fast_value_kind kind = value->text ? likely_kind(value) : SP_FAST_VALUE_NONE;

	if (kind == SP_FAST_VALUE_NONE || sp_fast_value_skip(kind, value->text) != value->text + value->length)
		return SP_FAST_VALUE_NONE;
	return kind;
}
