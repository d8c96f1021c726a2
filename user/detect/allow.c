/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/allow.h"

#include <stdio.h>
#include <string.h>

#include "base/origin.h"
#include "state/hop.h"

static bool flow_from(const struct sw_network *net, const struct sw_flow *flow)
{
	return sw_network_contains(net, flow->family, flow->remote);
}

/*
 * Who else could be the cause? An alarm is not taken away on the word of a thread, whose work may
 * have been handed to it, nor for candidates beyond those that are shown.
 */
static bool others_are_possible(const struct sw_origin *origin)
{
	return origin->confidence != SW_CONFIDENCE_EXACT && origin->seen > origin->nflows;
}

static bool root_is_exact(const struct sw_origin *origin)
{
	return sw_origin_has_one_root(origin) && !(origin->root & SW_SESSION_THREAD);
}

static bool peer_matches(const struct sw_network *net, const struct sw_origin *origin)
{
	if (net->family == 0)
		return true;
	if (origin->depth > 1)
		return root_is_exact(origin) && flow_from(net, &origin->rootflow);
	if (origin->nflows == 0 || origin->nflows > SW_CANDIDATES || others_are_possible(origin))
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
