/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Outbound flows outside sessions, counted by edge: who connects, and where to. An edge's first
 * flow in a window is a record on the edges ring; user space reads the exact counts when the window
 * ends. The ring never wakes anybody: what it carries can wait for the next look.
 */
#ifndef SW_BPF_EDGE_H
#define SW_BPF_EDGE_H

#include "session.h"

struct edge_count {
	__u64 first_ns;
	__u64 flows;
};

/* Whose rate of new edges is capped: one program of one user in one place. */
struct edge_owner {
	__u64 netns;
	__u64 cgroup;
	__u64 exe_inode;
	__u32 exe_dev;
	__u32 euid;
};

struct sw_edge_table {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct sw_edge);
	__type(value, struct edge_count);
};

/*
 * Two tables, of which one is in use. User space exchanges them when a window ends: the kernel
 * returns from that when no program uses the old one any more (kernel/bpf/syscall.c,
 * maybe_wait_bpf_programs), so that what is then read from it is exact.
 */
struct sw_edge_table sw_edges_even SEC(".maps") SW_WEAK, sw_edges_odd SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct sw_edge_table);
} sw_edges_now SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} sw_edges SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct edge_owner);
	__type(value, struct bucket);
} sw_edge_rates SEC(".maps") SW_WEAK;

__u64 sw_edges_seq SW_WEAK = 0;

static __always_inline bool edge_capped(const struct sw_edge *edge)
{
	struct edge_owner owner = {
		.netns = edge->netns,
		.cgroup = edge->cgroup,
		.exe_inode = edge->exe_inode,
		.exe_dev = edge->exe_dev,
		.euid = edge->euid,
	};
	struct bucket *bucket = bpf_map_lookup_elem(&sw_edge_rates, &owner);
	struct bucket fresh = {};

	if (!bucket) {
		bpf_map_update_elem(&sw_edge_rates, &owner, &fresh, BPF_NOEXIST);
		bucket = bpf_map_lookup_elem(&sw_edge_rates, &owner);
	}
	return bucket && over_rate(bucket, bpf_ktime_get_boot_ns());
}

/* The inbound flows behind it, of no session. */
static __always_inline void edge_origin(struct sw_origin *o, struct task_struct *task,
					const struct reader *r, const struct session *s)
{
	__builtin_memset(o, 0, sizeof(*o));
	if (r) {
		if (!cause_read(o, task, r, r->seen, reader_is_exact(r) ? 0 : thread_works_for()))
			__builtin_memset(o, 0, sizeof(*o));
	} else if (s) {
		o->seen = s->origin.seen;
		o->nflows = s->origin.nflows;
		o->confidence = s->origin.confidence;
		__builtin_memcpy(o->in, s->origin.in, sizeof(o->in));
	}
}

static __always_inline void edge_tell(struct task_struct *task, const struct sw_edge *edge,
				      const struct reader *r, const struct session *s)
{
	__u64 seq = __sync_fetch_and_add(&sw_edges_seq, 1) + 1;
	struct sw_rec_edge *rec;

	count(SW_COUNT_EDGES_PRODUCED);
	if (edge_capped(edge)) {
		count(SW_COUNT_EDGES_CAPPED);
		return;
	}
	rec = bpf_ringbuf_reserve(&sw_edges, sizeof(*rec), 0);
	if (!rec) {
		count(SW_COUNT_EDGES_DROPPED);
		return;
	}
	rec->h.version = SW_ABI_VERSION;
	rec->h.kind = SW_KIND_EDGE;
	rec->h.size = sizeof(*rec);
	rec->h.seq = seq;
	rec->h.time_ns = bpf_ktime_get_boot_ns();
	task_read(&rec->h.task, task);
	rec->h.task.image = 0;
	rec->h.task.flags = 0;
	edge_origin(&rec->h.origin, task, r, s);
	rec->edge = *edge;
	path_read(rec->exe, BPF_CORE_READ(task, mm, exe_file));
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}

static __always_inline void edge_read(struct sw_edge *edge, struct sock *sk,
				      struct task_struct *task, __u16 listener_port)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);

	edge->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	edge->cgroup = bpf_get_current_cgroup_id();
	edge->exe_inode = BPF_CORE_READ(exe, f_inode, i_ino);
	edge->exe_dev = BPF_CORE_READ(exe, f_inode, i_sb, s_dev);
	edge->euid = task->real_cred->euid.val;
	edge->family = remote_read(edge->remote, sk);
	edge->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	edge->listener_port = listener_port;
	edge->protocol = IPPROTO_TCP;
	edge->pad = 0;
}

/* r or s: of the service at work, if it is one. */
static __always_inline void edge_add(struct sock *sk, struct task_struct *task,
				     const struct reader *r, const struct session *s)
{
	struct edge_count *known, fresh = {.flows = 1};
	struct sw_edge edge;
	__u16 port = 0;
	__u32 zero = 0;
	void *table;

	if (r)
		port = reader_last(r)->local_port;
	else if (s)
		port = s->origin.in[0].local_port;
	edge_read(&edge, sk, task, port);
	table = bpf_map_lookup_elem(&sw_edges_now, &zero);
	if (!table)
		return;
	known = bpf_map_lookup_elem(table, &edge);
	if (known) {
		__sync_fetch_and_add(&known->flows, 1);
		return;
	}
	fresh.first_ns = bpf_ktime_get_boot_ns();
	if (!bpf_map_update_elem(table, &edge, &fresh, BPF_NOEXIST)) {
		edge_tell(task, &edge, r, s);
		return;
	}
	known = bpf_map_lookup_elem(table, &edge); /* another CPU was faster, or there is no room */
	if (known)
		__sync_fetch_and_add(&known->flows, 1);
	else
		count(SW_COUNT_EDGES_FULL);
}

#endif
