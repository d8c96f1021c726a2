// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who reads from an MPTCP connection that came in. The process's socket is none of TCP's: its data
 * comes from the sockets of its paths, which are read in softirq, by a worker, or by whoever reads.
 */
#define SCRATCH_SLOT SLOT_MPTCP
#include "read.h"

/* Its number of arguments differs between kernels, so the result is asked for. */
SEC("fexit/mptcp_recvmsg")
int SW_PROG(mptcp__mptcp_recvmsg, struct sock *sk)
{
	__u64 bytes = 0;

	if (!bpf_get_func_ret(ctx, &bytes) && (int)bytes > 0)
		has_read(sk, bpf_get_current_task_btf());
	return 0;
}
