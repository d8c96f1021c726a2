// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Listeners that are older than the sensor, found once at start by reading this iterator. */
#define SCRATCH_SLOT SLOT_LISTENER
#include "listener.h"

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
	if (!sk || !is_tcp(sk->__sk_common.skc_family, sk->sk_protocol) ||
	    sk->__sk_common.skc_state != TCP_LISTEN || !in_scope(sk))
		return 0;
	/* Of the processes that share the socket the oldest has opened it. */
	listener_key_read(&key, sk);
	known = bpf_map_lookup_elem(&sw_listeners, &key);
	if (!known || !known->exe[0] || known->start_ns > process_start(task))
		listener_add(sk, task, 0);
	return 0;
}
