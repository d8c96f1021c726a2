/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/origin.h"

#include <stdio.h>
#include <string.h>

#include "base/origin.h"

static size_t flows_of(const struct sw_origin *origin)
{
	return origin->nflows < SW_CANDIDATES ? origin->nflows : SW_CANDIDATES;
}

static bool nested(const struct sw_origin *origin)
{
	return origin->depth > 1;
}

const struct sw_flow *sw_origin_session_flow(const struct sw_origin *origin)
{
	return sw_origin_is_certain(origin) ? &origin->in[0] : NULL;
}

const struct sw_flow *sw_origin_root_flow(const struct sw_origin *origin)
{
	if (!sw_origin_is_certain(origin))
		return NULL;
	if (!nested(origin))
		return &origin->in[0];
	return sw_origin_has_one_root(origin) ? &origin->rootflow : NULL;
}

uint16_t sw_origin_listener_port(const struct sw_origin *origin)
{
	if (nested(origin))
		return origin->rootflow.local_port;
	/* the same for all candidates */
	return flows_of(origin) ? origin->in[0].local_port : 0;
}

size_t sw_origin_candidates(const struct sw_origin *origin,
			    const struct sw_flow *out[SW_ORIGIN_FLOWS_MAX])
{
	bool with_root = nested(origin) && origin->rootflow.family != 0;
	size_t n = 0;

	if (with_root)
		out[n++] = &origin->rootflow;
	for (size_t i = 0; i < flows_of(origin); i++) {
		if (!with_root || origin->in[i].cookie != origin->rootflow.cookie)
			out[n++] = &origin->in[i];
	}
	return n;
}

const struct sw_step *sw_incident_hop_step(const struct sw_incident *incident)
{
	for (size_t i = incident->lineage_count; i-- > 0;) {
		if (incident->lineage[i].image == incident->hop.image)
			return &incident->lineage[i];
	}
	return NULL;
}

bool sw_user_is_named(const char *user, uint32_t uid)
{
	char stand_in[sizeof("uid 4294967295")];

	if (!user || !user[0])
		return false;
	snprintf(stand_in, sizeof(stand_in), "uid %u", uid);
	return strcmp(user, stand_in) != 0;
}
