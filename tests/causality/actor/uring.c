// SPDX-License-Identifier: Apache-2.0
#include "uring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"

struct ring {
	int fd;
	enum uring_mode mode;
	struct io_uring_params p;
	char *requests; /* the submission queue's ring */
	char *answers;
	struct io_uring_sqe *entry;
};

static void *map(const struct ring *r, size_t bytes, off_t what)
{
	void *at =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, what);

	if (at == MAP_FAILED)
		die("mmap of a ring");
	return at;
}

static unsigned int *word(char *ring, unsigned int offset)
{
	return (unsigned int *)(void *)(ring + offset);
}

static void ring_open(struct ring *r, enum uring_mode mode)
{
	memset(r, 0, sizeof(*r));
	r->mode = mode;
	if (mode == URING_SQPOLL) {
		r->p.flags = IORING_SETUP_SQPOLL;
		r->p.sq_thread_idle = 60000;
	}
	r->fd = (int)MUST(syscall(__NR_io_uring_setup, 4, &r->p));
	r->requests = map(r, r->p.sq_off.array + r->p.sq_entries * sizeof(unsigned int),
			  IORING_OFF_SQ_RING);
	r->answers = map(r, r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe),
			 IORING_OFF_CQ_RING);
	r->entry = map(r, r->p.sq_entries * sizeof(*r->entry), IORING_OFF_SQES);
}

static int wait_for_answer(struct ring *r)
{
	unsigned int *head = word(r->answers, r->p.cq_off.head);
	unsigned int *tail = word(r->answers, r->p.cq_off.tail);
	struct io_uring_cqe *cqe = (void *)(r->answers + r->p.cq_off.cqes);
	int result;

	while (__atomic_load_n(tail, __ATOMIC_ACQUIRE) == *head)
		if (syscall(__NR_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) <
			    0 &&
		    errno != EINTR)
			die("io_uring_enter");
	result = cqe[*head & *word(r->answers, r->p.cq_off.ring_mask)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

/* Does the operation to its end; its result, or -1 and errno. */
static int perform(struct ring *r, const struct io_uring_sqe *what)
{
	unsigned int *tail = word(r->requests, r->p.sq_off.tail);
	int result;

	*r->entry = *what;
	if (r->mode == URING_ASYNC)
		r->entry->flags |= IOSQE_ASYNC;
	*word(r->requests, r->p.sq_off.array) = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	/* A thread that polls may sleep; what it is given counts as submitted at once. */
	MUST(syscall(__NR_io_uring_enter, r->fd, 1, 0,
		     r->mode == URING_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0, NULL, 0));
	result = wait_for_answer(r);
	close(r->fd);
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

ssize_t uring_receive(int fd, void *bytes, size_t size, enum uring_mode mode)
{
	struct io_uring_sqe what = {.opcode = IORING_OP_RECV,
				    .fd = fd,
				    .addr = (uintptr_t)bytes,
				    .len = (unsigned int)size};
	struct ring r;

	ring_open(&r, mode);
	return perform(&r, &what);
}

static struct io_uring_sqe connect_request(int fd, const struct sockaddr_in *to)
{
	return (struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)to, .off = sizeof(*to)};
}

int uring_connect(int fd, const struct sockaddr_in *to, enum uring_mode mode)
{
	struct io_uring_sqe what = connect_request(fd, to);
	struct ring r;

	ring_open(&r, mode);
	return perform(&r, &what);
}

static struct ring polled;

void uring_poll_file(int fd)
{
	ring_open(&polled, URING_SQPOLL);
	MUST(syscall(__NR_io_uring_register, polled.fd, IORING_REGISTER_FILES, &fd, 1));
}

int uring_connect_polled(const struct sockaddr_in *to)
{
	struct io_uring_sqe what = connect_request(0, to);

	what.flags = IOSQE_FIXED_FILE;
	return perform(&polled, &what);
}
