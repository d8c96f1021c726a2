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
	return &r->in[(r->seen - 1) & (SW_CANDIDATES - 1)];
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

/* The reader's program was started for its flow (inetd, sshd -R), not with the service. */
static __always_inline bool reader_is_own_image(const struct reader *r)
{
	return r->by_exec || (r->execd && r->start_ns > reader_last(r)->start_ns);
}

/* The process's entry, made if it has none. Two threads may come at once: one of them makes it. */
static __always_inline struct reader *reader_make(struct task_struct *task, bool by_exec)
{
	struct scratch *scratch = scratch_get();
	struct reader *r = reader_of(task);
	__u32 tgid = task->tgid;

	if (r || !scratch)
		return r;
	r = &scratch->reader;
	__builtin_memset(r, 0, sizeof(*r));
	r->start_ns = process_start(task);
	r->by_exec = by_exec;
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

/* The process reads from the flow for the first time. by_exec: it was exec'd with it. */
static __always_inline void reader_add(struct task_struct *task, const struct sw_flow *flow,
				       bool by_exec)
{
	struct reader *r = reader_make(task, by_exec);

	if (!r)
		return;
	r->in[__sync_fetch_and_add(&r->seen, 1) & (SW_CANDIDATES - 1)] = *flow;
	r->read_ns = bpf_ktime_get_boot_ns();
}

#endif
