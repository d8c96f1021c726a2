/* SPDX-License-Identifier: Apache-2.0 */
/* Edges: outbound flows outside sessions, like ones as one. A bounded table, oldest use first. */
#ifndef SW_STATE_EDGE_H
#define SW_STATE_EDGE_H

#include <stddef.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "sidewatch/event.h"

struct sw_edge_seen {
	struct sw_edge edge;
	char *exe; /* NULL: no EDGE record of it arrived */
	uint64_t first_ns; /* of its first flow */
	uint64_t last_ns; /* of its last EDGE, or end of the last window that had flows of it */
	uint64_t flows; /* in windows that have ended */
	uint64_t windows; /* that had flows of it */

	/* The table's own. */
	UT_hash_handle hh;
	struct sw_edge_seen *prev, *next;
};

struct sw_edges {
	struct sw_edge_seen *by_edge;
	struct sw_edge_seen *oldest;
	size_t count;
};

struct sw_edge_seen *sw_edges_find(const struct sw_edges *table, const struct sw_edge *edge);

/* A new edge, which must not be in the table yet. NULL if there is no memory. */
struct sw_edge_seen *sw_edges_add(struct sw_edges *table, const struct sw_edge *edge);

/* Take in what a record says of the edge, and mark it as just used. 0 or -ENOMEM. */
int sw_edge_tell(struct sw_edges *table, struct sw_edge_seen *seen, const struct sw_rec_edge *rec);
void sw_edge_tell_count(struct sw_edges *table, struct sw_edge_seen *seen,
			const struct sw_rec_edge_count *rec);

void sw_edges_remove(struct sw_edges *table, struct sw_edge_seen *seen);

#endif
