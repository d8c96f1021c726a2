/* SPDX-License-Identifier: Apache-2.0 */
/* A sink's own word about what it had to drop: told through itself as soon as it works again. */
#ifndef SW_SINK_LOSS_H
#define SW_SINK_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "sidewatch/sink.h"

#define SW_LOSS_TARGET_BYTES 256
#define SW_LOSS_TEXT_BYTES (SW_LOSS_TARGET_BYTES + 96)

/* Zeroed at first. */
struct sw_loss {
	uint64_t told; /* drops that have been told */
	bool host_known;
	struct sw_host host; /* of the last message seen */
	char text[SW_LOSS_TEXT_BYTES];
};

/* Remembers where we are, for a message of our own. */
void sw_loss_see(struct sw_loss *loss, const struct sw_message *message);

/*
 * Whether more was dropped than was told; then *out is the LOSS message, which borrows from loss.
 * When it is out the caller says so with sw_loss_told().
 */
bool sw_loss_message(struct sw_loss *loss, const char *sink, const char *target, uint64_t dropped,
		     struct sw_message *out);
void sw_loss_told(struct sw_loss *loss, uint64_t dropped);

#endif
