/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS on a connected, non-blocking socket: 1.2 or newer, the other end's chain and name verified,
 * our own certificate if there is one. Never raises SIGPIPE.
 */
#ifndef SW_SINK_TLS_H
#define SW_SINK_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sidewatch/config.h"

#define SW_TLS_WHY_BYTES 256

struct sw_tls;

/*
 * For one connection; reads the certificates anew, so that renewed ones are taken up. fd is
 * borrowed. 0, -ENOMEM or -EINVAL; then why says in printable ASCII what is wrong.
 */
int sw_tls_new(const struct sw_server *server, int fd, struct sw_tls **out,
	       char why[SW_TLS_WHY_BYTES]);

/* 0: done; -EAGAIN, with *wants_write: what the socket must be polled for; -EPROTO with why. */
int sw_tls_handshake(struct sw_tls *tls, bool *wants_write, char why[SW_TLS_WHY_BYTES]);

/* Bytes taken; -EAGAIN: call again with the same bytes; -EPROTO, -EPIPE, ... with why. */
ssize_t sw_tls_write(struct sw_tls *tls, const void *bytes, size_t len, char why[SW_TLS_WHY_BYTES]);

/* Reads and drops what comes. -EAGAIN: nothing more; -EPIPE: the other end closed; else as above.
 */
int sw_tls_hear(struct sw_tls *tls, char why[SW_TLS_WHY_BYTES]);

/* Bytes given to the socket so far. */
uint64_t sw_tls_wire_bytes(const struct sw_tls *tls);

/* Says goodbye (close_notify), if that can be sent at once. */
void sw_tls_bye(struct sw_tls *tls);

/* NULL-safe. Sets *tls to NULL. */
void sw_tls_free(struct sw_tls **tls);

#endif
