/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a capture. A recording never gets in the way of what it records: the first failure (a full
 * disk) ends it, is told once, and all later calls do nothing.
 */
#ifndef SW_RING_WRITER_H
#define SW_RING_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring/capture.h"

struct sw_capture_writer;

struct sw_capture_writer_options {
	const char *path;
	bool force; /* an existing file is replaced; else it is -EEXIST */
	const struct sw_config *config; /* in effect */
	const struct sw_host *host;
	const char *probes; /* set in force */
	/* Recording ends: positive errno, and how many bytes of the file can be replayed. Needed.
	 */
	void (*failed)(void *ctx, int error, uint64_t bytes);
	void *ctx;
};

/*
 * Makes the file, mode 0600, never through a symbolic link, and writes what stands at its
 * beginning. -EEXIST, -EINVAL if what is there is no regular file, another errno of open(2),
 * write(2) or of sw_config_show(). A file of which even that cannot be written is removed.
 */
int sw_capture_create(const struct sw_capture_writer_options *options,
		      struct sw_capture_writer **out);

/* Answers of the world. To be called before the step in which they were given is written. */
void sw_capture_lost(struct sw_capture_writer *writer, uint64_t lost);
void sw_capture_user(struct sw_capture_writer *writer, uint32_t uid, const char *name);

/* Steps. A tick also hands on to the kernel all that was written so far. */
void sw_capture_record(struct sw_capture_writer *writer, const void *data, size_t bytes);
void sw_capture_tick(struct sw_capture_writer *writer, uint64_t now_ns);
void sw_capture_end(struct sw_capture_writer *writer, uint64_t now_ns);

/* NULL-safe. Sets *writer to NULL. 0, or the negative errno that ended the recording. */
int sw_capture_close(struct sw_capture_writer **writer);

#endif
