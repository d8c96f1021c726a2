// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sockets that are accepted have come in, whatever protocol carries them and whether or not anybody
 * saw them being established. Only the socket is marked: what it makes of a process is decided by
 * reading from it, because an event loop accepts for all its peers.
 */
#define SCRATCH_SLOT SLOT_ACCEPT
#include "inbound.h"

static __always_inline void accepted(struct inbound *in)
{
	struct task_struct *task = bpf_get_current_task_btf();

	in->accepter = task->pid;
	in->accepted_at = bpf_jiffies64();
	in->accepted_ns = bpf_ktime_get_boot_ns();
}

/* Runs in the task that accepts, for the new socket (include/net/sock.h, sock_graft). */
SEC("fentry/security_sock_graft")
int BPF_PROG(accept__security_sock_graft, struct sock *sk)
{
	struct inbound *in = bpf_sk_storage_get(&sw_inbound, sk, 0, 0);
	__u16 family = sk->__sk_common.skc_family, protocol = sk->sk_protocol;

	if (!in && is_tcp_or_mptcp(family, protocol) && in_scope(sk)) {
		/* MPTCP's path has been counted when it was established. */
		if (came_in(sk) && is_tcp(family, protocol))
			count(SW_COUNT_REPAIRED);
		in = bpf_sk_storage_get(&sw_inbound, sk, 0, 0);
	}
	if (in)
		accepted(in);
	return 0;
}
