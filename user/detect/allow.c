/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/allow.h"

#include <stdio.h>
#include <string.h>

#include "state/hop.h"

static bool flow_from(const struct sw_network *net, const struct sw_flow *flow)
{
	return sw_network_contains(net, flow->family, flow->remote);
}

static bool peer_matches(const struct sw_network *net, const struct sw_origin *origin)
{
	if (net->family == 0)
		return true;
	/* An exact session's id is its flow's cookie; another root may have had more peers. */
	if (origin->depth > 1)
		return origin->rootflow.cookie == origin->root && flow_from(net, &origin->rootflow);
	/* Candidates beyond those that are shown may have been anybody. */
	if (origin->nflows == 0 || origin->nflows > SW_CANDIDATES ||
	    (origin->confidence != SW_CONFIDENCE_EXACT && origin->seen > origin->nflows))
		return false;
	for (unsigned int i = 0; i < origin->nflows; i++) {
		if (!flow_from(net, &origin->in[i]))
			return false;
	}
	return true;
}

static bool user_matches(const char *wanted, struct sw_who who, const char *user)
{
	char number[16];

	if (!wanted)
		return true;
	if (!who.known)
		return false;
	snprintf(number, sizeof(number), "%u", who.uid);
	return strcmp(wanted, number) == 0 || strcmp(wanted, user) == 0;
}

static bool target_matches(const struct sw_allow *rule, const struct sw_hop *hop)
{
	if (rule->destination.family == 0 && rule->port == 0)
		return true;
	if (!hop)
		return false;
	if (rule->port && rule->port != hop->out.remote_port)
		return false;
	return rule->destination.family == 0 ||
	       sw_network_contains(&rule->destination, hop->out.family, hop->out.remote);
}

ssize_t sw_allow_match(const struct sw_config *config, const struct sw_view *view,
		       struct sw_who who, const char *user)
{
	for (size_t i = 0; i < config->allow_count; i++) {
		const struct sw_allow *rule = &config->allow[i];

		if (peer_matches(&rule->peer, &view->event->origin) &&
		    user_matches(rule->user, who, user) && target_matches(rule, view->hop))
			return (ssize_t)i;
	}
	return -1;
}
