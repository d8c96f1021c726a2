/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What it means that a task reads from a socket: from a connection that came in, it is a reader. */
#ifndef SW_BPF_READ_H
#define SW_BPF_READ_H

#include "session.h"

/*
 * The transition to ESTABLISHED runs in softirq; where that interrupts the same program on the
 * same CPU, the kernel skips it. So the first read of an unmarked socket looks whether its local
 * port is one that listens. When it was established is not known then: start_ns stays 0.
 */
static __always_inline struct inbound *repair(struct sock *sk, const struct sw_flow *flow)
{
	struct inbound *in = bpf_sk_storage_get(&sw_inbound, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (!in) {
		count(SW_COUNT_REFUSED_MARK);
		return NULL;
	}
	in->kind = INBOUND_NO;
	if (listener_of(flow)) {
		in->kind = INBOUND_YES;
		count(SW_COUNT_REPAIRED);
	}
	return in;
}

/*
 * Whether the process has this flow as its origin already, or cannot have it. `before`: another
 * process had read from it.
 */
static __always_inline bool is_no_news(struct task_struct *task, const struct sw_flow *flow,
				       bool before)
{
	struct reader *r = reader_of(task);
	struct mark *m = mark_of(task);
	struct session *s = m ? bpf_map_lookup_elem(&sw_sessions, &m->session) : NULL;
	struct listener *l;

	if (s && session_has_flow(s, flow->cookie))
		return true; /* still its own session's flow */
	if (s && !r && before && s->origin.confidence == SW_CONFIDENCE_SERVICE)
		return true; /* a child reads on where a service had begun: not why it was forked */
	if (!r)
		return false;
	if (reader_has_flow(r, flow->cookie)) {
		if (!r->in[0].start_ns && r->in[0].cookie == flow->cookie)
			r->in[0].start_ns = flow->start_ns; /* handed over at exec */
		return true;
	}
	if (!reader_is_exact(r))
		return false;
	/* It listens itself, because of its one flow: whoever comes in there changes nothing. */
	l = listener_of(flow);
	return l && l->session && l->session == r->in[0].cookie;
}

/*
 * Whether the process can have been forked for what its session is about, though it reads from this
 * flow: a service had read from the former when the latter was there already, or was known to work
 * for the former when it forked.
 */
static __always_inline bool is_forked_for_other(struct task_struct *task, const struct session *s,
						const struct sw_flow *flow)
{
	if (s->origin.confidence == SW_CONFIDENCE_THREAD)
		return process_start(task) >= flow->start_ns;
	return s->origin.confidence != SW_CONFIDENCE_EXACT && s->read_ns >= flow->start_ns;
}

/* Then what the session is about is a candidate too. */
static __always_inline void inherit(struct task_struct *task, const struct sw_flow *flow)
{
	struct mark *m = mark_of(task);
	struct session *s = m ? bpf_map_lookup_elem(&sw_sessions, &m->session) : NULL;
	struct reader *r;

	if (!s || reader_of(task) || !is_forked_for_other(task, s, flow))
		return;
	r = reader_make(task, false);
	if (!r)
		return;
	for (int i = 0; i < SW_CANDIDATES; i++) {
		r->in[i] = s->origin.in[i];
		r->turn[i] = i < s->origin.nflows ? s->origin.nflows - i : 0;
	}
	r->mixed = 1; /* what its own thread has read is not all there is */
	r->seen = s->origin.nflows < SW_CANDIDATES ? s->origin.nflows : s->origin.seen;
}

/* From thread to thread of a process, but not to one that was made for it. */
static __always_inline void moves(struct task_struct *task, struct inbound *in)
{
	if (!in->start_ns || task->start_boottime < in->start_ns)
		in->last.moved = 1;
}

/* The task is the current one, and reads in its own name. */
static __always_inline void has_read(struct sock *sk, struct task_struct *task)
{
	struct sw_flow flow = {};
	struct inbound *in;
	bool before;

	in = bpf_sk_storage_get(&sw_inbound, sk, 0, 0);
	if (in && in->kind != INBOUND_YES)
		return;
	/* Kernel threads read too (kTLS, MPTCP's worker, NFS): they are nobody's cause. */
	if (task->flags & PF_KTHREAD)
		return;
	if (in && in->last.tid == task->pid && in->last.thread_start == task->start_boottime) {
		thread_reads_again(task, in);
		return;
	}
	if (in && in->tgid == task->tgid && in->process_start == process_start(task)) {
		moves(task, in);
		thread_reads(task, sk, in);
		return;
	}
	if (!in && !in_scope(sk))
		return;
	flow_read(&flow, sk, bpf_get_socket_cookie(sk));
	if (!in)
		in = repair(sk, &flow);
	if (!in || in->kind != INBOUND_YES)
		return;
	before = in->tgid;
	/* Another thread may have read from it before the other process did. */
	if (before && has_threads(task) &&
	    (in->first_tgid == task->tgid || in->first_tgid != in->tgid))
		moves(task, in);
	if (!before)
		in->first_tgid = task->tgid;
	in->tgid = task->tgid;
	in->process_start = process_start(task);
	flow.start_ns = in->start_ns;
	if (!is_no_news(task, &flow, before)) {
		inherit(task, &flow);
		reader_add(task, &flow, (__u64)sk, false);
	}
	thread_reads(task, sk, in);
}

#endif
