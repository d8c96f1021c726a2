/* SPDX-License-Identifier: Apache-2.0 */
#include "state/edge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

struct sw_edge_seen *sw_edges_find(const struct sw_edges *table, const struct sw_edge *edge)
{
	struct sw_edge_seen *seen = NULL;

	HASH_FIND(hh, table->by_edge, edge, sizeof(*edge), seen);
	return seen;
}

struct sw_edge_seen *sw_edges_add(struct sw_edges *table, const struct sw_edge *edge)
{
	struct sw_edge_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return NULL;
	seen->edge = *edge;
	HASH_ADD(hh, table->by_edge, edge, sizeof(seen->edge), seen);
	if (!seen->hh.tbl) {
		free(seen);
		return NULL;
	}
	DL_APPEND(table->oldest, seen);
	table->count++;
	return seen;
}

static void touch(struct sw_edges *table, struct sw_edge_seen *seen, uint64_t first_ns,
		  uint64_t last_ns)
{
	if (!seen->first_ns || first_ns < seen->first_ns)
		seen->first_ns = first_ns;
	if (last_ns > seen->last_ns)
		seen->last_ns = last_ns;
	DL_DELETE(table->oldest, seen);
	DL_APPEND(table->oldest, seen);
}

int sw_edge_tell(struct sw_edges *table, struct sw_edge_seen *seen, const struct sw_rec_edge *rec)
{
	touch(table, seen, rec->h.time_ns, rec->h.time_ns);
	if (!seen->exe)
		seen->exe = strdup(rec->exe);
	return seen->exe ? 0 : -ENOMEM;
}

void sw_edge_tell_count(struct sw_edges *table, struct sw_edge_seen *seen,
			const struct sw_rec_edge_count *rec)
{
	touch(table, seen, rec->first_ns, rec->h.time_ns);
	seen->flows += rec->flows;
	seen->windows++;
}

void sw_edges_remove(struct sw_edges *table, struct sw_edge_seen *seen)
{
	DL_DELETE(table->oldest, seen);
	HASH_DEL(table->by_edge, seen);
	table->count--;
	free(seen->exe);
	free(seen);
}
