// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An attempt to connect, told with the port that it comes from. The kernel calls tcp_connect() once
 * it has chosen the port and before it sends the SYN (net/ipv4/tcp_output.c), also for
 * MSG_FASTOPEN. Whether the attempt is told, and as whose, was decided when the socket began to
 * connect (flow.bpf.c); what never gets here has not reached the network, and only its outcome is
 * told.
 */
#define SCRATCH_SLOT SLOT_CONNECT
#include "flow.h"
#include "vital.h"

SEC("fentry/tcp_connect")
int BPF_PROG(connect__tcp_connect, struct sock *sk)
{
	struct outbound *out = bpf_sk_storage_get(&sw_outbound, sk, 0, 0);
	struct sw_rec_connect *r;

	if (!out || !out->held)
		return 0;
	out->held = 0;
	r = vital_reserve(SW_KIND_CONNECT, sizeof(*r));
	if (!r)
		return 0;
	r->h.task = out->task;
	r->h.origin = out->origin;
	flow_read(&r->out, sk, out->out.cookie);
	r->out.start_ns = out->out.start_ns;
	vital_submit(r);
	return 0;
}
