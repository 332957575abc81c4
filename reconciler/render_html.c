/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as one page that needs nothing else: for a CI artefact. The plan is in it as JSON, and what the page's
 * script shows is made from that; without scripts there is a table. */
#include <nettle/base64.h>
#include <string.h>

#include "reconciler/page.h"
#include "reconciler/render.h"
#include "reconciler/wording.h"
#include "state/sha256.h"
#include "state/source.h"

enum { MOST_ROWS = 1000 };

/* The hash by which the page's own style and script, and no others, are allowed: base64 of SHA-256 (CSP level 2). */
static void add_hash(struct sp_text *out, const char *content)
{
	unsigned char hash[SP_SHA256_SIZE];
	char base64[BASE64_ENCODE_RAW_LENGTH(SP_SHA256_SIZE)];

	sp_sha256(content, strlen(content), hash);
	base64_encode_raw(base64, sizeof hash, hash);
	sp_text_format(out, "'sha256-%.*s'", (int)sizeof base64, base64);
}

static void add_head(struct sp_text *out, const struct sp_plan *plan)
{
	sp_text_add(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; "
			 "form-action 'none'; style-src ");
	add_hash(out, sp_page_css);
	sp_text_add(out, "; script-src ");
	add_hash(out, sp_page_js);
	sp_text_add(out, "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			 "<meta name=\"referrer\" content=\"no-referrer\">\n<title>KSM plan: ");
	sp_wording_add_markup(out, plan->kubevirt.name);
	sp_text_add(out, "</title>\n<style>");
	sp_text_add(out, sp_page_css);
	sp_text_add(out, "</style>\n</head>\n<body>\n");
}

static void add_term(struct sp_text *out, const char *term, const char *text, bool is_code)
{
	sp_text_format(out, "<dt>%s</dt><dd>%s", term, is_code ? "<code>" : "");
	sp_wording_add_markup(out, text);
	sp_text_format(out, "%s</dd>\n", is_code ? "</code>" : "");
}

static void add_counted(struct sp_text *out, const char *term, size_t count, const char *path)
{
	struct sp_text text = { 0 };

	sp_text_format(&text, "%zu from %s", count, sp_wording_path(path));
	add_term(out, term, text.bytes, false);
	sp_text_free(&text);
}

static void add_inputs(struct sp_text *out, const struct sp_plan *plan)
{
	const char *meaning = sp_wording_selector(plan->selector_kind);
	struct sp_text cr = { 0 };

	sp_text_format(&cr, "%s %s%s%s from %s", plan->kubevirt.kind, plan->kubevirt.namespace,
		       plan->kubevirt.namespace[0] ? "/" : "", plan->kubevirt.name,
		       sp_wording_path(plan->kubevirt.path));
	sp_text_add(out, "<dl>\n");
	add_term(out, "custom resource", cr.bytes, false);
	add_term(out, "selector", meaning ? meaning : plan->selector_text, !meaning);
	add_term(out, "policy", sp_policy_name(plan->policy), false);
	add_counted(out, "nodes", plan->nodes_input.count, plan->nodes_input.path);
	if (plan->facts_input.path)
		add_counted(out, "facts", plan->facts_input.count, plan->facts_input.path);
	if (plan->workloads_input.path)
		add_counted(out, "workloads", plan->workloads_input.count, plan->workloads_input.path);
	add_term(out, "digest", plan->digest, true);
	sp_text_add(out, "</dl>\n");
	sp_text_free(&cr);
}

static void add_summary(struct sp_text *out, const struct sp_plan *plan)
{
	sp_text_add(out, "<header>\n<h1>KSM plan</h1>\n<p>");
	sp_wording_add_summary(out, plan);
	sp_text_add(out, "</p>\n<ul class=\"summary\" aria-label=\"Nodes by action\">\n");
	for (enum sp_action action = 0; action < SP_ACTION_COUNT; action++)
		if (plan->summary[action] > 0)
			sp_text_format(out, "<li class=\"%s\"><b>%zu</b>%s</li>\n", sp_action_name(action),
				       plan->summary[action], sp_action_name(action));
	sp_text_add(out, "</ul>\n");
	add_inputs(out, plan);
	sp_text_add(out, "</header>\n<main>\n");
}

static void add_note(struct sp_text *out, const char *class_name, const char *place, const char *message,
		     const char *help, const char *code)
{
	sp_text_format(out, "<div class=\"%s\"><p>", class_name);
	if (place && place[0]) {
		sp_text_add(out, "<code>");
		sp_wording_add_markup(out, place);
		sp_text_add(out, "</code>: ");
	}
	sp_wording_add_markup(out, message);
	sp_text_add(out, " <span class=\"quiet\">(");
	sp_wording_add_markup(out, code);
	sp_text_add(out, ")</span></p>");
	if (help) {
		sp_text_add(out, "<p class=\"quiet\">");
		sp_wording_add_markup(out, help);
		sp_text_add(out, "</p>");
	}
	sp_text_add(out, "</div>\n");
}

