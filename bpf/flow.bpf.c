// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TCP connections: where they come in, where they go out, and who listens. One tracepoint sees all
 * of it (net/ipv4/af_inet.c, inet_sk_set_state), below every system call that can open one.
 */
#define SCRATCH_SLOT SLOT_FLOW
#include "edge.h"
#include "identity.h"
#include "inbound.h"

#define ECONNREFUSED 111
#define ETIMEDOUT 110

/*
 * It is being closed, by its last owner: its process may go on for it, and the thread that read
 * from it last, and so not for another that it had begun to read later.
 */
static __always_inline void closes(struct sock *sk)
{
	struct inbound *in = bpf_sk_storage_get(&sw_inbound, sk, 0, 0);
	struct thread *t;
	struct reader *r;
	__u64 cookie;
	__u32 id;

	if (!in || in->kind != INBOUND_YES || !in->last.tid)
		return;
	id = in->tgid;
	r = bpf_map_lookup_elem(&sw_readers, &id);
	if (r && r->start_ns == in->process_start)
		reader_forgets(r, in->last.tid);
	id = in->first_tgid;
	r = in->first_tgid != in->tgid ? bpf_map_lookup_elem(&sw_readers, &id) : NULL;
	if (r)
		reader_forgets(r, 0);
	id = in->last.tid;
	t = bpf_map_lookup_elem(&sw_threads, &id);
	if (!in->last.again || !t || t->start_ns != in->last.thread_start ||
	    !may_be_newer(&in->last, t))
		return;
	cookie = sk->__sk_common.skc_cookie.counter;
	t->newest = is_newer(&in->last, t) || cookie == t->newest ? cookie : 0;
	t->newest_at = in->last.at;
	t->newest_sleeps = in->last.sleeps;
}

