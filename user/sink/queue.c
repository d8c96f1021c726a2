/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sw_queue_item {
	TAILQ_ENTRY(sw_queue_item) link;
	size_t len;
	char text[];
};

void sw_queue_init(struct sw_queue *queue, size_t max_count, size_t max_bytes)
{
	*queue = (struct sw_queue){.max_count = max_count, .max_bytes = max_bytes};
	TAILQ_INIT(&queue->items);
}

static void take_out(struct sw_queue *queue, struct sw_queue_item *item)
{
	if (item == TAILQ_FIRST(&queue->items))
		queue->written = 0;
	TAILQ_REMOVE(&queue->items, item, link);
	queue->count--;
	queue->bytes -= item->len;
	free(item);
}

/* The oldest message that may go. */
static struct sw_queue_item *oldest(struct sw_queue *queue)
{
	struct sw_queue_item *item = TAILQ_FIRST(&queue->items);

	return item && queue->written > 0 ? TAILQ_NEXT(item, link) : item;
}

static bool make_room(struct sw_queue *queue, size_t len)
{
	while (queue->count + 1 > queue->max_count || queue->bytes + len > queue->max_bytes) {
		struct sw_queue_item *item = oldest(queue);

		if (!item)
			return false;
		take_out(queue, item);
		queue->dropped++;
	}
	return true;
}

int sw_queue_push(struct sw_queue *queue, const char *text, size_t len)
{
	struct sw_queue_item *item = NULL;
	int rc = -ENOBUFS;

	/* what can never fit must not empty the queue */
	if (len <= queue->max_bytes && make_room(queue, len)) {
		item = malloc(sizeof(*item) + len);
		rc = -ENOMEM;
	}
	if (!item) {
		queue->dropped++;
		return rc;
	}
	item->len = len;
	memcpy(item->text, text, len);
	TAILQ_INSERT_TAIL(&queue->items, item, link);
	queue->count++;
	queue->bytes += len;
	return 0;
}

bool sw_queue_first(const struct sw_queue *queue, const char **text, size_t *len)
{
	const struct sw_queue_item *item = TAILQ_FIRST(&queue->items);

	if (!item)
		return false;
	*text = item->text + queue->written;
	*len = item->len - queue->written;
	return true;
}

bool sw_queue_written(struct sw_queue *queue, size_t n)
{
	struct sw_queue_item *item = TAILQ_FIRST(&queue->items);

	queue->written += n;
	if (queue->written < item->len)
		return false;
	take_out(queue, item);
	return true;
}

void sw_queue_rewind(struct sw_queue *queue)
{
	queue->written = 0;
}

void sw_queue_drop_first(struct sw_queue *queue)
{
	take_out(queue, TAILQ_FIRST(&queue->items));
	queue->dropped++;
}

void sw_queue_clear(struct sw_queue *queue)
{
	while (!TAILQ_EMPTY(&queue->items))
		sw_queue_drop_first(queue);
}
