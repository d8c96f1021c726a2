/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of the sessions of this host, built from the records of the ring. Any record may
 * have been lost: whichever comes first makes the session, and each fills in what it knows.
 */
#ifndef SW_STATE_STATE_H
#define SW_STATE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "sidewatch/config.h"
#include "sidewatch/detector.h"
#include "sidewatch/event.h"
#include "state/edge.h"
#include "state/hop.h"
#include "state/image.h"
#include "state/lineage.h"
#include "state/session.h"

struct sw_state;

/* 0 or NULL: the default. */
struct sw_state_options {
	const struct sw_config *config; /* needed; borrowed */
	size_t sessions_max; /* 4,096 */
	size_t images_max; /* 16,384 */
	size_t images_per_session_max; /* 1,024: one session cannot push out the others' */
	size_t hops_max; /* 8,192 */
	size_t edges_max; /* 65,536 */
	uint64_t grace_ns; /* an ended session is kept so long: 60 s */
	/* Facts lost so far on the whole host, whatever the session. */
	uint64_t (*lost)(void *ctx);
	void *lost_ctx;
};

struct sw_state_stats {
	size_t sessions; /* in the tables now */
	size_t images;
	size_t hops;
	size_t edges;
	uint64_t edge_flows; /* in windows that have ended, also of edges since evicted */
	uint64_t sessions_evicted; /* to make room, before their time */
	uint64_t images_evicted;
	uint64_t hops_evicted;
	uint64_t edges_evicted;
	uint64_t changes_evicted; /* identity changes beyond SW_CHANGES_KEPT in one session */
};

/* 0, -EINVAL or -ENOMEM. */
int sw_state_new(const struct sw_state_options *options, struct sw_state **out);

/* NULL-safe. Sets *state to NULL. */
void sw_state_free(struct sw_state **state);

/*
 * Takes in one record that sw_decode() has accepted, and shows it, with what is known around it,
 * in *view, which is valid until the next call. The view's clock is the record's. 0 or -ENOMEM;
 * the view is filled in either case, with what there is.
 */
int sw_state_apply(struct sw_state *state, const struct sw_record *record, struct sw_view *view);

void sw_state_stats(const struct sw_state *state, struct sw_state_stats *out);

/* NULL if not known (any more). */
const struct sw_session *sw_state_session(const struct sw_state *state, uint64_t id);
const struct sw_image *sw_state_image(const struct sw_state *state, uint64_t id);
const struct sw_hop *sw_state_hop(const struct sw_state *state, uint64_t cookie);
const struct sw_edge_seen *sw_state_edge(const struct sw_state *state, const struct sw_edge *edge);

#endif
