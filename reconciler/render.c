/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/render.h"

#include <string.h>

sp_render_function *sp_render_find(const char *name)
{
	static const struct {
		const char *name;
		sp_render_function *render;
	} forms[] = {
		{ "text", sp_render_text },   { "json", sp_render_json },         { "yaml", sp_render_yaml },
		{ "names", sp_render_names }, { "markdown", sp_render_markdown }, { "github", sp_render_github },
		{ "sarif", sp_render_sarif }, { "junit", sp_render_junit },       { "html", sp_render_html },
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i].name, name) == 0)
			return forms[i].render;
	return NULL;
}
