// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who reads from a connection that came in. tcp_rcv_space_adjust runs in the reader's own context
 * while it holds the socket (net/ipv4/tcp_input.c), whatever system call it reads with.
 */
#include "session.h"

/*
 * The transition to ESTABLISHED runs in softirq; where that interrupts the same program on the
 * same CPU, the kernel skips it. So the first read of an unmarked socket looks whether its local
 * port is one that listens. When it was established is not known then: start_ns stays 0.
 */
static __always_inline struct inbound *repair(struct sock *sk)
{
	struct inbound *in = bpf_sk_storage_get(&sw_inbound, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	struct listener_key key = {};

	if (!in) {
		count(SW_COUNT_REFUSED_MARK);
		return NULL;
	}
	key.netns = sk->__sk_common.skc_net.net->net_cookie;
	key.port = sk->__sk_common.skc_num;
	in->kind = INBOUND_NO;
	if (bpf_map_lookup_elem(&sw_listeners, &key)) {
		in->kind = INBOUND_YES;
		count(SW_COUNT_REPAIRED);
	}
	return in;
}

SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(reader__tcp_rcv_space_adjust, struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_flow flow = {};
	struct inbound *in;
	struct reader *r;
	struct mark *m;
	__u64 start, cookie;
	__u32 tgid;

	in = bpf_sk_storage_get(&sw_inbound, sk, 0, 0);
	if (in && in->kind == INBOUND_NO)
		return 0;
	/* Kernel threads and softirq read too (kTLS, MPTCP, NFS): they are nobody's cause. */
	if ((task->flags & PF_KTHREAD) || !sk->sk_lock.owned)
		return 0;
	tgid = task->tgid;
	start = process_start(task);
	if (in && in->reader_tgid == tgid && in->reader_start == start)
		return 0;
	if (!in) {
		if (!in_scope(sk))
			return 0;
		in = repair(sk);
		if (!in || in->kind == INBOUND_NO)
			return 0;
	}
	in->reader_tgid = tgid;
	in->reader_start = start;

	cookie = bpf_get_socket_cookie(sk);
	m = mark_of(task);
	if (m && mark_has_flow(m, cookie))
		return 0; /* still its own session's flow */
	r = reader_of(task);
	if (r && reader_has_flow(r, cookie)) {
		if (!r->in[0].start_ns && r->in[0].cookie == cookie)
			r->in[0].start_ns = in->start_ns; /* handed over at exec */
		return 0;
	}
	flow_read(&flow, sk, cookie);
	flow.start_ns = in->start_ns;
	reader_add(task, &flow, false);
	return 0;
}
