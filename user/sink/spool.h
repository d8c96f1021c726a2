/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A first-in, first-out store of messages on disk, bounded, for those that a server cannot take
 * now. It outlives the process. Messages lie in a directory of their own, in segments; when there
 * is no more room the oldest segment goes as a whole, counted. Nothing is synced to the disk: it
 * survives the end of the process, not necessarily a power failure.
 */
#ifndef SW_SINK_SPOOL_H
#define SW_SINK_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define SW_SPOOL_MESSAGE_BYTES 16384 /* longer ones are not taken, nor believed when read */

struct sw_spool;

/* Up to where a message reaches. */
struct sw_spool_mark {
	uint64_t segment;
	uint64_t end; /* file offset */
	uint64_t records; /* of the segment, up to and with this one */
};

/*
 * Makes the directory (0700) and its parents if need be. -EBUSY: another process has it, or another
 * sink; -EPERM: it is somebody else's or open to others. What cannot be understood in it is dropped
 * and counted.
 */
int sw_spool_open(const char *dir, uint64_t max_bytes, struct sw_spool **out);
void sw_spool_free(struct sw_spool **spool);

/*
 * Adds messages after all others; on failure none of them. -ENOSPC: the disk is full; -ENOBUFS:
 * more than the whole spool; -EMSGSIZE; -EIO, ...
 */
int sw_spool_append(struct sw_spool *spool, const struct iovec *messages, size_t count);

/* Adds messages before all others, which must be unread: older ones than those in it. */
int sw_spool_prepend(struct sw_spool *spool, const struct iovec *messages, size_t count);

/*
 * The next unread message: its length, with text filled, or 0 if there is none. What was damaged
 * meanwhile is skipped and counted.
 */
size_t sw_spool_read(struct sw_spool *spool, char text[SW_SPOOL_MESSAGE_BYTES],
		     struct sw_spool_mark *mark);

/* All up to the mark is dealt with, and leaves the disk. */
void sw_spool_done(struct sw_spool *spool, const struct sw_spool_mark *mark);

/* All that is not dealt with is unread again. */
void sw_spool_rewind(struct sw_spool *spool);

uint64_t sw_spool_count(const struct sw_spool *spool); /* messages that are not dealt with */
uint64_t sw_spool_unread(const struct sw_spool *spool);

/*
 * Messages dropped to make room, and damaged places, each of which counts as one message: how many
 * lay in a part that is not there any more cannot be known.
 */
uint64_t sw_spool_dropped(const struct sw_spool *spool);

#endif
