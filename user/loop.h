/* SPDX-License-Identifier: Apache-2.0 */
/* The one loop of the running detector: rings, signals, time. */
#ifndef SW_LOOP_H
#define SW_LOOP_H

#include <stdint.h>

#include "pipeline.h"
#include "probe/window.h"
#include "ring/ring.h"
#include "sink/sinks.h"

struct sw_loop {
	struct sw_ring *ring; /* vital: it wakes the loop */
	struct sw_ring *edges; /* drained beside it */
	struct sw_window *window;
	uint64_t window_ns; /* length of a window */
	struct sw_pipeline *pipeline;
	struct sw_sinks *sinks;
	void (*armed)(void *ctx); /* once, when signals and records are heeded */
	void (*detach)(void *ctx); /* before the end: nothing new comes after it */
	void (*account)(void *ctx); /* SIGUSR1, and at the end */
	void *ctx; /* of all three */
};

/* Runs until SIGTERM or SIGINT. All is borrowed. 0 or a negative errno. */
int sw_loop_run(struct sw_loop *loop);

#endif
