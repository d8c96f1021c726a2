/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the probes remember, and what user space sets before they are loaded. Every file that
 * includes this defines the same weak symbols; the BPF linker makes one of them.
 */
#ifndef SW_BPF_MAPS_H
#define SW_BPF_MAPS_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "sidewatch/event.h"
#include "twin.h"

#define SW_WEAK __attribute__((weak))

/* ---- set before load --------------------------------------------------------------------- */

enum { SW_SCOPE_ALL = 0, SW_SCOPE_NETNS, SW_SCOPE_CGROUP };

const volatile __u32 sw_scope_kind SW_WEAK = SW_SCOPE_ALL;
const volatile __u64 sw_scope_id SW_WEAK = 0; /* netns cookie or cgroup id */
const volatile __u32 sw_rate_burst SW_WEAK = 512; /* facts of a kind that a session may burst */
const volatile __u32 sw_rate_per_s SW_WEAK = 128; /* and produce per second in the long run */
const volatile __u64 sw_login_ports[1024] SW_WEAK = {0}; /* a bit a port */
const volatile __u64 sw_ticks_per_s SW_WEAK = 250; /* the kernel's */
const volatile __u32 sw_connect_tells SW_WEAK = 0; /* connect.bpf.c tells the attempts */
const volatile __u32 sw_wake_tells SW_WEAK = 0; /* wake.bpf.c tells who wakes whom */
const volatile __u32 sw_mptcp_tells SW_WEAK = 0; /* mptcp.bpf.c tells who reads by MPTCP */
const volatile __u32 sw_twins SW_WEAK = 0; /* each event may be seen by both twins (twin.h) */

/* ---- shared with user space while running ------------------------------------------------ */

__u32 sw_consumer_idle SW_WEAK = 0; /* 1: the consumer sleeps, wake it for the next record */
__u64 sw_vital_seq SW_WEAK = 0;
__u64 sw_image_seq SW_WEAK = 0;
__u64 sw_service_seq SW_WEAK = 0;

/* ---- marks ------------------------------------------------------------------------------- */

/* Who read last from a socket: a thread, and whether it alone can be at work for it. */
struct last_read {
	__u64 at; /* in ticks of the kernel: all that a read costs */
	__u64 sleeps; /* how often the thread had gone to sleep by then */
	__u64 begun_ns; /* when the thread began to, boot time; 0: not known */
	__u64 thread_start;
	pid_t tid;
	__u8 moved; /* several threads of one process have read from it, or may have */
	__u8 again; /* this one has done so more than once */
	__u8 pad[2];
};

/* On a socket that came in, or that is known not to have. */
struct inbound {
	__u64 start_ns; /* established; 0: before our time, or the transition was missed */
	struct last_read last;
	__u64 accepted_at; /* in ticks of the kernel; 0: not known */
	__u64 accepted_ns; /* the same, boot time */
	__u64 process_start; /* of the process that read from it last: its start and id */
	pid_t tgid;
	pid_t first_tgid; /* of the process that read from it first */
	pid_t accepter; /* the thread that has accepted it; 0: not known, or nobody has */
	__u32 kind; /* enum inbound_kind */
};

/* OPENING: it begins to connect, and that was dealt with; kept only where there are twins. */
enum inbound_kind { INBOUND_NO = 1, INBOUND_YES, INBOUND_OPENING };

/* On a socket that a session opened; gone with the outcome. */
struct outbound {
	struct sw_task task;
	struct sw_origin origin;
	struct sw_flow out;
	__u64 held; /* the attempt is to be told when its port is known */
};

/*
 * A process that reads from inbound flows itself. It is not of a session yet: what it does next
 * decides (struct session is made when it forks, execs or connects). Its threads write to it at
 * the same time: seen and session are only changed atomically.
 */
struct reader {
	__u64 start_ns; /* of the process, against reused ids */
	__u64 session; /* made of the flows below, 0: none yet; holds a reference */
	__u64 read_ns; /* when it first read from the last of them, boot time */
	__u32 seen; /* distinct inbound flows read */
	__u32 session_seen; /* value of `seen` when `session` was made */
	__u32 by_exec; /* the flow was handed over as standard input or output at exec */
	__u32 execd; /* its program was exec'd by itself, not by who forked it */
	__u32 exec_id; /* as in struct mark */
	pid_t tid; /* the thread that reads, 0: several do, or may */
	__u32 mixed; /* io_uring's workers read for its threads, or a thread could not be noted */
	__u32 last; /* where in `in` the most recent flow lies */
	__u32 judged; /* one of its flows makes what it does more than the work of a service */
	pid_t closed_by; /* the thread that had read last from the flow closed last; 0: several */
	__u64 closed_at; /* when it was closed, in ticks of the kernel; 0: never */
	__u64 ended_at; /* when one of its threads that had read has ended */
	__u32 turn[SW_CANDIDATES]; /* which one read each of `in` is, from 1; 0: none, or not yet */
	__u64 sk[SW_CANDIDATES]; /* their struct sock, to probe; they may be gone */
	char exe[SW_PATH_BYTES];
	struct sw_cred cred; /* when it first read: never changed */
	struct sw_cred shadow; /* last seen; pad: in one of several threads */
	struct sw_flow in[SW_CANDIDATES]; /* in no order */
};

#define SW_HELD 8 /* flows remembered of a thread: more at a time make it an event loop */

/* An inbound socket to look at again later, by probing: it may be gone by then. */
struct held {
	__u64 cookie; /* 0: none */
	__u64 sk;
	__u64 in; /* its struct inbound */
};

/* A thread that reads from inbound flows. Only it looks here, and writes all but `newest`, `woken`.
 */
