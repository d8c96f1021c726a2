/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tasks as records show them. */
#ifndef SW_BPF_TASK_H
#define SW_BPF_TASK_H

#include "maps.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

/*
 * Pointers are followed by probing, not as typed ones, except where it is done all the time: for
 * each place where a program loads one, the verifier searches all of the kernel's types several
 * times (btf_nested_type_is_trusted), which was more than half of the time to load.
 */
static __always_inline __u64 process_start(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, start_boottime);
}

static __always_inline bool has_threads(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, live.counter) > 1;
}

/* Of the current task. */
SW_WEAK __noinline int cred_read(struct sw_cred *to)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct cred *cred = task->real_cred;

	if (!to)
		return 0;
	to->uid = cred->uid.val;
	to->euid = cred->euid.val;
	to->suid = cred->suid.val;
	to->gid = cred->gid.val;
	to->egid = cred->egid.val;
	to->loginuid = (__u32)-1;
	if (bpf_core_field_exists(task->loginuid))
		to->loginuid = task->loginuid.val;
	bpf_core_read(&to->cap_effective, sizeof(to->cap_effective), &cred->cap_effective);
	bpf_core_read(&to->cap_permitted, sizeof(to->cap_permitted), &cred->cap_permitted);
	to->user_ns = cred->user_ns->ns.inum;
	to->pad = 0;
	return 0;
}

/* The same of credentials that are not the task's yet, by probing. */
static __always_inline void cred_probe(struct sw_cred *to, struct task_struct *task,
				       const struct cred *cred)
{
	to->uid = BPF_CORE_READ(cred, uid.val);
	to->euid = BPF_CORE_READ(cred, euid.val);
	to->suid = BPF_CORE_READ(cred, suid.val);
	to->gid = BPF_CORE_READ(cred, gid.val);
	to->egid = BPF_CORE_READ(cred, egid.val);
	to->loginuid = (__u32)-1;
	if (bpf_core_field_exists(task->loginuid))
		to->loginuid = task->loginuid.val;
	bpf_core_read(&to->cap_effective, sizeof(to->cap_effective), &cred->cap_effective);
	bpf_core_read(&to->cap_permitted, sizeof(to->cap_permitted), &cred->cap_permitted);
	to->user_ns = BPF_CORE_READ(cred, user_ns, ns.inum);
	to->pad = 0;
}

/* The kernel calls the terminals of pseudo-terminals pts0, people and /dev call them pts/0. */
static __always_inline void tty_read(char to[SW_TTY_BYTES], struct tty_struct *tty)
{
	to[0] = 0;
	bpf_probe_read_kernel_str(to, SW_TTY_BYTES, &tty->name);
	if (to[0] == 'p' && to[1] == 't' && to[2] == 's' && to[3] >= '0' && to[3] <= '9') {
		to[3] = '/';
		bpf_probe_read_kernel_str(to + 4, SW_TTY_BYTES - 4, &tty->name[3]);
	}
}

/* All but image and flags, which the mark knows. The task is the current one. */
static __always_inline void task_read(struct sw_task *to, struct task_struct *task)
{
	to->tid = task->pid;
	to->tgid = task->tgid;
	to->ppid = BPF_CORE_READ(task, real_parent, tgid);
	to->start_ns = process_start(task);
	to->cgroup = bpf_get_current_cgroup_id();
	cred_read(&to->cred);
	bpf_probe_read_kernel_str(to->comm, sizeof(to->comm), &task->comm);
	tty_read(to->tty, BPF_CORE_READ(task, signal, tty));
}

#endif
