/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The wire between kernel and user space: what the `vital` ring carries (facts of sessions) and
 * what the `edges` ring does (the first flow of each edge in a window).
 *
 * Every record begins with struct sw_record, which carries the whole origin of the fact, so that
 * a lost record costs one fact and not the thread of the story. Records have a fixed size per
 * kind. Numbers are in host byte order, addresses in network byte order, times in nanoseconds of
 * CLOCK_BOOTTIME, process ids as the initial PID namespace counts them. Strings are
 * NUL-terminated and come from the watched system: they are hostile until escaped.
 *
 * Any change of layout raises SW_ABI_VERSION. The structs are not packed: every hole is named.
 */
#ifndef SIDEWATCH_EVENT_H
#define SIDEWATCH_EVENT_H

#ifdef __VMLINUX_H__
#define SW_STATIC_ASSERT(cond, msg) _Static_assert(cond, msg)
#else
#include <assert.h>
#include <linux/types.h>
#define SW_STATIC_ASSERT(cond, msg) static_assert(cond, msg)
#endif

#define SW_ABI_VERSION 2

#define SW_COMM_BYTES 16 /* TASK_COMM_LEN (include/linux/sched.h) */
#define SW_TTY_BYTES 16 /* "pts/1048575" fits; longer names are cut */
#define SW_PATH_BYTES 256 /* longer paths keep their end and begin with "..." */
#define SW_ARGS_BYTES 512 /* longer argument lists are cut; args_total tells the full size */
#define SW_CANDIDATES 4 /* inbound flows shown when several could be the cause */

enum sw_kind {
	SW_KIND_SESSION = 1, /* a session is told for the first time */
	SW_KIND_EXEC, /* a task of a session runs another program */
	SW_KIND_IDENTITY, /* a task's credentials differ from those last seen */
	SW_KIND_CONNECT, /* an outbound flow is attempted; local port not known yet */
	SW_KIND_OUTCOME, /* the attempt succeeded or failed; local port known */
	SW_KIND_EXIT, /* a process that was told by an EXEC has ended */
	SW_KIND_SESSION_END, /* the last task of a told session has ended */
	SW_KIND_EDGE, /* on `edges`: an edge's first flow in a window, outside sessions */
	SW_KIND_EDGE_COUNT, /* made in user space at a window's end: all flows of an edge in it */
	SW_KIND_MAX,
};

/* How sure it is that origin.in[0] is the cause. */
enum sw_confidence {
	SW_CONFIDENCE_NONE = 0,
	SW_CONFIDENCE_SERVICE, /* one of in[0..nflows): never shown as one peer unless there is one
				*/
	SW_CONFIDENCE_EXACT, /* only in[0] can be the cause */
	SW_CONFIDENCE_THREAD, /* in[0] alone: the only open one of those that the thread has read */
	SW_CONFIDENCE_MAX,
};

/* How an identity changed, as far as the probes can tell. */
enum sw_how {
	SW_HOW_SETID = 1, /* set*id or capset by a task that was entitled to it */
	SW_HOW_SETUID_EXEC, /* a program file with the set-user-id or set-group-id bit */
	SW_HOW_FILE_CAPS, /* capabilities gained by exec without such a bit */
	SW_HOW_UNEXPLAINED, /* uid 0 or capabilities gained with no exec and no entitlement */
	SW_HOW_MAX,
};

enum sw_outcome {
	SW_OUTCOME_PENDING = 0, /* never on the wire */
	SW_OUTCOME_ESTABLISHED,
	SW_OUTCOME_REFUSED, /* ECONNREFUSED: a reset answered */
	SW_OUTCOME_TIMEDOUT, /* ETIMEDOUT */
	SW_OUTCOME_FAILED, /* any other errno, or closed by the task itself (errno 0) */
	SW_OUTCOME_MAX,
};

/* One transport connection, seen from this host. IPv4-mapped IPv6 is told as IPv4. */
struct sw_flow {
	__u64 netns; /* network namespace cookie (struct net::net_cookie) */
	__u64 cookie; /* socket cookie: unique per boot */
	__u64 start_ns; /* inbound: established; outbound: attempted; 0: before the sensor's time */
	__u8 local[16]; /* IPv4 in the first four bytes, the rest zero */
	__u8 remote[16];
	__u16 local_port;
	__u16 remote_port;
	__u8 family; /* 4 or 6 */
	__u8 protocol; /* IPPROTO_* */
	__u16 pad;
};

