/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets that came in: marked once, by whichever program sees them first. */
#ifndef SW_BPF_INBOUND_H
#define SW_BPF_INBOUND_H

#include "waiting.h"

/* Left by a listener that we did not see open: only that there is one is known of it. */
static const struct listener unknown_listener = {};

static __always_inline void remember_listener(struct sock *sk)
{
	struct listener_key key = {};

	listener_key_read(&key, sk);
	bpf_map_update_elem(&sw_listeners, &key, &unknown_listener, BPF_NOEXIST);
}

/* Returns whether it was not known before. Often in softirq: the current task means nothing. */
static __noinline bool came_in(struct sock *sk)
{
	struct inbound *in = bpf_sk_storage_get(&sw_inbound, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	struct listener *l;
	struct held new;

	if (!in) {
		count(SW_COUNT_REFUSED_MARK);
		return false;
	}
	if (in->kind)
		return false; /* TCP Fast Open: read before the handshake ended; or both opened */
	in->start_ns = bpf_ktime_get_boot_ns();
	in->kind = INBOUND_YES;
	l = listener_of_socket(sk);
	if (!l)
		remember_listener(sk);
	new.cookie = bpf_get_socket_cookie(sk);
	new.sk = (__u64)sk;
	new.in = (__u64)in;
	waiting_add(waiting_key(l), &new);
	return true;
}

#endif
