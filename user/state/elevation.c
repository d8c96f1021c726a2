/* SPDX-License-Identifier: Apache-2.0 */
#include "state/elevation.h"

#include <sys/stat.h>

struct search {
	const struct sw_lineage *lineage;
	const struct sw_task *task;
	struct sw_elevation *out;
	size_t count;
	size_t max;
};

static void found(struct search *search, const struct sw_image *image,
		  const struct sw_change *change)
{
	/* However many there are, an unexplained gain is not crowded out by sudo. */
	if (search->count == search->max && search->max && change->how == SW_HOW_UNEXPLAINED)
		search->count--;
	if (search->count < search->max)
		search->out[search->count++] = (struct sw_elevation){image, *change};
}

bool sw_change_is_setuid_exec(const struct sw_change *change)
{
	return change->how == SW_HOW_SETUID_EXEC && change->to.euid != change->from.euid;
}

/*
 * An image is shared by all forks of a process. Only those changes count that were made by a
 * process which is itself on the path: one that exec'd a later image of it, or the task at its end.
 */
static bool made_on_path(const struct search *search, const struct sw_change *change)
{
	if (change->tgid == search->task->tgid && change->start_ns == search->task->start_ns)
		return true;
	for (size_t i = 0; i < search->lineage->count; i++) {
		const struct sw_image *image = search->lineage->at[i].image;

		if (image && image->pid == change->tgid && image->start_ns == change->start_ns)
			return true;
	}
	return false;
}

/* Changes by tasks that ran the image with this id, among those that the session remembers. */
static bool told_changes(struct search *search, const struct sw_session *session, uint64_t id,
			 const struct sw_image *image)
{
	bool setuid_exec = false;

	for (size_t i = 0; session && i < session->changes_count; i++) {
		const struct sw_change *change = &session->changes[i];

		if (change->image != id || !made_on_path(search, change))
			continue;
		setuid_exec |= sw_change_is_setuid_exec(change);
		found(search, image, change);
	}
	return setuid_exec;
}

/* The image's mode and credentials show what a lost IDENTITY would have told. */
static void shown_change(struct search *search, const struct sw_image *image,
			 const struct sw_cred *before)
{
	struct sw_change change = {
		.time_ns = image->exec_ns,
		.image = image->id,
		.start_ns = image->start_ns,
		.tgid = image->pid,
		.how = SW_HOW_SETUID_EXEC,
		.to = image->first,
	};

	if (!image->told || !(image->mode & S_ISUID) || image->first.euid != image->file_uid ||
	    image->first.uid == image->first.euid)
		return;
	if (before)
		change.from = *before;
	else
		change.from.euid = image->first.uid;
	if (sw_change_is_setuid_exec(&change))
		found(search, image, &change);
}

size_t sw_elevations_on(const struct sw_lineage *lineage, const struct sw_task *task,
			struct sw_elevation *out, size_t max)
{
	struct search search = {lineage, task, out, 0, max};
	const struct sw_cred *before = NULL;

	for (size_t i = lineage->count; i-- > 0;) {
		const struct sw_ancestor *at = &lineage->at[i];

		if (at->image) {
			bool setuid_exec =
				told_changes(&search, at->image->session, at->id, at->image);

			if (!setuid_exec)
				shown_change(&search, at->image, before);
			before = &at->image->first;
		}
		/* A nested session keeps the changes that its reader made while it served it. */
		if (at->kind == SW_ANCESTOR_READER && at->session) {
			told_changes(&search, at->session, at->id, at->image);
			if (at->session->told)
				before = &at->session->reader;
		}
	}
	return search.count;
}
