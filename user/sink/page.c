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

static bool style_begin(const struct sw_page *page, enum sw_style style)
{
	bool styled = page->options->color && sgr[style][0];

	if (styled)
		fprintf(page->out, "\x1b[%sm", sgr[style]);
	return styled;
}

static void style_end(const struct sw_page *page, bool styled)
{
	if (styled)
		fputs("\x1b[0m", page->out);
}

static void put_plain(struct sw_page *page, const char *text, size_t len)
{
	fwrite(text, 1, len, page->out);
	page->column += (unsigned int)len;
}

static void put(struct sw_page *page, enum sw_style style, const char *text, size_t len)
{
	bool styled = style_begin(page, style);

	put_plain(page, text, len);
	style_end(page, styled);
}

void sw_page_line(struct sw_page *page, unsigned int indent)
{
	page->column = 0;
	/* with color the bar is the background of a space */
	put(page, page->margin, page->options->color ? " " : "|", 1);
	while (page->column < MARGIN_COLUMNS + indent)
		put_plain(page, " ", 1);
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

/* How much of text goes into a line: whole pieces, or as much as fits of one too long for any. */
static size_t fit(const char *text, size_t len, size_t space)
{
	size_t used = next_piece(text, len);

	if (used > space)
		return space;
	while (used < len) {
		size_t n = 1 + next_piece(text + used + 1, len - used - 1);

		if (used + n > space)
			break;
		used += n;
	}
	return used;
}

void sw_page_wrap(struct sw_page *page, unsigned int indent, enum sw_style style, const char *text,
		  size_t len)
{
	for (unsigned int more = 0; len > 0; more = 2) {
		size_t n;

		sw_page_line(page, indent + more);
		n = fit(text, len, room(page));
		put(page, style, text, n);
		sw_page_end(page);
		text += n;
		len -= n;
		if (len > 0 && *text == ' ') { /* the line's end stands for it */
			text++;
			len--;
		}
	}
}
