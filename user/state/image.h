/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Program images: what one exec started, whoever runs it now. A bounded table by id; each image
 * belongs to one session, which keeps its own list of them by use.
 */
#ifndef SW_STATE_IMAGE_H
#define SW_STATE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/session.h"

struct sw_image {
	uint64_t id;
	struct sw_session *session;

	/* From the EXEC record; zero or "" if that was lost (told is false then). */
	bool told;
	uint64_t parent; /* image id, 0: the reader's */
	uint64_t exec_ns;
	uint64_t inode;
	uint32_t dev;
	uint32_t mode;
	uint32_t file_uid;
	uint32_t nlink;
	char *exe; /* never NULL */
	char *asked; /* path as the exec asked for it, NULL if that is exe, or was cut */
	bool script; /* exe is the interpreter that the kernel found in the first line of `asked` */
	char *argv; /* redacted, separated by spaces; NULL if not kept */

	/* From whichever record came first. */
	uint32_t pid; /* thread group */
	uint64_t start_ns; /* of that process */
	struct sw_cred first; /* right after exec, if told */
	struct sw_cred last; /* of the process `pid`, as last seen */
	char comm[SW_COMM_BYTES];
	char tty[SW_TTY_BYTES];
	uint64_t exit_ns; /* of the process `pid`; its children may live on. 0: not seen */

	/* The tables' own. */
	UT_hash_handle hh;
	struct sw_image *prev, *next; /* by use, all */
	struct sw_image *mate_prev, *mate_next; /* by use, of one session */
};

struct sw_images {
	struct sw_image *by_id;
	struct sw_image *oldest;
	size_t count;
};

struct sw_image *sw_images_find(const struct sw_images *table, uint64_t id);

/* A new image of the session, which must not be in the table yet. NULL if there is no memory. */
struct sw_image *sw_images_add(struct sw_images *table, uint64_t id, struct sw_session *session);

void sw_images_touch(struct sw_images *table, struct sw_image *image);

/* Fills in what the task that runs it shows. */
void sw_image_see(struct sw_image *image, const struct sw_task *task);

/*
 * Takes in what an EXEC record says; the image moves to `session` if another had it. argv is
 * copied, and may be NULL. 0 or -ENOMEM.
 */
int sw_image_tell(struct sw_image *image, struct sw_session *session, const struct sw_rec_exec *rec,
		  const char *argv);

void sw_images_remove(struct sw_images *table, struct sw_image *image);

#endif
