/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads that read from inbound flows, and the one flow that a thread can be working for. What has
 * become of a socket is looked at when that matters: nothing is done when one closes.
 */
#ifndef SW_BPF_THREAD_H
#define SW_BPF_THREAD_H

#include "reader.h"
#include "waiting.h"

#define PF_IO_WORKER 0x00000010 /* include/linux/sched.h */
#define LATELY_S 5

static __always_inline struct thread *thread_of(struct task_struct *task)
{
	__u32 tid = task->pid;
	struct thread *t = bpf_map_lookup_elem(&sw_threads, &tid);

	return t && t->start_ns == task->start_boottime ? t : NULL;
}

/* An entry of that id is of a thread that is gone. `crowded`: what it has read is not known. */
static __always_inline struct thread *thread_begin(struct task_struct *task, bool crowded)
{
	struct scratch *scratch = scratch_get();
	__u32 tid = task->pid;
	struct thread *t;

	if (!scratch)
		return NULL;
	t = &scratch->thread;
	__builtin_memset(t, 0, sizeof(*t));
	t->start_ns = task->start_boottime;
	t->crowded = crowded;
	bpf_map_update_elem(&sw_threads, &tid, t, BPF_ANY);
	return thread_of(task);
}

/*
 * The thread's entry, made if it has none, and its process told of one more thread that reads. A
 * worker of io_uring reads for whichever thread it was that asked.
 */
static __always_inline struct thread *thread_make(struct task_struct *task)
{
	struct thread *t = thread_of(task);
	__u32 tgid = task->tgid;
	struct reader *r;
	struct mark *m;

	if (t)
		return t;
	t = thread_begin(task, false);
	if (!t)
		count(SW_COUNT_REFUSED_MARK);
	r = reader_of(task);
	if (r && r->tid != task->pid)
		r->tid = 0;
	if (!t || (task->flags & PF_IO_WORKER)) {
		if (r)
			r->mixed = 1;
		m = bpf_map_lookup_elem(&sw_marks, &tgid);
		if (m && m->start_ns == process_start(task))
			m->mixed = 1;
	}
	return t;
}

/* Over one that is closed. */
static __always_inline void thread_hold(struct thread *t, __u64 cookie, __u64 sk, __u64 in)
{
	for (int i = 0; i < SW_HELD; i++)
		if (t->held[i].cookie == cookie)
			return;
	for (int i = 0; i < SW_HELD; i++) {
		struct held *held = &t->held[(t->next + i) & (SW_HELD - 1)];

		if (is_open(held->sk, held->cookie))
			continue;
		held->cookie = cookie;
		held->sk = sk;
		held->in = in;
		t->next += i + 1;
		return;
	}
	t->crowded = 1;
}
_Static_assert((SW_HELD & (SW_HELD - 1)) == 0, "a power of two");

/*
 * The thread has read after what it has begun to read last, or may have: a tick is long, and it may
 * not have slept in between.
 */
static __always_inline bool is_newer(const struct last_read *last, const struct thread *t)
{
	return last->at > t->newest_at || last->sleeps > t->newest_sleeps;
}

static __always_inline bool may_be_newer(const struct last_read *last, const struct thread *t)
{
	return last->at >= t->newest_at && last->sleeps >= t->newest_sleeps;
}

/* The thread is the last one that has read from the socket. */
static __always_inline void thread_reads(struct task_struct *task, struct sock *sk,
					 struct inbound *in)
{
	struct thread *t = thread_make(task);

	if (t) {
		t->newest = sk->__sk_common.skc_cookie.counter;
		t->newest_at = bpf_jiffies64();
		t->newest_sleeps = task->nvcsw;
		if (!t->crowded)
			thread_hold(t, t->newest, (__u64)sk, (__u64)in);
	}
	in->last.tid = task->pid;
	in->last.begun_ns = bpf_ktime_get_boot_ns();
	in->last.thread_start = task->start_boottime;
	in->last.at = bpf_jiffies64();
	in->last.sleeps = task->nvcsw;
	in->last.again = 0;
}

/* The same thread as before: this is all that most reads cost. Its twin has just seen the same
 * read. */
