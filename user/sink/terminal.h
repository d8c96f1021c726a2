/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output: blocks for people on a terminal, one line an incident in a pipe or file, or
 * JSON lines for machines.
 *
 * A terminal that is held (Ctrl-S) and a pipe that nobody reads do not stop the sensor: output
 * waits in a bounded queue. When the reader is gone (EPIPE, EIO) everything is dropped, counted.
 */
#ifndef SW_SINK_TERMINAL_H
#define SW_SINK_TERMINAL_H

#include "sidewatch/sink.h"

#define SW_TERMINAL_QUEUE_MESSAGES 256
#define SW_TERMINAL_QUEUE_BYTES (1 << 20)

enum sw_terminal_form { SW_TERMINAL_BLOCK, SW_TERMINAL_LINE, SW_TERMINAL_JSON };

struct sw_terminal_options {
	int fd; /* stays the caller's; its flags are not changed */
	enum sw_terminal_form form;
	bool color; /* blocks only */
	unsigned int width; /* columns of a block */
	bool patient; /* waits for a slow reader, as nothing else waits for us */
};

/*
 * -EBADF, -EMFILE, -ENOMEM. Ignores SIGPIPE for the whole process if that still has its default
 * action: a reader that goes away must not kill the sensor.
 */
int sw_terminal_open(const struct sw_terminal_options *options, enum sw_band level,
		     struct sw_sink **out);

#endif
