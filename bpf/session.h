/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sessions, the processes that belong to them (marks) and those that could begin one (readers).
 *
 * Sessions are lazy: a reader only remembers which inbound flows it has read. A session is made of
 * them when the reader does what could matter: it forks, execs or connects. Sessions are counted
 * by reference and go with their last process.
 */
#ifndef SW_BPF_SESSION_H
#define SW_BPF_SESSION_H

#include "flow.h"
#include "listener.h"
#include "task.h"
#include "thread.h"
#include "vital.h"

/* ---- references -------------------------------------------------------------------------- */

#define GET_TRIES 8 /* against other CPUs that count at the same time */

/* With a reference; NULL if there is none of that id, or its last reference is going just now. */
static __always_inline struct session *session_get(__u64 id)
{
	struct session *s = bpf_map_lookup_elem(&sw_sessions, &id);

	if (!s)
		return NULL;
	for (int i = 0; i < GET_TRIES; i++) {
		__s32 refs = s->refs;

		if (refs <= 0)
			return NULL;
		if (__sync_val_compare_and_swap(&s->refs, refs, refs + 1) == refs)
			return s;
	}
	return NULL;
}

static __always_inline void session_put(__u64 id, struct task_struct *task, __u64 image)
{
	struct session *s = bpf_map_lookup_elem(&sw_sessions, &id);
	struct sw_rec_session_end *r;

	if (!s || __sync_fetch_and_add(&s->refs, -1) != 1)
		return;
	if (s->told) {
		r = fact_begin(s, task, image, SW_KIND_SESSION_END, sizeof(*r), BUCKET_MAX);
		if (r) {
			r->capped = s->capped;
			vital_submit(r);
		}
	}
	bpf_map_delete_elem(&sw_sessions, &id);
}

/* ---- marks and readers ------------------------------------------------------------------- */

static __always_inline struct mark *mark_of(struct task_struct *task)
{
	__u32 tgid = task->tgid;
	struct mark *m = bpf_map_lookup_elem(&sw_marks, &tgid);

	return m && m->start_ns == process_start(task) ? m : NULL;
}

static __always_inline bool session_has_flow(const struct session *s, __u64 cookie)
{
	for (int i = 0; i < SW_CANDIDATES; i++)
		if (s->origin.in[i].cookie == cookie)
			return true;
	return false;
}

static __always_inline bool mark_has_flow(const struct mark *m, __u64 cookie)
{
	struct session *s = bpf_map_lookup_elem(&sw_sessions, &m->session);

	return s && session_has_flow(s, cookie);
}

static __always_inline void thread_drop(struct task_struct *task, __u32 tid)
{
	struct thread *t = bpf_map_lookup_elem(&sw_threads, &tid);
	__u64 session = t ? t->session : 0;

	if (t && !bpf_map_delete_elem(&sw_threads, &tid) && session)
		session_put(session, task, 0);
}

static __always_inline void reader_drop(struct task_struct *task, struct reader *r)
{
	__u32 tgid = task->tgid;
	__u64 session = r->session;

	if (!bpf_map_delete_elem(&sw_readers, &tgid) && session)
		session_put(session, task, 0);
}

/* ---- making a session -------------------------------------------------------------------- */

/*
 * Of all that the process has read, only this flow counts from here on: it is exec'd with it as
 * its standard input and output. It has one thread then.
 */
static __always_inline void reader_narrow(struct task_struct *task, struct reader *r,
					  const struct sw_flow *flow, __u64 sk)
{
	__u64 left = __sync_lock_test_and_set(&r->session, 0);

	if (left)
		session_put(left, task, 0);
	r->seen = 1;
	r->by_exec = 1;
	__builtin_memset(r->in, 0, sizeof(r->in));
	__builtin_memset(r->turn, 0, sizeof(r->turn));
	r->in[0] = *flow;
	r->sk[0] = sk;
	r->turn[0] = 1;
	r->last = 0;
	r->judged = 1; /* by_exec */
}

static __always_inline bool same_identity(const struct sw_cred *a, const struct sw_cred *b)
{
	return a->uid == b->uid && a->euid == b->euid && a->suid == b->suid && a->gid == b->gid &&
	       a->egid == b->egid && a->user_ns == b->user_ns &&
	       !(b->cap_effective & ~a->cap_effective);
}

/*
 * A service that goes about its work: its own program, with the identity it had when it first
 * read, started before the flow and not inside another session. What it connects to is counted,
 * not told. Login services are always told.
 */
static __always_inline bool is_service_work(const struct session *s, __u64 image,
					    const struct sw_cred *now)
{
	if (s->origin.depth > 1 || image != s->image)
		return false;
	if (s->origin.flags & (SW_ORIGIN_LOGIN_PORT | SW_ORIGIN_OWN_IMAGE))
		return false;
	return same_identity(&s->reader, now);
}

/* The same, where no session has been made yet: a proxy's flows must not cost one each. */
static __always_inline bool reader_is_service_work(const struct reader *r,
						   const struct sw_cred *now)
{
	return !r->judged && same_identity(&r->cred, now);
}

static __always_inline bool is_root_exact(const struct sw_origin *o)
{
	return o->depth == 1 ? o->confidence == SW_CONFIDENCE_EXACT
			     : !!(o->flags & SW_ORIGIN_ROOT_EXACT);
}