struct thread {
	__u64 start_ns; /* of the thread, against reused ids */
	__u64 session; /* the last one of confidence `thread`, 0: none; holds a reference */
	__u32 crowded; /* more flows were open at a time than fit: which, is not known any more */
	__u32 next; /* where in `held` to look for room first */
	__u64 newest; /* of those it has begun to read or that were closed, the last: its cookie, or
			 0 */
	__u64 newest_at; /* when it read from that, in ticks of the kernel */
	__u64 newest_sleeps; /* how often it had gone to sleep when it began to */
	__u64 woken; /* how often when another thread of its process woke it last; */
	__u64 joined; /* and when one did that was about to end */
	struct held held[SW_HELD]; /* those it has read; closed ones give way */
};

#define SW_WAITING 32

/* Connections that came in at the listeners of one process, and wait to be read. */
struct waiting {
	__u64 crowded_at; /* when one did not fit, in ticks of the kernel; 0: never */
	__u32 next; /* where in `at` to look for room first */
	__u32 pad;
	struct held at[SW_WAITING]; /* those that were read or closed give way */
};

/* A process of a session: forked or exec'd after the session's flow was read. */
struct mark {
	__u64 start_ns; /* of the process, against reused ids */
	__u64 session; /* holds a reference */
	__u64 image; /* 0: the reader's own */
	__u16 told; /* an EXEC of this process was told: tell its EXIT */
	__u16 mixed; /* as in struct reader, which it may become */
	__u32 exec_id; /* of the last exec that was dealt with, for the twin */
	struct sw_cred shadow; /* last seen in this line of inheritance; pad: as in struct reader */
};

struct bucket {
	__u64 last_ns;
	__u64 level; /* facts times 10^9 */
};

enum { BUCKET_EXEC, BUCKET_FLOW, BUCKET_OTHER, BUCKET_MAX };

/* Immutable but for the counters at the end. */
struct session {
	struct sw_origin origin;
	__u64 image; /* the reader's image: 0 in a root session */
	__u64 reader_start_ns;
	__u64 read_ns; /* the reader's */
	__u32 reader_tgid;
	__u32 pad;
	struct sw_cred reader;
	char reader_exe[SW_PATH_BYTES];
	char listener_exe[SW_PATH_BYTES];
	__s32 refs;
	__u32 told; /* a SESSION record stands in the ring */
	__u64 capped;
	struct bucket buckets[BUCKET_MAX];
};

struct listener_key {
	__u64 netns;
	__u8 addr[16]; /* as in struct sw_flow; all zero: every address */
	__u32 port;
	__u32 pad;
};

struct listener {
	__u64 session; /* in which it was opened, 0: none */
	__u64 start_ns; /* of the process that opened it */
	char exe[SW_PATH_BYTES]; /* "": not known */
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct inbound);
} sw_inbound SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct outbound);
} sw_outbound SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, __u32); /* thread group id */
	__type(value, struct reader);
} sw_readers SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32); /* thread id */
	__type(value, struct thread);
} sw_threads SEC(".maps") SW_WEAK;

/* What processes that are older than the sensor had open by then: any thread may have read it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, __u32); /* thread group id */
	__type(value, struct thread);
} sw_older SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* start of the process that opened the listeners; 0: not known */
	__type(value, struct waiting);
} sw_waiting SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32); /* thread group id */
	__type(value, struct mark);
} sw_marks SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, __u64); /* session id */
	__type(value, struct session);
} sw_sessions SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct listener_key);
	__type(value, struct listener);
} sw_listeners SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} sw_vital SEC(".maps") SW_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SW_COUNT_MAX);
	__type(key, __u32);
	__type(value, __u64);
} sw_counters SEC(".maps") SW_WEAK;

/*
 * Where values too big for the stack are put together. Each program, and each one's twin, has a
 * slot of its own: the kernel never runs a program twice at a time on one CPU, but another one may
 * come in between (softirq; and tracepoints need not disable preemption, iterators do not).
 */
struct scratch {
	struct session session;
	struct reader reader;
	struct thread thread;
	struct listener listener;
	char path[2 * SW_PATH_BYTES];
};

enum {
	SLOT_FLOW,
	SLOT_READER,
	SLOT_EXEC,
	SLOT_FORK,
	SLOT_LISTENER,
	SLOT_CONNECT,
	SLOT_CREDS,
	SLOT_ACCEPT,
	SLOT_MPTCP,
	SLOT_WAKE,
	SLOT_MAX
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * SLOT_MAX); /* the twins' are the latter half */
	__type(key, __u32);
	__type(value, struct scratch);
} sw_scratch SEC(".maps") SW_WEAK;

/* Known while a program is compiled: SCRATCH_SLOT is defined by each file, before all else. */
static __always_inline struct scratch *scratch_get(void)
{
	__u32 slot = SCRATCH_SLOT + IS_TWIN * SLOT_MAX;

	return bpf_map_lookup_elem(&sw_scratch, &slot);
}

/*
 * Whether both are NULL. clang 19 ORs pointers that it only has to compare with NULL, which the
 * verifier refuses. clang 14 does not, and makes longer programs of a barrier.
 */
#if __clang_major__ > 14
#define keep_apart(value) barrier_var(value)

static __always_inline bool are_null(const void *one, const void *other)
{
	bool is_some = one;

	keep_apart(is_some);
	return !is_some && !other;
}
#else
#define keep_apart(value)
#define are_null(one, other) (!(one) && !(other))
#endif

/* Softirq may interrupt a program that counts the same: hence atomic. */
static __always_inline void count(__u32 counter)
{
	__u64 *n = bpf_map_lookup_elem(&sw_counters, &counter);

	if (n)
		__sync_fetch_and_add(n, 1);
}

#endif
