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
const volatile __u32 sw_connect_tells SW_WEAK = 0; /* connect.bpf.c tells the attempts */
const volatile __u32 sw_twins SW_WEAK = 0; /* each event may be seen by both twins (twin.h) */

/* ---- shared with user space while running ------------------------------------------------ */

__u32 sw_consumer_idle SW_WEAK = 0; /* 1: the consumer sleeps, wake it for the next record */
__u64 sw_vital_seq SW_WEAK = 0;
__u64 sw_image_seq SW_WEAK = 0;
__u64 sw_service_seq SW_WEAK = 0;

/* ---- marks ------------------------------------------------------------------------------- */

/* On a socket that came in, or that is known not to have. */
struct inbound {
	__u64 start_ns; /* established; 0: before our time, or the transition was missed */
	__u64 reader_start; /* process that read from it last: its start and id */
	__u32 reader_tgid;
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
	__u32 pad;
	char exe[SW_PATH_BYTES];
	struct sw_cred cred; /* when it first read: never changed */
	struct sw_cred shadow; /* last seen; pad: in one of several threads */
	struct sw_flow in[SW_CANDIDATES]; /* the nth one read lies at n % SW_CANDIDATES */
};

/* A process of a session: forked or exec'd after the session's flow was read. */
struct mark {
	__u64 start_ns; /* of the process, against reused ids */
	__u64 session; /* holds a reference */
	__u64 image; /* 0: the reader's own */
	__u32 told; /* an EXEC of this process was told: tell its EXIT */
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
