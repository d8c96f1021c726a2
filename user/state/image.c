/* SPDX-License-Identifier: Apache-2.0 */
#include "state/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

struct sw_image *sw_images_find(const struct sw_images *table, uint64_t id)
{
	struct sw_image *image = NULL;

	HASH_FIND(hh, table->by_id, &id, sizeof(id), image);
	return image;
}

static void join_session(struct sw_image *image, struct sw_session *session)
{
	image->session = session;
	DL_APPEND2(session->images, image, mate_prev, mate_next);
	session->images_count++;
}

static void leave_session(struct sw_image *image)
{
	DL_DELETE2(image->session->images, image, mate_prev, mate_next);
	image->session->images_count--;
}

struct sw_image *sw_images_add(struct sw_images *table, uint64_t id, struct sw_session *session)
{
	struct sw_image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->id = id;
	image->exe = strdup("");
	if (image->exe)
		HASH_ADD(hh, table->by_id, id, sizeof(image->id), image);
	if (!image->hh.tbl) {
		free(image->exe);
		free(image);
		return NULL;
	}
	DL_APPEND(table->oldest, image);
	join_session(image, session);
	table->count++;
	return image;
}

void sw_images_touch(struct sw_images *table, struct sw_image *image)
{
	DL_DELETE(table->oldest, image);
	DL_APPEND(table->oldest, image);
	DL_DELETE2(image->session->images, image, mate_prev, mate_next);
	DL_APPEND2(image->session->images, image, mate_prev, mate_next);
}

void sw_image_see(struct sw_image *image, const struct sw_task *task)
{
	if (image->pid == 0) {
		image->pid = task->tgid;
		image->start_ns = task->start_ns;
		image->first = task->cred;
		image->last = task->cred;
	}
	if (image->pid == task->tgid && image->start_ns == task->start_ns)
		image->last = task->cred;
	memcpy(image->comm, task->comm, sizeof(image->comm));
	if (image->tty[0] == '\0')
		memcpy(image->tty, task->tty, sizeof(image->tty));
}

/* The kernel puts a script's path behind its interpreter and the one argument that #! may have. */
static bool is_script(const struct sw_rec_exec *rec)
{
	size_t bytes = rec->args_bytes < SW_ARGS_BYTES ? rec->args_bytes : SW_ARGS_BYTES;
	size_t at = 0;

	if (rec->filename[0] == '\0')
		return false;
	for (int i = 0; i < 3 && at < bytes; i++) {
		if (i > 0 && strncmp(rec->args + at, rec->filename, bytes - at) == 0)
			return strcmp(rec->exe, rec->filename) != 0;
		at += strnlen(rec->args + at, bytes - at) + 1;
	}
	return false;
}

/* Cut where it may have been too long for the record: it could be any path then. */
static bool is_told_otherwise(const struct sw_rec_exec *rec)
{
	return strlen(rec->filename) < sizeof(rec->filename) - 1 &&
	       strcmp(rec->filename, rec->exe) != 0;
}

int sw_image_tell(struct sw_image *image, struct sw_session *session, const struct sw_rec_exec *rec,
		  const char *argv)
{
	char *exe = strdup(rec->exe);
	char *asked = is_told_otherwise(rec) ? strdup(rec->filename) : NULL;
	char *args = argv ? strdup(argv) : NULL;

	if (!exe || (is_told_otherwise(rec) && !asked) || (argv && !args)) {
		free(exe);
		free(asked);
		free(args);
		return -ENOMEM;
	}
	if (image->session != session) {
		leave_session(image);
		join_session(image, session);
	}
	free(image->exe);
	free(image->asked);
	free(image->argv);
	image->exe = exe;
	image->asked = asked;
	image->script = is_script(rec);
	image->argv = args;
	image->parent = rec->parent_image;
	image->exec_ns = rec->h.time_ns;
	image->inode = rec->inode;
	image->dev = rec->dev;
	image->mode = rec->mode;
	image->file_uid = rec->file_uid;
	image->nlink = rec->nlink;
	image->pid = rec->h.task.tgid;
	image->start_ns = rec->h.task.start_ns;
	image->first = rec->h.task.cred;
	image->last = rec->h.task.cred;
	image->told = true;
	sw_image_see(image, &rec->h.task);
	return 0;
}

void sw_images_remove(struct sw_images *table, struct sw_image *image)
{
	leave_session(image);
	DL_DELETE(table->oldest, image);
	HASH_DEL(table->by_id, image);
	table->count--;
	free(image->exe);
	free(image->asked);
	free(image->argv);
	free(image);
}
