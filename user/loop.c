// SPDX-License-Identifier: Apache-2.0
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/host.h"

#define NS_PER_MS 1000000ULL
#define TICK_NS (1000 * NS_PER_MS)

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Handles at most a batch of each ring. Returns how many records, or a negative errno. */
static int drain(struct sw_loop *loop)
{
	int n = sw_ring_drain(loop->ring), edges;

	if (n < 0)
		return n;
	edges = sw_ring_drain(loop->edges);
	return edges < 0 ? edges : n + edges;
}

/* All that there is, to the unit. */
static void catch_up(struct sw_loop *loop)
{
	while (drain(loop) > 0)
		;
	(void)sw_window_end(loop->window, sw_boottime_ns());
}

/* Returns whether to go on. */
static bool on_signals(struct sw_loop *loop, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGHUP:
			sw_sinks_reopen(loop->sinks);
			break;
		case SIGUSR1:
			catch_up(loop);
			loop->account(loop->ctx);
			break;
		default:
			return false;
		}
	}
	return true;
}

static int timeout_ms(const struct sw_loop *loop, uint64_t now_ns)
{
	uint64_t due = sw_pipeline_due_ns(loop->pipeline);

	if (due <= now_ns)
		return 0;
	if (due - now_ns >= SW_RING_BACKSTOP_MS * NS_PER_MS)
		return SW_RING_BACKSTOP_MS;
	return (int)((due - now_ns) / NS_PER_MS) + 1;
}

/* Sleeps until there is something to do. Returns whether a signal came. */
static bool wait_for_news(struct sw_loop *loop, int epoll, int signals, uint64_t now_ns)
{
	struct epoll_event events[3];
	bool signalled = false;
	int n, timeout = 0;

	if (sw_ring_may_sleep(loop->ring))
		timeout = timeout_ms(loop, now_ns);
	n = epoll_wait(epoll, events, SW_ARRAY_SIZE(events), timeout);
	sw_ring_awake(loop->ring);
	for (int i = 0; i < n; i++) {
		signalled |= events[i].data.fd == signals;
		if (events[i].data.fd == sw_sinks_fd(loop->sinks))
			sw_sinks_ready(loop->sinks);
	}
	return signalled;
}

static int watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int sw_loop_run(struct sw_loop *loop)
{
	sw_autoclose int epoll = epoll_create1(EPOLL_CLOEXEC);
	sw_autoclose int signals = open_signals();
	uint64_t next_tick = 0, window_end = sw_boottime_ns() + loop->window_ns;
	bool go_on = true;
	int err;

	if (epoll < 0 || signals < 0)
		return -errno;
	err = watch(epoll, signals);
	if (!err)
		err = watch(epoll, sw_ring_fd(loop->ring));
	if (!err)
		err = watch(epoll, sw_sinks_fd(loop->sinks));
	if (!err)
		loop->armed(loop->ctx);
	while (!err && go_on) {
		uint64_t now_ns;
		int n = drain(loop);

		if (n < 0) {
			err = n;
			break;
		}
		now_ns = sw_boottime_ns();
		if (now_ns >= window_end) {
			err = sw_window_end(loop->window, now_ns);
			window_end = now_ns + loop->window_ns;
		}
		if (sw_pipeline_due_ns(loop->pipeline) <= now_ns || now_ns >= next_tick)
			sw_pipeline_tick(loop->pipeline, now_ns);
		if (now_ns >= next_tick) {
			sw_sinks_tick(loop->sinks);
			next_tick = now_ns + TICK_NS;
		}
		if (wait_for_news(loop, epoll, signals, now_ns))
			go_on = on_signals(loop, signals);
	}
	loop->detach(loop->ctx);
	catch_up(loop);
	sw_pipeline_flush(loop->pipeline, sw_boottime_ns());
	sw_sinks_tick(loop->sinks);
	loop->account(loop->ctx);
	return err;
}
