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
#include "path.h"
#include "task.h"
#include "vital.h"

/* Ids of sessions that are not one socket's; cookies stay below. */
#define SERVICE_ID (1ULL << 63)

/* ---- references -------------------------------------------------------------------------- */

/* NULL if there is none of that id, or its last reference is going just now. */
static __always_inline struct session *session_get(__u64 id)
{
	struct session *s = bpf_map_lookup_elem(&sw_sessions, &id);

	if (!s)
		return NULL;
	if (__sync_fetch_and_add(&s->refs, 1) > 0)
		return s;
	__sync_fetch_and_add(&s->refs, -1);
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

static __always_inline struct reader *reader_of(struct task_struct *task)
{
	__u32 tgid = task->tgid;
	struct reader *r = bpf_map_lookup_elem(&sw_readers, &tgid);

	return r && r->start_ns == process_start(task) ? r : NULL;
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

static __always_inline bool reader_has_flow(const struct reader *r, __u64 cookie)
{
	for (int i = 0; i < SW_CANDIDATES; i++)
		if (r->in[i].cookie == cookie)
			return true;
	return false;
}

/* The process reads from the flow for the first time. by_exec: it was exec'd with it as fd 0-3. */
static __always_inline void reader_add(struct task_struct *task, const struct sw_flow *flow,
				       bool by_exec)
{
	struct scratch *scratch = scratch_get();
	struct reader *r = reader_of(task);
	__u32 tgid = task->tgid;

	if (!r) {
		if (!scratch)
			return;
		r = &scratch->reader;
		__builtin_memset(r, 0, sizeof(*r));
		r->start_ns = process_start(task);
		cred_read(&r->cred, task);
		r->by_exec = by_exec;
		r->exec_id = task->self_exec_id;
		r->exe_inode = BPF_CORE_READ(task, mm, exe_file, f_inode, i_ino);
		path_read(r->exe, BPF_CORE_READ(task, mm, exe_file));
		if (bpf_map_update_elem(&sw_readers, &tgid, r, BPF_ANY)) {
			count(SW_COUNT_REFUSED_MARK);
			return;
		}
		r = bpf_map_lookup_elem(&sw_readers, &tgid);
		if (!r)
			return;
	}
	for (int i = SW_CANDIDATES - 1; i > 0; i--)
		r->in[i] = r->in[i - 1];
	r->in[0] = *flow;
	if (r->seen < 0xffffffff)
		r->seen++;
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

/*
 * Of all that the process has read, only this flow counts from here on: it is exec'd with it as
 * its standard input and output.
 */
static __always_inline void reader_narrow(struct task_struct *task, struct reader *r,
					  const struct sw_flow *flow)
{
	if (r->session)
		session_put(r->session, task, 0);
	r->session = 0;
	r->seen = 1;
	r->by_exec = 1;
	__builtin_memset(r->in, 0, sizeof(r->in));
	r->in[0] = *flow;
}

static __always_inline struct listener *listener_of(const struct sw_flow *in)
{
	struct listener_key key = {.netns = in->netns, .port = in->local_port};

	return bpf_map_lookup_elem(&sw_listeners, &key);
}

/* The reader's program was started for this one flow (inetd, sshd -R), not with the listener. */
static __always_inline bool is_own_image(const struct reader *r, const struct listener *l)
{
	if (r->by_exec)
		return true;
	if (!l || r->start_ns <= r->in[0].start_ns || l->start_ns == r->start_ns)
		return false;
	return l->exec_id != r->exec_id || l->exe_inode != r->exe_inode;
}

static __always_inline void session_fill_parent(struct sw_origin *o, const struct mark *m)
{
	struct session *parent = bpf_map_lookup_elem(&sw_sessions, &m->session);

	o->parent = m->session;
	o->root = m->session;
	o->depth = 2;
	if (!parent)
		return;
	o->root = parent->origin.root;
	o->rootflow = parent->origin.rootflow;
	if (parent->origin.depth < 255)
		o->depth = parent->origin.depth + 1;
}

static __always_inline void session_fill(struct session *s, struct task_struct *task,
					 const struct reader *r, const struct mark *m, __u64 id,
					 bool exact)
{
	struct listener *l = listener_of(&r->in[0]);
	struct sw_origin *o = &s->origin;

	__builtin_memset(s, 0, sizeof(*s));
	o->session = id;
	o->root = id;
	o->depth = 1;
	o->seen = r->seen;
	o->confidence = exact ? SW_CONFIDENCE_EXACT : SW_CONFIDENCE_SERVICE;
	o->nflows = r->seen < SW_CANDIDATES ? r->seen : SW_CANDIDATES;
	if (is_login_port(r->in[0].local_port))
		o->flags |= SW_ORIGIN_LOGIN_PORT;
	if (is_own_image(r, l))
		o->flags |= SW_ORIGIN_OWN_IMAGE;
	__builtin_memcpy(o->in, r->in, sizeof(o->in));
	o->rootflow = r->in[0];
	if (m) {
		session_fill_parent(o, m);
		s->image = m->image;
	}
	s->reader_start_ns = r->start_ns;
	s->reader_tgid = task->tgid;
	s->reader = r->cred;
	s->refs = 1;
	__builtin_memcpy(s->reader_exe, r->exe, sizeof(s->reader_exe));
	if (l)
		bpf_probe_read_kernel(s->listener_exe, sizeof(s->listener_exe), l->exe);
}

/*
 * The session that the reader's flows make, with a reference held by the reader; NULL if there is
 * no room. An exact one is the same for everybody who reads only its flow; another is made anew
 * when the set of candidates has changed.
 */
static __always_inline struct session *reader_session(struct task_struct *task, struct reader *r,
						      const struct mark *m)
{
	struct scratch *scratch = scratch_get();
	bool exact = reader_is_exact(r);
	struct session *s;
	__u64 id;

	if (r->session && r->session_seen == r->seen)
		return bpf_map_lookup_elem(&sw_sessions, &r->session);
	if (r->session) {
		session_put(r->session, task, 0);
		r->session = 0;
	}
	id = exact ? r->in[0].cookie : SERVICE_ID | __sync_fetch_and_add(&sw_service_seq, 1);
	s = exact ? session_get(id) : NULL;
	if (!s) {
		if (!scratch)
			return NULL;
		session_fill(&scratch->session, task, r, m, id, exact);
		if (bpf_map_update_elem(&sw_sessions, &id, &scratch->session, BPF_NOEXIST))
			return NULL;
		s = bpf_map_lookup_elem(&sw_sessions, &id);
	}
	r->session = id;
	r->session_seen = r->seen;
	return s;
}

/* ---- use --------------------------------------------------------------------------------- */

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

#endif
