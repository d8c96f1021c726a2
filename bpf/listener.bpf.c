// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Listeners and inbound flows that are older than the sensor, found at start by reading this
 * iterator: twice, as a flow is told from others by its listener.
 */
#define SCRATCH_SLOT SLOT_LISTENER
#include "listener.h"
#include "thread.h"

static __always_inline struct thread *older_make(struct task_struct *task)
{
	struct scratch *scratch = scratch_get();
	__u32 tgid = task->tgid;
	struct thread *older = bpf_map_lookup_elem(&sw_older, &tgid);

	if (!scratch || (older && older->start_ns == process_start(task)))
		return older;
	__builtin_memset(&scratch->thread, 0, sizeof(scratch->thread));
	scratch->thread.start_ns = process_start(task);
	bpf_map_update_elem(&sw_older, &tgid, &scratch->thread, BPF_ANY);
	return bpf_map_lookup_elem(&sw_older, &tgid);
}

static __always_inline void note_older(struct sock *sk, struct task_struct *task)
{
	struct sw_flow flow = {};
	struct thread *older;

	flow_read(&flow, sk, bpf_get_socket_cookie(sk));
	if (!flow.remote_port || !listener_of(&flow))
		return;
	older = older_make(task);
	if (older)
		thread_hold(older, flow.cookie, (__u64)sk, 0);
	else
		count(SW_COUNT_REFUSED_MARK);
}

SEC("iter/task_file")
int listener__task_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct listener_key key = {};
	struct socket *socket;
	struct listener *known;
	struct sock *sk;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || !is_tcp_or_mptcp(sk->__sk_common.skc_family, sk->sk_protocol) || !in_scope(sk))
		return 0;
	if (sk->__sk_common.skc_state != TCP_LISTEN) {
		note_older(sk, task);
		return 0;
	}
	/* Of the processes that share the socket the oldest has opened it. */
	listener_key_read(&key, sk);
	known = bpf_map_lookup_elem(&sw_listeners, &key);
	if (!known || !known->exe[0] || known->start_ns > process_start(task))
		listener_add(sk, task, 0);
	return 0;
}
