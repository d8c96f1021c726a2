// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sockets that are accepted have come in, whatever protocol carries them and whether or not anybody
 * saw them being established. Only the socket is marked: what it makes of a process is decided by
 * reading from it, because an event loop accepts for all its peers.
 */
#define SCRATCH_SLOT SLOT_ACCEPT
#include "inbound.h"

/* Runs in the task that accepts, for the new socket (include/net/sock.h, sock_graft). */
SEC("fentry/security_sock_graft")
int BPF_PROG(accept__security_sock_graft, struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family, protocol = sk->sk_protocol;

	if (!is_tcp_or_mptcp(family, protocol) || bpf_sk_storage_get(&sw_inbound, sk, 0, 0) ||
	    !in_scope(sk))
		return 0;
	/* MPTCP's path has been counted when it was established. */
	if (came_in(sk) && is_tcp(family, protocol))
		count(SW_COUNT_REPAIRED);
	return 0;
}
