/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local syslog daemon: RFC 3164 header (what rsyslog and syslog-ng read on /dev/log) and
 * `@cee: {json}`, one datagram a message. Facility authpriv; severity by band.
 *
 * A daemon that is away or stalls costs nothing but memory: messages wait in a bounded queue and
 * are sent when it is back. What had to be dropped is then told in a LOSS message.
 */
#ifndef SW_SINK_SYSLOG_H
#define SW_SINK_SYSLOG_H

#include "sidewatch/sink.h"

#define SW_SYSLOG_QUEUE_MESSAGES 1024
#define SW_SYSLOG_QUEUE_BYTES (8 << 20)
/* rsyslog cuts at 8 KiB by default (tried with 8.2302); the whole datagram stays below. */
#define SW_SYSLOG_MESSAGE_BYTES 7500

/*
 * The socket need not be there yet. -ENAMETOOLONG, -ENOMEM. sw_syslog_state() says whether the
 * daemon can be reached now: 0 or a negative errno.
 */
int sw_syslog_open(const char *path, enum sw_band level, struct sw_sink **out);
int sw_syslog_state(const struct sw_sink *sink);

#endif
