/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES_MAX 1024
#define BYTES_MAX ((size_t)2 << 20)
#define FRAME_BYTES 24 /* "7500 " and more */

struct sw_window_item {
	TAILQ_ENTRY(sw_window_item) link;
	struct sw_spool_mark mark;
	bool spooled;
	bool given_up;
	uint64_t written_ns; /* when its last byte was written */
	uint64_t end; /* of the stream, after it was written */
	size_t frame; /* bytes of the frame before the text */
	size_t len; /* with the frame */
	char bytes[];
};

void sw_window_init(struct sw_window *window)
{
	*window = (struct sw_window){.next = NULL};
	TAILQ_INIT(&window->items);
}

bool sw_window_has_room(const struct sw_window *window)
{
	return window->count < MESSAGES_MAX && window->bytes + SW_SPOOL_MESSAGE_BYTES <= BYTES_MAX;
}

int sw_window_push(struct sw_window *window, const char *text, size_t len, bool framed,
		   const struct sw_spool_mark *mark)
{
	char frame[FRAME_BYTES] = "";
	struct sw_window_item *item;

	if (window->count >= MESSAGES_MAX || window->bytes + len > BYTES_MAX)
		return -ENOBUFS;
	item = malloc(sizeof(*item) + FRAME_BYTES + len);
	if (!item)
		return -ENOMEM;
	if (framed)
		snprintf(frame, sizeof(frame), "%zu ", len);
	*item = (struct sw_window_item){.spooled = mark != NULL, .frame = strlen(frame)};
	if (mark)
		item->mark = *mark;
	item->len = item->frame + len;
	memcpy(item->bytes, frame, item->frame);
	memcpy(item->bytes + item->frame, text, len);
	TAILQ_INSERT_TAIL(&window->items, item, link);
	if (!window->next)
		window->next = item;
	window->count++;
	window->bytes += item->len;
	window->direct += !item->spooled;
	return 0;
}

static void take_out(struct sw_window *window, struct sw_window_item *item)
{
	if (item == window->next) {
		window->next = TAILQ_NEXT(item, link);
		window->next_written = 0;
	}
	TAILQ_REMOVE(&window->items, item, link);
	window->count--;
	window->bytes -= item->len;
	window->direct -= !item->spooled;
	free(item);
}

bool sw_window_next(const struct sw_window *window, const char **bytes, size_t *len)
{
	if (!window->next)
		return false;
	*bytes = window->next->bytes + window->next_written;
	*len = window->next->len - window->next_written;
	return true;
}

void sw_window_written(struct sw_window *window, size_t n, uint64_t stream_bytes, uint64_t now_ns)
{
	struct sw_window_item *item = window->next;

	window->next_written += n;
	if (window->next_written < item->len)
		return;
	item->end = stream_bytes;
	item->written_ns = now_ns;
	window->next = TAILQ_NEXT(item, link);
	window->next_written = 0;
}

void sw_window_give_up(struct sw_window *window)
{
	struct sw_window_item *item = window->next;

	item->given_up = true;
	window->next = TAILQ_NEXT(item, link);
	window->next_written = 0;
}

size_t sw_window_settle(struct sw_window *window, uint64_t stream_bytes, uint64_t before_ns,
			struct sw_spool_mark *mark)
{
	struct sw_window_item *item;
	size_t n = 0;

	while ((item = TAILQ_FIRST(&window->items)) && item != window->next &&
	       item->end <= stream_bytes && item->written_ns <= before_ns) {
		if (item->spooled)
			*mark = item->mark;
		n += !item->given_up;
		take_out(window, item);
	}
	return n;
}

uint64_t sw_window_oldest_ns(const struct sw_window *window)
{
	const struct sw_window_item *item = TAILQ_FIRST(&window->items);

	return item && item != window->next ? item->written_ns : UINT64_MAX;
}

void sw_window_rewind(struct sw_window *window)
{
	struct sw_window_item *item = TAILQ_FIRST(&window->items);

	while (item) {
		struct sw_window_item *after = TAILQ_NEXT(item, link);

		if (item->spooled)
			take_out(window, item);
		item = after;
	}
	window->next = TAILQ_FIRST(&window->items);
	window->next_written = 0;
}

void sw_window_direct(const struct sw_window *window, struct iovec *list)
{
	struct sw_window_item *item;

	TAILQ_FOREACH(item, &window->items, link)
	if (!item->spooled)
		*list++ = (struct iovec){item->bytes + item->frame, item->len - item->frame};
}

void sw_window_forget_direct(struct sw_window *window)
{
	struct sw_window_item *item = TAILQ_FIRST(&window->items);

	while (item) {
		struct sw_window_item *after = TAILQ_NEXT(item, link);

		if (!item->spooled)
			take_out(window, item);
		item = after;
	}
}

bool sw_window_drop_unsent(struct sw_window *window)
{
	struct sw_window_item *item = window->next;

	if (item && window->next_written > 0)
		item = TAILQ_NEXT(item, link);
	while (item && item->spooled)
		item = TAILQ_NEXT(item, link);
	if (!item)
		return false;
	take_out(window, item);
	return true;
}

void sw_window_clear(struct sw_window *window)
{
	while (!TAILQ_EMPTY(&window->items))
		take_out(window, TAILQ_FIRST(&window->items));
}