/*
 * Whether a session read by a process of the parent lies inside it: its listener was opened there,
 * or the process is surely of that session and has done more than its service's work. Otherwise a
 * daemon that once read one flow would drag all later ones into that session.
 */
static __always_inline bool nests(const struct session *parent, const struct mark *m,
				  const struct listener *l)
{
	if (l && l->session == m->session)
		return true;
	return is_root_exact(&parent->origin) && !is_service_work(parent, m->image, &m->shadow);
}

static __always_inline void session_fill_parent(struct sw_origin *o, const struct session *parent)
{
	o->parent = parent->origin.session;
	o->root = parent->origin.root;
	o->rootflow = parent->origin.rootflow;
	o->depth = parent->origin.depth < 255 ? parent->origin.depth + 1 : 255;
	if (is_root_exact(&parent->origin))
		o->flags |= SW_ORIGIN_ROOT_EXACT;
}

/* All but the cause, which the origin has already. */
static __always_inline void session_fill(struct session *s, struct task_struct *task,
					 const struct reader *r, const struct mark *m, __u64 id)
{
	struct session *parent = m ? bpf_map_lookup_elem(&sw_sessions, &m->session) : NULL;
	struct sw_origin *o = &s->origin;
	struct listener *l = listener_of(&o->in[0]);

	o->session = id;
	o->root = id;
	o->depth = 1;
	if (is_login_port(o->in[0].local_port))
		o->flags |= SW_ORIGIN_LOGIN_PORT;
	if (reader_is_own_image(r, &o->in[0]))
		o->flags |= SW_ORIGIN_OWN_IMAGE;
	o->rootflow = o->in[0];
	if (parent && nests(parent, m, l))
		session_fill_parent(o, parent);
	s->image = m ? m->image : 0;
	s->reader_start_ns = r->start_ns;
	s->read_ns = r->read_ns;
	s->reader_tgid = task->tgid;
	s->reader = r->cred;
	s->refs = 2; /* of who made it, and the caller's */
	__builtin_memcpy(s->reader_exe, r->exe, sizeof(s->reader_exe));
	if (l)
		bpf_probe_read_kernel(s->listener_exe, sizeof(s->listener_exe), l->exe);
}

static __always_inline __u64 session_id(const struct sw_origin *o)
{
	if (o->confidence == SW_CONFIDENCE_SERVICE)
		return SW_SESSION_SERVICE | __sync_fetch_and_add(&sw_service_seq, 1);
	return o->confidence == SW_CONFIDENCE_THREAD ? SW_SESSION_THREAD | o->in[0].cookie
						     : o->in[0].cookie;
}

/* Makes a session with two references, or takes two of one that is there already. */
static __always_inline struct session *session_make(struct task_struct *task,
						    const struct reader *r, const struct mark *m,
						    __u32 seen, int works_for)
{
	struct scratch *scratch = scratch_get();
	struct session *s;
	__u64 id;

	if (!scratch || !seen)
		return NULL;
	__builtin_memset(&scratch->session, 0, sizeof(scratch->session));
	if (!cause_read(&scratch->session.origin, task, r, seen, works_for))
		return NULL;
	id = session_id(&scratch->session.origin);
	s = session_get(id);
	if (s)
		return session_get(id);
	session_fill(&scratch->session, task, r, m, id);
	if (!bpf_map_update_elem(&sw_sessions, &id, &scratch->session, BPF_NOEXIST))
		return bpf_map_lookup_elem(&sw_sessions, &id);
	s = session_get(id); /* somebody else was faster */
	if (s)
		return session_get(id);
	/* There is no room; or one of that id is ending just now, and this one needs another. */
	s = &scratch->session;
	s->origin.confidence = SW_CONFIDENCE_SERVICE;
	id = session_id(&s->origin);
	s->origin.session = id;
	if (s->origin.depth == 1)
		s->origin.root = id;
	if (bpf_map_update_elem(&sw_sessions, &id, s, BPF_NOEXIST))
		return NULL;
	return bpf_map_lookup_elem(&sw_sessions, &id);
}

/* Keeps one of the session's references, until the next one comes or who made it ends. */
static __always_inline void session_keep(struct task_struct *task, __u64 *kept, __u64 id)
{
	__u64 left = __sync_lock_test_and_set(kept, id);

	if (left)
		session_put(left, task, 0);
}

/*
 * The session that the reader's flows make, with a reference for the caller; NULL if there is no
 * room. One of a single flow is the same for everybody who works for that flow alone; another is
 * made anew when the set of candidates has changed.
 */
static __always_inline struct session *reader_session(struct task_struct *task, struct reader *r,
						      const struct mark *m)
{
	int works_for = reader_is_exact(r) ? 0 : thread_works_for();
	struct thread *t;
	__u32 seen = r->seen;
	struct session *s;

	if (!works_for && r->session && r->session_seen == seen) {
		s = session_get(r->session);
		if (s)
			return s;
	}
	s = session_make(task, r, m, seen, works_for);
	if (!s)
		return NULL;
	if (s->origin.confidence == SW_CONFIDENCE_THREAD) {
		t = thread_of(task);
		if (t)
			session_keep(task, &t->session, s->origin.session);
		return s;
	}
	r->session_seen = seen;
	session_keep(task, &r->session, s->origin.session);
	return s;
}

#endif
