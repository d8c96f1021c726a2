/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody who logged in over the network runs a program that goes on to the next internal host.
 * Where sshd itself connects for the session it is ssh-forward's.
 */
#include "base/cleanup.h"
#include "detect/detectors.h"
#include "detect/facts.h"

static const struct sw_technique techniques[] = {
	{"T1021.004", "Remote Services: SSH", "TA0008"},
};

static bool detect(const struct sw_view *view)
{
	if (!sw_facts_first_inward_hop(view) || !sw_facts_exact(view))
		return false;
	if (!sw_facts_reader_acts(view) && sw_facts_at_login(view))
		return true;
	return sw_facts_within_login(view);
}

const struct sw_detector sw_detector_session_pivot = {
	.name = "session-pivot",
	.summary = "a login session opened a connection to another internal host",
	.base = 25,
	.techniques = techniques,
	.techniques_count = SW_ARRAY_SIZE(techniques),
	.kinds = 1u << SW_KIND_CONNECT | 1u << SW_KIND_OUTCOME,
	.detect = detect,
};
