/* SPDX-License-Identifier: Apache-2.0 */
/* Servers of every shape, whose deed is a program that connects. */
#ifndef TESTS_BPF_SHAPE_H
#define TESTS_BPF_SHAPE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>

#include "serve.h"

#define CLIENTS 3

static inline void work(void)
{
	lab_program_connects(target_port);
}

static inline const struct sw_origin *nth(const struct lab *lab, size_t n)
{
	const struct sw_record *h = lab_find(lab, SW_KIND_CONNECT, n);

	assert_non_null(h);
	return &h->origin;
}

/* Every thread's entry goes with it, and every session's last reference with what held it. */
static inline void finish(struct lab *lab, struct lab_service *s)
{
	lab_check_forgotten(lab);
	for (int wait = 0; wait < 100 && lab_map_entries(lab, "sw_threads"); wait++)
		usleep(20000);
	assert_int_equal(lab_map_entries(lab, "sw_threads"), 0);
	lab_end(lab, s);
}

static inline void await(atomic_int *turn, int number)
{
	for (int i = 0; i < 5000 && atomic_load(turn) != number; i++)
		usleep(1000);
	if (atomic_load(turn) != number)
		_exit(96);
}

static inline int add_to(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

#endif
