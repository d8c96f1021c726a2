/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to one syslog server: name, connection, handshake, and again after a while if one of them
 * fails. Nothing in here waits.
 */
#ifndef SW_SINK_PEER_H
#define SW_SINK_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sidewatch/config.h"

struct sw_peer;

/* server is borrowed. 0, -ENOMEM or -EMFILE. */
int sw_peer_new(const struct sw_server *server, struct sw_peer **out);

/* Goes as far as it can without waiting, and notices what has broken. now_ns: boottime. */
void sw_peer_advance(struct sw_peer *peer, uint64_t now_ns);

/* Whether sw_peer_write() makes sense now. */
bool sw_peer_is_up(const struct sw_peer *peer);

/* Whether the server cannot be reached for now, or has not been for a while. */
bool sw_peer_is_away(const struct sw_peer *peer, uint64_t now_ns);

/* Why it last failed, printable ASCII; "" if it never did. */
const char *sw_peer_why(const struct sw_peer *peer);

/*
 * Bytes taken (a datagram: all of them), -EAGAIN, -EMSGSIZE if it can never be sent, or another
 * negative errno: then it is down.
 */
ssize_t sw_peer_write(struct sw_peer *peer, const void *bytes, size_t len, uint64_t now_ns);

/* Bytes that this connection has carried, and those of them that the other host's kernel has. */
uint64_t sw_peer_carried(const struct sw_peer *peer);
uint64_t sw_peer_acknowledged(const struct sw_peer *peer);

/* Something got through: the next failure is a new one. */
void sw_peer_prosper(struct sw_peer *peer);

/* SIGHUP: from the beginning, at once. */
void sw_peer_restart(struct sw_peer *peer, uint64_t now_ns);

/* An epoll descriptor that polls readable when sw_peer_advance() or _write() can get on. */
int sw_peer_fd(const struct sw_peer *peer);

/* Whether to be woken when more can be written. */
void sw_peer_wish_to_write(struct sw_peer *peer, bool wish);

/* When sw_peer_advance() must be called at the latest; UINT64_MAX: no need. */
uint64_t sw_peer_due_ns(const struct sw_peer *peer);

/* NULL-safe. Says goodbye where there is a word for it. Sets *peer to NULL. */
void sw_peer_free(struct sw_peer **peer);

#endif
