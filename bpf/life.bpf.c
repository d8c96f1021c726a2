// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Birth and death of processes: a child belongs to its parent's session, whatever becomes of
 * either (setsid, double fork, reparenting). Threads share their process's mark.
 */
#define SCRATCH_SLOT SLOT_FORK /* the exit program uses none */
#include "identity.h"

#define CLONE_THREAD 0x00010000 /* include/uapi/linux/sched.h */

SEC("tp_btf/task_newtask")
int SW_PROG(life__task_newtask, struct task_struct *child, __u64 clone_flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mark mark = {};
	struct sw_cred *shadow;
	struct reader *r;
	struct session *s;
	struct mark *m;
	__u32 tgid;

	if (clone_flags & CLONE_THREAD)
		return 0;
	r = reader_of(task);
	m = mark_of(task);
	if (are_null(r, m))
		return 0;
	if (sw_twins && mark_of(child))
		return 0;
	s = r ? reader_session(task, r, m) : session_get(m->session);
	if (!s) {
		count(SW_COUNT_REFUSED_MARK);
		return 0;
	}
	shadow = r ? &r->shadow : &m->shadow;
	mark.start_ns = child->start_boottime;
	mark.session = s->origin.session; /* takes the reference over */
	mark.image = m ? m->image : 0;
	identity_check(s, task, shadow, mark.image, 0);
	mark.shadow = *shadow;
	mark.shadow.pad = 0; /* the child has one thread, with these */
	tgid = child->tgid;
	if (bpf_map_update_elem(&sw_marks, &tgid, &mark, BPF_ANY)) {
		count(SW_COUNT_REFUSED_MARK);
		session_put(mark.session, task, mark.image);
	}
	return 0;
}

/* The mark is gone from the map already: two threads that end at once do not both come here. */
static __always_inline void tell_exit(struct task_struct *task, struct mark *gone)
{
	struct session *s = bpf_map_lookup_elem(&sw_sessions, &gone->session);
	struct sw_rec_exit *rec;

	if (!s)
		return;
	identity_check(s, task, &gone->shadow, gone->image, 0);
	if (!gone->told)
		return;
	rec = fact_begin(s, task, gone->image, SW_KIND_EXIT, sizeof(*rec), BUCKET_MAX);
	if (rec)
		vital_submit(rec);
}

SEC("tp_btf/sched_process_exit")
int SW_PROG(life__sched_process_exit, struct task_struct *task)
{
	struct reader *r;
	struct mark *m;
	struct mark gone;
	__u32 tgid;

	r = reader_of(task);
	if (r && thread_of(task))
		r->ended_at = bpf_jiffies64();
	thread_drop(task, task->pid);
	if (task->signal->live.counter > 0)
		return 0; /* other threads go on */
	if (r)
		reader_drop(task, r);
	m = mark_of(task);
	if (!m)
		return 0;
	gone = *m;
	tgid = task->tgid;
	if (bpf_map_delete_elem(&sw_marks, &tgid))
		return 0;
	tell_exit(task, &gone);
	session_put(gone.session, task, gone.image);
	return 0;
}
