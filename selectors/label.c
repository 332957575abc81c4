/* SPDX-License-Identifier: Apache-2.0 */
#include "selectors/label.h"

#include <string.h>

enum { LONGEST_NAME = 63, LONGEST_SUBDOMAIN = 253 };

const char *sp_labels_get(const struct sp_labels *labels, const char *key)
{
	for (size_t i = 0; i < labels->count; i++)
		if (strcmp(labels->items[i].key, key) == 0)
			return labels->items[i].value;
	return NULL;
}

static bool is_lower_alphanumeric(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
}

static bool is_alphanumeric(char character)
{
	return is_lower_alphanumeric(character) || (character >= 'A' && character <= 'Z');
}

/* ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9] */
static bool is_name(const char *text, size_t length)
{
	if (length == 0 || !is_alphanumeric(text[0]) || !is_alphanumeric(text[length - 1]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_alphanumeric(text[i]) && !strchr("-_.", text[i]))
			return false;
	return true;
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)* */
static bool is_subdomain(const char *text, size_t length)
{
	bool part_may_end = false;

	for (size_t i = 0; i < length; i++) {
		if (is_lower_alphanumeric(text[i]))
			part_may_end = true;
		else if (text[i] == '-' && i > 0 && text[i - 1] != '.')
			part_may_end = false;
		else if (text[i] == '.' && part_may_end)
			part_may_end = false;
		else
			return false;
	}
	return part_may_end;
}

const char *sp_label_key_problem(const char *key)
{
	const char *slash = strchr(key, '/');
	const char *name = slash ? slash + 1 : key;
	size_t prefix = slash ? (size_t)(slash - key) : 0;

	if (slash && strchr(name, '/'))
		return "has more than one '/': it is a name with at most one prefix (example.com/MyName)";
	if (slash && prefix == 0)
		return "has an empty prefix before its '/'";
	if (prefix > LONGEST_SUBDOMAIN)
		return "has a prefix of more than 253 bytes";
	if (slash && !is_subdomain(key, prefix))
		return "has a prefix that is no lower-case DNS-1123 subdomain (example.com)";
	if (name[0] == '\0')
		return "has an empty name";
	if (strlen(name) > LONGEST_NAME)
		return "has a name of more than 63 bytes";
	if (!is_name(name, strlen(name)))
		return "must consist of letters, digits, '-', '_' or '.', and begin and end with a letter or digit";
	return NULL;
}

const char *sp_label_value_problem(const char *value)
{
	if (strlen(value) > LONGEST_NAME)
		return "is longer than 63 bytes";
	if (value[0] != '\0' && !is_name(value, strlen(value)))
		return "must be empty or consist of letters, digits, '-', '_' or '.', and begin and end with a letter "
		       "or digit";
	return NULL;
}

const char *sp_subdomain_problem(const char *name)
{
	if (name[0] == '\0')
		return "is empty";
	if (strlen(name) > LONGEST_SUBDOMAIN)
		return "is longer than 253 bytes";
	if (!is_subdomain(name, strlen(name)))
		return "is no DNS-1123 subdomain: lower-case letters, digits, '-' and '.', each part beginning and "
		       "ending with a letter or digit";
	return NULL;
}
