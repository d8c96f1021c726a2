/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A syslog server: RFC 5424 over UDP (RFC 5426), TCP with octet counting (RFC 6587) or TLS
 * (RFC 5425).
 *
 * Messages are sent from memory while the server takes them. Those that it does not take at once go
 * to a bounded spool on disk and follow in their order, be it after a restart. What had to be
 * dropped is told in a LOSS message when that can be. At least once: a broken connection may bring
 * doubles, which event.id tells.
 */
#ifndef SW_SINK_SERVER_H
#define SW_SINK_SERVER_H

#include "sidewatch/sink.h"

struct sw_server_options {
	/*
	 * Told, with printable ASCII, when the server cannot be reached and when it can be again;
	 * and if there is no spool to be had, without which messages wait in memory alone. May be
	 * NULL.
	 */
	void (*tell)(void *arg, const char *sink, const char *target, const char *what);
	void *arg;
};

/* server is borrowed, options copied. 0, -ENOMEM or -EMFILE. */
int sw_server_open(const struct sw_server *server, const struct sw_server_options *options,
		   struct sw_sink **out);

#endif
