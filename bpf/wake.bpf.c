// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which thread wakes which: one that is handed work through memory, or through a pipe, by another
 * thread of its process sleeps until that one wakes it, whatever it sleeps on
 * (kernel/sched/core.c, try_to_wake_up). Timers, the network, disks and children wake too, but give
 * no work of another's. An interrupt is taken for the thread that it interrupts: that makes what is
 * known less, never wrong.
 */
#define SCRATCH_SLOT SLOT_WAKE
#include "thread.h"

#define PF_EXITING 0x4 /* include/linux/sched.h */
#define TASK_INTERRUPTIBLE 0x1 /* the kernel's own locks sleep otherwise */

static __always_inline __u64 is_on_cpu(struct task_struct *task)
{
	if (bpf_core_field_size(task->on_cpu) == sizeof(task->on_cpu))
		return task->on_cpu;
	return ((struct task_struct___small *)task)->on_cpu;
}

SEC("tp_btf/sched_waking")
int BPF_PROG(wake__sched_waking, struct task_struct *sleeper)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *t;
	__u64 sleeps;

	if (sleeper->tgid != task->tgid || sleeper == task)
		return 0;
	if (!(sleeper->__state & TASK_INTERRUPTIBLE))
		return 0;
	t = thread_of(sleeper);
	if (!t)
		return 0;
	sleeps = sleeper->nvcsw + is_on_cpu(sleeper); /* about to sleep counts, too */
	if (task->flags & PF_EXITING)
		t->joined = sleeps;
	else
		t->woken = sleeps;
	return 0;
}
