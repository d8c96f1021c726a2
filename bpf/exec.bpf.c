// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs that a session runs, and sockets handed over to them as standard input and output. The
 * mark is the process's, so that a thread which execs (and takes its leader's place) keeps it.
 */
#include "identity.h"

#define S_ISUID 04000
#define S_ISGID 02000

/*
 * An inbound socket among descriptors 0 to 3, NULL if there is none. Only the table inside
 * files_struct can be walked as typed pointers; a process with a larger one (more than 64
 * descriptors) keeps stale pointers in there, so it is left alone.
 */
static __always_inline struct sock *handed_over(struct task_struct *task, struct inbound **found)
{
	struct files_struct *files = task->files;
	struct socket *socket;
	struct inbound *in;
	struct file *file;
	struct sock *sk;

	if ((void *)files->fdt != (void *)&files->fdtab)
		return NULL;
#pragma unroll
	for (int fd = 0; fd < 4; fd++) {
		file = files->fd_array[fd];
		if (!file)
			continue;
		socket = bpf_sock_from_file(file);
		if (!socket)
			continue;
		sk = socket->sk;
		if (!sk)
			continue;
		in = bpf_sk_storage_get(&sw_inbound, sk, 0, 0);
		if (in && in->kind == INBOUND_YES) {
			*found = in;
			return sk;
		}
	}
	return NULL;
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

	cred_read(&now, task);
	if ((inode->i_mode & S_ISUID) && now.euid == inode->i_uid.val && now.euid != shadow->euid)
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
	struct mark mark = {};
	__u32 tgid = task->tgid;
	struct session *s = reader_session(task, r, m);

	if (!s || !session_get(s->origin.session)) {
		count(SW_COUNT_REFUSED_MARK);
		return m;
	}
	mark.start_ns = r->start_ns;
	mark.session = s->origin.session;
	mark.image = m ? m->image : 0;
	mark.shadow = m ? m->shadow : r->cred;
	reader_drop(task, r);
	if (m)
		session_put(m->session, task, m->image);
	if (bpf_map_update_elem(&sw_marks, &tgid, &mark, BPF_ANY)) {
		count(SW_COUNT_REFUSED_MARK);
		session_put(mark.session, task, mark.image);
		return NULL;
	}
	return bpf_map_lookup_elem(&sw_marks, &tgid);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(exec__sched_process_exec, struct task_struct *task, pid_t old_pid,
	     struct linux_binprm *bprm)
{
	struct reader *r = reader_of(task);
	struct mark *m = mark_of(task);
	struct inbound *in = NULL;
	struct session *s;
	struct sock *sk;
	__u64 image, cookie = 0;
	__u32 how;

	sk = handed_over(task, &in);
	if (sk) {
		cookie = bpf_get_socket_cookie(sk);
		if ((r && reader_has_flow(r, cookie)) || (m && mark_has_flow(m, cookie)))
			sk = NULL; /* nothing new: it was read before */
	}
	if (r)
		m = reader_becomes_marked(task, r, m);
	if (m) {
		s = bpf_map_lookup_elem(&sw_sessions, &m->session);
		if (s) {
			image = __sync_fetch_and_add(&sw_image_seq, 1) + 1;
			how = file_grants(&m->shadow, task, bprm);
			if (!how) /* it happened before the exec, in the old program */
				identity_check(s, task, &m->shadow, m->image, 0);
			tell_exec(s, task, m, image, bprm);
			m->image = image;
			if (how)
				identity_check(s, task, &m->shadow, image, how);
		}
	}
	if (sk && in) {
		in->reader_tgid = task->tgid;
		in->reader_start = process_start(task);
		reader_add(task, sk, in->start_ns, true);
	}
	return 0;
}
