// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Listeners that are older than the sensor, found once at start by reading this iterator. */
#include "session.h"

SEC("iter/task_file")
int listener__task_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct scratch *scratch = scratch_get();
	struct listener_key key = {};
	struct listener *l, *known;
	struct socket *socket;
	struct file *exe;
	struct sock *sk;

	if (!task || !file || !scratch)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || !is_tcp(sk->__sk_common.skc_family, sk->sk_protocol) ||
	    sk->__sk_common.skc_state != TCP_LISTEN || !in_scope(sk))
		return 0;
	key.netns = sk->__sk_common.skc_net.net->net_cookie;
	key.port = sk->__sk_common.skc_num;
	l = &scratch->listener;
	exe = BPF_CORE_READ(task, mm, exe_file);
	l->start_ns = process_start(task);
	/* Of the processes that share the socket the oldest has opened it. */
	known = bpf_map_lookup_elem(&sw_listeners, &key);
	if (known && known->start_ns <= l->start_ns)
		return 0;
	l->exec_id = task->self_exec_id;
	l->exe_inode = BPF_CORE_READ(exe, f_inode, i_ino);
	path_read(l->exe, exe);
	bpf_map_update_elem(&sw_listeners, &key, l, BPF_ANY);
	return 0;
}