struct sw_cred {
	__u32 uid;
	__u32 euid;
	__u32 suid;
	__u32 gid;
	__u32 egid;
	__u32 loginuid; /* (__u32)-1: not set, or kernel without audit */
	__u64 cap_effective;
	__u64 cap_permitted;
	__u32 user_ns; /* inode number of the user namespace */
	__u32 pad;
};

/* sw_task::flags */
#define SW_TASK_READER_IMAGE (1u << 0) /* has not exec'd since its origin's flow was first read */

struct sw_task {
	__u32 tid;
	__u32 tgid;
	__u32 ppid; /* thread group of the real parent, now (reparenting changes it) */
	__u32 flags; /* SW_TASK_* */
	__u64 start_ns; /* of the thread group's leader */
	__u64 image; /* which exec this task runs (struct sw_rec_exec::image); see sw_rec_session */
	__u64 cgroup; /* id in the unified hierarchy */
	struct sw_cred cred;
	char comm[SW_COMM_BYTES];
	char tty[SW_TTY_BYTES]; /* controlling terminal, "" if none */
};

/* sw_origin::flags */
#define SW_ORIGIN_LOGIN_PORT (1u << 0) /* the listener's port is one of login_ports */
#define SW_ORIGIN_OWN_IMAGE (1u << 1) /* the reader's program was started for this one flow */
#define SW_ORIGIN_ROOT_EXACT (1u << 2) /* nested: the root session is exact */

/* Ids of sessions: their inbound socket's cookie if they are exact; with this bit, `thread`. */
#define SW_SESSION_THREAD (1ULL << 62)
#define SW_SESSION_SERVICE (1ULL << 63) /* with this one a number, for several candidates */

struct sw_origin {
	__u64 session; /* unique per boot */
	__u64 parent; /* session in which this one's listener lives, 0 if none */
	__u64 root; /* outermost ancestor session; itself if it has no parent */
	__u8 confidence;
	__u8 depth; /* 1 for a root session */
	__u8 nflows; /* valid entries of in[] */
	__u8 flags; /* SW_ORIGIN_* */
	__u32 seen; /* distinct inbound flows that the reader had read, saturating */
	struct sw_flow rootflow; /* most recent inbound flow of the root session */
	struct sw_flow in[SW_CANDIDATES]; /* open ones first, then the most recent first */
};

struct sw_record {
	__u16 version; /* SW_ABI_VERSION */
	__u16 kind; /* enum sw_kind */
	__u32 size; /* of the whole record, bytes */
	__u64 seq; /* numbers every fact of its ring, also dropped and capped ones, from 1; else 0
		    */
	__u64 time_ns;
	struct sw_task task;
	struct sw_origin origin;
};

/* The header's task is the one that made the session worth telling, not always its reader. */
struct sw_rec_session {
	struct sw_record h;
	__u64 image; /* image in which the session began: the reader's. 0 in a root session */
	__u64 reader_start_ns;
	__u32 reader_tgid;
	__u32 pad;
	struct sw_cred reader; /* credentials when it first read the inbound flow */
	char reader_exe[SW_PATH_BYTES]; /* program that read from the inbound flow */
	char listener_exe[SW_PATH_BYTES]; /* program that opened the listener, "" if not known */
};

struct sw_rec_exec {
	struct sw_record h;
	__u64 image; /* this program image: unique per boot, also in h.task.image */
	__u64 parent_image; /* the image that it replaced, or that forked it; 0: the reader's */
	__u64 inode;
	__u32 dev; /* kernel dev_t: major << 20 | minor */
	__u32 mode; /* S_IF* and permission bits of the program file */
	__u32 file_uid;
	__u32 nlink; /* 0: deleted, memfd or O_TMPFILE */
	__u32 args_bytes; /* valid bytes of args */
	__u32 args_total; /* bytes that the program was given */
	char exe[SW_PATH_BYTES]; /* resolved path of the program */
	char filename[SW_PATH_BYTES]; /* as asked for; a script's own path */
	char args[SW_ARGS_BYTES]; /* argv, each NUL-terminated; the last may be cut */
};

