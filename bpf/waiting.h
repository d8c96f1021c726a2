/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections that came in and that nobody has read from yet. A server may do something for one of
 * them, as relays do that connect before they read; what it does then is no sign of whom else it
 * works for. Who has accepted them is not known without trampolines: they are kept by the process
 * that opened their listener, which is all that user space, the servers it starts and their
 * siblings have in common.
 */
#ifndef SW_BPF_WAITING_H
#define SW_BPF_WAITING_H

#include "listener.h"

/* Of the listener that the socket came to; NULL: not known. */
static __always_inline struct listener *listener_of_socket(struct sock *sk)
{
	struct listener_key key = {};
	struct listener *any;

	key.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	key.port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	any = bpf_map_lookup_elem(&sw_listeners, &key);
	if (any && any->exe[0])
		return any;
	local_read(key.addr, sk);
	return bpf_map_lookup_elem(&sw_listeners, &key) ?: any;
}

static __always_inline __u64 waiting_key(const struct listener *l)
{
	return l ? l->start_ns : 0;
}

/* The socket's storage lives as long as the socket has this cookie. */
static __always_inline bool is_unread(const struct held *held)
{
	struct inbound *in = (void *)held->in;
	struct sock *sk = (void *)held->sk;
	pid_t reader = 0;

	if (!held->cookie || bpf_probe_read_kernel(&reader, sizeof(reader), &in->tgid) || reader)
		return false;
	return (__u64)BPF_CORE_READ(sk, __sk_common.skc_cookie.counter) == held->cookie;
}

SW_WEAK __noinline int is_settled(const struct held *held)
{
	struct sock *sk;

	if (!held)
		return true;
	sk = (void *)held->sk;
	return !is_unread(held) || BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE;
}

/* Without the precision set nobody sees who reads an MPTCP connection, of which this is a path. */
static __always_inline bool is_path_of_seen(struct sock *sk)
{
	return sw_mptcp_tells && BPF_CORE_READ(sk, sk_socket, sk) != sk;
}

static const struct waiting nobody_waits = {};

/* Several may come at once: whoever changes the cookie has the place. */
SW_WEAK __noinline int waiting_add(__u64 key, const struct held *new)
{
	struct waiting *w = bpf_map_lookup_elem(&sw_waiting, &key);
	__u32 first;

	if (!new)
		return 0;
	if (!w) {
		bpf_map_update_elem(&sw_waiting, &key, &nobody_waits, BPF_NOEXIST);
		w = bpf_map_lookup_elem(&sw_waiting, &key);
	}
	if (!w)
		return 0;
	first = __sync_fetch_and_add(&w->next, 1);
	for (int i = 0; i < SW_WAITING; i++) {
		struct held *held = &w->at[(first + i) & (SW_WAITING - 1)];
		__u64 old = held->cookie;

		if (!is_settled(held) ||
		    __sync_val_compare_and_swap(&held->cookie, old, new->cookie) != old)
			continue;
		held->sk = new->sk;
		held->in = new->in;
		return 0;
	}
	w->crowded_at = bpf_jiffies64();
	return 0;
}

/* By a word of its own: the address may be of something else. */
static __always_inline bool is_task(struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	return leader && BPF_CORE_READ(leader, group_leader) == leader &&
	       BPF_CORE_READ(leader, pid) == BPF_CORE_READ(task, tgid);
}

/*
 * A thread sleeps until there is something to read, in a system call that reads or in poll(): so it
 * is that thread's, and no other's. Whoever waits with epoll cannot be told.
 */
static __always_inline bool is_awaited(struct sock *sk)
{
	struct socket_wq *wq = BPF_CORE_READ(sk, sk_wq);
	void *first = BPF_CORE_READ(wq, wait.head.next);
	struct wait_queue_entry *entry;
	void *who;

	if (!first || first == &wq->wait.head)
		return false;
	entry = first - bpf_core_field_offset(struct wait_queue_entry, entry);
	who = BPF_CORE_READ(entry, private);
	return who &&
	       (is_task(who) || is_task(BPF_CORE_READ((struct poll_wqueues *)who, polling_task)));
}

/* By the time at which it began to read, which is finer, or by the last one's tick. */
static __always_inline bool is_accepted_since(const struct inbound *in,
					      const struct last_read *last)
{
	__u64 at = 0, ns = 0;

	bpf_probe_read_kernel(&at, sizeof(at), &in->accepted_at);
	bpf_probe_read_kernel(&ns, sizeof(ns), &in->accepted_ns);
	return at >= last->at && ns >= last->begun_ns;
}

/*
 * The current thread, which read from another flow then, may be working for this one, of which
 * nobody has read yet: it has accepted it since.
 */
SW_WEAK __noinline int is_for_current(const struct held *held, const struct last_read *last)
{
	struct inbound *in;
	struct sock *sk;
	pid_t accepter = 0;

	if (!held || !last)
		return false;
	in = (void *)held->in;
	sk = (void *)held->sk;
	if (!is_unread(held) || !BPF_CORE_READ(sk, sk_socket) || is_path_of_seen(sk))
		return false;
	bpf_probe_read_kernel(&accepter, sizeof(accepter), &in->accepter);
	if (accepter)
		return accepter == (pid_t)bpf_get_current_pid_tgid() && is_accepted_since(in, last);
	return !is_awaited(sk);
}

#endif
