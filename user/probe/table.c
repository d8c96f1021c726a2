// SPDX-License-Identifier: Apache-2.0
#include "probe/probe.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "sidewatch.skel.h"

/*
 * Those that give marks come before those that hand them on, and these before the one that uses
 * them, so that nothing is told half while the rest is being attached.
 */
const struct sw_probe sw_probe_table[] = {
	{
		.name = "exit",
		.program = "life__sched_process_exit",
		.hook = "tp_btf/sched_process_exit",
		.sees = "ends of processes and sessions",
		.proof = "a child process ends",
		.without = "marks of ended processes stay until the maps are full; no EXIT records",
	},
	{
		.name = "exec",
		.program = "exec__sched_process_exec",
		.hook = "tp_btf/sched_process_exec",
		.sees = "programs that sessions run, with path and arguments; handed-over sockets",
		.proof = "a child process runs a program",
		.without = "no lineage: every hop looks as if the service itself had made it",
	},
	{
		.name = "fork",
		.program = "life__task_newtask",
		.hook = "tp_btf/task_newtask",
		.sees = "inheritance of a session by child processes",
		.proof = "a child process is forked",
		.without = "sessions end at their first fork: no pivot of any child is seen",
	},
	{
		.name = "reader",
		.program = "reader__tcp_rcv_space_adjust",
		.hook = "tp_btf/tcp_rcv_space_adjust",
		.sees = "which process reads from an inbound connection",
		.proof = "a byte is read from a loopback connection",
		.without = "no session has an origin: nothing is detected",
	},
	{
		.name = "flow",
		.program = "flow__inet_sock_set_state",
		.hook = "tp_btf/inet_sock_set_state",
		.sees = "TCP connections coming in and going out, and listeners",
		.proof = "a loopback connection is opened and closed",
		.without = "no outbound flow is seen: nothing is detected",
	},
	{
		.name = "listener",
		.program = "listener__task_file",
		.hook = "iter/task_file",
		.sees = "listeners that are older than the sensor",
		.proof = "reading the iterator finds a listener of our own",
		.without = "the program behind an old listener is not named, and a program started "
			   "for one connection is not told from the service itself",
	},
};
const size_t sw_probe_count = SW_ARRAY_SIZE(sw_probe_table);

static_assert(SW_ARRAY_SIZE(sw_probe_table) * sizeof(struct bpf_program *) ==
		      sizeof(((struct sidewatch_bpf *)NULL)->progs),
	      "every BPF program has exactly one row in the table of probes");

const struct sw_probe *sw_probe_find(const char *name)
{
	for (size_t i = 0; i < sw_probe_count; i++)
		if (!strcmp(sw_probe_table[i].name, name))
			return &sw_probe_table[i];
	return NULL;
}
