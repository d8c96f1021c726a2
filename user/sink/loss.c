/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/loss.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/escape.h"

#define NS_PER_S 1000000000LL

void sw_loss_see(struct sw_loss *loss, const struct sw_message *message)
{
	loss->host = *message->host;
	loss->host_known = true;
}

bool sw_loss_message(struct sw_loss *loss, const char *sink, const char *target, uint64_t dropped,
		     struct sw_message *out)
{
	char safe[SW_LOSS_TARGET_BYTES];
	struct timespec now;

	if (dropped == loss->told || !loss->host_known)
		return false;
	sw_escape(safe, sizeof(safe), target, SW_ESCAPE_LINE);
	snprintf(loss->text, sizeof(loss->text),
		 "%s sink dropped %" PRIu64 " messages that %s did not take", sink,
		 dropped - loss->told, safe);
	/* Not boottime: in a replay the host's offset is that of another machine and day. */
	clock_gettime(CLOCK_REALTIME, &now);
	*out = (struct sw_message){
		.msgid = SW_MSG_LOSS,
		.time_ns = (uint64_t)(now.tv_sec * NS_PER_S + now.tv_nsec -
				      loss->host.realtime_offset_ns),
		.text = loss->text,
		.host = &loss->host,
	};
	return true;
}

void sw_loss_told(struct sw_loss *loss, uint64_t dropped)
{
	loss->told = dropped;
}
