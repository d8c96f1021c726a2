/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages on their way to a server, in memory, in order: those that are sent but may still be lost
 * on the way, then those that are to be sent. Syslog has no acknowledgement, so a message counts
 * as delivered once the other host's kernel has it and nothing bad was heard for a while after;
 * until then it is kept, and sent again if the connection breaks.
 */
#ifndef SW_SINK_WINDOW_H
#define SW_SINK_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include "sink/spool.h"

struct sw_window_item;

struct sw_window {
	TAILQ_HEAD(sw_window_head, sw_window_item) items;
	struct sw_window_item *next; /* first that is not wholly written; NULL: none */
	size_t next_written; /* bytes of it that are */
	size_t count;
	size_t bytes;
	size_t direct; /* messages that are in no spool */
};

void sw_window_init(struct sw_window *window);

/* Whether any message of the spool fits. */
bool sw_window_has_room(const struct sw_window *window);

/*
 * Copies a message to the end. framed: by octet counting (RFC 6587). mark: where it lies in the
 * spool; NULL: nowhere. -ENOBUFS if the window is full, -ENOMEM.
 */
int sw_window_push(struct sw_window *window, const char *text, size_t len, bool framed,
		   const struct sw_spool_mark *mark);

/* What is to be written next, borrowed; false if there is nothing. */
bool sw_window_next(const struct sw_window *window, const char **bytes, size_t *len);

/* n bytes of it are written. stream_bytes: how much the connection has carried by now. */
void sw_window_written(struct sw_window *window, size_t n, uint64_t stream_bytes, uint64_t now_ns);

/* The next message can never be sent: it is passed over, and leaves when those before it do. */
void sw_window_give_up(struct sw_window *window);

/*
 * Forgets messages that ended at or before stream_bytes and were written at or before the time.
 * Returns how many were sent; *mark is set to the last that was in the spool, if any was.
 */
size_t sw_window_settle(struct sw_window *window, uint64_t stream_bytes, uint64_t before_ns,
			struct sw_spool_mark *mark);

/* When the oldest message was wholly written; UINT64_MAX: none is. */
uint64_t sw_window_oldest_ns(const struct sw_window *window);

/* The connection broke: all that is left is to be sent again, and the spool's are forgotten. */
void sw_window_rewind(struct sw_window *window);

/*
 * Fills list with window->direct messages that are in no spool, oldest first, without frames;
 * borrowed. For moving them to the spool.
 */
void sw_window_direct(const struct sw_window *window, struct iovec *list);
void sw_window_forget_direct(struct sw_window *window);

/* Forgets the oldest message in no spool of which nothing is written. Whether there was one. */
bool sw_window_drop_unsent(struct sw_window *window);

void sw_window_clear(struct sw_window *window);

#endif
