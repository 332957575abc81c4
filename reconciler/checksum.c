/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a plan are walked in one fixed order. What may be absent has its number all the same, so that field n
 * is the same one in every plan of these nodes.
 *
 * The locator is two sums over the hashes h of the fields, modulo a prime: of h, and of n * h. Where one field was
 * edited both differ from what they were, the second by n times as much as the first. */
#include "reconciler/checksum.h"

#include <endian.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reconciler/digest.h"
#include "state/host.h"
#include "state/override.h"
#include "state/source.h"
#include "state/text.h"
#include "state/utf8.h"

static const uint64_t prime = 4294967291; /* the largest below 2^32: products fit into 64 bits */

struct walk {
	struct sp_digest digest;
	uint64_t sum;
	uint64_t weighted;
	uint64_t count;
	uint64_t wanted; /* the number of the field to name; 0: none */
	struct sp_arena *arena;
	const char *name;      /* of that field */
	struct sp_place place; /* of its node */
	struct sp_place node;  /* of the node that is being walked */
};

/* The text as a document holds it, where a byte that is no UTF-8 is U+FFFD. */
static void clean(const char *text, size_t left, struct sp_text *cleaned)
{
	while (left > 0) {
		size_t length = sp_utf8_length(text, left);

		sp_text_append(cleaned, length > 0 ? text : "\xEF\xBF\xBD", length > 0 ? length : 3);
		length = length > 0 ? length : 1;
		text += length;
		left -= length;
	}
}

/* At most eight bytes as a number, the first in its lowest bits. */
static uint64_t load(const char *bytes, size_t count)
{
	uint64_t word = 0;

	if (count == sizeof word) {
		memcpy(&word, bytes, sizeof word);
		return le64toh(word);
	}
	while (count-- > 0)
		word = word << 8 | (unsigned char)bytes[count];
	return word;
}

/* FNV-1a, but of eight bytes at a time; the same on every machine. Also tells whether the text is ASCII. */
static uint64_t hash(const char *text, size_t left, bool *is_ascii)
{
	uint64_t value = 14695981039346656037U;
	uint64_t seen = 0;

	for (size_t size; left > 0; text += size, left -= size) {
		uint64_t word;

		size = left < sizeof word ? left : sizeof word;
		word = load(text, size);
		seen |= word;
		value = (value ^ word) * 1099511628211U;
		value ^= value >> 32;
	}
	*is_ascii = (seen & 0x8080808080808080U) == 0;
	return value % prime;
}

__attribute__((format(printf, 2, 0))) static void note(struct walk *walk, const char *name, va_list arguments)
{
	char *text;

	if (vasprintf(&text, name, arguments) < 0)
		sp_out_of_memory();
	walk->name = sp_arena_string(walk->arena, text);
	walk->place = walk->node;
	free(text);
}

static void take(struct walk *walk, const char *text, size_t length, uint64_t hashed)
{
	sp_digest_add_bytes(&walk->digest, text, length);
	walk->sum = (walk->sum + hashed) % prime;
	walk->weighted = (walk->weighted + walk->count % prime * hashed) % prime;
}

static void take_cleaned(struct walk *walk, const char *text, size_t length)
{
	struct sp_text cleaned = { 0 };
	bool is_ascii;

	clean(text, length, &cleaned);
	take(walk, cleaned.bytes, cleaned.length, hash(cleaned.bytes, cleaned.length, &is_ascii));
	sp_text_free(&cleaned);
}

static void take_text(struct walk *walk, const char *text)
{
	size_t length = strlen(text);
	bool is_ascii;
	uint64_t hashed = hash(text, length, &is_ascii);

	if (is_ascii)
		take(walk, text, length, hashed);
	else
		take_cleaned(walk, text, length);
}

/* Takes the next field. Its value is NULL where it is absent, which is not the same as empty, and adds to no sum. */
__attribute__((format(printf, 3, 4))) static void add(struct walk *walk, const char *value, const char *name, ...)
{
	va_list arguments;

	walk->count++;
	if (value)
		take_text(walk, value);
	else
		sp_digest_add(&walk->digest, NULL);
	if (walk->count != walk->wanted)
		return;
	va_start(arguments, name);
	note(walk, name, arguments);
	va_end(arguments);
}

static void add_number(struct walk *walk, size_t number, const char *map, const char *key)
{
	char digits[32];

	snprintf(digits, sizeof digits, "%zu", number);
	add(walk, digits, "%s%s", map, key);
}

