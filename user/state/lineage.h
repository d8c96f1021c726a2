/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path of causes from a task back to the inbound flow: its image, the image that this came
 * from, and so on to the reader, and on through the sessions around it to the root's reader.
 */
#ifndef SW_STATE_LINEAGE_H
#define SW_STATE_LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/image.h"
#include "state/session.h"

struct sw_state;

#define SW_LINEAGE_WALK 256 /* ancestors that a walk visits; what lies beyond is one gap */

enum sw_ancestor_kind {
	SW_ANCESTOR_IMAGE = 1,
	SW_ANCESTOR_READER, /* the program that read a session's inbound flow */
	SW_ANCESTOR_GAP, /* unknown: records lost, evicted, or too many */
};

struct sw_ancestor {
	enum sw_ancestor_kind kind;
	uint64_t id; /* of the image; 0: a root session's reader, or a gap */
	const struct sw_image *image; /* NULL if not known */
	const struct sw_session *session; /* of a reader; NULL if not known */
};

struct sw_lineage {
	struct sw_ancestor
		at[SW_LINEAGE_WALK]; /* [0] is the task's own; the last the root's reader */
	size_t count;
};

/* Who a session acts for. */
struct sw_who {
	bool known;
	uint32_t uid;
	bool logged_in; /* it began as root and became a login user */
};

/* Walks from the image that a task of the session runs. Never fails: what is missing is a gap. */
void sw_lineage_walk(const struct sw_state *state, const struct sw_session *session, uint64_t image,
		     struct sw_lineage *out);

/*
 * The user of the session whose reader is lineage->at[reader]: the login uid that was set in it,
 * else the first uid that differs from the reader's on this path, else the reader's. task is the
 * one that the lineage was walked from.
 */
struct sw_who sw_lineage_who(const struct sw_lineage *lineage, size_t reader,
			     const struct sw_task *task);

/* Index of the innermost reader (the event's own session); the root's is count - 1. */
size_t sw_lineage_reader(const struct sw_lineage *lineage);

/* Whether uid is one that people log in with, by the usual ranges (login.defs, systemd). */
bool sw_uid_is_login(uint32_t uid);

#endif
