/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The consumer's end of a ring. The kernel wakes it only when it has said that it sleeps:
 *
 *     sw_ring_drain(ring);
 *     if (sw_ring_may_sleep(ring)) epoll_wait(sw_ring_fd(ring), …, at most SW_RING_BACKSTOP_MS);
 *     sw_ring_awake(ring);
 */
#ifndef SW_RING_RING_H
#define SW_RING_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No sleep is longer, so that a wake-up lost to whatever reason costs no more than this. */
#define SW_RING_BACKSTOP_MS 100

#define SW_RING_BATCH 4096

struct sw_ring;

/* Gets the bytes of one record, 8-byte aligned, valid during the call. */
typedef void (*sw_ring_handler)(void *ctx, const void *data, size_t size);

/*
 * map_fd: a BPF_MAP_TYPE_RINGBUF; idle: the word shared with the kernel's vital_submit(), NULL for
 * a ring that wakes nobody and is only drained now and then. Both must outlive the ring. Returns 0
 * or a negative errno.
 */
int sw_ring_open(int map_fd, uint32_t *idle, sw_ring_handler handler, void *ctx,
		 struct sw_ring **out);

/* NULL-safe. Sets *ring to NULL. */
void sw_ring_free(struct sw_ring **ring);

/* Readable after a wake-up; owned by the ring. */
int sw_ring_fd(const struct sw_ring *ring);

/*
 * Handles records that are complete, at most SW_RING_BATCH of them, so that a flood does not keep
 * the caller from its other work. Returns how many, or a negative errno.
 */
int sw_ring_drain(struct sw_ring *ring);

/* Says to the kernel that we sleep. False: something has been reserved, drain again instead. */
bool sw_ring_may_sleep(struct sw_ring *ring);

/* Takes that back. */
void sw_ring_awake(struct sw_ring *ring);

/* Records handed to the handler since the ring was opened. */
uint64_t sw_ring_consumed(const struct sw_ring *ring);

#endif
