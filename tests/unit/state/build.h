/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the records that the kernel side would send, for tests of everything behind the ring. */
#ifndef TEST_STATE_BUILD_H
#define TEST_STATE_BUILD_H

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sidewatch/event.h"

#define MS 1000000ull
#define S (1000 * MS)
#define ROOT_CAPS 0x1ffffffffffull
#define NO_LOGIN UINT32_MAX

union rec {
	struct sw_record h;
	struct sw_rec_session session;
	struct sw_rec_exec exec;
	struct sw_rec_identity identity;
	struct sw_rec_connect connect;
	struct sw_rec_outcome outcome;
	struct sw_rec_exit exit;
	struct sw_rec_session_end end;
	struct sw_rec_edge edge;
	struct sw_rec_edge_count edge_count;
};

static inline void put_addr(const char *text, uint8_t addr[16], uint8_t *family)
{
	memset(addr, 0, 16);
	*family = strchr(text, ':') ? 6 : 4;
	assert_int_equal(inet_pton(*family == 6 ? AF_INET6 : AF_INET, text, addr), 1);
}

static inline struct sw_flow flow(uint64_t cookie, const char *local, uint16_t local_port,
				  const char *remote, uint16_t remote_port)
{
	struct sw_flow f = {
		.netns = 1,
		.cookie = cookie,
		.start_ns = 1 * S,
		.local_port = local_port,
		.remote_port = remote_port,
		.protocol = IPPROTO_TCP,
	};

	put_addr(local, f.local, &f.family);
	put_addr(remote, f.remote, &f.family);
	return f;
}

static inline struct sw_cred cred(uint32_t uid)
{
	return (struct sw_cred){
		.uid = uid,
		.euid = uid,
		.suid = uid,
		.gid = uid,
		.egid = uid,
		.loginuid = NO_LOGIN,
		.cap_effective = uid ? 0 : ROOT_CAPS,
		.user_ns = 4026531837u,
	};
}

/* The usual origin: 10.0.0.5:51234 came in to port 22 of 10.0.0.1; session 7. */
static inline struct sw_origin login_origin(void)
{
	struct sw_origin o = {
		.session = 7,
		.root = 7,
		.confidence = SW_CONFIDENCE_EXACT,
		.depth = 1,
		.nflows = 1,
		.flags = SW_ORIGIN_LOGIN_PORT,
		.seen = 1,
	};

	o.in[0] = flow(7, "10.0.0.1", 22, "10.0.0.5", 51234);
	o.rootflow = o.in[0];
	return o;
}

/* A session whose listener lives in another one's. */
static inline struct sw_origin nested_origin(const struct sw_origin *parent, uint64_t session,
					     const struct sw_flow *in)
{
	struct sw_origin o = *parent;

	o.session = session;
	o.parent = parent->session;
	o.depth++;
	o.flags = 0;
	memset(o.in, 0, sizeof(o.in));
	o.in[0] = *in;
	return o;
}

static inline struct sw_task task(uint32_t tgid, uint64_t image, uint32_t uid, const char *comm)
{
	struct sw_task t = {
		.tid = tgid,
		.tgid = tgid,
		.ppid = 1,
		.flags = image ? 0 : SW_TASK_READER_IMAGE,
		.start_ns = tgid * MS,
		.image = image,
		.cred = cred(uid),
	};

	snprintf(t.comm, sizeof(t.comm), "%s", comm);
	return t;
}

static inline struct sw_task with_tty(struct sw_task t, const char *tty)
{
	snprintf(t.tty, sizeof(t.tty), "%s", tty);
	return t;
}

static inline union rec record(enum sw_kind kind, size_t size, uint64_t time_ns,
			       const struct sw_origin *origin, struct sw_task t)
{
	union rec r;

	memset(&r, 0, sizeof(r));
	r.h.version = SW_ABI_VERSION;
	r.h.kind = kind;
	r.h.size = (uint32_t)size;
	r.h.time_ns = time_ns;
	r.h.task = t;
	r.h.origin = *origin;
	return r;
}

static inline union rec rec_session(uint64_t time_ns, const struct sw_origin *origin,
				    struct sw_task t, uint32_t reader_uid, const char *reader_exe)
{
	union rec r = record(SW_KIND_SESSION, sizeof(r.session), time_ns, origin, t);

	r.session.reader_tgid = 100;
	r.session.reader_start_ns = 100 * MS;
	r.session.reader = cred(reader_uid);
	snprintf(r.session.reader_exe, sizeof(r.session.reader_exe), "%s", reader_exe);
	snprintf(r.session.listener_exe, sizeof(r.session.listener_exe), "%s", reader_exe);
	return r;
}

