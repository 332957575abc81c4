/* SPDX-License-Identifier: Apache-2.0 */
/* Labels, and the API server's rules for their keys and values and for the names of nodes. Pure.
 * Source of the rules: k8s.io/apimachinery/pkg/util/validation. Lengths are in bytes. */
#ifndef SAMEPAGE_SELECTORS_LABEL_H
#define SAMEPAGE_SELECTORS_LABEL_H

#include <stdbool.h>
#include <stddef.h>

/* One label or annotation. Both are never NULL and owned by whoever made the set. */
struct sp_label {
	const char *key;
	const char *value;
};

/* A set of labels in any order; each key stands once. */
struct sp_labels {
	const struct sp_label *items;
	size_t count;
};

/* The value of `key`, or NULL where the set has no such key. */
const char *sp_labels_get(const struct sp_labels *labels, const char *key);

/* Whether `key` is a qualified name: an optional DNS-1123 subdomain of at most 253 bytes and "/", then a name of 1
 * to 63 bytes of [A-Za-z0-9._-] that begins and ends with a letter or digit. Returns NULL where it is, else a static
 * text that says what is wrong, fit to follow "label key '…' ". */
const char *sp_label_key_problem(const char *key);

/* Whether `value` is a label's value: empty, or 1 to 63 bytes of [A-Za-z0-9._-] that begin and end with a letter or
 * digit. NULL or what is wrong, as above. */
const char *sp_label_value_problem(const char *value);

/* Whether `name` is a DNS-1123 subdomain, as a Node's name must be: at most 253 bytes, parts of [a-z0-9-] that begin
 * and end with a letter or digit, joined by dots. The parts have no limit of their own. NULL or what is wrong, as
 * above. */
const char *sp_subdomain_problem(const char *name);

#endif
