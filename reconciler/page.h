/* SPDX-License-Identifier: Apache-2.0 */
/* The files in page/, compiled in. */
#ifndef SAMEPAGE_RECONCILER_PAGE_H
#define SAMEPAGE_RECONCILER_PAGE_H

extern const char sp_page_css[];
extern const char sp_page_html[];
extern const char sp_page_js[];

#endif
