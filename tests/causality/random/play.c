// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "causality-random: %s: %s\n", what, strerror(errno));
	exit(1);
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static struct sockaddr_in address_of(uint32_t host, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(host), .sin_port = htons(port)};
}

static int listen_at(uint16_t port)
{
	struct sockaddr_in at = address_of(INADDR_ANY, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 4096))
		give_up("target");
	return fd;
}

void play_open(struct play *p, const char *program, unsigned int patience_s)
{
	int ends[2], memory;

	memset(p, 0, sizeof(*p));
	p->program = program;
	p->patience_s = patience_s;
	/* What is detached from its parent comes to us, and is reaped. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	if (pipe2(ends, O_CLOEXEC) || dup2(ends[1], REPORT_FD) < 0)
		give_up("pipe");
	close(ends[1]);
	memory = memfd_create("trees", MFD_CLOEXEC);
	if (memory < 0 || ftruncate(memory, ALIVE_BYTES) || dup2(memory, ALIVE_FD) < 0)
		give_up("memory");
	close(memory);
	p->reports = ends[0];
	fcntl(p->reports, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < KNOWN_MAX; i++)
		p->targets[i] = listen_at((uint16_t)(TARGET_PORT + i));
}

/* ---- servers ----------------------------------------------------------------------------- */

/* Its workers too, to the last: as long as one lives, connections could come to its listener. */
static void end_server(struct play *p, unsigned int slot)
{
	if (!p->servers[slot])
		return;
	kill(-p->servers[slot], SIGKILL);
	while (waitpid(-p->servers[slot], NULL, 0) > 0)
		;
	p->servers[slot] = 0;
}

/* Strands that came to us when their parents ended; and servers, which should not end. */
static void reap(struct play *p)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned int i = 0; i < SLOTS; i++)
			if (p->servers[i] == pid) {
				fprintf(stderr, "server %u ended by itself: 0x%x\n", i,
					(unsigned int)status);
				p->servers[i] = 0;
			}
}

void play_close(struct play *p)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		end_server(p, i);
	for (int i = 0; i < KNOWN_MAX; i++)
		close(p->targets[i]);
	close(p->reports);
	close(REPORT_FD);
	close(ALIVE_FD);
	for (int i = 0; i < 500 && waitpid(-1, NULL, WNOHANG) >= 0; i++)
		usleep(10000);
}

static bool next_report(struct play *p, struct report *r, int wait_ms)
{
	struct pollfd ready = {.fd = p->reports, .events = POLLIN};

	if (wait_ms && poll(&ready, 1, wait_ms) != 1)
		return false;
	return read(p->reports, r, sizeof(*r)) == sizeof(*r);
}

static void start_server(struct play *p, unsigned int slot, const struct server_plan *plan)
{
	struct report r;
	char numbers[3][16];
	pid_t child = fork();

	if (child < 0)
		give_up("fork");
	if (!child) {
		setpgid(0, 0);
		snprintf(numbers[0], sizeof(numbers[0]), "%u", slot);
		snprintf(numbers[1], sizeof(numbers[1]), "%u", slot_port(slot));
		snprintf(numbers[2], sizeof(numbers[2]), "%u", plan->workers);
		execl(p->program, "serve", shape_names[plan->shape], numbers[0], numbers[1],
		      numbers[2], (char *)NULL);
		_exit(127);
	}
	setpgid(child, child);
	p->servers[slot] = child;
	p->ages[slot] = plan->age;
	if (!next_report(p, &r, (int)p->patience_s * 1000) || r.kind != REPORT_READY ||
	    r.tree != slot) {
		errno = ETIME;
		give_up("a server did not start");
	}
}