/* A change in a map of a node. Whether there is one at all is told by `after`, which then is never absent. */
static void add_change(struct walk *walk, const char *node, const char *map, const char *key,
		       const struct sp_change *change)
{
	struct sp_text after = { 0 };

	if (change->changes && change->after)
		sp_text_add_char(&after, '=');
	if (change->changes)
		sp_text_add(&after, change->after ? change->after : "unknown");
	add(walk, change->changes ? change->before : NULL, "nodes[%s].%s[%s].before", node, map, key);
	add(walk, after.bytes, "nodes[%s].%s[%s].after", node, map, key);
	sp_text_free(&after);
}

/* In the order of the table: the plan's is that of the writes. */
static void add_knobs(struct walk *walk, const struct sp_plan_node *node)
{
	static const struct sp_change none = { 0 };

	for (size_t i = 0; i < SP_WRITTEN_KNOB_COUNT; i++) {
		const struct sp_change *change = &none;

		for (size_t at = 0; at < node->knob_count; at++)
			if (strcmp(node->knobs[at].knob, sp_written_knobs[i]) == 0)
				change = &node->knobs[at].change;
		add_change(walk, node->name, "sysfs", sp_written_knobs[i], change);
	}
}

static void add_node(struct walk *walk, const struct sp_plan_node *node)
{
	const char *name = node->name;

	walk->node = node->place;
	add(walk, name, "nodes[%s].name", name);
	add(walk, node->uid, "nodes[%s].uid", name);
	add(walk, sp_action_name(node->action), "nodes[%s].action", name);
	add(walk, sp_reason_name(node->reason), "nodes[%s].reason", name);
	add(walk, node->message, "nodes[%s].message", name);
	add(walk, node->selected ? "true" : "false", "nodes[%s].selected", name);
	add_change(walk, name, "labels", SP_LABEL_ENABLED, &node->label);
	add_change(walk, name, "annotations", SP_ANNOTATION_MANAGED, &node->annotation);
	add_knobs(walk, node);
	add(walk, node->label.changes && !node->has_labels ? "true" : NULL, "nodes[%s].lacksLabels", name);
	add(walk, node->annotation.changes && !node->has_annotations ? "true" : NULL, "nodes[%s].lacksAnnotations",
	    name);
	for (size_t i = 0; i < SP_OVERRIDE_COUNT; i++)
		add(walk, sp_labels_get(&node->overrides, sp_override_annotations[i]), "nodes[%s].overrides[%s]", name,
		    sp_override_annotations[i]);
}

static void add_inputs(struct walk *walk, const struct sp_plan *plan)
{
	add(walk, plan->kubevirt.path, "inputs.kubevirt.path");
	add(walk, plan->kubevirt.kind, "inputs.kubevirt.kind");
	add(walk, plan->kubevirt.namespace, "inputs.kubevirt.namespace");
	add(walk, plan->kubevirt.name, "inputs.kubevirt.name");
	add(walk, plan->nodes_input.path, "inputs.nodes.path");
	add_number(walk, plan->nodes_input.count, "inputs.nodes.", "count");
	add_number(walk, plan->nodes_input.total, "inputs.nodes.", "total");
	add_number(walk, plan->nodes_input.skipped, "inputs.nodes.", "skipped");
	add(walk, plan->facts_input.path, "inputs.facts.path");
	add_number(walk, plan->facts_input.count, "inputs.facts.", "count");
	add(walk, plan->workloads_input.path, "inputs.workloads.path");
	add_number(walk, plan->workloads_input.count, "inputs.workloads.", "count");
	add_number(walk, plan->workloads_input.skipped, "inputs.workloads.", "skipped");
}

/* A list of things that only people read is one field: it may have grown, or shrunk. Its parts are walked apart. */
static void add_list(struct walk *walk, struct walk *list, const char *name)
{
	unsigned char bytes[SP_DIGEST_SIZE];

	sp_digest_finish(&list->digest, bytes);
	add(walk, sp_digest_text(bytes, walk->arena), "%s", name);
}

static struct walk start(struct sp_arena *arena)
{
	struct walk walk = { .arena = arena };

	sp_digest_start(&walk.digest);
	return walk;
}

static void add_place(struct walk *list, struct sp_place place)
{
	add(list, place.source ? sp_source_name(place.source) : NULL, "file");
	add_number(list, place.line, "", "line");
	add_number(list, place.column, "", "column");
}

