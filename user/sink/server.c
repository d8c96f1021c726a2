/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/host.h"
#include "sink/loss.h"
#include "sink/peer.h"
#include "sink/rfc5424.h"
#include "sink/spool.h"
#include "sink/window.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_S (1000 * NS_PER_MS)
/* Bad news of what was sent (a reset, a refusal, a TLS alert) arrives within this, mostly. */
#define SETTLE_NS (250 * NS_PER_MS)
#define BURST_BYTES (256u << 10) /* written in one go; then others get their turn */
#define LOADED_MAX 128 /* messages, likewise */
#define FAREWELL_NS NS_PER_S /* at the end: for what is on its way */
#define FAREWELL_STEP_MS 10

struct server_sink {
	struct sw_sink sink;
	const struct sw_server *server;
	struct sw_server_options options;
	char target[300]; /* "host:port" */
	struct sw_peer *peer;
	struct sw_spool *spool; /* NULL: there is none */
	struct sw_window window;
	struct sw_rfc5424 stream;
	struct sw_loss loss;
	int timer;
	bool up;
	uint64_t up_ns; /* since when */
	int spool_error; /* of the last attempt to open it */
	bool told_away;
	char told[256]; /* why, the last time */
	uint64_t sent;
	uint64_t dropped; /* besides the spool's */
};

static struct server_sink *self_of(struct sw_sink *sink)
{
	return (struct server_sink *)sink;
}

static void tell(const struct server_sink *self, const char *what)
{
	if (self->options.tell)
		self->options.tell(self->options.arg, self->sink.ops->name, self->target, what);
}

static bool is_framed(const struct server_sink *self)
{
	return self->server->protocol != SW_PROTOCOL_UDP;
}

static uint64_t all_dropped(const struct server_sink *self)
{
	return self->dropped + (self->spool ? sw_spool_dropped(self->spool) : 0);
}

static uint64_t spooled(const struct server_sink *self)
{
	return self->spool ? sw_spool_count(self->spool) : 0;
}

/* ---- taking messages in ------------------------------------------------------------------ */

/* Memory is the last resort: there the oldest that is not under way goes. */
static int keep_in_memory(struct server_sink *self, const char *text, size_t len)
{
	int rc;

	while ((rc = sw_window_push(&self->window, text, len, is_framed(self), NULL)) == -ENOBUFS) {
		if (!sw_window_drop_unsent(&self->window))
			break;
		self->dropped++;
	}
	self->dropped += rc != 0;
	return rc;
}

/* Straight on its way if nothing waits before it, else behind the others in the spool. */
static int take_in(struct server_sink *self, const char *text, size_t len)
{
	const struct iovec message = {(char *)text, len};
	bool waits = spooled(self) > 0 || sw_peer_is_away(self->peer, sw_boottime_ns());

	if (!self->spool)
		return keep_in_memory(self, text, len);
	if (!waits && sw_window_push(&self->window, text, len, is_framed(self), NULL) == 0)
		return 0;
	if (sw_spool_append(self->spool, &message, 1) == 0)
		return 0;
	return keep_in_memory(self, text, len);
}

/* What is only in memory goes to disk while the server is away: it is older than all in there. */
static void move_to_spool(struct server_sink *self)
{
	size_t count = self->window.direct;
	sw_autofree struct iovec *list = NULL;

	if (!self->spool || count == 0)
		return;
	list = calloc(count, sizeof(*list));
	if (!list)
		return;
	sw_window_direct(&self->window, list);
	if (sw_spool_prepend(self->spool, list, count) == 0)
		sw_window_forget_direct(&self->window);
}

/* ---- sending ----------------------------------------------------------------------------- */

static void load_from_spool(struct server_sink *self)
{
	char text[SW_SPOOL_MESSAGE_BYTES];
	struct sw_spool_mark mark;

	for (int i = 0; self->spool && i < LOADED_MAX && sw_window_has_room(&self->window); i++) {
		size_t len = sw_spool_read(self->spool, text, &mark);

		if (len == 0)
			return;
		if (sw_window_push(&self->window, text, len, is_framed(self), &mark))
			self->dropped++; /* no memory */
	}
}

static void write_out(struct server_sink *self, uint64_t now_ns)
{
	const char *bytes;
	size_t len, total = 0;

	while (total < BURST_BYTES && sw_window_next(&self->window, &bytes, &len)) {
		ssize_t n = sw_peer_write(self->peer, bytes, len, now_ns);

		if (n == -EMSGSIZE) { /* smaller than our limit: it will never be taken */
			sw_window_give_up(&self->window);
			self->dropped++;
			continue;
		}
		if (n < 0)
			return;
		total += (size_t)n;
		sw_window_written(&self->window, (size_t)n, sw_peer_carried(self->peer), now_ns);
	}
}

