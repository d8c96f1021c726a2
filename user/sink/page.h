/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to render.c and terminal blocks: lines of a fixed width with a colored margin. */
#ifndef SW_SINK_PAGE_H
#define SW_SINK_PAGE_H

#include <stdio.h>

#include "sink/render.h"

/* Appearances; each is one SGR parameter list in page.c. */
enum sw_style {
	SW_STYLE_PLAIN = 0,
	SW_STYLE_BOLD,
	SW_STYLE_DIM,
	SW_STYLE_RED,
	SW_STYLE_YELLOW,
	SW_STYLE_GREEN,
	SW_STYLE_BADGE_CRITICAL,
	SW_STYLE_BADGE_ALERT,
	SW_STYLE_BADGE_NOTICE,
	SW_STYLE_BADGE_RECORD,
	SW_STYLE_MAX,
};

struct sw_page {
	FILE *out;
	const struct sw_render_options *options;
	enum sw_style margin; /* color of the bar at the left */
	unsigned int column; /* of the line being written */
};

/* Begins a line: margin and indent. Ends it. */
void sw_page_line(struct sw_page *page, unsigned int indent);
void sw_page_end(struct sw_page *page);

/* Text that is safe already (ours, or escaped), cut with "..." at the page's edge. */
void sw_page_put(struct sw_page *page, enum sw_style style, const char *text);

/* As sw_page_put(), of raw text of the watched system. */
void sw_page_put_raw(struct sw_page *page, enum sw_style style, const char *text);

/* Whole lines of safe text, wrapped between words; later lines are indented by two more. */
void sw_page_wrap(struct sw_page *page, unsigned int indent, enum sw_style style, const char *text,
		  size_t len);

#endif
