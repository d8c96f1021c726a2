/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as JSON in the names of the Elastic Common Schema; what ECS has no name for lies under
 * "sidewatch". One line of printable ASCII whatever the watched system put into it.
 */
#ifndef SW_SINK_ECS_H
#define SW_SINK_ECS_H

#include <stddef.h>

#include "sidewatch/sink.h"

/*
 * *out is a new NUL-terminated string without a newline, *out_bytes its length. With max_bytes > 0
 * a longer one loses its least important parts, in the order of ecs_trim.c, until it fits; their
 * names are then listed in sidewatch.truncated. 0, -ENOMEM, or -EMSGSIZE if max_bytes is too small
 * for the rest.
 */
int sw_ecs_format(const struct sw_message *message, size_t max_bytes, char **out,
		  size_t *out_bytes);

#endif
