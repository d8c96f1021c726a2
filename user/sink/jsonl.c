/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/jsonl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sink/ecs.h"
#include "sink/loss.h"
#include "sink/queue.h"

struct jsonl_sink {
	struct sw_sink sink;
	char *path;
	int fd;
	bool torn; /* the file ends within a line that is not ours to finish */
	struct sw_queue queue;
	uint64_t sent;
	struct sw_loss loss;
};

static const struct sw_sink_ops ops;

static struct jsonl_sink *self_of(struct sw_sink *sink)
{
	return (struct jsonl_sink *)sink;
}

/* Somebody who died while writing may have left half a line. */
static bool ends_torn(int fd, const struct stat *st)
{
	char last;

	return S_ISREG(st->st_mode) && st->st_size > 0 &&
	       pread(fd, &last, 1, st->st_size - 1) == 1 && last != '\n';
}

static int open_file(const char *path, int *out, bool *torn)
{
	/* O_NONBLOCK: a FIFO in the place of the file must not hold us up */
	sw_autoclose int fd = open(
		path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK,
		0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return -EINVAL;
	*torn = ends_torn(fd, &st);
	*out = SW_TAKE_FD(fd);
	return 0;
}

static bool size_of(int fd, off_t *size)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	*size = st.st_size;
	return true;
}

/* Takes n bytes at the end back, if they still are the end. */
static bool take_back(int fd, off_t start, ssize_t n)
{
	off_t size;

	return size_of(fd, &size) && size == start + n && ftruncate(fd, start) == 0;
}

/* 0: the whole text is in the file; else nothing of it is, or the file is marked as torn. */
static int append(struct jsonl_sink *self, const char *text, size_t len)
{
	off_t start = 0;
	bool known = size_of(self->fd, &start);
	ssize_t n;

	do
		n = write(self->fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return 0;
	if (n < 0)
		return -errno;
	if (n > 0 && (!known || !take_back(self->fd, start, n)))
		self->torn = true;
	return -ENOSPC;
}

static int append_line(struct jsonl_sink *self, const char *text, size_t len)
{
	if (self->torn) {
		int rc = append(self, "\n", 1);

		if (rc)
			return rc;
		self->torn = false;
	}
	return append(self, text, len);
}

/* A new string of the message as a line with its newline. */
static int format(const struct sw_message *message, char **out, size_t *out_bytes)
{
	sw_autofree char *json = NULL;
	char *line;
	size_t len;
	int rc = sw_ecs_format(message, 0, &json, &len);

	if (rc)
		return rc;
	line = realloc(json, len + 1);
	if (!line)
		return -ENOMEM;
	json = NULL; /* it is line's now */
	line[len] = '\n'; /* in the place of the NUL */
	*out = line;
	*out_bytes = len + 1;
	return 0;
}

static int tell_loss(struct jsonl_sink *self)
{
	uint64_t dropped = self->queue.dropped;
	sw_autofree char *line = NULL;
	struct sw_message message;
	size_t len;
	int rc;

	if (!sw_loss_message(&self->loss, ops.name, self->path, dropped, &message))
		return 0;
	rc = format(&message, &line, &len);
	if (rc == 0)
		rc = append_line(self, line, len);
	if (rc == 0) {
		sw_loss_told(&self->loss, dropped);
		self->sent++;
	}
	return rc;
}

static void flush(struct jsonl_sink *self)
{
	const char *text;
	size_t len;

	while (sw_queue_first(&self->queue, &text, &len)) {
		if (append_line(self, text, len))
			return;
		sw_queue_written(&self->queue, len);
		self->sent++;
	}
	tell_loss(self);
}

static int jsonl_send(struct sw_sink *sink, const struct sw_message *message)
{
	struct jsonl_sink *self = self_of(sink);
	sw_autofree char *line = NULL;
	size_t len;
	int rc = format(message, &line, &len);

	sw_loss_see(&self->loss, message);
	if (rc)
		self->queue.dropped++;
	else
		rc = sw_queue_push(&self->queue, line, len);
	flush(self);
	return rc;
}

static void jsonl_tick(struct sw_sink *sink)
{
	flush(self_of(sink));
}

/* If the new file cannot be had the old one stays in use. */
static int jsonl_reopen(struct sw_sink *sink)
{
	struct jsonl_sink *self = self_of(sink);
	bool torn = false;
	int fd = -1, rc = open_file(self->path, &fd, &torn);

	if (rc)
		return rc;
	close(self->fd);
	self->fd = fd;
	self->torn = torn;
	flush(self);
	return 0;
}

static void jsonl_stats(const struct sw_sink *sink, struct sw_sink_stats *out)
{
	const struct jsonl_sink *self = (const struct jsonl_sink *)sink;

	*out = (struct sw_sink_stats){
		.sent = self->sent, .dropped = self->queue.dropped, .queued = self->queue.count};
}

static void jsonl_free(struct sw_sink *sink)
{
	struct jsonl_sink *self = self_of(sink);

	if (self->fd >= 0)
		close(self->fd);
	sw_queue_clear(&self->queue);
	free(self->path);
	free(self);
}

static const struct sw_sink_ops ops = {
	.name = "json",
	.send = jsonl_send,
	.tick = jsonl_tick,
	.reopen = jsonl_reopen,
	.stats = jsonl_stats,
	.free = jsonl_free,
};

int sw_jsonl_open(const char *path, enum sw_band level, struct sw_sink **out)
{
	struct jsonl_sink *self = calloc(1, sizeof(*self));
	int rc;

	if (!self)
		return -ENOMEM;
	self->sink = (struct sw_sink){.ops = &ops, .level = level};
	self->fd = -1;
	sw_queue_init(&self->queue, SW_JSONL_QUEUE_MESSAGES, SW_JSONL_QUEUE_BYTES);
	self->path = strdup(path);
	rc = self->path ? open_file(path, &self->fd, &self->torn) : -ENOMEM;
	if (rc) {
		jsonl_free(&self->sink);
		return rc;
	}
	*out = &self->sink;
	return 0;
}
