// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who reads from a connection that came in. tcp_rcv_space_adjust runs in the reader's own context
 * while it holds the socket (net/ipv4/tcp_input.c), whatever system call it reads with.
 */
#define SCRATCH_SLOT SLOT_READER
#include "read.h"

SEC("tp_btf/tcp_rcv_space_adjust")
int SW_PROG(reader__tcp_rcv_space_adjust, struct sock *sk)
{
	/* Softirq reads too: it is nobody's cause. */
	if (sk->sk_lock.owned)
		has_read(sk, bpf_get_current_task_btf());
	return 0;
}
