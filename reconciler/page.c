/* SPDX-License-Identifier: Apache-2.0 */
/* The assembler puts the files into the program as they are, with a NUL behind each. Paths are from the top of the
 * source. */
#include "reconciler/page.h"

#define INCLUDE(name, file)                              \
	__asm__(".pushsection .rodata\n"                 \
		".globl " #name "\n" #name ":\n"         \
		".incbin \"reconciler/page/" file "\"\n" \
		".byte 0\n"                              \
		".popsection\n")

INCLUDE(sp_page_css, "page.css");
INCLUDE(sp_page_html, "page.html");
INCLUDE(sp_page_js, "page.js");
