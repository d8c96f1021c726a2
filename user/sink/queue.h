/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue of messages that a sink could not send yet. The oldest goes first, and counted.
 */
#ifndef SW_SINK_QUEUE_H
#define SW_SINK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct sw_queue_item;

struct sw_queue {
	TAILQ_HEAD(sw_queue_head, sw_queue_item) items;
	size_t count;
	size_t bytes;
	size_t max_count;
	size_t max_bytes;
	size_t written; /* bytes of the first message that are gone already */
	uint64_t dropped; /* messages, since the beginning */
};

void sw_queue_init(struct sw_queue *queue, size_t max_count, size_t max_bytes);

/*
 * Copies the message to the end. While it does not fit the oldest is dropped, but never one that
 * is partly written. -ENOBUFS if it cannot fit at all, -ENOMEM; it is then counted as dropped.
 */
int sw_queue_push(struct sw_queue *queue, const char *text, size_t len);

/* What is left of the first message, borrowed until the next call; false if there is none. */
bool sw_queue_first(const struct sw_queue *queue, const char **text, size_t *len);

/* n bytes of the first message are written; it leaves when all are. Returns whether it left. */
bool sw_queue_written(struct sw_queue *queue, size_t n);

/* The first message is to be written again from its start. */
void sw_queue_rewind(struct sw_queue *queue);

/* Drops the first message, and counts it. */
void sw_queue_drop_first(struct sw_queue *queue);

/* Drops everything, and counts it. Also the end of a queue. */
void sw_queue_clear(struct sw_queue *queue);

#endif
