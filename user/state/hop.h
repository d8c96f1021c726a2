/* SPDX-License-Identifier: Apache-2.0 */
/* Outbound flows of sessions: a bounded table by socket cookie, oldest first. */
#ifndef SW_STATE_HOP_H
#define SW_STATE_HOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "sidewatch/event.h"

struct sw_hop {
	uint64_t cookie;
	struct sw_flow out; /* its local port is 0 until the outcome is known */
	uint64_t session;
	uint64_t image; /* of the task that made the attempt */
	uint64_t first_ns;
	uint32_t pid;
	uint32_t outcome; /* enum sw_outcome */
	uint32_t error; /* positive errno */
	uint32_t records; /* seen so far: 1 while the first one is being looked at */
	bool attempted; /* its CONNECT was seen */

	/* The table's own. */
	UT_hash_handle hh;
	struct sw_hop *prev, *next;
};

struct sw_hops {
	struct sw_hop *by_cookie;
	struct sw_hop *oldest;
	size_t count;
};

struct sw_hop *sw_hops_find(const struct sw_hops *table, uint64_t cookie);

/* A new hop, which must not be in the table yet. NULL if there is no memory. */
struct sw_hop *sw_hops_add(struct sw_hops *table, uint64_t cookie);

/*
 * Whether the record tells of another attempt on the same socket: after a failed one it may be
 * used for a second destination.
 */
bool sw_hop_is_other(const struct sw_hop *hop, const struct sw_flow *out, uint32_t outcome);

/* Takes in a CONNECT (outcome SW_OUTCOME_PENDING) or an OUTCOME, in whichever order they come. */
void sw_hop_tell(struct sw_hop *hop, const struct sw_record *rec, const struct sw_flow *out,
		 uint32_t outcome, uint32_t error);

void sw_hops_remove(struct sw_hops *table, struct sw_hop *hop);

#endif
