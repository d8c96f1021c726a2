/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/syslog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "sink/ecs.h"
#include "sink/loss.h"
#include "sink/priority.h"
#include "sink/queue.h"

#define HEADER_BYTES 64

struct syslog_sink {
	struct sw_sink sink;
	struct sockaddr_un addr;
	int fd; /* -1: not connected */
	int state; /* of the last attempt: 0 or a negative errno */
	struct sw_queue queue;
	uint64_t sent;
	struct sw_loss loss;
};

static const struct sw_sink_ops ops;

static struct syslog_sink *self_of(struct sw_sink *sink)
{
	return (struct syslog_sink *)sink;
}

/* "<83>Jul  4 14:03:22 sidewatch[812]: @cee: ", in local time as RFC 3164 has it. */
static size_t format_header(char out[HEADER_BYTES], const struct sw_message *message)
{
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = sw_timestamp_seconds(message->time_ns, message->host->realtime_offset_ns);
	struct tm tm = {0};

	localtime_r(&seconds, &tm);
	return (size_t)snprintf(
		out, HEADER_BYTES,
		"<%d>%s %2d %02d:%02d:%02d sidewatch[%d]: @cee: ", sw_priority(message),
		months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, getpid());
}

static int format(const struct sw_message *message, char **out, size_t *out_bytes)
{
	char header[HEADER_BYTES];
	size_t header_bytes = format_header(header, message), json_bytes;
	sw_autofree char *json = NULL;
	int rc, bytes;

	rc = sw_ecs_format(message, SW_SYSLOG_MESSAGE_BYTES - header_bytes, &json, &json_bytes);
	if (rc)
		return rc;
	bytes = asprintf(out, "%s%s", header, json);
	if (bytes < 0)
		return -ENOMEM;
	*out_bytes = (size_t)bytes;
	return 0;
}

static void disconnect(struct syslog_sink *self)
{
	if (self->fd >= 0)
		close(self->fd);
	self->fd = -1;
}

static int reconnect(struct syslog_sink *self)
{
	sw_autoclose int fd = -1;

	if (self->fd >= 0)
		return 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&self->addr, sizeof(self->addr)))
		return -errno;
	self->fd = SW_TAKE_FD(fd);
	return 0;
}

/* A daemon that was restarted has a new socket behind the same name: connect once more. */
static bool peer_is_gone(int error)
{
	return error == ECONNREFUSED || error == ENOTCONN || error == ECONNRESET || error == EPIPE;
}

static int send_now(struct syslog_sink *self, const char *text, size_t len)
{
	for (int attempt = 0;; attempt++) {
		int error, rc = reconnect(self);

		if (rc)
			return rc;
		if (send(self->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0;
		error = errno;
		if (error != EAGAIN && error != ENOBUFS && error != EMSGSIZE)
			disconnect(self);
		if (!peer_is_gone(error) || attempt > 0)
			return -error;
	}
}

/* Once the way is free again. What cannot be told now is told the next time. */
static int tell_loss(struct syslog_sink *self)
{
	uint64_t dropped = self->queue.dropped;
	sw_autofree char *line = NULL;
	struct sw_message message;
	size_t len;
	int rc;

	if (!sw_loss_message(&self->loss, ops.name, self->addr.sun_path, dropped, &message))
		return 0;
	rc = format(&message, &line, &len);
	if (rc == 0)
		rc = send_now(self, line, len);
	if (rc == 0) {
		sw_loss_told(&self->loss, dropped);
		self->sent++;
	}
	return rc;
}

static void flush(struct syslog_sink *self)
{
	const char *text;
	size_t len;

	self->state = 0;
	while (sw_queue_first(&self->queue, &text, &len)) {
		int rc = send_now(self, text, len);

		if (rc == -EMSGSIZE) { /* smaller than our limit: it will never be taken */
			sw_queue_drop_first(&self->queue);
			continue;
		}
		if (rc) {
			self->state = rc;
			return;
		}
		sw_queue_written(&self->queue, len);
		self->sent++;
	}
	self->state = tell_loss(self);
}

static int syslog_send(struct sw_sink *sink, const struct sw_message *message)
{
	struct syslog_sink *self = self_of(sink);
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

static void syslog_tick(struct sw_sink *sink)
{
	flush(self_of(sink));
}

static int syslog_reopen(struct sw_sink *sink)
{
	struct syslog_sink *self = self_of(sink);

	disconnect(self);
	flush(self);
	return 0;
}

static void syslog_stats(const struct sw_sink *sink, struct sw_sink_stats *out)
{
	const struct syslog_sink *self = (const struct syslog_sink *)sink;

	*out = (struct sw_sink_stats){
		.sent = self->sent, .dropped = self->queue.dropped, .queued = self->queue.count};
}

static void syslog_free(struct sw_sink *sink)
{
	struct syslog_sink *self = self_of(sink);

	disconnect(self);
	sw_queue_clear(&self->queue);
	free(self);
}

static const struct sw_sink_ops ops = {
	.name = "syslog",
	.send = syslog_send,
	.tick = syslog_tick,
	.reopen = syslog_reopen,
	.stats = syslog_stats,
	.free = syslog_free,
};

int sw_syslog_state(const struct sw_sink *sink)
{
	return ((const struct syslog_sink *)sink)->state;
}

int sw_syslog_open(const char *path, enum sw_band level, struct sw_sink **out)
{
	struct syslog_sink *self;

	if (strlen(path) >= sizeof(self->addr.sun_path))
		return -ENAMETOOLONG;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->sink = (struct sw_sink){.ops = &ops, .level = level};
	self->addr.sun_family = AF_UNIX;
	memcpy(self->addr.sun_path, path, strlen(path) + 1);
	self->fd = -1;
	sw_queue_init(&self->queue, SW_SYSLOG_QUEUE_MESSAGES, SW_SYSLOG_QUEUE_BYTES);
	self->state = reconnect(self);
	*out = &self->sink;
	return 0;
}