/* Both sides opened at once: it is outbound, though it is established like an inbound one. */
static __always_inline void opens_both_ways(struct sock *sk)
{
	struct inbound *in = bpf_sk_storage_get(&sw_inbound, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (in)
		in->kind = INBOUND_NO;
}

static __always_inline void listens(struct sock *sk, struct task_struct *task)
{
	struct reader *r = reader_of(task);
	struct mark *m = mark_of(task);

	if (r && reader_is_exact(r))
		listener_add(sk, task, r->in[0].cookie);
	else
		listener_add(sk, task, m ? m->session : 0);
}

static __always_inline void listens_no_more(struct sock *sk)
{
	struct listener_key key = {};

	listener_key_read(&key, sk);
	bpf_map_delete_elem(&sw_listeners, &key);
}

static __always_inline void tell_attempt(struct sock *sk, struct task_struct *task,
					 struct session *s, __u64 image)
{
	struct sw_rec_connect *rec;
	struct outbound *out;

	if (vital_capped(s, BUCKET_FLOW)) {
		vital_withhold();
		return;
	}
	out = bpf_sk_storage_get(&sw_outbound, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (out) {
		flow_read(&out->out, sk, bpf_get_socket_cookie(sk));
		out->out.start_ns = bpf_ktime_get_boot_ns();
		task_read(&out->task, task);
		out->task.image = image;
		out->task.flags = image == s->image ? SW_TASK_READER_IMAGE : 0;
		out->origin = s->origin;
		out->held = sw_connect_tells;
	} else {
		count(SW_COUNT_REFUSED_MARK);
	}
	if (out && sw_connect_tells) {
		session_tell(s, task, image);
		return;
	}
	rec = fact_begin(s, task, image, SW_KIND_CONNECT, sizeof(*rec), BUCKET_MAX);
	if (!rec)
		return;
	flow_read(&rec->out, sk, bpf_get_socket_cookie(sk));
	rec->out.start_ns = out ? out->out.start_ns : rec->h.time_ns;
	vital_submit(rec);
}

/* Whether the twin has not dealt with this attempt: it leaves word on the socket. */
static __always_inline bool begins(struct sock *sk)
{
	struct inbound *in;

	if (!sw_twins)
		return true;
	in = bpf_sk_storage_get(&sw_inbound, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (in && in->kind == INBOUND_OPENING)
		return false;
	if (in)
		in->kind = INBOUND_OPENING;
	return true;
}

static __always_inline void has_begun(struct sock *sk)
{
	struct inbound *in = sw_twins ? bpf_sk_storage_get(&sw_inbound, sk, 0, 0) : NULL;

	if (in && in->kind == INBOUND_OPENING)
		in->kind = INBOUND_NO;
}

/* The local port is not chosen yet; the outcome tells it, or connect.bpf.c the attempt. */
static __always_inline void goes_out(struct sock *sk, struct task_struct *task)
{
	struct reader *r = reader_of(task);
	struct mark *m = mark_of(task);
	struct sw_cred now;
	struct session *s;
	__u64 image, id;

	if (!begins(sk))
		return;
	if (are_null(r, m)) {
		edge_add(sk, task, NULL, NULL);
		return;
	}
	cred_read(&now);
	if (r && !m && reader_is_service_work(r, &now)) {
		count(SW_COUNT_SERVICE_FLOWS);
		edge_add(sk, task, r, NULL);
		return;
	}
	s = r ? reader_session(task, r, m) : session_get(m->session);
	if (!s) {
		count(SW_COUNT_REFUSED_MARK);
		return;
	}
	id = s->origin.session;
	image = m ? m->image : 0;
	if (is_service_work(s, image, &now)) {
		count(SW_COUNT_SERVICE_FLOWS);
		edge_add(sk, task, NULL, s);
	} else {
		identity_check(s, task, r ? &r->shadow : &m->shadow, image, 0);
		tell_attempt(sk, task, s, image);
	}
	session_put(id, task, image);
}

static __always_inline __u32 outcome_of(int newstate, int error)
{
	if (newstate != TCP_CLOSE)
		return SW_OUTCOME_ESTABLISHED;
	if (error == ECONNREFUSED)
		return SW_OUTCOME_REFUSED;
	if (error == ETIMEDOUT)
		return SW_OUTCOME_TIMEDOUT;
	return SW_OUTCOME_FAILED;
}

/* Mostly in softirq: all that is told was kept on the socket. */
static __always_inline void came_out(struct sock *sk, struct outbound *out, int newstate)
{
	struct sw_rec_outcome *r = vital_reserve(SW_KIND_OUTCOME, sizeof(*r));
	__u64 start_ns = out->out.start_ns;
	int error = sk->sk_err;

	if (r) {
		r->h.task = out->task;
		r->h.origin = out->origin;
		flow_read(&r->out, sk, out->out.cookie);
		r->out.start_ns = start_ns;
		r->outcome = outcome_of(newstate, error);
		r->error = r->outcome == SW_OUTCOME_ESTABLISHED ? 0 : error;
		vital_submit(r);
	}
	bpf_sk_storage_delete(&sw_outbound, sk);
}

SEC("tp_btf/inet_sock_set_state")
int SW_PROG(flow__inet_sock_set_state, struct sock *sk, int oldstate, int newstate)
{
	struct task_struct *task;
	struct outbound *out;

	if (!is_tcp(sk->__sk_common.skc_family, sk->sk_protocol) || !in_scope(sk))
		return 0;
	if (oldstate == TCP_SYN_SENT || oldstate == TCP_SYN_RECV) {
		out = bpf_sk_storage_get(&sw_outbound, sk, 0, 0);
		has_begun(sk);
		if (newstate == TCP_SYN_RECV)
			opens_both_ways(sk); /* not decided yet */
		else if (out)
			came_out(sk, out, newstate);
		else if (oldstate == TCP_SYN_RECV && newstate == TCP_ESTABLISHED && came_in(sk))
			count(SW_COUNT_INBOUND);
		return 0;
	}
	if (oldstate == TCP_CLOSE_WAIT ||
	    (oldstate == TCP_ESTABLISHED && newstate != TCP_CLOSE_WAIT))
		closes(sk);
	/* LISTEN to SYN_RECV is the listener's copy, which becomes the accepted socket. */
	if (oldstate == TCP_LISTEN && newstate == TCP_CLOSE)
		listens_no_more(sk);
	if (newstate != TCP_SYN_SENT && newstate != TCP_LISTEN)
		return 0;
	task = bpf_get_current_task_btf();
	if (task->flags & PF_KTHREAD)
		return 0;
	if (newstate == TCP_SYN_SENT)
		goes_out(sk, task);
	else
		listens(sk, task);
	return 0;
}

char LICENSE[] SEC("license") SW_WEAK = "Dual BSD/GPL";
