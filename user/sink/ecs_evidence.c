/* SPDX-License-Identifier: Apache-2.0 */
/* sidewatch.*: the evidence of an incident, which ECS has no names for. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/community_id.h"
#include "sidewatch/detector.h"
#include "sink/ecs_build.h"
#include "sink/origin.h"

static void put_summary(struct sw_ecs *ecs, json_t *base, const struct sw_incident *incident)
{
	json_t *names = NULL;

	sw_ecs_put_text(ecs, base, "incident.id", incident->id);
	sw_ecs_put_text(ecs, base, "incident.state", "open");
	sw_ecs_put_text(ecs, base, "incident.band", sw_band_name(incident->band));
	sw_ecs_put(ecs, base, "incident.score", json_integer(incident->score));
	sw_ecs_put_number(ecs, base, "incident.update", incident->update);
	names = sw_ecs_array(ecs, base, "detectors");
	for (size_t i = 0; i < incident->detectors_count; i++)
		sw_ecs_add_unique(ecs, names, incident->detectors[i]->name);
}

static void put_session(struct sw_ecs *ecs, json_t *session, const struct sw_incident *incident)
{
	const struct sw_origin *origin = &incident->origin;

	sw_ecs_put_id(ecs, session, "id", origin->session);
	sw_ecs_put_id(ecs, session, "parent", origin->parent);
	sw_ecs_put_id(ecs, session, "root", origin->root);
	sw_ecs_put_text(ecs, session, "confidence", sw_confidence_name(origin->confidence));
	sw_ecs_put_number(ecs, session, "depth", origin->depth);
	sw_ecs_put_text(ecs, session, "listener.executable", incident->listener_exe);
	if (sw_origin_listener_port(origin))
		sw_ecs_put_number(ecs, session, "listener.port", sw_origin_listener_port(origin));
	sw_ecs_put_text(ecs, session, "reader.executable", incident->reader_exe);
}

/* One peer if there can be only one, else all that may be it and none singled out. */
static void put_origin(struct sw_ecs *ecs, json_t *base, const struct sw_incident *incident)
{
	const struct sw_flow *candidates[SW_ORIGIN_FLOWS_MAX];
	const struct sw_flow *root = sw_origin_root_flow(&incident->origin);
	json_t *origin = sw_ecs_object(ecs, base, "origin"), *list;
	char addr[SW_ADDR_BYTES];
	size_t n;

	sw_ecs_put_text(ecs, origin, "user", incident->user);
	if (root) {
		sw_ecs_put_text(ecs, origin, "ip", sw_flow_addr(addr, root, SW_REMOTE));
		sw_ecs_put_number(ecs, origin, "port", root->remote_port);
		return;
	}
	list = sw_ecs_array(ecs, origin, "candidates");
	n = sw_origin_candidates(&incident->origin, candidates);
	for (size_t i = 0; i < n; i++) {
		json_t *item = sw_ecs_item(ecs, list);
		char id[SW_COMMUNITY_ID_BYTES];

		sw_ecs_put_text(ecs, item, "ip", sw_flow_addr(addr, candidates[i], SW_REMOTE));
		sw_ecs_put_number(ecs, item, "port", candidates[i]->remote_port);
		if (sw_community_id(candidates[i], 0, id) == 0)
			sw_ecs_put_text(ecs, item, "community_id", id);
		sw_ecs_put_time(ecs, item, "start", candidates[i]->start_ns);
	}
	/* at least so many: more may have been read than are shown */
	sw_ecs_put_number(ecs, origin, "candidates_total",
			  incident->origin.seen > n ? incident->origin.seen : n);
}

static void put_result(struct sw_ecs *ecs, json_t *item, const struct sw_hop_view *hop)
{
	char number[32];
	const char *name;

	sw_ecs_put_text(ecs, item, "outcome", sw_outcome_name(hop->outcome));
	if (hop->error == 0)
		return;
	name = strerrorname_np((int)hop->error);
	snprintf(number, sizeof(number), "errno %u", hop->error);
	sw_ecs_put_text(ecs, item, "error", name ? name : number);
}