void play_servers(struct play *p, uint64_t seed, const struct batch *b)
{
	bool needed[SLOTS] = {0};

	for (unsigned int i = 0; i < b->count; i++)
		needed[b->trees[i].slot] = true;
	for (unsigned int i = 0; i < SLOTS; i++) {
		struct server_plan plan = plan_server(seed, b->number, i);

		if (p->servers[i] && p->ages[i] != plan.age)
			end_server(p, i);
		if (needed[i] && !p->servers[i])
			start_server(p, i, &plan);
	}
	reap(p);
}

/* ---- clients ----------------------------------------------------------------------------- */

static int client_open(const struct tree *t)
{
	struct sockaddr_in from = address_of(t->client, t->client_port);
	struct sockaddr_in to = address_of(INADDR_LOOPBACK, slot_port(t->slot));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	/* What waits to be sent is lost when the connection is reset. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		give_up("client");
	return fd;
}

/* Whoever was to read it may be gone: that tree is broken then. */
static void client_say(struct outcome *o, const void *what, size_t bytes)
{
	if (write(o->fd, what, bytes) != (ssize_t)bytes)
		o->error = errno;
}

static void client_close(const struct tree *t, int *fd)
{
	struct linger reset = {.l_onoff = 1};

	if (*fd < 0)
		return;
	if (t->ending == ENDS_BY_RESET)
		setsockopt(*fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(*fd);
	*fd = -1;
}

static void client_acts(const struct tree *t, enum action action, struct outcome *o)
{
	struct request request = {.tree = t->id, .text_bytes = (uint16_t)t->program.length};
	size_t half = REQUEST_HEADER + t->program.length / 2, head = t->in_parts ? half : 0;

	memcpy(request.text, t->program.text, t->program.length);
	switch (action) {
	case ACT_OPEN:
		o->fd = client_open(t);
		break;
	case ACT_HEAD:
		client_say(o, &request, half);
		break;
	case ACT_REST:
		client_say(o, (char *)&request + head, REQUEST_HEADER + t->program.length - head);
		break;
	case ACT_BYTE:
		client_say(o, "x", 1);
		break;
	case ACT_CLOSE:
		client_close(t, &o->fd);
		break;
	case ACT_PAUSE:
		usleep(1000);
		break;
	}
}

/* ---- the batch --------------------------------------------------------------------------- */

static void take_report(const struct batch *b, struct outcome *outcomes, const struct report *r)
{
	for (unsigned int i = 0; i < b->count; i++) {
		if (b->trees[i].id != r->tree)
			continue;
		if (r->kind == REPORT_ENDED)
			outcomes[i].ended++;
		if (r->kind == REPORT_CONNECTED)
			outcomes[i].connected++;
		if (r->error)
			outcomes[i].error = r->error;
	}
}

static bool is_done(const struct batch *b, const struct outcome *outcomes)
{
	for (unsigned int i = 0; i < b->count; i++)
		if (outcomes[i].ended < b->trees[i].program.strands ||
		    outcomes[i].connected < b->trees[i].program.connects)
			return false;
	return true;
}

static void accept_all(struct play *p)
{
	for (int i = 0, fd; i < KNOWN_MAX; i++)
		while ((fd = accept4(p->targets[i], NULL, NULL, SOCK_CLOEXEC)) >= 0)
			close(fd);
}

bool play_batch(struct play *p, const struct batch *b, struct outcome outcomes[BATCH_MOST])
{
	time_t end = now_s() + (time_t)p->patience_s;
	struct report r;
	bool done;

	for (unsigned int i = 0; i < b->count; i++)
		outcomes[i] = (struct outcome){.fd = -1};
	for (unsigned int i = 0; i < b->nevents; i++) {
		unsigned int t = b->events[i].tree;

		client_acts(&b->trees[t], b->events[i].action, &outcomes[t]);
	}
	while (!(done = is_done(b, outcomes)) && now_s() < end)
		if (next_report(p, &r, 200))
			take_report(b, outcomes, &r);
	for (unsigned int i = 0; i < b->count; i++)
		client_close(&b->trees[i], &outcomes[i].fd);
	accept_all(p);
	reap(p);
	return done;
}