static void add_notes(struct sp_text *out, const struct sp_plan *plan)
{
	if (plan->refusal_count > 0)
		sp_text_add(out, "<h2>Refused</h2>\n");
	for (size_t i = 0; i < plan->refusal_count; i++)
		add_note(out, "refusal", NULL, plan->refusals[i].message, plan->refusals[i].help,
			 plan->refusals[i].code);
	if (plan->warning_count > 0)
		sp_text_add(out, "<h2>Warnings</h2>\n");
	for (size_t i = 0; i < plan->warning_count; i++) {
		struct sp_text place = { 0 };

		sp_place_write(&place, plan->warnings[i].place);
		add_note(out, "warning", sp_text_string(&place), plan->warnings[i].message, plan->warnings[i].help,
			 plan->warnings[i].code);
		sp_text_free(&place);
	}
}

static void add_number(struct sp_text *out, size_t number)
{
	sp_text_format(out, "<td class=\"number\">%zu</td>", number);
}

static void add_after(struct sp_text *out, const struct sp_impact *impact)
{
	sp_text_format(out,
		       sp_wording_is_stranded(impact) ? "<td class=\"number\"><strong>%zu</strong>" :
							"<td class=\"number\">%zu",
		       impact->after);
	if (impact->unknown > 0)
		sp_text_format(out, " (and %zu unknown)", impact->unknown);
	sp_text_add(out, "</td>");
}

static void add_impact(struct sp_text *out, const struct sp_impact *impact)
{
	sp_text_add(out, "<tr><td>");
	sp_wording_add_markup(out, impact->kind);
	sp_text_add(out, " ");
	sp_wording_add_markup(out, impact->namespace);
	sp_text_add(out, impact->namespace[0] ? "/" : "");
	sp_wording_add_markup(out, impact->name);
	sp_text_add(out, "</td><td><code>");
	sp_wording_add_markup(out, impact->requirement);
	sp_text_add(out, "</code></td>");
	add_number(out, impact->before);
	add_after(out, impact);
	add_number(out, impact->lost);
	add_number(out, impact->gained);
	sp_text_add(out, "</tr>\n");
}

static void add_scheduling(struct sp_text *out, const struct sp_plan *plan)
{
	if (plan->impact_count == 0)
		return;
	sp_text_add(out,
		    "<h2 id=\"machines\">Virtual machines</h2>\n<div class=\"scroll\" role=\"region\" "
		    "aria-labelledby=\"machines\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">virtual "
		    "machine</th><th scope=\"col\">asks for</th><th scope=\"col\" class=\"number\">nodes before</th>"
		    "<th scope=\"col\" class=\"number\">after</th><th scope=\"col\" class=\"number\">lost</th>"
		    "<th scope=\"col\" class=\"number\">gained</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < plan->impact_count; i++)
		add_impact(out, &plan->impacts[i]);
	sp_text_add(out, "</tbody>\n</table></div>\n");
}

/* Without scripts: the nodes that change. */
static void add_table(struct sp_text *out, const struct sp_plan *plan)
{
	size_t shown = 0;

	sp_text_add(out, "<noscript>\n<h2>Nodes that change</h2>\n<table>\n<thead><tr><th scope=\"col\">node</th>"
			 "<th scope=\"col\">action</th><th scope=\"col\">why</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < plan->node_count && shown < MOST_ROWS; i++) {
		const struct sp_plan_node *node = &plan->nodes[i];

		if (node->action == SP_ACTION_UNCHANGED)
			continue;
		shown++;
		sp_text_add(out, "<tr><td>");
		sp_wording_add_markup(out, node->name);
		sp_text_format(out, "</td><td>%s</td><td>", sp_action_name(node->action));
		sp_wording_add_markup(out, node->message);
		sp_text_add(out, "</td></tr>\n");
	}
	sp_text_add(out, "</tbody>\n</table>\n");
	if (shown < sp_plan_changed(plan))
		sp_text_format(out, "<p>And %zu more.</p>\n", sp_plan_changed(plan) - shown);
	sp_text_add(out, "</noscript>\n");
}

/* "<" could end the element, or begin a comment; it stands in strings alone, where it may be written otherwise. */
static void add_plan(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	struct sp_text json = { 0 };

	sp_render_json(&json, plan, options);
	sp_text_add(out, "<script type=\"application/json\" id=\"plan\">\n");
	for (const char *at = json.bytes; *at;) {
		size_t length = strcspn(at, "<");

		sp_text_append(out, at, length);
		at += length;
		if (*at) {
			sp_text_add(out, "\\u003c");
			at++;
		}
	}
	sp_text_add(out, "</script>\n");
	sp_text_free(&json);
}

void sp_render_html(struct sp_text *out, const struct sp_plan *plan, const struct sp_render_options *options)
{
	add_head(out, plan);
	add_summary(out, plan);
	add_notes(out, plan);
	add_scheduling(out, plan);
	sp_text_add(out, sp_page_html);
	add_table(out, plan);
	sp_text_add(out, "</main>\n");
	add_plan(out, plan, options);
	sp_text_add(out, "<script>");
	sp_text_add(out, sp_page_js);
	sp_text_add(out, "</script>\n</body>\n</html>\n");
}