static void put_hops(struct sw_ecs *ecs, json_t *base, const struct sw_incident *incident)
{
	const struct sw_flow *in = sw_origin_session_flow(&incident->origin);
	json_t *item = sw_ecs_object(ecs, base, "flow_out");
	json_t *list;

	if (in)
		sw_ecs_flow(ecs, sw_ecs_object(ecs, base, "flow_in"), in, SW_ECS_INBOUND);
	sw_ecs_flow(ecs, item, &incident->hop.out, SW_ECS_OUTBOUND);
	put_result(ecs, item, &incident->hop);

	list = sw_ecs_array(ecs, base, "hops");
	for (size_t i = 0; i < incident->hops_count; i++) {
		const struct sw_hop_view *hop = &incident->hops[i];
		char text[SW_ADDR_BYTES];

		item = sw_ecs_item(ecs, list);
		sw_ecs_put_text(ecs, item, "ip", sw_flow_addr(text, &hop->out, SW_REMOTE));
		sw_ecs_put_number(ecs, item, "port", hop->out.remote_port);
		put_result(ecs, item, hop);
		if (sw_community_id(&hop->out, 0, text) == 0)
			sw_ecs_put_text(ecs, item, "community_id", text);
		sw_ecs_put_number(ecs, item, "pid", hop->pid);
	}
	sw_ecs_put_number(ecs, base, "hops_total", incident->hops_total);
}

static void put_lineage(struct sw_ecs *ecs, json_t *base, const struct sw_incident *incident)
{
	json_t *list = sw_ecs_array(ecs, base, "lineage");

	for (size_t i = 0; i < incident->lineage_count; i++) {
		const struct sw_step *step = &incident->lineage[i];
		json_t *item = sw_ecs_item(ecs, list);

		sw_ecs_put_text(ecs, item, "executable", step->exe);
		sw_ecs_put_text(ecs, item, "name", step->comm);
		sw_ecs_put_text(ecs, item, "argv", step->argv);
		sw_ecs_put_text(ecs, item, "tty", step->tty);
		/* its record was lost: to say uid 0 would be a lie */
		if (step->pid) {
			sw_ecs_put_number(ecs, item, "pid", step->pid);
			sw_ecs_put_number(ecs, item, "uid", step->uid);
			sw_ecs_put_number(ecs, item, "euid", step->euid);
		}
		sw_ecs_put_time(ecs, item, "start", step->start_ns);
		sw_ecs_put_time(ecs, item, "exec", step->exec_ns);
	}
	if (incident->lineage_omitted)
		sw_ecs_put_number(ecs, base, "lineage_omitted", incident->lineage_omitted);
}

static void put_cred(struct sw_ecs *ecs, json_t *base, const struct sw_cred *cred)
{
	char capabilities[17];

	sw_ecs_put_number(ecs, base, "uid", cred->uid);
	sw_ecs_put_number(ecs, base, "euid", cred->euid);
	/* a set, as /proc/PID/status writes it: all that a gain by file-caps can show */
	snprintf(capabilities, sizeof(capabilities), "%016llx",
		 (unsigned long long)cred->cap_effective);
	sw_ecs_put_text(ecs, base, "capabilities", capabilities);
}

static void put_privilege(struct sw_ecs *ecs, json_t *base, const struct sw_incident *incident)
{
	json_t *list = sw_ecs_array(ecs, base, "privilege");

	for (size_t i = 0; i < incident->privileges_count; i++) {
		const struct sw_privilege *change = &incident->privileges[i];
		json_t *item = sw_ecs_item(ecs, list);

		sw_ecs_put_time(ecs, item, "time", change->time_ns);
		sw_ecs_put_number(ecs, item, "pid", change->pid);
		sw_ecs_put_text(ecs, item, "how", sw_how_name(change->how));
		put_cred(ecs, sw_ecs_object(ecs, item, "from"), &change->from);
		put_cred(ecs, sw_ecs_object(ecs, item, "to"), &change->to);
	}
}

static void put_score(struct sw_ecs *ecs, json_t *base, const struct sw_incident *incident)
{
	json_t *list = sw_ecs_array(ecs, base, "score");

	for (size_t i = 0; i < incident->terms_count; i++) {
		json_t *item = sw_ecs_item(ecs, list);

		sw_ecs_put_text(ecs, item, "term", incident->terms[i].name);
		sw_ecs_put(ecs, item, "points", json_integer(incident->terms[i].points));
	}
}

void sw_ecs_evidence(struct sw_ecs *ecs, const struct sw_incident *incident)
{
	json_t *base = sw_ecs_object(ecs, ecs->root, "sidewatch");

	put_summary(ecs, base, incident);
	put_session(ecs, sw_ecs_object(ecs, base, "session"), incident);
	put_origin(ecs, base, incident);
	put_hops(ecs, base, incident);
	put_lineage(ecs, base, incident);
	put_privilege(ecs, base, incident);
	put_score(ecs, base, incident);
	sw_ecs_put_number(ecs, base, "lost", incident->lost);
	sw_ecs_put_text(ecs, base, "probes", incident->probes);
}
