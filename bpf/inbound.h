/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets that came in: marked once, by whichever program sees them first. */
#ifndef SW_BPF_INBOUND_H
#define SW_BPF_INBOUND_H

#include "listener.h"

/* Left by a listener that we did not see open: only that there is one is known of it. */
static const struct listener unknown_listener = {};

static __always_inline void remember_listener(struct sock *sk)
{
	struct sw_flow flow = {};
	struct listener_key key = {};

	flow.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	flow.local_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	local_read(flow.local, sk);
	if (listener_of(&flow))
		return;
	listener_key_read(&key, sk);
	bpf_map_update_elem(&sw_listeners, &key, &unknown_listener, BPF_NOEXIST);
}

/* Returns whether it was not known before. Often in softirq: the current task means nothing. */
static __always_inline bool came_in(struct sock *sk)
{
	struct inbound *in = bpf_sk_storage_get(&sw_inbound, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (!in) {
		count(SW_COUNT_REFUSED_MARK);
		return false;
	}
	if (in->kind)
		return false; /* TCP Fast Open: read before the handshake ended; or both opened */
	in->start_ns = bpf_ktime_get_boot_ns();
	in->kind = INBOUND_YES;
	bpf_get_socket_cookie(sk); /* makes it, for those who can only read it (exec.bpf.c) */
	remember_listener(sk);
	return true;
}

#endif
