/* SPDX-License-Identifier: Apache-2.0 */
/* Where an incident came from, as far as it may be said: no sink may name one peer of several. */
#ifndef SW_SINK_ORIGIN_H
#define SW_SINK_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "sidewatch/incident.h"

#define SW_ORIGIN_FLOWS_MAX (SW_CANDIDATES + 1)

/*
 * The inbound flow at the beginning of it all: of a nested session its root's. Borrowed from
 * origin. NULL if this or the root session may have several peers, or if it is not known.
 */
const struct sw_flow *sw_origin_root_flow(const struct sw_origin *origin);

/* The port of the listener that the root session came in by, 0 if not known. */
uint16_t sw_origin_listener_port(const struct sw_origin *origin);

/* The flow that the session itself began with, NULL as above. */
const struct sw_flow *sw_origin_session_flow(const struct sw_origin *origin);

/* All flows that may be the cause, the root's first; borrowed from origin. Returns how many. */
size_t sw_origin_candidates(const struct sw_origin *origin,
			    const struct sw_flow *out[SW_ORIGIN_FLOWS_MAX]);

/* The image of the worst hop's program in the lineage, NULL if its record was lost. */
const struct sw_step *sw_incident_hop_step(const struct sw_incident *incident);

/* Whether user is a name and not NULL, "" or the stand-in "uid N". */
bool sw_user_is_named(const char *user, uint32_t uid);

#endif
