// SPDX-License-Identifier: Apache-2.0
#include "ring/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/users.h"
#include "config/show.h"
#include "ring/header.h"
#include "ring/known.h"

#define BUFFER_BYTES ((size_t)64 * 1024)

struct sw_capture_writer {
	int fd;
	int error; /* negative errno that ended the recording */
	void (*failed)(void *ctx, int error, uint64_t bytes);
	void *ctx;
	uint64_t written; /* bytes of the file: whole frames */
	uint32_t checksum; /* of the last frame */
	uint64_t lost; /* as last told */
	struct sw_known *known;
	size_t used; /* of the buffer, which holds whole frames */
	char buffer[BUFFER_BYTES];
};

/* ---- bytes -------------------------------------------------------------------------------- */

static int write_all(int fd, const char *bytes, size_t count)
{
	while (count) {
		ssize_t n = write(fd, bytes, count);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			count -= (size_t)n;
		}
	}
	return 0;
}

/* What was written in part is taken back: the file then ends with a whole frame. */
static void give_up(struct sw_capture_writer *w, int error)
{
	w->error = error;
	w->used = 0;
	(void)!ftruncate(w->fd, (off_t)w->written);
	if (w->failed)
		w->failed(w->ctx, -error, w->written);
}

static void put(struct sw_capture_writer *w, const void *bytes, size_t count)
{
	int err;

	if (w->error)
		return;
	err = write_all(w->fd, bytes, count);
	if (err)
		give_up(w, err);
	else
		w->written += count;
}

static void flush(struct sw_capture_writer *w)
{
	put(w, w->buffer, w->used);
	w->used = 0;
}

static void append(struct sw_capture_writer *w, const void *bytes, size_t count)
{
	memcpy(w->buffer + w->used, bytes, count);
	w->used += count;
}

/* ---- frames ------------------------------------------------------------------------------- */

static void put_frame(struct sw_capture_writer *w, enum sw_capture_kind kind, const void *payload,
		      size_t bytes)
{
	const struct sw_capture_limits *limits = sw_capture_limits(kind);
	struct sw_capture_frame frame = {.kind = kind, .bytes = (uint32_t)bytes};

	if (w->error)
		return;
	/* No reader would take it. */
	if (bytes < limits->least || bytes > limits->most) {
		give_up(w, -EMSGSIZE);
		return;
	}
	frame.checksum = sw_capture_frame_checksum(w->checksum, &frame, payload);
	w->checksum = frame.checksum;
	if (w->used + sizeof(frame) + bytes > sizeof(w->buffer))
		flush(w);
	if (sizeof(frame) + bytes > sizeof(w->buffer)) {
		put(w, &frame, sizeof(frame));
		put(w, payload, bytes);
	} else {
		append(w, &frame, sizeof(frame));
		append(w, payload, bytes);
	}
}

void sw_capture_lost(struct sw_capture_writer *w, uint64_t lost)
{
	if (lost == w->lost)
		return;
	w->lost = lost;
	put_frame(w, SW_CAPTURE_LOST, &lost, sizeof(lost));
}

void sw_capture_user(struct sw_capture_writer *w, uint32_t uid, const char *name)
{
	char payload[sizeof(uid) + SW_USERS_NAME_BYTES];
	size_t bytes = strlen(name);
	int news;

	/* "uid N" is what one says of a user without a name. */
	if (!sw_users_is_name(name, bytes))
		bytes = 0;
	news = w->error ? 0 : sw_known_put(w->known, uid, name, bytes);
	if (news < 0)
		give_up(w, news);
	if (news <= 0)
		return;
	memcpy(payload, &uid, sizeof(uid));
	memcpy(payload + sizeof(uid), name, bytes);
	put_frame(w, SW_CAPTURE_USER, payload, sizeof(uid) + bytes);
}

void sw_capture_record(struct sw_capture_writer *w, const void *data, size_t bytes)
{
	put_frame(w, SW_CAPTURE_RECORD, data, bytes);
}

void sw_capture_tick(struct sw_capture_writer *w, uint64_t now_ns)
{
	put_frame(w, SW_CAPTURE_TICK, &now_ns, sizeof(now_ns));
	flush(w);
}

void sw_capture_end(struct sw_capture_writer *w, uint64_t now_ns)
{
	put_frame(w, SW_CAPTURE_END, &now_ns, sizeof(now_ns));
	flush(w);
}

/* ---- beginning and end -------------------------------------------------------------------- */

static int open_file(const char *path, bool force, int *out)
{
	int fd = -1;
	struct stat st;

	/* Only a regular file is replaced: never /dev/null, nor what a link points to. */
	if (force && !lstat(path, &st)) {
		if (!S_ISREG(st.st_mode))
			return -EINVAL;
		if (unlink(path))
			return -errno;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (fd < 0)
		return -errno;
	*out = fd;
	return 0;
}

static int write_beginning(struct sw_capture_writer *w, const struct sw_capture_writer_options *o)
{
	struct sw_capture_header header;
	sw_autofree char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);
	int err;

	if (!memory)
		return -ENOMEM;
	err = sw_config_show(o->config, memory);
	if (fclose(memory) && !err)
		err = -ENOMEM;
	if (err)
		return err;
	sw_capture_header_fill(&header, o->config->argv, o->host, o->probes);
	w->checksum = header.checksum;
	put(w, &header, sizeof(header));
	put_frame(w, SW_CAPTURE_CONFIG, text, bytes);
	flush(w);
	return w->error;
}

int sw_capture_create(const struct sw_capture_writer_options *options,
		      struct sw_capture_writer **out)
{
	struct sw_capture_writer *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->fd = -1;
	/* A limit on the size of files (RLIMIT_FSIZE) is a failure to write, not the end of us. */
	signal(SIGXFSZ, SIG_IGN);
	w->known = sw_known_new();
	err = w->known ? open_file(options->path, options->force, &w->fd) : -ENOMEM;
	if (!err) {
		err = write_beginning(w, options);
		if (err)
			unlink(options->path);
	}
	if (err) {
		(void)sw_capture_close(&w);
		return err;
	}
	w->failed = options->failed;
	w->ctx = options->ctx;
	*out = w;
	return 0;
}

int sw_capture_close(struct sw_capture_writer **writer)
{
	struct sw_capture_writer *w = *writer;
	int err;

	if (!w)
		return 0;
	flush(w);
	err = w->error;
	if (w->fd >= 0 && close(w->fd) && !err)
		err = -errno;
	sw_known_free(&w->known);
	free(w);
	*writer = NULL;
	return err;
}