static size_t settle(struct server_sink *self, uint64_t before_ns)
{
	struct sw_spool_mark mark = {0};
	size_t n =
		sw_window_settle(&self->window, sw_peer_acknowledged(self->peer), before_ns, &mark);

	if (mark.records)
		sw_spool_done(self->spool, &mark);
	if (n > 0)
		sw_peer_prosper(self->peer);
	self->sent += n;
	return n;
}

/* All that has not settled is to be sent again. */
static void on_break(struct server_sink *self)
{
	self->up = false;
	sw_window_rewind(&self->window);
	if (self->spool)
		sw_spool_rewind(self->spool);
}

/* Once for each new reason, and once when it is over; of a datagram's way only a success tells. */
static void tell_state(struct server_sink *self, size_t settled, uint64_t now_ns)
{
	const char *why = sw_peer_why(self->peer);
	bool lasts = self->up && now_ns - self->up_ns > SETTLE_NS;

	if (sw_peer_is_away(self->peer, now_ns)) {
		if (self->told_away && !strcmp(self->told, why))
			return;
		snprintf(self->told, sizeof(self->told), "%s", why);
		self->told_away = true;
		tell(self, why[0] ? why : "no answer yet");
	} else if (self->told_away && (settled > 0 || (lasts && is_framed(self)))) {
		self->told_away = false;
		tell(self, "takes messages again");
	}
}

