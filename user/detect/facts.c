/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/facts.h"

#include <netinet/in.h>
#include <string.h>

#define FAMILY_V4 4

static bool is_zero(const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static bool same_addr(const struct sw_flow *a, const uint8_t addr[16], uint8_t family)
{
	return a->family == family && memcmp(a->remote, addr, sizeof(a->remote)) == 0;
}

/* Another namespace may use the same address for another host. */
static bool is_local_of(const struct sw_flow *in, const struct sw_flow *out)
{
	return in->netns == out->netns && same_addr(out, in->local, in->family);
}

/* Loopback, "this host" (0.0.0.0 and ::), or one of the addresses that the flows show as ours. */
static bool is_self(const struct sw_flow *out, const struct sw_origin *origin)
{
	if (is_zero(out->remote, sizeof(out->remote)))
		return true;
	if (out->family == FAMILY_V4 ? out->remote[0] == IN_LOOPBACKNET
				     : is_zero(out->remote, 15) && out->remote[15] == 1)
		return true;
	if (same_addr(out, out->local, out->family))
		return true;
	for (unsigned int i = 0; i < origin->nflows && i < SW_CANDIDATES; i++) {
		if (is_local_of(&origin->in[i], out))
			return true;
	}
	return is_local_of(&origin->rootflow, out);
}

bool sw_facts_first_inward_hop(const struct sw_view *view)
{
	const struct sw_hop *hop = view->hop;

	return hop && hop->records == 1 && hop->out.protocol == IPPROTO_TCP &&
	       !is_self(&hop->out, &view->event->origin) &&
	       sw_config_is_internal(view->config, hop->out.family, hop->out.remote);
}

bool sw_facts_exact(const struct sw_view *view)
{
	const struct sw_origin *origin = &view->event->origin;

	/* Whatever an exact session lets in by its own listener, it stays the cause. */
	return view->session && (origin->confidence == SW_CONFIDENCE_EXACT ||
				 (origin->flags & SW_ORIGIN_ROOT_EXACT));
}

bool sw_facts_reader_acts(const struct sw_view *view)
{
	return view->event->task.flags & SW_TASK_READER_IMAGE;
}

/* Whether the session whose reader is lineage.at[reader] is one. */
static bool is_login(const struct sw_lineage *lineage, size_t reader, const struct sw_task *task)
{
	const struct sw_session *session = lineage->at[reader].session;

	if (session && (session->origin.flags & SW_ORIGIN_LOGIN_PORT))
		return true;
	return sw_lineage_who(lineage, reader, task).logged_in;
}

bool sw_facts_at_login(const struct sw_view *view)
{
	struct sw_lineage lineage;
	size_t reader;

	if (view->event->origin.flags & SW_ORIGIN_LOGIN_PORT)
		return true;
	sw_lineage_walk(view->state, view->session, view->event->task.image, &lineage);
	reader = sw_lineage_reader(&lineage);
	return lineage.at[reader].session == view->session &&
	       is_login(&lineage, reader, &view->event->task);
}

bool sw_facts_within_login(const struct sw_view *view)
{
	struct sw_lineage lineage;

	if (view->event->origin.depth < 2)
		return false;
	sw_lineage_walk(view->state, view->session, view->event->task.image, &lineage);
	for (size_t i = 1; i < lineage.count; i++) {
		const struct sw_ancestor *at = &lineage.at[i], *inner = &lineage.at[i - 1];

		if (at->kind != SW_ANCESTOR_READER)
			continue;
		/* One program may read for both sessions: it has not exec'd in between then. */
		if (inner->kind == SW_ANCESTOR_READER && inner->id == 0)
			continue;
		if (is_login(&lineage, i, &view->event->task))
			return true;
	}
	return false;
}

bool sw_facts_login_pivots(const struct sw_view *view)
{
	return sw_facts_exact(view) && (sw_facts_at_login(view) || sw_facts_within_login(view));
}
