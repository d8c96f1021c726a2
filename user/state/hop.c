/* SPDX-License-Identifier: Apache-2.0 */
#include "state/hop.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

struct sw_hop *sw_hops_find(const struct sw_hops *table, uint64_t cookie)
{
	struct sw_hop *hop = NULL;

	HASH_FIND(hh, table->by_cookie, &cookie, sizeof(cookie), hop);
	return hop;
}

struct sw_hop *sw_hops_add(struct sw_hops *table, uint64_t cookie)
{
	struct sw_hop *hop = calloc(1, sizeof(*hop));

	if (!hop)
		return NULL;
	hop->cookie = cookie;
	HASH_ADD(hh, table->by_cookie, cookie, sizeof(hop->cookie), hop);
	if (!hop->hh.tbl) {
		free(hop);
		return NULL;
	}
	DL_APPEND(table->oldest, hop);
	table->count++;
	return hop;
}

bool sw_hop_is_other(const struct sw_hop *hop, const struct sw_flow *out, uint32_t outcome)
{
	if (outcome == SW_OUTCOME_PENDING && hop->attempted)
		return true;
	return hop->out.family != out->family || hop->out.remote_port != out->remote_port ||
	       memcmp(hop->out.remote, out->remote, sizeof(out->remote)) != 0;
}

void sw_hop_tell(struct sw_hop *hop, const struct sw_record *rec, const struct sw_flow *out,
		 uint32_t outcome, uint32_t error)
{
	/* An OUTCOME knows the local port; a CONNECT that comes late does not. */
	if (hop->records == 0 || out->local_port)
		hop->out = *out;
	if (hop->records == 0) {
		hop->session = rec->origin.session;
		hop->image = rec->task.image;
		hop->pid = rec->task.tgid;
		hop->first_ns = rec->time_ns;
	}
	if (outcome == SW_OUTCOME_PENDING) {
		hop->attempted = true;
	} else {
		hop->outcome = outcome;
		hop->error = error;
	}
	if (hop->records < UINT32_MAX)
		hop->records++;
}

void sw_hops_remove(struct sw_hops *table, struct sw_hop *hop)
{
	DL_DELETE(table->oldest, hop);
	HASH_DEL(table->by_cookie, hop);
	table->count--;
	free(hop);
}
