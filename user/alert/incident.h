/* SPDX-License-Identifier: Apache-2.0 */
/* One incident as it grows: owns all that it shows, whatever the state has forgotten since. */
#ifndef SW_ALERT_INCIDENT_H
#define SW_ALERT_INCIDENT_H

#include <stdbool.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "detect/detect.h"
#include "sidewatch/incident.h"

#define SW_INCIDENT_ID_BYTES 40 /* two of 8 and one of 16 hex digits, two dashes */
#define SW_DESTINATIONS_MAX 128 /* told apart in one incident; beyond, doublings are told */

struct sw_destination {
	uint8_t addr[16];
	uint16_t port;
	uint8_t family;
};

struct sw_case {
	uint64_t root; /* session */
	char id[SW_INCIDENT_ID_BYTES];
	char user[SW_USER_BYTES];
	struct sw_incident incident; /* points into this struct, and at `strings` */
	char *strings; /* of the worst hop: one block */
	struct sw_modifiers modifiers; /* of the worst hop */
	int worst_base; /* of the detectors that fired at it */
	uint64_t lost_before; /* facts lost on the host before its session was seen */
	uint64_t capped; /* of its sessions that have ended */
	struct sw_destination *destinations;
	size_t destinations_count;

	/* alert.c's own. */
	uint64_t told_ns; /* when last told */
	bool told;
	bool pending; /* has news, and waits for its turn */
	bool closed;
	UT_hash_handle hh;
	struct sw_case *prev, *next; /* by use, of open or of closed ones */
	struct sw_case *pending_prev, *pending_next;
};

/* An empty case of a root session. NULL if there is no memory. */
struct sw_case *sw_case_new(uint64_t root);

/* NULL-safe. Sets *c to NULL. */
void sw_case_free(struct sw_case **c);

/*
 * Adds a finding. *news is set if the incident got worse: a higher score, another detector,
 * another destination. 0 or -ENOMEM (the finding counts, but its path is not kept).
 */
int sw_case_merge(struct sw_case *c, const struct sw_view *view, const struct sw_finding *finding,
		  bool *news);

/* Takes in an outcome of a known hop. Returns whether it is the worst one's. */
bool sw_case_outcome(struct sw_case *c, const struct sw_view *view);

/* Works out score and band from what has been merged. */
void sw_case_score(struct sw_case *c);

#endif
