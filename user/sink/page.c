/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/page.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"

#define MARGIN_COLUMNS 2

static const char *const sgr[] = {
	[SW_STYLE_PLAIN] = "",
	[SW_STYLE_BOLD] = "1",
	[SW_STYLE_DIM] = "2",
	[SW_STYLE_RED] = "31",
	[SW_STYLE_YELLOW] = "33",
	[SW_STYLE_GREEN] = "32",
	[SW_STYLE_BADGE_CRITICAL] = "1;97;45",
	[SW_STYLE_BADGE_ALERT] = "1;97;41",
	[SW_STYLE_BADGE_NOTICE] = "30;43",
	[SW_STYLE_BADGE_RECORD] = "30;47",
};
static_assert(SW_ARRAY_SIZE(sgr) == SW_STYLE_MAX, "every style has its sequence");

static void put(struct sw_page *page, enum sw_style style, const char *text, size_t len)
{
	bool styled = page->options->color && sgr[style][0] && len > 0;

	if (styled)
		fprintf(page->out, "\x1b[%sm", sgr[style]);
	fwrite(text, 1, len, page->out);
	if (styled)
		fputs("\x1b[0m", page->out);
	page->column += (unsigned int)len;
}

void sw_page_line(struct sw_page *page, unsigned int indent)
{
	page->column = 0;
	/* with color the bar is the background of a space */
	put(page, page->margin, page->options->color ? " " : "|", 1);
	while (page->column < MARGIN_COLUMNS + indent)
		put(page, SW_STYLE_PLAIN, " ", 1);
}

void sw_page_end(struct sw_page *page)
{
	fputc('\n', page->out);
}

static unsigned int room(const struct sw_page *page)
{
	return page->column < page->options->width ? page->options->width - page->column : 0;
}

void sw_page_put(struct sw_page *page, enum sw_style style, const char *text)
{
	static const char mark[] = "...";
	size_t len = strlen(text), space = room(page);

	if (len <= space) {
		put(page, style, text, len);
	} else if (space >= sizeof(mark) - 1) {
		put(page, style, text, space - (sizeof(mark) - 1));
		put(page, style, mark, sizeof(mark) - 1);
	}
}

void sw_page_put_raw(struct sw_page *page, enum sw_style style, const char *text)
{
	sw_autofree char *safe = sw_escape_dup(text, SW_ESCAPE_LINE);

	sw_page_put(page, style, safe ? safe : "?");
}

/* Length of the next piece that stays together: a word, or an arrow or plus with its word. */
static size_t next_piece(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] != ' ')
		n++;
	if ((n == 2 && memcmp(text, "->", 2) == 0) || (n == 1 && text[0] == '+')) {
		if (n + 1 < len && text[n + 1] != ' ')
			n++;
		while (n < len && text[n] != ' ')
			n++;
	}
	return n;
}

void sw_page_wrap(struct sw_page *page, unsigned int indent, enum sw_style style, const char *text,
		  size_t len)
{
	unsigned int start;

	sw_page_line(page, indent);
	start = page->column;
	while (len > 0) {
		size_t n = next_piece(text, len), space = room(page);
		bool first = page->column == start;

		if (!first && n + 1 > space) {
			sw_page_end(page);
			sw_page_line(page, indent + 2);
			start = page->column;
			continue;
		}
		if (!first)
			put(page, style, " ", 1);
		if (first && n > space) /* longer than a line: cut it where the line ends */
			n = space;
		put(page, style, text, n);
		text += n;
		len -= n;
		if (len > 0 && *text == ' ') {
			text++;
			len--;
		} else if (len > 0) {
			sw_page_end(page);
			sw_page_line(page, indent + 2);
			start = page->column;
		}
	}
	sw_page_end(page);
}
