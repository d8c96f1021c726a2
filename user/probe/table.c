// SPDX-License-Identifier: Apache-2.0
#include "probe/probe.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "sidewatch.skel.h"

const char *const sw_set_names[] = {
	[SW_SET_CORE] = "core",
	[SW_SET_PRECISION] = "precision",
};
static_assert(SW_ARRAY_SIZE(sw_set_names) == SW_SET_MAX, "every set has a name");

#define ONE(name, hook)                                                                            \
	{                                                                                          \
		.program = (name), .section = (hook)                                               \
	}
#define TWO(name, hook)                                                                            \
	{                                                                                          \
		.program = (name), .twin = name "__twin", .section = (hook)                        \
	}

/*
 * Those that give marks come before those that hand them on, and these before the one that uses
 * them, so that nothing is told half while the rest is being attached.
 */
const struct sw_probe sw_probe_table[] = {
	{
		.name = "exit",
		.hooks = {TWO("life__sched_process_exit", "tp_btf/sched_process_exit")},
		.sees = "ends of processes and sessions",
		.proof = "a child process ends",
		.without = "marks of ended processes stay until the maps are full; no EXIT records",
	},
	{
		.name = "exec",
		.hooks = {TWO("exec__sched_process_exec", "tp_btf/sched_process_exec")},
		.sees = "programs that sessions run, with path and arguments; handed-over sockets",
		.proof = "a child process runs a program",
		.without = "no lineage: every hop looks as if the service itself had made it",
	},
	{
		.name = "fork",
		.hooks = {TWO("life__task_newtask", "tp_btf/task_newtask")},
		.sees = "inheritance of a session by child processes",
		.proof = "a child process is forked",
		.without = "sessions end at their first fork: no pivot of any child is seen",
	},
	{
		.name = "creds",
		.set = SW_SET_PRECISION,
		.hooks = {ONE("creds__commit_creds", "fentry/commit_creds"),
			  ONE("creds_kprobe__commit_creds", "kprobe/commit_creds")},
		.sees = "changes of identity when they happen, of each thread",
		.proof = "a child process runs a program, which commits credentials",
		.without =
			"a change of identity is seen at the next fork, exec, connect or exit; one "
			"that is taken back before that, or made by one of several threads, is not",
	},
	{
		.name = "mptcp",
		.set = SW_SET_PRECISION,
		/* No kprobe: they may not use the storage of sockets. So with those below. */
		.hooks = {TWO("mptcp__mptcp_recvmsg", "fexit/mptcp_recvmsg")},
		.sees = "which process reads from an inbound MPTCP connection",
		.proof = "a byte is read from a loopback connection of MPTCP",
		.without = "an inbound connection with MPTCP at both ends is no origin",
	},
	{
		.name = "accept",
		.set = SW_SET_PRECISION,
		.hooks = {ONE("accept__security_sock_graft", "fentry/security_sock_graft")},
		.sees = "inbound connections that nobody saw being established, and MPTCP's",
		.proof = "a loopback connection is accepted",
		.without = "a connection that waited when the sensor began, or whose beginning was "
			   "missed, is never exact",
	},
	{
		.name = "reader",
		.hooks = {TWO("reader__tcp_rcv_space_adjust", "tp_btf/tcp_rcv_space_adjust")},
		.sees = "which process reads from an inbound connection",
		.proof = "a byte is read from a loopback connection",
		.without = "no session has an origin: nothing is detected",
	},
	{
		.name = "wake",
		.hooks = {ONE("wake__sched_waking", "tp_btf/sched_waking")},
		.sees = "threads that are woken by another of their process, which can have work "
			"for them",
		.proof = "this process is woken when its child ends",
		.without =
			"a thread that has slept, while other peers were connected, is not told as "
			"working for the one it read from",
	},
	{
		.name = "connect",
		.set = SW_SET_PRECISION,
		.hooks = {ONE("connect__tcp_connect", "fentry/tcp_connect")},
		.sees = "the port that an attempt to connect comes from, before its outcome",
		.proof = "a loopback connection is opened",
		.without =
			"an attempt is told without its source port and Community ID; the outcome "
			"has them",
	},
	{
		.name = "flow",
		.hooks = {TWO("flow__inet_sock_set_state", "tp_btf/inet_sock_set_state")},
		.sees = "TCP connections coming in and going out, and listeners",
		.proof = "a loopback connection is opened and closed",
		.without = "no outbound flow is seen: nothing is detected",
	},
	{
		.name = "listener",
		.hooks = {ONE("listener__task_file", "iter/task_file")},
		.sees = "listeners that are older than the sensor",
		.proof = "reading the iterator finds a listener of our own",
		.without = "the program behind an old listener is not named, and a program started "
			   "for one connection is not told from the service itself",
	},
};
const size_t sw_probe_count = SW_ARRAY_SIZE(sw_probe_table);

#define SECOND_HOOKS 1 /* rows that have a kprobe besides */
#define TWINS 6
static_assert((SW_ARRAY_SIZE(sw_probe_table) + SECOND_HOOKS + TWINS) *
			      sizeof(struct bpf_program *) ==
		      sizeof(((struct sidewatch_bpf *)NULL)->progs),
	      "every BPF program stands exactly once in the table of probes");

const struct sw_probe *sw_probe_find(const char *name)
{
	for (size_t i = 0; i < sw_probe_count; i++)
		if (!strcmp(sw_probe_table[i].name, name))
			return &sw_probe_table[i];
	return NULL;
}
