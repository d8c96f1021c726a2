/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of an incident that ECS itself names. */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/community_id.h"
#include "sink/ecs_build.h"
#include "sink/origin.h"

#define RISK_MAX 100
#define REASON_BYTES 1024

static const int severities[] = {
	[SW_BAND_RECORD] = 21,
	[SW_BAND_NOTICE] = 47,
	[SW_BAND_ALERT] = 73,
	[SW_BAND_CRITICAL] = 99,
};
static_assert(SW_ARRAY_SIZE(severities) == SW_BAND_MAX, "every band has a severity");

/* "75 = session-pivot 25 + new family 25 + port 10 + …" */
static void format_reason(char out[REASON_BYTES], const struct sw_incident *incident)
{
	size_t used = (size_t)snprintf(out, REASON_BYTES, "%d", incident->score);

	for (size_t i = 0; i < incident->terms_count && used < REASON_BYTES; i++) {
		const struct sw_term *term = &incident->terms[i];

		used += (size_t)snprintf(out + used, REASON_BYTES - used, " %s %s %d",
					 i == 0 ? "=" : "+", term->name, term->points);
	}
}

static void put_event(struct sw_ecs *ecs, const struct sw_incident *incident)
{
	json_t *event = sw_ecs_object(ecs, ecs->root, "event"), *list;
	char text[REASON_BYTES];

	/*
	 * The number of the update makes each telling an event of its own, and the time it opened
	 * those of an incident that was forgotten, or told by a sensor that ended, and opens anew.
	 */
	snprintf(text, sizeof(text), "%s-%" PRIx64 "-%u", incident->id, incident->first_ns,
		 incident->update);
	sw_ecs_put_text(ecs, event, "id", text);
	sw_ecs_put_text(ecs, event, "kind", "alert");
	sw_ecs_put_text(ecs, event, "module", "sidewatch");
	sw_ecs_put_text(ecs, event, "dataset", "sidewatch.incident");
	list = sw_ecs_array(ecs, event, "category");
	sw_ecs_add_unique(ecs, list, "intrusion_detection");
	sw_ecs_add_unique(ecs, list, "network");
	list = sw_ecs_array(ecs, event, "type");
	sw_ecs_add_unique(ecs, list, "info");
	sw_ecs_add_unique(ecs, list, "connection");
	sw_ecs_put_text(ecs, event, "action",
			incident->update ? "incident-updated" : "incident-opened");
	if ((unsigned int)incident->band < SW_BAND_MAX)
		sw_ecs_put_number(ecs, event, "severity", severities[incident->band]);
	sw_ecs_put(ecs, event, "risk_score",
		   json_integer(incident->score < RISK_MAX ? incident->score : RISK_MAX));
	format_reason(text, incident);
	sw_ecs_put_text(ecs, event, "reason", text);
	sw_ecs_put_time(ecs, event, "start", incident->first_ns);
	sw_ecs_put_time(ecs, event, "end", incident->last_ns);
}

static const char *transport_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "ipv6-icmp";
	default:
		return NULL;
	}
}

static void put_network(struct sw_ecs *ecs, const struct sw_flow *out)
{
	json_t *network = sw_ecs_object(ecs, ecs->root, "network");
	char text[SW_COMMUNITY_ID_BYTES], addr[SW_ADDR_BYTES];

	/* the same members as in sidewatch.flow_out, at the top and without its extras */
	sw_ecs_put_text(ecs, ecs->root, "source.ip", sw_flow_addr(addr, out, SW_LOCAL));
	if (out->local_port)
		sw_ecs_put_number(ecs, ecs->root, "source.port", out->local_port);
	sw_ecs_put_text(ecs, ecs->root, "destination.ip", sw_flow_addr(addr, out, SW_REMOTE));
	if (out->remote_port)
		sw_ecs_put_number(ecs, ecs->root, "destination.port", out->remote_port);

	sw_ecs_put_text(ecs, network, "transport", transport_name(out->protocol));
	sw_ecs_put_text(ecs, network, "type", strchr(addr, ':') ? "ipv6" : "ipv4");
	sw_ecs_put_text(ecs, network, "direction", "egress");
	if (sw_community_id(out, 0, text) == 0)
		sw_ecs_put_text(ecs, network, "community_id", text);
}

static void add_addr(struct sw_ecs *ecs, json_t *list, const struct sw_flow *flow,
		     enum sw_side side)
{
	char addr[SW_ADDR_BYTES];

	sw_ecs_add_unique(ecs, list, sw_flow_addr(addr, flow, side));
}

static void add_user(struct sw_ecs *ecs, const char *user, uint32_t uid)
{
	if (sw_user_is_named(user, uid))
		sw_ecs_add_unique(ecs, sw_ecs_array(ecs, ecs->root, "related.user"), user);
}

static void put_related(struct sw_ecs *ecs, const struct sw_incident *incident)
{
	const struct sw_flow *flows[SW_ORIGIN_FLOWS_MAX];
	const struct sw_flow *root = sw_origin_root_flow(&incident->origin);
	json_t *list = sw_ecs_array(ecs, ecs->root, "related.ip");
	size_t n = 0;

	if (root) {
		flows[n++] = root;
		flows[n++] = sw_origin_session_flow(&incident->origin);
	} else {
		n = sw_origin_candidates(&incident->origin, flows);
	}
	for (size_t i = 0; i < n; i++) {
		add_addr(ecs, list, flows[i], SW_REMOTE);
		add_addr(ecs, list, flows[i], SW_LOCAL);
	}
	add_addr(ecs, list, &incident->hop.out, SW_LOCAL);
	add_addr(ecs, list, &incident->hop.out, SW_REMOTE);
	for (size_t i = 0; i < incident->hops_count; i++)
		add_addr(ecs, list, &incident->hops[i].out, SW_REMOTE);
	add_user(ecs, incident->user, incident->uid);
	add_user(ecs, incident->effective_user, incident->task.cred.euid);
}

void sw_ecs_incident(struct sw_ecs *ecs, const struct sw_incident *incident)
{
	sw_ecs_put_text(ecs, ecs->root, "message", incident->explain);
	put_event(ecs, incident);
	sw_ecs_threat(ecs, incident);
	put_network(ecs, &incident->hop.out);
	sw_ecs_process(ecs, incident);
	put_related(ecs, incident);
}