struct sw_rec_identity {
	struct sw_record h; /* h.task.cred: the new one */
	struct sw_cred old;
	__u32 how; /* enum sw_how */
	__u32 pad;
};

struct sw_rec_connect {
	struct sw_record h;
	struct sw_flow out;
};

struct sw_rec_outcome {
	struct sw_record h; /* h.task: as it was at the attempt */
	struct sw_flow out; /* the same cookie as the CONNECT's */
	__u32 outcome; /* enum sw_outcome */
	__u32 error; /* positive errno, 0 if established */
};

struct sw_rec_exit {
	struct sw_record h;
};

struct sw_rec_session_end {
	struct sw_record h;
	__u64 capped; /* facts of this session withheld by its rate cap */
};

/* Like outbound flows as one: who connects, and where to. No holes: it is a key of BPF maps. */
struct sw_edge {
	__u64 netns; /* network namespace cookie */
	__u64 cgroup; /* id in the unified hierarchy */
	__u64 exe_inode; /* program file */
	__u32 exe_dev; /* kernel dev_t: major << 20 | minor */
	__u32 euid;
	__u8 remote[16]; /* as in struct sw_flow */
	__u16 remote_port;
	__u16 listener_port; /* that the process last read an inbound flow of, 0: of none */
	__u8 family; /* 4 or 6 */
	__u8 protocol; /* IPPROTO_* */
	__u16 pad;
};

/*
 * The origin is of no session (all ids and the depth are 0): in[] holds the inbound flows that the
 * process last read, if it is a service.
 */
struct sw_rec_edge {
	struct sw_record h;
	struct sw_edge edge;
	char exe[SW_PATH_BYTES];
};

/* The task is empty but for what the edge says of it. */
struct sw_rec_edge_count {
	struct sw_record h; /* time_ns: the window's end */
	struct sw_edge edge;
	__u64 start_ns; /* of the window */
	__u64 first_ns; /* of the edge's first flow in it */
	__u64 flows; /* exact; the one that was told is one of them */
};

/*
 * Per-CPU counters; user space sums them. For each ring
 * produced = consumed + dropped + capped, where consumed is counted by the reader of the ring.
 */
enum sw_counter {
	SW_COUNT_PRODUCED = 0, /* facts that wanted a record */
	SW_COUNT_DROPPED, /* of these: ring full */
	SW_COUNT_CAPPED, /* of these: session over its rate */
	SW_COUNT_REFUSED_MARK, /* a task, session or socket could not be marked: map full */
	SW_COUNT_REPAIRED, /* inbound sockets first seen at their first read */
	SW_COUNT_SERVICE_FLOWS, /* outbound flows of services themselves: counted as edges */
	SW_COUNT_INBOUND, /* inbound flows marked when established */
	SW_COUNT_EDGES_PRODUCED, /* edges that wanted a record: new in their window */
	SW_COUNT_EDGES_DROPPED, /* of these: ring full */
	SW_COUNT_EDGES_CAPPED, /* of these: program over its rate */
	SW_COUNT_EDGES_FULL, /* flows counted in no edge: the window's table was full */
	SW_COUNT_MAX,
};

SW_STATIC_ASSERT(sizeof(struct sw_flow) == 64, "sw_flow is part of the wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_cred) == 48, "sw_cred is part of the wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_task) == 120, "sw_task is part of the wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_origin) == 352, "sw_origin is part of the wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_edge) == 56, "sw_edge is part of the wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_record) == 496, "sw_record is part of the wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_rec_session) == 496 + 72 + 512, "SESSION is wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_rec_exec) == 496 + 48 + 1024, "EXEC is wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_rec_identity) == 496 + 56, "IDENTITY is wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_rec_connect) == 496 + 64, "CONNECT is wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_rec_outcome) == 496 + 72, "OUTCOME is wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_rec_exit) == 496, "EXIT is wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_rec_session_end) == 496 + 8, "SESSION_END is wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_rec_edge) == 496 + 56 + 256, "EDGE is wire ABI");
SW_STATIC_ASSERT(sizeof(struct sw_rec_edge_count) == 496 + 56 + 24, "EDGE_COUNT is wire ABI");

#endif
