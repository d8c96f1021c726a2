/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of the data in user space: bytes -> decode -> state -> detect -> alert -> sinks. It does
 * not know where the bytes come from, nor what time it is unless told.
 *
 * It goes in steps: a record, a tick, the flush. What it asks of the world meanwhile (how much was
 * lost, what a user is called) has one answer for the length of a step.
 */
#ifndef SW_PIPELINE_H
#define SW_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring/writer.h"
#include "sidewatch/config.h"
#include "sidewatch/sink.h"
#include "sink/sinks.h"

struct sw_pipeline;

/* All borrowed, and needed for as long as the pipeline lives. */
struct sw_pipeline_options {
	const struct sw_config *config;
	const struct sw_host *host;
	struct sw_sinks *sinks;
	const char *probes; /* probe set in force: "core" */
	/* Facts lost so far, whatever the reason. Growth is told as LOSS. */
	uint64_t (*lost)(void *ctx);
	void *lost_ctx;
	/* As sw_users_name(). NULL: the local passwd file. */
	const char *(*user_name)(void *ctx, uint32_t uid, uint64_t now_ns);
	void *user_ctx;
	/* A replay: arguments have been redacted already, when they were recorded. */
	bool redacted;
	/* Gets each step and what was answered in it. May be NULL. */
	struct sw_capture_writer *capture;
};

int sw_pipeline_new(const struct sw_pipeline_options *options, struct sw_pipeline **out);

/* NULL-safe. Sets *pipeline to NULL. */
void sw_pipeline_free(struct sw_pipeline **pipeline);

/* One record; the signature is sw_ring_handler's. A record that cannot be decoded is counted. */
void sw_pipeline_record(void *pipeline, const void *data, size_t size);

/* Tells what is due, and LOSS at most once a second. now_ns: boottime. */
void sw_pipeline_tick(struct sw_pipeline *pipeline, uint64_t now_ns);

/* When the next tick has something to tell, boottime; UINT64_MAX: nothing waits. */
uint64_t sw_pipeline_due_ns(const struct sw_pipeline *pipeline);

/* Tells all that waits: before the end. */
void sw_pipeline_flush(struct sw_pipeline *pipeline, uint64_t now_ns);

/* Records that could not be decoded. */
uint64_t sw_pipeline_bad(const struct sw_pipeline *pipeline);

#endif
