/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names to addresses without waiting. An address is one at once; a name is looked up by a thread,
 * since getaddrinfo() may take as long as the name servers like.
 */
#ifndef SW_SINK_RESOLVE_H
#define SW_SINK_RESOLVE_H

#include <netdb.h>
#include <stdint.h>

struct sw_resolve;

/* socktype: SOCK_STREAM, SOCK_DGRAM. 0, -ENOMEM, -EMFILE, -EAGAIN: no thread can be had. */
int sw_resolve_start(const char *host, uint16_t port, int socktype, struct sw_resolve **out);

/* Polls readable when there is a result. */
int sw_resolve_fd(const struct sw_resolve *resolve);

/*
 * 0: *out is the list, which is the caller's to free with freeaddrinfo(). -EAGAIN: not yet.
 * -ENOENT: there is no address, *why says why in a static text.
 */
int sw_resolve_result(struct sw_resolve *resolve, struct addrinfo **out, const char **why);

/* NULL-safe, at any time: a thread that is still busy is left to itself. Sets *resolve to NULL. */
void sw_resolve_free(struct sw_resolve **resolve);

#endif
