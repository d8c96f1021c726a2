/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages for syslog servers (RFC 5424): header, structured data with IANA's ids, and bare JSON of
 * printable ASCII, without BOM.
 */
#ifndef SW_SINK_RFC5424_H
#define SW_SINK_RFC5424_H

#include <stddef.h>
#include <stdint.h>

#include "sidewatch/sink.h"

/* rsyslog cuts at 8 KiB by default (tried with 8.2302). */
#define SW_RFC5424_BYTES 7500

/* What one stream of messages shares. Zeroed at first, but for the number. */
struct sw_rfc5424 {
	uint32_t enterprise_id; /* 0: no [sidewatch@N] element */
	uint32_t sequence; /* sequenceId of the last message */
};

/*
 * *out is a new NUL-terminated string of at most SW_RFC5424_BYTES: parts that were cut off are
 * named in sidewatch.truncated. Takes the next sequenceId. 0, -ENOMEM or -EMSGSIZE.
 */
int sw_rfc5424_format(struct sw_rfc5424 *stream, const struct sw_message *message, char **out,
		      size_t *out_bytes);

#endif