static inline union rec rec_exec(uint64_t time_ns, const struct sw_origin *origin, struct sw_task t,
				 uint64_t parent_image, const char *exe)
{
	union rec r = record(SW_KIND_EXEC, sizeof(r.exec), time_ns, origin, t);

	r.exec.image = t.image;
	r.exec.parent_image = parent_image;
	r.exec.mode = 0100755;
	r.exec.nlink = 1;
	snprintf(r.exec.exe, sizeof(r.exec.exe), "%s", exe);
	snprintf(r.exec.filename, sizeof(r.exec.filename), "%s", exe);
	return r;
}

/* args: each NUL-terminated, as a string literal whose own end terminates the last. */
static inline void set_args(union rec *r, const char *args, size_t bytes)
{
	memcpy(r->exec.args, args, bytes);
	r->exec.args_bytes = (uint32_t)bytes;
	r->exec.args_total = (uint32_t)bytes;
}

static inline union rec rec_identity(uint64_t time_ns, const struct sw_origin *origin,
				     struct sw_task t, struct sw_cred old, enum sw_how how)
{
	union rec r = record(SW_KIND_IDENTITY, sizeof(r.identity), time_ns, origin, t);

	r.identity.old = old;
	r.identity.how = how;
	return r;
}

static inline union rec rec_connect(uint64_t time_ns, const struct sw_origin *origin,
				    struct sw_task t, const struct sw_flow *out)
{
	union rec r = record(SW_KIND_CONNECT, sizeof(r.connect), time_ns, origin, t);

	r.connect.out = *out;
	r.connect.out.local_port = 0;
	r.connect.out.start_ns = time_ns;
	return r;
}

static inline union rec rec_outcome(uint64_t time_ns, const struct sw_origin *origin,
				    struct sw_task t, const struct sw_flow *out,
				    enum sw_outcome outcome)
{
	union rec r = record(SW_KIND_OUTCOME, sizeof(r.outcome), time_ns, origin, t);

	r.outcome.out = *out;
	r.outcome.outcome = outcome;
	return r;
}

static inline union rec rec_exit(uint64_t time_ns, const struct sw_origin *origin, struct sw_task t)
{
	return record(SW_KIND_EXIT, sizeof(struct sw_rec_exit), time_ns, origin, t);
}

static inline union rec rec_end(uint64_t time_ns, const struct sw_origin *origin, struct sw_task t,
				uint64_t capped)
{
	union rec r = record(SW_KIND_SESSION_END, sizeof(r.end), time_ns, origin, t);

	r.end.capped = capped;
	return r;
}

static inline struct sw_edge edge_to(const char *remote, uint16_t port)
{
	struct sw_edge edge = {
		.netns = 1,
		.cgroup = 7,
		.exe_inode = 33,
		.exe_dev = 8 << 20 | 1,
		.euid = 33,
		.remote_port = port,
		.protocol = 6,
	};

	put_addr(remote, edge.remote, &edge.family);
	return edge;
}

static inline union rec rec_edge(uint64_t time_ns, const char *remote, uint16_t port,
				 const char *exe)
{
	const struct sw_origin none = {0};
	union rec r = record(SW_KIND_EDGE, sizeof(r.edge), time_ns, &none, task(300, 0, 33, "x"));

	r.edge.edge = edge_to(remote, port);
	snprintf(r.edge.exe, sizeof(r.edge.exe), "%s", exe);
	return r;
}

static inline union rec rec_edge_count(uint64_t end_ns, const char *remote, uint16_t port,
				       uint64_t flows)
{
	const struct sw_origin none = {0};
	union rec r = record(SW_KIND_EDGE_COUNT, sizeof(r.edge_count), end_ns, &none,
			     (struct sw_task){0});

	r.edge_count.edge = edge_to(remote, port);
	r.edge_count.start_ns = end_ns - 60 * S;
	r.edge_count.first_ns = end_ns - 59 * S;
	r.edge_count.flows = flows;
	return r;
}

/* The inbound flows behind an edge, of no session. */
static inline void set_causes(union rec *r, const struct sw_origin *o)
{
	r->h.origin = *o;
	r->h.origin.session = r->h.origin.parent = r->h.origin.root = 0;
	r->h.origin.depth = 0;
	memset(&r->h.origin.rootflow, 0, sizeof(r->h.origin.rootflow));
}

#endif
