/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The login service itself connects for a session: ssh -L, -D, -J, -W. No program's name counts:
 * the task still runs the image that read the inbound flow.
 */
#include "base/cleanup.h"
#include "detect/detectors.h"
#include "detect/facts.h"

static const struct sw_technique techniques[] = {
	{"T1572", "Protocol Tunneling", "TA0011"},
	{"T1021.004", "Remote Services: SSH", "TA0008"},
};

static bool detect(const struct sw_view *view)
{
	return sw_facts_first_inward_hop(view) && sw_facts_exact(view) &&
	       sw_facts_reader_acts(view) && sw_facts_at_login(view);
}

const struct sw_detector sw_detector_ssh_forward = {
	.name = "ssh-forward",
	.summary = "the login service was used as a relay to another internal host",
	.base = 20,
	.techniques = techniques,
	.techniques_count = SW_ARRAY_SIZE(techniques),
	.kinds = 1u << SW_KIND_CONNECT | 1u << SW_KIND_OUTCOME,
	.detect = detect,
};
