/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who listens where. Names programs and tells sessions' own listeners; never decides an origin. */
#ifndef SW_BPF_LISTENER_H
#define SW_BPF_LISTENER_H

#include "flow.h"
#include "path.h"
#include "task.h"

/* The port is inet_sport: one that the kernel chose is gone from skc_num when the socket closes. */
static __always_inline void listener_key_read(struct listener_key *key, struct sock *sk)
{
	key->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	key->port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	key->pad = 0;
	local_read(key->addr, sk);
}

/* Of the listener that the flow came to; the one of all addresses first, most are of that kind. */
static __always_inline struct listener *listener_of(const struct sw_flow *in)
{
	struct listener_key key = {.netns = in->netns, .port = in->local_port};
	struct listener *l = bpf_map_lookup_elem(&sw_listeners, &key);

	if (l && l->exe[0])
		return l;
	__builtin_memcpy(key.addr, in->local, sizeof(key.addr));
	l = bpf_map_lookup_elem(&sw_listeners, &key) ?: l;
	keep_apart(l);
	return l;
}

static __always_inline void listener_add(struct sock *sk, struct task_struct *task, __u64 session)
{
	struct scratch *scratch = scratch_get();
	struct listener_key key = {};
	struct listener *l;

	if (!scratch)
		return;
	l = &scratch->listener;
	listener_key_read(&key, sk);
	l->session = session;
	l->start_ns = process_start(task);
	path_read(l->exe, BPF_CORE_READ(task, mm, exe_file));
	bpf_map_update_elem(&sw_listeners, &key, l, BPF_ANY);
}

#endif