static void add_impacts(struct walk *walk, const struct sp_plan *plan)
{
	struct walk list = start(walk->arena);

	for (size_t i = 0; i < plan->impact_count; i++) {
		const struct sp_impact *impact = &plan->impacts[i];

		add(&list, impact->kind, "kind");
		add(&list, impact->namespace, "namespace");
		add(&list, impact->name, "name");
		add(&list, impact->requirement, "requirement");
		add_number(&list, impact->before, "", "before");
		add_number(&list, impact->after, "", "after");
		add_number(&list, impact->lost, "", "lost");
		add_number(&list, impact->gained, "", "gained");
		add_number(&list, impact->unknown, "", "unknown");
		add_place(&list, impact->place);
	}
	add_list(walk, &list, "scheduling");
}

static void add_warnings(struct walk *walk, const struct sp_plan *plan)
{
	struct walk list = start(walk->arena);

	for (size_t i = 0; i < plan->warning_count; i++) {
		add(&list, plan->warnings[i].code, "code");
		add(&list, plan->warnings[i].message, "message");
		add(&list, plan->warnings[i].help, "help");
		add_place(&list, plan->warnings[i].place);
	}
	add_list(walk, &list, "warnings");
}

static void add_refusals(struct walk *walk, const struct sp_plan *plan)
{
	struct walk list = start(walk->arena);

	for (size_t i = 0; i < plan->refusal_count; i++) {
		const struct sp_plan_refusal *refusal = &plan->refusals[i];

		add(&list, refusal->code, "code");
		add(&list, refusal->message, "message");
		add(&list, refusal->help, "help");
		add_number(&list, refusal->node_count, "", "nodes");
		for (size_t at = 0; at < refusal->node_count; at++)
			add(&list, refusal->nodes[at], "nodes");
	}
	add_list(walk, &list, "refusals");
}

static void walk_plan(struct walk *walk, const struct sp_plan *plan)
{
	add(walk, sp_policy_name(plan->policy), "policy");
	add_inputs(walk, plan);
	add(walk, plan->digest, "digest");
	add(walk, sp_selector_kind_name(plan->selector_kind), "selector.kind");
	add(walk, plan->selector_text, "selector.text");
	for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
		add_number(walk, plan->summary[action], "summary.", sp_action_name(action));
	add_impacts(walk, plan);
	add_warnings(walk, plan);
	add_refusals(walk, plan);
	for (size_t i = 0; i < plan->node_count; i++)
		add_node(walk, &plan->nodes[i]);
}

struct sp_checksum sp_checksum(const struct sp_plan *plan, struct sp_arena *arena)
{
	struct walk walk = start(arena);
	unsigned char bytes[SP_DIGEST_SIZE];

	walk_plan(&walk, plan);
	sp_digest_finish(&walk.digest, bytes);
	return (struct sp_checksum){
		.text = sp_digest_text(bytes, arena),
		.locator = sp_arena_format(arena, "%08" PRIx64 "%08" PRIx64, walk.sum, walk.weighted),
	};
}

/* One divided by `number`, by Fermat's little theorem. */
static uint64_t inverse(uint64_t number)
{
	uint64_t result = 1;

	for (uint64_t power = prime - 2; power > 0; power /= 2) {
		if (power % 2 == 1)
			result = result * number % prime;
		number = number * number % prime;
	}
	return result;
}

static bool read_locator(const char *locator, uint64_t *sum, uint64_t *weighted)
{
	int end = 0;

	if (strlen(locator) != 16 || strspn(locator, "0123456789abcdef") != 16)
		return false;
	return sscanf(locator, "%8" SCNx64 "%8" SCNx64 "%n", sum, weighted, &end) == 2 && end == 16 && *sum < prime &&
	       *weighted < prime;
}

const char *sp_checksum_locate(const struct sp_plan *plan, const char *locator, struct sp_arena *arena,
			       struct sp_place *place)
{
	struct walk walk = start(arena);
	struct walk again = start(arena);
	uint64_t sum;
	uint64_t weighted;

	if (!read_locator(locator, &sum, &weighted))
		return NULL;
	walk_plan(&walk, plan);
	sum = (walk.sum + prime - sum) % prime;
	weighted = (walk.weighted + prime - weighted) % prime;
	again.wanted = sum > 0 ? weighted * inverse(sum) % prime : 0;
	if (again.wanted == 0 || again.wanted > walk.count)
		return NULL;
	walk_plan(&again, plan);
	if (again.place.source)
		*place = again.place;
	return again.name;
}
