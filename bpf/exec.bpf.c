// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs that a session runs, and sockets handed over to them as standard input and output. The
 * mark is the process's, so that a thread which execs (and takes its leader's place) keeps it.
 */
#define SCRATCH_SLOT SLOT_EXEC
#include "identity.h"

#define S_ISUID 04000
#define S_ISGID 02000
#define S_ISSOCK(mode) (((mode)&0170000) == 0140000)

/* Came in, as far as the socket alone can tell: it is connected and its local port listens. */
static __always_inline bool looks_inbound(const struct sw_flow *flow)
{
	return flow->remote_port && listener_of(flow);
}

/*
 * The struct sock of a file that is an inbound TCP connection, else 0. A global function with plain
 * numbers only: the verifier looks at it once, not at every place and state that it is called from.
 */
__noinline __u64 TWIN(inbound_of)(__u64 file_address)
{
	struct file *file = (void *)file_address;
	struct sw_flow flow = {};
	struct socket *socket;
	struct sock *sk;

	if (!S_ISSOCK(BPF_CORE_READ(file, f_inode, i_mode)))
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (!is_tcp_or_mptcp(BPF_CORE_READ(sk, __sk_common.skc_family),
			     BPF_CORE_READ(sk, sk_protocol)) ||
	    !in_scope(sk))
		return 0;
	flow_read(&flow, sk, BPF_CORE_READ(sk, __sk_common.skc_cookie.counter));
	return flow.cookie && looks_inbound(&flow) ? (__u64)sk : 0;
}

/*
 * The struct sock of the one inbound TCP connection among the first `fds` descriptors, else 0. Two
 * different ones leave open which it is about. Descriptor tables are reached by probing only, so
 * the socket's storage is not; its cookie is.
 */
static __always_inline __u64 handed_over(struct task_struct *task, int fds)
{
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	struct file **table = BPF_CORE_READ(fdt, fd);
	__u64 found = 0;

	for (int fd = 0; fd < 4; fd++) {
		__u64 file = 0, sk;

		if (fd >= fds || bpf_probe_read_kernel(&file, sizeof(file), table + fd) || !file)
			continue;
		sk = TWIN(inbound_of)(file);
		if (sk && found && found != sk)
			return 0;
		found = sk ?: found;
	}
	return found;
}

static __always_inline void read_args(struct sw_rec_exec *r, struct task_struct *task)
{
	unsigned long start = BPF_CORE_READ(task, mm, arg_start);
	unsigned long total = BPF_CORE_READ(task, mm, arg_end) - start;
	__u32 size = total < SW_ARGS_BYTES ? total : SW_ARGS_BYTES;

	r->args_total = total;
	r->args_bytes = 0;
	r->args[0] = 0;
	if (size && !bpf_probe_read_user(r->args, size, (void *)start)) {
		r->args_bytes = size;
		/* The end may be cut, or overwritten by the program: always terminated here. */
		r->args[(size - 1) & (SW_ARGS_BYTES - 1)] = 0;
	}
}

static __always_inline void tell_exec(struct session *s, struct task_struct *task, struct mark *m,
				      __u64 image, struct linux_binprm *bprm)
{
	struct inode *inode = bprm->file->f_inode;
	struct sw_rec_exec *r;

	r = fact_begin(s, task, image, SW_KIND_EXEC, sizeof(*r), BUCKET_EXEC);
	if (!r)
		return;
	r->image = image;
	r->parent_image = m->image;
	r->inode = inode->i_ino;
	r->dev = inode->i_sb->s_dev;
	r->mode = inode->i_mode;
	r->file_uid = inode->i_uid.val;
	r->nlink = inode->i_nlink;
	r->filename[0] = 0;
	bpf_probe_read_kernel_str(r->filename, sizeof(r->filename), bprm->filename);
	path_read(r->exe, bprm->file);
	read_args(r, task);
	m->told = 1;
	vital_submit(r);
}

/* What the program file itself explains of a change of identity; 0: nothing. */
static __always_inline __u32 file_grants(const struct sw_cred *shadow, struct task_struct *task,
					 struct linux_binprm *bprm)
{
	struct inode *inode = bprm->file->f_inode;
	struct sw_cred now;

	cred_read(&now);
	/* The last known identity may be older than a set*id call before this exec. */
	if ((inode->i_mode & S_ISUID) && now.euid == inode->i_uid.val &&
	    (now.euid != shadow->euid || now.euid != now.uid))
		return SW_HOW_SETUID_EXEC;
	if ((inode->i_mode & S_ISGID) && now.egid != shadow->egid)
		return SW_HOW_SETUID_EXEC;
	if (now.euid && now.euid == shadow->euid && now.uid == shadow->uid &&
	    (now.cap_effective & ~shadow->cap_effective))
		return SW_HOW_FILE_CAPS;
	return 0;
}

/* The reader runs another program: from here on it is a process of the session itself. */
static __always_inline struct mark *reader_becomes_marked(struct task_struct *task,
							  struct reader *r, struct mark *m)
{
	__u64 left = m ? m->session : 0, image = m ? m->image : 0;
	struct session *s = reader_session(task, r, m);
	struct mark mark = {};
	__u32 tgid = task->tgid;

