/* SPDX-License-Identifier: Apache-2.0 */
/* What is asserted where nobody can know for whom a server works. */
#ifndef TESTS_BPF_CANDIDATES_H
#define TESTS_BPF_CANDIDATES_H

#include "shape.h"

/* All of them, in this order. */
static inline void assert_service(const struct sw_origin *o, unsigned int n, const uint16_t *peers)
{
	assert_int_equal(o->confidence, SW_CONFIDENCE_SERVICE);
	assert_int_equal(o->nflows, n);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(o->in[i].remote_port, peers[i]);
}

static inline void check_none(void (*serve)(int listener), size_t clients, unsigned int shown,
			      const unsigned int *order)
{
	struct lab_service s = {.serve = serve};
	uint16_t peers[SW_CANDIDATES];
	struct lab lab;

	for (size_t i = 0; i < clients; i++)
		s.says[i] = "xxx";
	lab_play(&lab, &s);
	for (unsigned int i = 0; i < shown; i++)
		peers[i] = s.peers[order[i]];
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), 1);
	assert_service(nth(&lab, 0), shown, peers);
	assert_int_equal(nth(&lab, 0)->seen, clients);
	finish(&lab, &s);
}

#define CHECK_NONE(serve, clients, ...)                                                            \
	check_none(serve, clients, sizeof((unsigned int[]){__VA_ARGS__}) / sizeof(unsigned int),   \
		   (const unsigned int[]){__VA_ARGS__})

static inline const struct sw_origin *last_deed(const struct lab *lab)
{
	return nth(lab, lab_count(lab, SW_KIND_CONNECT) - 1);
}

static inline void *reading_thread(void *arg)
{
	lab_hear(*(int *)arg);
	return NULL;
}

static inline void read_by_a_thread(int fd)
{
	pthread_t thread;

	pthread_create(&thread, NULL, reading_thread, &fd);
	pthread_join(thread, NULL);
}

#endif