/* When somebody must look again, besides news of the socket. */
static void set_timer(struct server_sink *self)
{
	uint64_t due = sw_peer_due_ns(self->peer), oldest = sw_window_oldest_ns(&self->window);
	struct itimerspec when = {.it_value = {0}};

	if (self->up && oldest != UINT64_MAX && oldest + SETTLE_NS < due)
		due = oldest + SETTLE_NS;
	if (due != UINT64_MAX)
		when.it_value = (struct timespec){.tv_sec = (time_t)(due / NS_PER_S),
						  .tv_nsec = (long)(due % NS_PER_S)};
	timerfd_settime(self->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Something could be written if the socket took it: others get their turn before. */
static bool has_more(const struct server_sink *self)
{
	const char *bytes;
	size_t len;

	if (sw_window_next(&self->window, &bytes, &len))
		return true;
	return self->spool && sw_spool_unread(self->spool) > 0 && sw_window_has_room(&self->window);
}

/* settle_ns: how long a message must have been on its way to count as delivered. */
static void work(struct server_sink *self, uint64_t settle_ns)
{
	uint64_t now_ns = sw_boottime_ns();
	size_t settled = 0;

	sw_peer_advance(self->peer, now_ns);
	if (!self->up && sw_peer_is_up(self->peer)) {
		self->up = true;
		self->up_ns = now_ns;
	}
	if (sw_peer_is_up(self->peer)) {
		settled = settle(self, now_ns - settle_ns);
		load_from_spool(self);
		write_out(self, now_ns);
	}
	if (self->up && !sw_peer_is_up(self->peer))
		on_break(self);
	sw_peer_wish_to_write(self->peer, has_more(self));
	tell_state(self, settled, now_ns);
	set_timer(self);
}

/* ---- the contract ------------------------------------------------------------------------ */

static int take_message(struct server_sink *self, const struct sw_message *message)
{
	sw_autofree char *text = NULL;
	size_t len;
	int rc = sw_rfc5424_format(&self->stream, message, &text, &len);

	if (rc)
		self->dropped++;
	return rc ? rc : take_in(self, text, len);
}

static int server_send(struct sw_sink *sink, const struct sw_message *message)
{
	struct server_sink *self = self_of(sink);
	int rc = take_message(self, message);

	sw_loss_see(&self->loss, message);
	work(self, SETTLE_NS);
	return rc;
}

static void server_ready(struct sw_sink *sink)
{
	work(self_of(sink), SETTLE_NS);
}

/* To tell of a loss is no reason for another: where memory is all there is, it waits for room. */
static void tell_loss(struct server_sink *self)
{
	bool room = self->spool || sw_window_has_room(&self->window);
	uint64_t dropped = all_dropped(self);
	struct sw_message message;

	if (self->up && room &&
	    sw_loss_message(&self->loss, self->sink.ops->name, self->target, dropped, &message) &&
	    take_message(self, &message) == 0)
		sw_loss_told(&self->loss, dropped);
}

/* A directory that could not be had may be had later: a disk was full, another process ended. */
static void open_spool(struct server_sink *self)
{
	char text[128];
	int rc;

	if (self->spool || self->server->spool_bytes == 0)
		return;
	rc = sw_spool_open(self->server->spool_dir, self->server->spool_bytes, &self->spool);
	if (rc && rc != self->spool_error) {
		snprintf(text, sizeof(text), "no spool, messages wait in memory only: %s",
			 rc == -EBUSY ? "another process has it" : strerror(-rc));
		tell(self, text);
	}
	self->spool_error = rc;
}

static void server_tick(struct sw_sink *sink)
{
	struct server_sink *self = self_of(sink);

	open_spool(self);
	tell_loss(self);
	work(self, SETTLE_NS);
	/* by the tick alone: on a full disk each try costs, and fails */
	if (sw_peer_is_away(self->peer, sw_boottime_ns()))
		move_to_spool(self);
}

static int server_reopen(struct sw_sink *sink)
{
	struct server_sink *self = self_of(sink);

	sw_peer_restart(self->peer, sw_boottime_ns());
	on_break(self);
	work(self, SETTLE_NS);
	return 0;
}

static int server_fd(const struct sw_sink *sink)
{
	return sw_peer_fd(((const struct server_sink *)sink)->peer);
}

static void server_stats(const struct sw_sink *sink, struct sw_sink_stats *out)
{
	const struct server_sink *self = (const struct server_sink *)sink;

	*out = (struct sw_sink_stats){.sent = self->sent,
				      .dropped = all_dropped(self),
				      .queued = self->window.direct + spooled(self)};
}

/* What is on its way gets a moment; what does not make it is for the next start. */
static void farewell(struct server_sink *self)
{
	uint64_t end_ns = sw_boottime_ns() + FAREWELL_NS;
	struct pollfd poll_fd = {.fd = sw_peer_fd(self->peer), .events = POLLIN};
	char text[96];

	work(self, 0);
	while (self->up && self->window.count > 0 && sw_boottime_ns() < end_ns) {
		(void)poll(&poll_fd, 1, FAREWELL_STEP_MS);
		work(self, 0);
	}
	on_break(self);
	move_to_spool(self);
	if (self->window.direct == 0)
		return;
	snprintf(text, sizeof(text), "%zu messages are lost: there was no place to keep them",
		 self->window.direct);
	tell(self, text);
}

static void server_free(struct sw_sink *sink)
{
	struct server_sink *self = self_of(sink);

	if (self->timer >= 0)
		farewell(self);
	sw_peer_free(&self->peer);
	sw_window_clear(&self->window);
	sw_spool_free(&self->spool);
	if (self->timer >= 0)
		close(self->timer);
	free(self);
}

#define SERVER_OPS(NAME)                                                                           \
	{                                                                                          \
		.name = (NAME), .send = server_send, .tick = server_tick, .fd = server_fd,         \
		.ready = server_ready, .reopen = server_reopen, .stats = server_stats,             \
		.free = server_free,                                                               \
	}

static const struct sw_sink_ops ops[] = {
	[SW_PROTOCOL_UDP] = SERVER_OPS("syslog-udp"),
	[SW_PROTOCOL_TCP] = SERVER_OPS("syslog-tcp"),
	[SW_PROTOCOL_TLS] = SERVER_OPS("syslog-tls"),
};
static_assert(SW_ARRAY_SIZE(ops) == SW_PROTOCOL_MAX, "every protocol has a name");

static int open_parts(struct server_sink *self)
{
	struct epoll_event event = {.events = EPOLLIN};
	int rc = sw_peer_new(self->server, &self->peer);

	if (rc)
		return rc;
	self->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (self->timer < 0 ||
	    epoll_ctl(sw_peer_fd(self->peer), EPOLL_CTL_ADD, self->timer, &event))
		return -errno;
	return 0;
}

int sw_server_open(const struct sw_server *server, const struct sw_server_options *options,
		   struct sw_sink **out)
{
	struct server_sink *self = calloc(1, sizeof(*self));
	int rc;

	if (!self)
		return -ENOMEM;
	self->sink = (struct sw_sink){.ops = &ops[server->protocol], .level = server->level};
	self->server = server;
	self->options = *options;
	self->stream.enterprise_id = server->enterprise_id;
	self->timer = -1;
	snprintf(self->target, sizeof(self->target), "%s:%u", server->host, server->port);
	sw_window_init(&self->window);
	rc = open_parts(self);
	if (rc) {
		sw_peer_free(&self->peer);
		if (self->timer >= 0)
			close(self->timer);
		free(self);
		return rc;
	}
	open_spool(self);
	work(self, SETTLE_NS);
	*out = &self->sink;
	return 0;
}
