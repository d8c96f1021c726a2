/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions that the kernel has told of: a bounded table by id, least recently used first. */
#ifndef SW_STATE_SESSION_H
#define SW_STATE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "sidewatch/event.h"

struct sw_image;

#define SW_CHANGES_KEPT 16 /* identity changes remembered for one session */

/* One IDENTITY record. */
struct sw_change {
	uint64_t time_ns;
	uint64_t image; /* that the task ran, 0: the reader's */
	uint64_t start_ns; /* of the process: with tgid it survives reuse of pids */
	uint32_t tgid;
	uint32_t how; /* enum sw_how */
	struct sw_cred from;
	struct sw_cred to;
};

struct sw_session {
	uint64_t id;
	struct sw_origin origin; /* as its latest record told it */

	/* From the SESSION record; zero or "" if that was lost (told is false then). */
	bool told;
	uint64_t image; /* the reader's image inside the parent session, 0 in a root session */
	uint64_t reader_start_ns;
	uint32_t reader_tgid;
	struct sw_cred reader;
	char *reader_exe; /* never NULL */
	char *listener_exe;

	char reader_comm[SW_COMM_BYTES]; /* of a task that still ran the reader's image, or "" */
	uint64_t first_ns; /* of its first record */
	uint64_t lost_before; /* facts lost on the whole host before that */
	uint64_t end_ns; /* of SESSION_END, 0 while it lives */
	uint64_t capped; /* known at its end */

	struct sw_change *changes; /* NULL until the first; the newest is not always the last */
	size_t changes_count;

	/* The tables' own. */
	UT_hash_handle hh;
	struct sw_session *prev, *next; /* by use */
	struct sw_session *ended_prev, *ended_next; /* by due_ns */
	uint64_t due_ns; /* an ended session is forgotten then */
	struct sw_image *images; /* of this session, by use */
	size_t images_count;
	uint32_t children; /* sessions in the table that have this one as parent */
	bool counted; /* in its parent's children */
};

struct sw_sessions {
	struct sw_session *by_id;
	struct sw_session *oldest; /* head of the list by use */
	struct sw_session *ended;
	size_t count;
};

struct sw_session *sw_sessions_find(const struct sw_sessions *table, uint64_t id);

/* A new, empty session, which must not be in the table yet. NULL if there is no memory. */
struct sw_session *sw_sessions_add(struct sw_sessions *table, uint64_t id);

/* Marks it and its ancestors as just used. */
void sw_sessions_touch(struct sw_sessions *table, struct sw_session *session);

/* Takes in what a SESSION record says. 0 or -ENOMEM. */
int sw_session_tell(struct sw_session *session, const struct sw_rec_session *rec);

/*
 * Remembers an identity change. When full the oldest one gives way, but an unexplained gain only
 * to another one. Returns 1 if one was forgotten for it, 0 if not, or -ENOMEM.
 */
int sw_session_change(struct sw_session *session, const struct sw_change *change);

/* Queues it to be forgotten at due_ns. */
void sw_sessions_end(struct sw_sessions *table, struct sw_session *session, uint64_t due_ns);

/* Takes it back: a connection that is kept alive makes the same session again. */
void sw_sessions_go_on(struct sw_sessions *table, struct sw_session *session);

/* A session that is to be forgotten by now_ns, or NULL. One with living children gets more time. */
struct sw_session *sw_sessions_due(struct sw_sessions *table, uint64_t now_ns, uint64_t grace_ns);

/* Frees the session, which must have no images any more. */
void sw_sessions_remove(struct sw_sessions *table, struct sw_session *session);

#endif
