/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Processes that read from inbound flows, and what their flows amount to. */
#ifndef SW_BPF_READER_H
#define SW_BPF_READER_H

#include "flow.h"
#include "path.h"
#include "task.h"

static __always_inline struct reader *reader_of(struct task_struct *task)
{
	__u32 tgid = task->tgid;
	struct reader *r = bpf_map_lookup_elem(&sw_readers, &tgid);

	return r && r->start_ns == process_start(task) ? r : NULL;
}

static __always_inline bool reader_has_flow(const struct reader *r, __u64 cookie)
{
	for (int i = 0; i < SW_CANDIDATES; i++)
		if (r->in[i].cookie == cookie)
			return true;
	return false;
}

/* The most recent flow that was read. */
static __always_inline const struct sw_flow *reader_last(const struct reader *r)
{
	return &r->in[r->last & (SW_CANDIDATES - 1)];
}
_Static_assert((SW_CANDIDATES & (SW_CANDIDATES - 1)) == 0, "a power of two");

/*
 * Only in[0] can be the cause: the process has read no other inbound flow, and began after this
 * one was established or was exec'd with it as its standard input or output. It counts whole
 * processes, not threads, because threads hand work to each other unseen.
 */
static __always_inline bool reader_is_exact(const struct reader *r)
{
	if (r->seen != 1)
		return false;
	return r->by_exec || (r->in[0].start_ns && r->start_ns > r->in[0].start_ns);
}

/* The reader's program was started for this flow (inetd, sshd -R), not with the service. */
static __always_inline bool reader_is_own_image(const struct reader *r, const struct sw_flow *flow)
{
	return r->by_exec || (r->execd && r->start_ns > flow->start_ns);
}

/* The process's entry, made if it has none. Two threads may come at once: one of them makes it. */
static __always_inline struct reader *reader_make(struct task_struct *task, bool by_exec)
{
	struct scratch *scratch = scratch_get();
	struct reader *r = reader_of(task);
	__u32 tgid = task->tgid;
	struct mark *m;

	if (r || !scratch)
		return r;
	r = &scratch->reader;
	__builtin_memset(r, 0, sizeof(*r));
	r->start_ns = process_start(task);
	r->by_exec = by_exec;
	r->tid = task->pid;
	m = bpf_map_lookup_elem(&sw_marks, &tgid);
	if (m && m->start_ns == r->start_ns) {
		/* Others may have read the session's own flow: no reader is made of that. */
		if (has_threads(task))
			r->tid = 0;
		r->mixed = m->mixed;
	}
	r->execd = task->self_exec_id != task->parent_exec_id;
	cred_read(&r->cred);
	r->shadow = r->cred;
	r->shadow.pad = has_threads(task);
	path_read(r->exe, BPF_CORE_READ(task, mm, exe_file));
	if (bpf_map_update_elem(&sw_readers, &tgid, r, BPF_NOEXIST) && !reader_of(task)) {
		/* What stands there is of a process that is gone. */
		bpf_map_delete_elem(&sw_readers, &tgid);
		bpf_map_update_elem(&sw_readers, &tgid, r, BPF_NOEXIST);
	}
	r = reader_of(task);
	if (!r)
		count(SW_COUNT_REFUSED_MARK);
	return r;
}

/*
 * Some process still has the socket, and it still is that one: its cookie is looked at last, as a
 * socket that is made in its place has none at first.
 */
SW_WEAK __noinline int is_open(__u64 sk_address, __u64 cookie)
{
	struct sock *sk = (void *)sk_address;

	return BPF_CORE_READ(sk, sk_socket) &&
	       (__u64)BPF_CORE_READ(sk, __sk_common.skc_cookie.counter) == cookie;
}

/*
 * The place that is to be given up first: that of a closed flow, the oldest of them, or else of the
 * oldest. SW_CANDIDATES: all are being written to.
 */
static __always_inline __u32 reader_oldest(const struct reader *r, __u32 *its_turn)
{
	__u64 least = ~0ULL;
	__u32 found = SW_CANDIDATES;

	for (int i = 0; i < SW_CANDIDATES; i++) {
		__u64 rank = r->turn[i];

		if (!rank)
			continue;
		if (is_open(r->sk[i], r->in[i].cookie))
			rank |= 1ULL << 32;
		if (rank < least) {
			least = rank;
			found = i;
		}
	}
	*its_turn = (__u32)least;
	return found;
}

/* One of its flows is closed, or known no more: `tid` had read from it last, 0: any thread may
 * have. */
static __always_inline void reader_forgets(struct reader *r, pid_t tid)
{
	r->closed_by = r->closed_at && r->closed_by != tid ? 0 : tid;
	r->closed_at = bpf_jiffies64();
}

/* Where to put the nth flow, which is the caller's then. SW_CANDIDATES: nowhere. */
SW_WEAK __noinline int reader_room(struct reader *r, __u32 n)
{
	__u32 at, turn;

	if (!r)
		return SW_CANDIDATES;
	if (n < SW_CANDIDATES)
		return n;
	for (int tries = 0; tries < SW_CANDIDATES; tries++) {
		at = reader_oldest(r, &turn);
		if (at >= SW_CANDIDATES)
			break;
		if (__sync_val_compare_and_swap(&r->turn[at], turn, 0) != turn)
			continue;
		if (is_open(r->sk[at], r->in[at].cookie))
			reader_forgets(r, 0);
		return at;
	}
	return SW_CANDIDATES;
}

/*
 * The process reads from the flow for the first time. by_exec: it was exec'd with it. Its threads
 * come here at the same time; a place without a turn is being written to by one of them.
 */
static __always_inline void reader_add(struct task_struct *task, const struct sw_flow *flow,
				       __u64 sk, bool by_exec)
{
	struct reader *r = reader_make(task, by_exec);
	__u32 n, at;

	if (!r)
		return;
	n = __sync_fetch_and_add(&r->seen, 1);
	r->read_ns = bpf_ktime_get_boot_ns();
	if (is_login_port(flow->local_port) || reader_is_own_image(r, flow))
		r->judged = 1;
	at = reader_room(r, n);
	if (at >= SW_CANDIDATES)
		return;
	r->in[at] = *flow;
	r->sk[at] = sk;
	r->last = at;
	barrier();
	r->turn[at] = n + 1;
}

#endif