static __always_inline void thread_reads_again(struct task_struct *task, struct inbound *in)
{
	__u64 now = bpf_jiffies64();

	if (IS_TWIN && in->last.at == now)
		return;
	in->last.at = now;
	in->last.sleeps = task->nvcsw;
	in->last.again = 1;
}

/* Whoever waits on an epoll instance may be told of the socket, not just one thread. */
static __always_inline bool is_polled(__u64 sk_address)
{
	struct sock *sk = (void *)sk_address;

	return BPF_CORE_READ(sk, sk_socket, file, f_ep);
}

/* The place in `held`, from 1, of the only one that is open; 0: none is; -1: several are, or may
 * be. */
static __always_inline int only_open(const struct thread *t)
{
	int found = 0;

	if (t->crowded)
		return -1;
	for (int i = 0; i < SW_HELD; i++) {
		if (!is_open(t->held[i].sk, t->held[i].cookie))
			continue;
		if (found)
			return -1;
		found = i + 1;
	}
	return found;
}

/* The process has a flow open that it may have read before there was anybody to see it. */
static __always_inline bool has_older(struct task_struct *task)
{
	__u32 tgid = task->tgid;
	struct thread *older = bpf_map_lookup_elem(&sw_older, &tgid);

	return older && older->start_ns == process_start(task) && only_open(older);
}

static __always_inline bool is_lately(__u64 ticks)
{
	return bpf_jiffies64() - ticks <= LATELY_S * sw_ticks_per_s;
}

/*
 * Of the flows that the process has read another one is open, or was a short while ago: a thread
 * can be handed its work.
 */
static __always_inline bool has_others(const struct reader *r, __u64 cookie, pid_t tid)
{
	if (r->closed_at && r->closed_by != tid && is_lately(r->closed_at))
		return true;
	for (int i = 0; i < SW_CANDIDATES; i++)
		if (r->turn[i] && r->in[i].cookie != cookie && is_open(r->sk[i], r->in[i].cookie))
			return true;
	return false;
}

/*
 * By another thread of its process. One that ends wakes who waits for that, and hands it nothing,
 * unless it had read. Who wakes is not known without its probe: then it is any sleep.
 */
static __always_inline bool is_woken_since(const struct last_read *last, const struct thread *t,
					   const struct reader *r, struct task_struct *task)
{
	if (!sw_wake_tells)
		return task->nvcsw != last->sleeps;
	if (t->joined > last->sleeps && r->ended_at >= last->at)
		return true;
	return t->woken > last->sleeps;
}

/*
 * Where other threads read too, a thread that waits for work is woken by the one that has some for
 * it. What it does before that is about what it has read itself, unless connections move between
 * threads.
 */
static __always_inline bool is_handed(const struct thread *t, const struct last_read *last,
				      const struct reader *r, struct task_struct *task,
				      __u64 cookie)
{
	if (r->tid == task->pid)
		return false;
	if (!last->moved && !is_woken_since(last, t, r, task))
		return false;
	return has_others(r, cookie, task->pid);
}

/*
 * When this thread has read from the flow last. Where others have since, its child or another
 * thread of its process, that is known of what it began to read last.
 */
static __always_inline bool last_read(struct last_read *last, const struct thread *t,
				      const struct held *held, struct task_struct *task)
{
	if (bpf_probe_read_kernel(last, sizeof(*last), &((struct inbound *)held->in)->last))
		return false;
	if (last->tid == task->pid && last->thread_start == task->start_boottime)
		return true;
	if (held->cookie != t->newest)
		return false;
	last->at = t->newest_at;
	last->begun_ns = 0;
	last->sleeps = t->newest_sleeps;
	return true;
}

/*
 * The one flow that the current thread can be working for of those it has read, as its place in
 * `held` from 1, else 0. Of all flows that the thread has read only one is still open. The thread
 * was the only one of its process to read from it, not long ago, and has begun none since that is
 * closed now, which it may still be working for. And it is this thread that waits for it:
 * schedulers that move work between threads wait with epoll, and read in whichever thread it is.
 */
