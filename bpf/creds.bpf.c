// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Changes of identity when they happen, also those that are taken back before anything else looks.
 * Both credentials of the step are at hand, and they are one thread's: it is judged for processes
 * with several threads, too.
 */
#define SCRATCH_SLOT SLOT_CREDS
#include "identity.h"

/*
 * The new credentials are probed for, because a kprobe gets a plain address. Within exec the exec
 * program judges, which knows the program file. A process that reads from the network itself and
 * belongs to no session changes its identity with each request if it is a file server: of it, only
 * what nothing explains is told at once, the rest when it forks, execs or connects.
 */
static __always_inline void changes_identity(const struct cred *new)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct reader *r = reader_of(task);
	struct mark *m = mark_of(task);
	struct sw_cred old, now, *shadow;
	struct session *s;
	bool unexplained;
	__u64 image, id;

	if (are_null(r, m))
		return;
	if (BPF_CORE_READ_BITFIELD_PROBED(task, in_execve))
		return;
	cred_read(&old);
	cred_probe(&now, task, new);
	unexplained = gains_unexplained(&old, &now);
	if ((!m && !unexplained) || same_identity(&old, &now))
		return;
	s = r ? reader_session(task, r, m) : session_get(m->session);
	if (!s) {
		count(SW_COUNT_REFUSED_MARK);
		return;
	}
	id = s->origin.session;
	image = m ? m->image : 0;
	shadow = r ? &r->shadow : &m->shadow;
	if (!has_threads(task)) /* a change that came about without commit_creds() */
		identity_check(s, task, shadow, image, 0);
	now.pad = has_threads(task);
	/* All threads of a process change one after another: told once. */
	if (unexplained || !same_identity(shadow, &now))
		identity_tell(s, task, &old, &now, image,
			      unexplained ? SW_HOW_UNEXPLAINED : SW_HOW_SETID);
	*shadow = now;
	session_put(id, task, image);
}

SEC("fentry/commit_creds")
int BPF_PROG(creds__commit_creds, struct cred *new)
{
	changes_identity(new);
	return 0;
}

SEC("kprobe/commit_creds")
int BPF_KPROBE(creds_kprobe__commit_creds, struct cred *new)
{
	changes_identity(new);
	return 0;
}
