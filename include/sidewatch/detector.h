/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The detector contract. A detector is one file in user/detect/ with one of these, and one row in
 * the registry (user/detect/registry.c). It is pure: it reads the event, the state, the
 * configuration and the time that it is given, does no I/O, keeps nothing, and says whether its
 * technique was seen.
 */
#ifndef SIDEWATCH_DETECTOR_H
#define SIDEWATCH_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sidewatch/config.h"
#include "sidewatch/event.h"

struct sw_state; /* user/state/state.h */
struct sw_session; /* user/state/session.h */
struct sw_hop; /* user/state/hop.h */
struct sw_edge_seen; /* user/state/edge.h */

/* What a detector may look at. Everything is borrowed for the length of the call. */
struct sw_view {
	const struct sw_record *event; /* the decoded record that has just been applied to state */
	const struct sw_state *state;
	const struct sw_config *config;
	/* The event's session, as far as it is known; NULL if it is of an edge. */
	const struct sw_session *session;
	const struct sw_hop *hop; /* of a CONNECT or OUTCOME, else NULL */
	const struct sw_edge_seen *edge; /* of an EDGE or EDGE_COUNT, else NULL */
	uint64_t now_ns; /* boottime; tests own it */
};

struct sw_technique {
	const char *id; /* "T1021.004" */
	const char *name; /* "Remote Services: SSH" */
	const char *tactic; /* "TA0008" */
};

struct sw_detector {
	const char *name; /* "session-pivot": in configuration, rule.name, man page */
	const char *summary; /* one line for people */
	int base; /* points, before modifiers */
	int floor; /* least score of an incident in which it fired; 0: none */
	const struct sw_technique *techniques;
	size_t techniques_count;
	/* Kinds of record (1u << enum sw_kind) that it wants to see. */
	uint32_t kinds;
	/* Whether view shows the technique. */
	bool (*detect)(const struct sw_view *view);
	/*
	 * A modifier of its own for a view that it fired on: what makes this a worse case of the
	 * technique. No name: nothing does. NULL: it has none.
	 */
	struct sw_term (*weigh)(const struct sw_view *view);
};

/* The registry: all detectors in a fixed order, which is also sw_config::detector_on's. */
extern const struct sw_detector *const sw_detectors[];
extern const size_t sw_detectors_count;

/* NULL if there is none of that name. */
const struct sw_detector *sw_detector_find(const char *name);

#endif
