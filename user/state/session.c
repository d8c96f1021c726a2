/* SPDX-License-Identifier: Apache-2.0 */
#include "state/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#define ANCESTORS_MAX 16 /* sessions in sessions that a walk follows */

struct sw_session *sw_sessions_find(const struct sw_sessions *table, uint64_t id)
{
	struct sw_session *session = NULL;

	HASH_FIND(hh, table->by_id, &id, sizeof(id), session);
	return session;
}

struct sw_session *sw_sessions_add(struct sw_sessions *table, uint64_t id)
{
	struct sw_session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->id = id;
	session->reader_exe = strdup("");
	session->listener_exe = strdup("");
	if (session->reader_exe && session->listener_exe)
		HASH_ADD(hh, table->by_id, id, sizeof(session->id), session);
	if (!session->hh.tbl) {
		free(session->reader_exe);
		free(session->listener_exe);
		free(session);
		return NULL;
	}
	DL_APPEND(table->oldest, session);
	table->count++;
	return session;
}

/* A child that is told before its parent counts as soon as both are known. */
static void count_in_parent(struct sw_session *session, struct sw_session *parent)
{
	if (session->counted || !parent || parent == session)
		return;
	parent->children++;
	session->counted = true;
}

void sw_sessions_touch(struct sw_sessions *table, struct sw_session *session)
{
	for (int i = 0; session && i < ANCESTORS_MAX; i++) {
		struct sw_session *parent;

		DL_DELETE(table->oldest, session);
		DL_APPEND(table->oldest, session);
		if (session->origin.parent == 0 || session->origin.parent == session->id)
			break;
		parent = sw_sessions_find(table, session->origin.parent);
		count_in_parent(session, parent);
		session = parent;
	}
}

int sw_session_tell(struct sw_session *session, const struct sw_rec_session *rec)
{
	char *reader_exe = strdup(rec->reader_exe);
	char *listener_exe = strdup(rec->listener_exe);

	if (!reader_exe || !listener_exe) {
		free(reader_exe);
		free(listener_exe);
		return -ENOMEM;
	}
	free(session->reader_exe);
	free(session->listener_exe);
	session->reader_exe = reader_exe;
	session->listener_exe = listener_exe;
	session->image = rec->image;
	session->reader_start_ns = rec->reader_start_ns;
	session->reader_tgid = rec->reader_tgid;
	session->reader = rec->reader;
	session->told = true;
	return 0;
}

/* The change that a newer one may replace: the oldest explained one, else the oldest. */
static size_t least_change(const struct sw_session *session)
{
	size_t least = 0;

	for (size_t i = 1; i < session->changes_count; i++) {
		const struct sw_change *a = &session->changes[i];
		const struct sw_change *b = &session->changes[least];
		bool a_explained = a->how != SW_HOW_UNEXPLAINED;
		bool b_explained = b->how != SW_HOW_UNEXPLAINED;

		if (a_explained != b_explained ? a_explained : a->time_ns < b->time_ns)
			least = i;
	}
	return least;
}

int sw_session_change(struct sw_session *session, const struct sw_change *change)
{
	size_t at = session->changes_count;

	if (!session->changes) {
		session->changes = calloc(SW_CHANGES_KEPT, sizeof(*session->changes));
		if (!session->changes)
			return -ENOMEM;
	}
	if (at < SW_CHANGES_KEPT) {
		session->changes[session->changes_count++] = *change;
		return 0;
	}
	at = least_change(session);
	if (change->how == SW_HOW_UNEXPLAINED || session->changes[at].how != SW_HOW_UNEXPLAINED)
		session->changes[at] = *change;
	return 1;
}

static void leave_ended(struct sw_sessions *table, struct sw_session *session)
{
	if (session->due_ns)
		DL_DELETE2(table->ended, session, ended_prev, ended_next);
	session->due_ns = 0;
}

void sw_sessions_end(struct sw_sessions *table, struct sw_session *session, uint64_t due_ns)
{
	leave_ended(table, session);
	session->due_ns = due_ns ? due_ns : 1;
	DL_APPEND2(table->ended, session, ended_prev, ended_next);
}

void sw_sessions_go_on(struct sw_sessions *table, struct sw_session *session)
{
	leave_ended(table, session);
	session->end_ns = 0;
}

struct sw_session *sw_sessions_due(struct sw_sessions *table, uint64_t now_ns, uint64_t grace_ns)
{
	struct sw_session *session = table->ended;

	if (!session || session->due_ns > now_ns)
		return NULL;
	if (session->children == 0)
		return session;
	sw_sessions_end(table, session, now_ns + grace_ns);
	return NULL;
}

void sw_sessions_remove(struct sw_sessions *table, struct sw_session *session)
{
	struct sw_session *parent = sw_sessions_find(table, session->origin.parent);

	if (session->counted && parent && parent->children > 0)
		parent->children--;
	leave_ended(table, session);
	DL_DELETE(table->oldest, session);
	HASH_DEL(table->by_id, session);
	table->count--;
	free(session->changes);
	free(session->reader_exe);
	free(session->listener_exe);
	free(session);
}
