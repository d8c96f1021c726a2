/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Changes of identity. The core set has no hook where credentials change; they are compared with
 * a shadow whenever a process of a session forks, execs, connects or exits. With the precision set
 * creds.bpf.c keeps the shadow up to date.
 */
#ifndef SW_BPF_IDENTITY_H
#define SW_BPF_IDENTITY_H

#include "session.h"

#define CAP_SETUID 7

/*
 * Uid 0 or capabilities that nothing entitled it to: the old credentials held neither a root id
 * nor CAP_SETUID nor the permission for what was gained, it is the same user namespace (a new one
 * of one's own gives all capabilities within), and no program file granted it.
 */
static __always_inline bool gains_unexplained(const struct sw_cred *old, const struct sw_cred *now)
{
	if (old->user_ns != now->user_ns || (old->cap_effective & (1ULL << CAP_SETUID)))
		return false;
	if (!old->uid || !old->euid || !old->suid)
		return false;
	return !now->uid || !now->euid || (now->cap_effective & ~old->cap_permitted);
}

static __always_inline void identity_tell(struct session *s, struct task_struct *task,
					  const struct sw_cred *old, const struct sw_cred *now,
					  __u64 image, __u32 how)
{
	struct sw_rec_identity *r;

	r = fact_begin(s, task, image, SW_KIND_IDENTITY, sizeof(*r), BUCKET_OTHER);
	if (!r)
		return;
	r->h.task.cred = *now; /* not the task's yet, where it is told before the kernel sets it */
	r->h.task.cred.pad = 0;
	r->old = *old;
	r->old.pad = 0;
	r->how = how;
	r->pad = 0;
	vital_submit(r);
}

/*
 * Compares the task's credentials with *shadow, tells a difference and brings the shadow up to
 * date. exec_how: what the program file just exec'd explains, 0 when there was no exec. Threads can
 * have credentials each, so of a process with several, or that had several when it was last looked
 * at, it cannot be said that a gain is unexplained.
 */
static __always_inline void identity_check(struct session *s, struct task_struct *task,
					   struct sw_cred *shadow, __u64 image, __u32 exec_how)
{
	struct sw_cred now;
	__u32 how = exec_how;

	cred_read(&now);
	now.pad = has_threads(task);
	if (!same_identity(shadow, &now)) {
		if (!how)
			how = !now.pad && !shadow->pad && gains_unexplained(shadow, &now)
				      ? SW_HOW_UNEXPLAINED
				      : SW_HOW_SETID;
		identity_tell(s, task, shadow, &now, image, how);
	}
	*shadow = now;
}

#endif
