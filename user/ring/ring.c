// SPDX-License-Identifier: Apache-2.0
#include "ring/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct sw_ring {
	struct ring_buffer *rb;
	sw_ring_handler handler;
	void *ctx;
	_Atomic uint32_t *idle;
	/* Positions as the kernel keeps them, each on a page of its own (kernel/bpf/ringbuf.c). */
	const _Atomic unsigned long *consumer;
	const _Atomic unsigned long *producer;
	size_t page_bytes;
	uint64_t consumed;
	int batch; /* handled by the present call */
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct sw_ring *ring = ctx;

	ring->consumed++;
	ring->handler(ring->ctx, data, size);
	/* libbpf has moved past this record already when it stops for an error of ours. */
	return ++ring->batch < SW_RING_BATCH ? 0 : -EAGAIN;
}

static const void *map_page(int fd, size_t page_bytes, off_t offset)
{
	void *page = mmap(NULL, page_bytes, PROT_READ, MAP_SHARED, fd, offset);

	return page == MAP_FAILED ? NULL : page;
}

int sw_ring_open(int map_fd, uint32_t *idle, sw_ring_handler handler, void *ctx,
		 struct sw_ring **out)
{
	struct sw_ring *ring = calloc(1, sizeof(*ring));
	int err;

	if (!ring)
		return -ENOMEM;
	ring->handler = handler;
	ring->ctx = ctx;
	ring->idle = (_Atomic uint32_t *)idle;
	ring->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	ring->consumer = map_page(map_fd, ring->page_bytes, 0);
	if (ring->consumer)
		ring->producer = map_page(map_fd, ring->page_bytes, (off_t)ring->page_bytes);
	if (ring->producer)
		ring->rb = ring_buffer__new(map_fd, on_record, ring, NULL);
	if (!ring->rb) {
		err = -errno;
		sw_ring_free(&ring);
		return err;
	}
	*out = ring;
	return 0;
}

void sw_ring_free(struct sw_ring **ring)
{
	struct sw_ring *r = *ring;

	if (!r)
		return;
	ring_buffer__free(r->rb);
	if (r->consumer)
		munmap((void *)r->consumer, r->page_bytes);
	if (r->producer)
		munmap((void *)r->producer, r->page_bytes);
	free(r);
	*ring = NULL;
}

int sw_ring_fd(const struct sw_ring *ring)
{
	return ring_buffer__epoll_fd(ring->rb);
}

int sw_ring_drain(struct sw_ring *ring)
{
	int rc;

	ring->batch = 0;
	rc = ring_buffer__consume(ring->rb);
	return rc < 0 && rc != -EAGAIN ? rc : ring->batch;
}

bool sw_ring_may_sleep(struct sw_ring *ring)
{
	/* Sequentially consistent: the word is seen by the kernel before the position is read. */
	atomic_store(ring->idle, 1);
	if (atomic_load(ring->producer) == atomic_load(ring->consumer))
		return true;
	atomic_store(ring->idle, 0);
	return false;
}

void sw_ring_awake(struct sw_ring *ring)
{
	atomic_store(ring->idle, 0);
}

uint64_t sw_ring_consumed(const struct sw_ring *ring)
{
	return ring->consumed;
}
