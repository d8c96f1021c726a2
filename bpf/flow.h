/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets as flows, and which of them are in scope. */
#ifndef SW_BPF_FLOW_H
#define SW_BPF_FLOW_H

#include "maps.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_MPTCP 262
#define CGROUP_DEPTH_MAX 32

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LISTEN = 10,
};

/*
 * The socket's own namespace and cgroup decide, never the current task's: most transitions happen
 * in softirq, where the current task has nothing to do with the socket.
 */
static __always_inline bool in_scope(const struct sock *sk)
{
	struct cgroup *cgroup;
	int level;

	if (sw_scope_kind == SW_SCOPE_ALL)
		return true;
	if (sw_scope_kind == SW_SCOPE_NETNS)
		return BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie) == sw_scope_id;

	/* Its own cgroup or any above: how deep the scope lies cannot be told from its path. */
	cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	level = BPF_CORE_READ(cgroup, level);
	for (int i = 0; i < CGROUP_DEPTH_MAX && i <= level; i++)
		if (BPF_CORE_READ(cgroup, ancestors[i], kn, id) == sw_scope_id)
			return true;
	return false;
}

static __always_inline bool is_tcp(__u16 family, __u16 protocol)
{
	return (family == AF_INET || family == AF_INET6) && protocol == IPPROTO_TCP;
}

/* MPTCP has two kinds of sockets: the process's, and one for each path, which is a TCP socket. */
static __always_inline bool is_tcp_or_mptcp(__u16 family, __u16 protocol)
{
	return is_tcp(family, protocol == IPPROTO_MPTCP ? IPPROTO_TCP : protocol);
}

static __always_inline void put_in4(__u8 *to, __be32 addr)
{
	((__u32 *)to)[0] = addr;
	((__u32 *)to)[1] = 0;
	((__u32 *)to)[2] = 0;
	((__u32 *)to)[3] = 0;
}

/* ::ffff:a.b.c.d */
static __always_inline bool is_mapped(const __u8 *addr)
{
	const __u32 *word = (const __u32 *)addr;

	return word[0] == 0 && word[1] == 0 && word[2] == bpf_htonl(0xffff);
}

/* The local address; IPv4-mapped IPv6 as IPv4. Returns the family as struct sw_flow counts it. */
static __always_inline __u8 local_read(__u8 to[16], struct sock *sk)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET) {
		put_in4(to, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		return 4;
	}
	bpf_core_read(to, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	if (!is_mapped(to))
		return 6;
	put_in4(to, ((__u32 *)to)[3]);
	return 4;
}

/* The same of the remote address. */
static __always_inline __u8 remote_read(__u8 to[16], struct sock *sk)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET) {
		put_in4(to, BPF_CORE_READ(sk, __sk_common.skc_daddr));
		return 4;
	}
	bpf_core_read(to, 16, &sk->__sk_common.skc_v6_daddr);
	if (!is_mapped(to))
		return 6;
	put_in4(to, ((__u32 *)to)[3]);
	return 4;
}

/*
 * Reads all but start_ns, by probing, so that sk need not be a pointer that the verifier trusts.
 * The local port is inet_sport, which outlives the move to TCP_CLOSE (skc_num is zero by then); a
 * connecting socket has none yet.
 */
static __always_inline void flow_read(struct sw_flow *flow, struct sock *sk, __u64 cookie)
{
	flow->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	flow->cookie = cookie;
	flow->local_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	flow->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	flow->protocol = IPPROTO_TCP;
	flow->pad = 0;
	local_read(flow->local, sk);
	flow->family = remote_read(flow->remote, sk);
}

static __always_inline bool is_login_port(__u16 port)
{
	return sw_login_ports[(port >> 6) & 1023] & (1ULL << (port & 63));
}

#endif
