// SPDX-License-Identifier: Apache-2.0
/* Event loops: one thread, several connections open. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPEN_MAX_CONNECTIONS 48

struct peer {
	int fd;
	size_t have; /* bytes of the request */
	struct request request;
	bool heard; /* something was read from it */
	bool ready; /* the request is whole, and not done yet */
	bool done;
};

struct loop {
	struct peer peers[OPEN_MAX_CONNECTIONS];
	unsigned int count;
	bool all; /* reads all that are ready before it does anything */
	bool keeps; /* a connection stays open until its client closes it */
};

static size_t wanted(const struct peer *p)
{
	return p->have < REQUEST_HEADER ? REQUEST_HEADER
					: (size_t)REQUEST_HEADER + p->request.text_bytes;
}

/* No byte more than the request. Returns false at the connection's end. */
static bool hear(struct peer *p)
{
	while (!p->ready) {
		ssize_t n = recv(p->fd, (char *)&p->request + p->have, wanted(p) - p->have,
				 MSG_DONTWAIT);

		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		p->heard = true;
		p->have += (size_t)n;
		if (p->request.text_bytes >= TEXT_BYTES)
			return false;
		if (p->have > REQUEST_HEADER && p->have == wanted(p))
			p->ready = true;
	}
	return true;
}

static void act(struct loop *loop, struct peer *p)
{
	struct strand s = strand_heard(p->request.tree, p->fd, KNOWN_ONE);

	for (unsigned int i = 0; i < loop->count; i++)
		if (&loop->peers[i] != p && loop->peers[i].heard)
			s.known = KNOWN_SEVERAL;
	if (loop->keeps)
		s.conn = fcntl(p->fd, F_DUPFD_CLOEXEC, 3);
	else
		p->fd = -1;
	p->request.text[p->request.text_bytes] = 0;
	p->ready = false;
	p->done = true;
	strand_run(&s, p->request.text);
}

static void drop(struct loop *loop, unsigned int i)
{
	if (loop->peers[i].fd >= 0)
		close(loop->peers[i].fd);
	loop->peers[i] = loop->peers[--loop->count];
}

/* Of a connection that has been served only its end is waited for; what else comes is not read. */
static bool is_over(const struct peer *p)
{
	struct pollfd end = {.fd = p->fd, .events = POLLRDHUP};

	return p->done && (p->fd < 0 || poll(&end, 1, 0) == 1);
}

static void turn(struct loop *loop, const struct pollfd *ready, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct peer *p = &loop->peers[i];

		if (ready[i].revents && !p->done && !hear(p))
			p->done = true;
		if (!loop->all && p->ready)
			act(loop, p);
	}
	for (unsigned int i = 0; i < count; i++)
		if (loop->peers[i].ready)
			act(loop, &loop->peers[i]);
	for (unsigned int i = loop->count; i-- > 0;)
		if (is_over(&loop->peers[i]))
			drop(loop, i);
}

static void run_loop(const struct server *server, bool all)
{
	static struct loop loop;
	int listener = server->listener;

	loop.all = all;
	loop.keeps = server->workers > 1;
	for (;;) {
		struct pollfd ready[OPEN_MAX_CONNECTIONS + 1];
		unsigned int count = loop.count;

		for (unsigned int i = 0; i < count; i++)
			ready[i] =
				(struct pollfd){.fd = loop.peers[i].fd,
						.events = loop.peers[i].done ? POLLRDHUP : POLLIN};
		ready[count] = (struct pollfd){.fd = listener,
					       .events = count < OPEN_MAX_CONNECTIONS ? POLLIN : 0};
		poll(ready, count + 1, -1);
		turn(&loop, ready, count);
		if (ready[count].revents)
			loop.peers[loop.count++] = (struct peer){.fd = accept_next(listener)};
	}
}

void serve_loop(const struct server *server)
{
	run_loop(server, false);
}

void serve_loopall(const struct server *server)
{
	run_loop(server, true);
}
