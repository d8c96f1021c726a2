/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for people. Printable ASCII, newlines of our own, and with color our own SGR sequences.
 */
#ifndef SW_SINK_RENDER_H
#define SW_SINK_RENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "sidewatch/sink.h"

struct sw_render_options {
	bool color;
	unsigned int width; /* columns; at least 40 */
};

/* A block for a terminal, several lines and an empty one. *out is new. 0 or -ENOMEM. */
int sw_render_block(const struct sw_message *message, const struct sw_render_options *options,
		    char **out, size_t *out_bytes);

/* One line with its newline, for pipes and files. *out is new. 0 or -ENOMEM. */
int sw_render_line(const struct sw_message *message, char **out, size_t *out_bytes);

#endif