	if (!s) {
		count(SW_COUNT_REFUSED_MARK);
		return m;
	}
	mark.start_ns = r->start_ns;
	mark.session = s->origin.session; /* takes the reference over */
	mark.image = image;
	mark.shadow = r->shadow;
	if (bpf_map_update_elem(&sw_marks, &tgid, &mark, BPF_ANY)) {
		count(SW_COUNT_REFUSED_MARK);
		session_put(mark.session, task, image);
		return m;
	}
	reader_drop(task, r);
	if (left)
		session_put(left, task, image);
	return bpf_map_lookup_elem(&sw_marks, &tgid);
}

/* Forked by a service that had read this flow among others: the mark gives way to the flow. */
static __always_inline void narrow_mark(struct task_struct *task, struct mark *m,
					const struct session *s)
{
	__u64 session = m->session, image = m->image;
	struct reader *r = reader_of(task);
	__u32 tgid = task->tgid;

	if (r)
		bpf_probe_read_kernel(r->exe, sizeof(r->exe), s->reader_exe);
	if (!bpf_map_delete_elem(&sw_marks, &tgid))
		session_put(session, task, image);
}

/* When a flow began, from those who have read it; 0 if nobody has. */
static __always_inline __u64 start_of(const struct sw_flow in[SW_CANDIDATES], __u64 cookie)
{
	for (int i = 0; i < SW_CANDIDATES; i++)
		if (in[i].cookie == cookie)
			return in[i].start_ns;
	return 0;
}

/*
 * A global function, as above.
 *
 * The program has an accepted socket as its standard input or output: that flow alone is its cause,
 * whatever its process, or the one that forked it, had read before. Returns whether that flow had
 * been read already, so that this exec is a deed of its session; otherwise (inetd, sshd -R) the
 * program is its reader, and nothing is told yet.
 */
__noinline int TWIN(adopt_handed_over)(__u64 sk_address)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sock *sk = (void *)sk_address;
	struct sw_flow flow = {};
	struct reader *r = reader_of(task);
	struct mark *m = mark_of(task);
	struct session *s = m ? bpf_map_lookup_elem(&sw_sessions, &m->session) : NULL;
	bool known;

	flow_read(&flow, sk, BPF_CORE_READ(sk, __sk_common.skc_cookie.counter));
	known = s && session_has_flow(s, flow.cookie);
	if (known && s->origin.confidence == SW_CONFIDENCE_EXACT) {
		if (r)
			reader_drop(task, r); /* what else it read is not why it runs this */
		return false;
	}
	if (r && reader_has_flow(r, flow.cookie)) {
		flow.start_ns = start_of(r->in, flow.cookie);
		if (!reader_is_exact(r))
			reader_narrow(task, r, &flow, sk_address);
		return true;
	}
	if (r)
		reader_drop(task, r);
	if (known)
		flow.start_ns = start_of(s->origin.in, flow.cookie);
	reader_add(task, &flow, sk_address, true);
	if (known)
		narrow_mark(task, m, s);
	return known;
}

/* The mark tells what the process did as one of its session: it ran this program. */
static __always_inline void exec_marked(struct task_struct *task, struct mark *m,
					struct linux_binprm *bprm)
{
	struct session *s = bpf_map_lookup_elem(&sw_sessions, &m->session);
	__u64 image;
	__u32 how;

	if (!s)
		return;
	m->exec_id = (__u32)task->self_exec_id;
	image = __sync_fetch_and_add(&sw_image_seq, 1) + 1;
	how = file_grants(&m->shadow, task, bprm);
	if (!how) /* it happened before the exec, in the old program */
		identity_check(s, task, &m->shadow, m->image, 0);
	tell_exec(s, task, m, image, bprm);
	m->image = image;
	if (how)
		identity_check(s, task, &m->shadow, image, how);
}

/* Threads do not exec at the same time, and each exec of a process has another id. */
static __always_inline bool twin_was_here(struct task_struct *task, const struct reader *r,
					  const struct mark *m)
{
	__u32 id = (__u32)task->self_exec_id;

	return sw_twins && ((r && r->exec_id == id) || (m && m->exec_id == id));
}

/* It is still a reader, or has become one just now. */
static __always_inline void tell_twin(struct task_struct *task)
{
	struct reader *r = sw_twins ? reader_of(task) : NULL;

	if (r)
		r->exec_id = (__u32)task->self_exec_id;
}

SEC("tp_btf/sched_process_exec")
int SW_PROG(exec__sched_process_exec, struct task_struct *task, pid_t old_pid,
	    struct linux_binprm *bprm)
{
	struct reader *r = reader_of(task);
	struct mark *m = mark_of(task);
	bool deed = r != NULL, marked = m != NULL;
	int fds = 4;
	__u64 sk;

	if (twin_was_here(task, r, m))
		return 0;
	barrier_var(marked); /* or the compiler ORs the pointers, which the verifier refuses */
	/* It takes its leader's place, who has read what is not known here. */
	if (old_pid != task->pid && (deed || marked))
		thread_begin(task, true);
	if (old_pid != task->pid)
		thread_drop(task, old_pid);
	/* systemd hands over as 3 (Accept=yes); in a service's child 3 is just any descriptor. */
	if (deed || marked)
		fds = 3;
	sk = handed_over(task, fds);
	if (sk) {
		deed = TWIN(adopt_handed_over)(sk);
		r = reader_of(task);
		m = mark_of(task);
	}
	if (r && deed)
		m = reader_becomes_marked(task, r, m);
	if (m)
		exec_marked(task, m, bprm);
	tell_twin(task);
	return 0;
}
