/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sink/ecs.h"
#include "sink/loss.h"
#include "sink/queue.h"
#include "sink/render.h"

#define WIDTH_LEAST 40

struct terminal_sink {
	struct sw_sink sink;
	enum sw_terminal_form form;
	struct sw_render_options render;
	int fd;
	bool patient;
	size_t chunk_bytes; /* written at once after poll() said that there is room */
	int gone; /* negative errno once nobody can read any more */
	struct sw_queue queue;
	uint64_t sent;
	struct sw_loss loss;
};

static const struct sw_sink_ops ops;

static struct terminal_sink *self_of(struct sw_sink *sink)
{
	return (struct terminal_sink *)sink;
}

/*
 * Non-blocking output without O_NONBLOCK on standard output itself: that flag would be shared with
 * the shell. Terminals and pipes are opened anew through /proc; where that is refused, and for
 * files, it is a copy of the descriptor.
 */
static int open_output(int fd, size_t *chunk_bytes)
{
	char path[32];
	struct stat st;
	int copy, flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fstat(fd, &st))
		return -errno;
	if ((flags & O_ACCMODE) == O_RDONLY)
		return -EBADF; /* as its first write would say; opened again, it might be writable
				*/
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		copy = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		if (copy >= 0)
			return copy;
	}
	if (!S_ISREG(st.st_mode))
		*chunk_bytes = 256; /* what even a slow terminal takes once it is writable */
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return copy < 0 ? -errno : copy;
}

static void ignore_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

/* Bytes written, or a negative errno. */
static ssize_t write_some(struct terminal_sink *self, const char *text, size_t len)
{
	struct pollfd ready = {.fd = self->fd, .events = POLLOUT};
	ssize_t n;

	if (poll(&ready, 1, self->patient ? -1 : 0) <= 0)
		return -EAGAIN;
	n = write(self->fd, text, len < self->chunk_bytes ? len : self->chunk_bytes);
	return n < 0 ? -errno : n;
}

static void give_up(struct terminal_sink *self, int rc)
{
	self->gone = rc;
	sw_queue_clear(&self->queue);
}

static int format(const struct terminal_sink *self, const struct sw_message *message, char **out,
		  size_t *out_bytes)
{
	sw_autofree char *json = NULL;
	size_t len;
	int rc, n;

	if (self->form == SW_TERMINAL_BLOCK)
		return sw_render_block(message, &self->render, out, out_bytes);
	if (self->form == SW_TERMINAL_LINE)
		return sw_render_line(message, out, out_bytes);
	rc = sw_ecs_format(message, 0, &json, &len);
	if (rc)
		return rc;
	n = asprintf(out, "%s\n", json);
	if (n < 0)
		return -ENOMEM;
	*out_bytes = (size_t)n;
	return 0;
}

static int push(struct terminal_sink *self, const struct sw_message *message)
{
	sw_autofree char *text = NULL;
	size_t len;
	int rc = format(self, message, &text, &len);

	if (rc) {
		self->queue.dropped++;
		return rc;
	}
	return sw_queue_push(&self->queue, text, len);
}

/* 0 when everything is out. */
static int flush_queue(struct terminal_sink *self)
{
	const char *text;
	size_t len;

	while (sw_queue_first(&self->queue, &text, &len)) {
		ssize_t n = write_some(self, text, len);

		if (n == -EINTR || (n == -EAGAIN && self->patient))
			continue;
		if (n == -EPIPE || n == -EIO || n == -EBADF || (n < 0 && self->patient))
			give_up(self, (int)n);
		if (n <= 0)
			return n < 0 ? (int)n : -EAGAIN;
		self->sent += sw_queue_written(&self->queue, (size_t)n);
	}
	return 0;
}

static void flush(struct terminal_sink *self)
{
	uint64_t dropped;
	struct sw_message message;

	if (self->gone || flush_queue(self))
		return;
	dropped = self->queue.dropped;
	if (!sw_loss_message(&self->loss, ops.name, "standard output", dropped, &message))
		return;
	/* the queue is empty: it takes this one, to be finished later if need be */
	if (push(self, &message) == 0) {
		sw_loss_told(&self->loss, dropped);
		flush_queue(self);
	}
}

static int terminal_send(struct sw_sink *sink, const struct sw_message *message)
{
	struct terminal_sink *self = self_of(sink);
	int rc;

	if (self->gone) {
		self->queue.dropped++;
		return self->gone;
	}
	sw_loss_see(&self->loss, message);
	rc = push(self, message);
	flush(self);
	return self->gone ? self->gone : rc;
}

static void terminal_tick(struct sw_sink *sink)
{
	flush(self_of(sink));
}

static void terminal_stats(const struct sw_sink *sink, struct sw_sink_stats *out)
{
	const struct terminal_sink *self = (const struct terminal_sink *)sink;

	*out = (struct sw_sink_stats){
		.sent = self->sent, .dropped = self->queue.dropped, .queued = self->queue.count};
}

static void terminal_free(struct sw_sink *sink)
{
	struct terminal_sink *self = self_of(sink);

	close(self->fd);
	sw_queue_clear(&self->queue);
	free(self);
}

static const struct sw_sink_ops ops = {
	.name = "terminal",
	.send = terminal_send,
	.tick = terminal_tick,
	.stats = terminal_stats,
	.free = terminal_free,
};

int sw_terminal_open(const struct sw_terminal_options *options, enum sw_band level,
		     struct sw_sink **out)
{
	struct terminal_sink *self;
	size_t chunk_bytes = SIZE_MAX;
	int fd = open_output(options->fd, &chunk_bytes);

	if (fd < 0)
		return fd;
	self = calloc(1, sizeof(*self));
	if (!self) {
		close(fd);
		return -ENOMEM;
	}
	self->sink = (struct sw_sink){.ops = &ops, .level = level};
	self->form = options->form;
	self->render.color = options->color;
	self->render.width = options->width > WIDTH_LEAST ? options->width : WIDTH_LEAST;
	self->patient = options->patient;
	self->fd = fd;
	self->chunk_bytes = chunk_bytes;
	sw_queue_init(&self->queue, SW_TERMINAL_QUEUE_MESSAGES, SW_TERMINAL_QUEUE_BYTES);
	ignore_sigpipe();
	*out = &self->sink;
	return 0;
}