SW_WEAK __noinline int thread_holds(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct reader *r = reader_of(task);
	struct thread *t = thread_of(task);
	struct last_read last = {};
	struct held *held;
	int found;

	if (!r || !t || r->mixed || has_older(task))
		return 0;
	found = only_open(t);
	if (found <= 0)
		return 0;
	held = &t->held[(found - 1) & (SW_HELD - 1)];
	if (!last_read(&last, t, held, task))
		return 0;
	if (held->cookie != t->newest && !is_newer(&last, t))
		return 0;
	if (!is_lately(last.at))
		return 0;
	if (r->tid != task->pid && is_polled(held->sk))
		return 0;
	return is_handed(t, &last, r, task, held->cookie) ? 0 : found;
}

/*
 * Beside what it holds there is one that it may work for without having read from it, as relays do:
 * of the same listener, or another that the same process has opened.
 */
SW_WEAK __noinline int others_wait(int holds)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *t = thread_of(task);
	struct last_read last = {};
	struct waiting *w;
	struct held *held;
	__u64 key;

	if (!t)
		return 1;
	held = &t->held[(holds - 1) & (SW_HELD - 1)];
	key = waiting_key(listener_of_socket((struct sock *)held->sk));
	w = bpf_map_lookup_elem(&sw_waiting, &key);
	if (!w)
		return 0;
	if (w->crowded_at && is_lately(w->crowded_at))
		return 1;
	if (!last_read(&last, t, held, task))
		return 1;
	for (int i = 0; i < SW_WAITING; i++)
		if (is_for_current(&w->at[i], &last))
			return 1;
	return 0;
}

/* The one flow that the current thread can be working for, as its place in `held` from 1, else 0.
 */
static __always_inline int thread_works_for(void)
{
	int holds = thread_holds();

	return holds && !others_wait(holds) ? holds : 0;
}

/* That flow; false if it was closed meanwhile. */
static __always_inline bool thread_flow(struct sw_flow *flow, struct task_struct *task,
					int works_for)
{
	struct thread *t = thread_of(task);
	struct inbound in = {};
	struct held *held;

	if (!t)
		return false;
	held = &t->held[(works_for - 1) & (SW_HELD - 1)];
	flow_read(flow, (struct sock *)held->sk, held->cookie);
	bpf_probe_read_kernel(&in, sizeof(in), (void *)held->in);
	flow->start_ns = in.start_ns;
	return is_open(held->sk, held->cookie);
}

/* ---- what a process's flows amount to ---------------------------------------------------- */

/* Several: those that are open first, of these the most recent first. */
SW_WEAK __noinline int candidates_read(struct sw_origin *o, const struct reader *r)
{
	__u64 rank[SW_CANDIDATES];

	if (!o || !r)
		return 0;
	for (int i = 0; i < SW_CANDIDATES; i++) {
		rank[i] = r->turn[i];
		if (rank[i] && is_open(r->sk[i], r->in[i].cookie))
			rank[i] |= 1ULL << 32;
	}
	o->nflows = 0;
	for (int i = 0; i < SW_CANDIDATES; i++) {
		__u32 at = 0;

		for (int j = 0; j < SW_CANDIDATES; j++)
			at += rank[j] > rank[i];
		if (!rank[i])
			continue;
		o->in[at & (SW_CANDIDATES - 1)] = r->in[i];
		o->nflows++;
	}
	return 0;
}

/*
 * What the process's flows amount to when its current thread does something: the flows that can be
 * the cause, and how sure it is. `works_for`: what thread_works_for() says, not asked if it is
 * exact. False if there is none.
 */
static __always_inline bool cause_read(struct sw_origin *o, struct task_struct *task,
				       const struct reader *r, __u32 seen, int works_for)
{
	o->seen = seen;
	o->nflows = 1;
	if (reader_is_exact(r)) {
		o->confidence = SW_CONFIDENCE_EXACT;
		o->in[0] = r->in[0];
		return true;
	}
	o->confidence = SW_CONFIDENCE_THREAD;
	if (works_for && thread_flow(&o->in[0], task, works_for))
		return true;
	o->confidence = SW_CONFIDENCE_SERVICE;
	__builtin_memset(o->in, 0, sizeof(o->in));
	candidates_read(o, r);
	if (has_older(task))
		o->seen++; /* one at least that is not shown */
	return o->nflows;
}

#endif
