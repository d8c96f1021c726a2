/* SPDX-License-Identifier: Apache-2.0 */
#include "state/lineage.h"

#include "state/state.h"

#define UID_NONE UINT32_MAX
#define UID_LOGIN_MIN 1000u
#define UID_DYNAMIC_MIN 61184u /* systemd's DynamicUser= range, with nobody behind it */
#define UID_DYNAMIC_MAX 65535u

static void push(struct sw_lineage *out, enum sw_ancestor_kind kind, uint64_t id,
		 const struct sw_image *image, const struct sw_session *session)
{
	out->at[out->count++] = (struct sw_ancestor){kind, id, image, session};
}

static bool visited(const struct sw_lineage *lineage, uint64_t id)
{
	for (size_t i = 0; i < lineage->count; i++) {
		if (lineage->at[i].id == id)
			return true;
	}
	return false;
}

/* Whether the image is the session's reader; its parent lies outside of the session then. */
static bool is_reader(const struct sw_session *session, uint64_t image)
{
	return image == 0 || (session && session->told && session->image == image);
}

/*
 * One step outwards from *image. Returns false when nothing is known beyond; *image is 0 then, so
 * that the walk goes on at the reader.
 */
static bool step_out(struct sw_lineage *out, const struct sw_image *found, uint64_t *image)
{
	if (!found || !found->told || (found->parent && visited(out, found->parent))) {
		*image = 0;
		return false;
	}
	*image = found->parent;
	return true;
}

void sw_lineage_walk(const struct sw_state *state, const struct sw_session *session, uint64_t image,
		     struct sw_lineage *out)
{
	out->count = 0;
	/* Each turn adds two at most, and two more close the walk. */
	while (out->count + 4 <= SW_LINEAGE_WALK) {
		const struct sw_image *found = image ? sw_state_image(state, image) : NULL;
		uint64_t nested = session ? session->image : 0; /* 0 too if not told */

		if (!is_reader(session, image)) {
			push(out, SW_ANCESTOR_IMAGE, image, found, NULL);
			if (step_out(out, found, &image))
				session = found->session;
			else if (found)
				push(out, SW_ANCESTOR_GAP, 0, NULL, NULL);
			continue;
		}
		if (!image && nested)
			found = sw_state_image(state, nested);
		push(out, SW_ANCESTOR_READER, image ? image : nested, found, session);
		if (!session || session->origin.parent == 0)
			return;
		/* Told without an image: it is the program that reads for the parent, too. */
		if (!step_out(out, found, &image) && (nested || !session->told))
			push(out, SW_ANCESTOR_GAP, 0, NULL, NULL);
		session = session->origin.parent == session->id
				  ? NULL
				  : sw_state_session(state, session->origin.parent);
	}
	push(out, SW_ANCESTOR_GAP, 0, NULL, NULL);
	if (session && session->origin.root != session->id)
		session = sw_state_session(state, session->origin.root);
	push(out, SW_ANCESTOR_READER, 0, NULL, session);
}

size_t sw_lineage_reader(const struct sw_lineage *lineage)
{
	size_t i = 0;

	while (i + 1 < lineage->count && lineage->at[i].kind != SW_ANCESTOR_READER)
		i++;
	return i;
}

bool sw_uid_is_login(uint32_t uid)
{
	return uid >= UID_LOGIN_MIN && uid != UID_NONE &&
	       (uid < UID_DYNAMIC_MIN || uid > UID_DYNAMIC_MAX);
}

/* What has been learned of a session's user so far, going inwards from its reader. */
struct search {
	const struct sw_cred *reader; /* NULL: not known */
	uint32_t login; /* UID_NONE: none yet */
	uint32_t changed;
};

static void consider(struct search *search, const struct sw_cred *cred)
{
	if (search->login == UID_NONE &&
	    !(search->reader && search->reader->loginuid == cred->loginuid))
		search->login = cred->loginuid;
	if (search->changed == UID_NONE && !(search->reader && search->reader->uid == cred->uid))
		search->changed = cred->uid;
}

/* Whether some task of the session was seen to go from root to uid, when its start is not known. */
static bool became(const struct sw_session *session, uint32_t uid)
{
	for (size_t i = 0; session && i < session->changes_count; i++) {
		const struct sw_change *change = &session->changes[i];

		if (change->from.uid == 0 && change->to.uid == uid)
			return true;
	}
	return false;
}

struct sw_who sw_lineage_who(const struct sw_lineage *lineage, size_t reader,
			     const struct sw_task *task)
{
	const struct sw_session *session = lineage->at[reader].session;
	struct search search = {NULL, UID_NONE, UID_NONE};
	struct sw_who who = {false, UID_NONE, false};
	bool from_root, inner = false;
	size_t i = reader;

	if (session && session->told)
		search.reader = &session->reader;
	while (i > 0 && !inner) {
		const struct sw_ancestor *at = &lineage->at[--i];

		if (at->image && at->image->pid)
			consider(&search, &at->image->first);
		/* A nested session's reader is a program of this one; what it runs is not. */
		inner = at->kind == SW_ANCESTOR_READER;
	}
	if (!inner)
		consider(&search, &task->cred);

	from_root = search.reader ? search.reader->uid == 0 : became(session, search.changed);
	if (search.login != UID_NONE)
		who.uid = search.login;
	else if (search.changed != UID_NONE)
		who.uid = search.changed;
	else if (search.reader)
		who.uid = search.reader->uid;
	who.known = who.uid != UID_NONE;
	who.logged_in = from_root && (search.login != UID_NONE || sw_uid_is_login(search.changed));
	return who;
}
