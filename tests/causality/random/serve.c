// SPDX-License-Identifier: Apache-2.0
/* usage: serve SHAPE SLOT PORT WORKERS: a server; the rest is for itself to exec. */
#include "serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORKERS_MAX 8

/* ---- what all have in common ------------------------------------------------------------- */

int open_listener(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 256)) {
		perror("serve: listen");
		_exit(70);
	}
	return fd;
}

int accept_next(int listener)
{
	int fd;

	do
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	while (fd < 0 && (errno == ECONNABORTED || errno == EINTR));
	if (fd < 0) {
		perror("serve: accept");
		_exit(71);
	}
	return fd;
}

static bool read_all(int fd, void *to, size_t bytes)
{
	for (size_t have = 0; have < bytes;) {
		ssize_t n = read(fd, (char *)to + have, bytes - have);

		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

bool read_request(int conn, struct request *request)
{
	memset(request, 0, sizeof(*request));
	return read_all(conn, request, REQUEST_HEADER) && request->text_bytes < TEXT_BYTES &&
	       read_all(conn, request->text, request->text_bytes);
}

void serve_one(int conn, enum knowledge known, bool own)
{
	struct request request;
	struct strand s;

	if (!read_request(conn, &request)) {
		close(conn);
		return;
	}
	s = strand_heard(request.tree, conn, known);
	s.own = own;
	strand_run(&s, request.text);
}

pid_t worker_fork(void)
{
	pid_t child = fork();

	if (child < 0)
		_exit(72);
	if (!child && prctl(PR_SET_PDEATHSIG, SIGKILL))
		_exit(72);
	return child;
}

static void wait_forever(void)
{
	for (;;)
		pause();
}

/* ---- a process for each connection ------------------------------------------------------- */

static void serve_fork(const struct server *server)
{
	for (;;) {
		int conn = accept_next(server->listener);

		if (!bounded_fork()) {
			close(server->listener);
			serve_one(conn, KNOWN_ONE, true);
			_exit(0);
		}
		close(conn);
	}
}

/* With the connection as descriptors `first` to `last`. */
static void serve_by_exec(const struct server *server, int first, int last)
{
	char descriptor[8];

	snprintf(descriptor, sizeof(descriptor), "%d", first);
	for (;;) {
		int conn = accept_next(server->listener);

		if (!bounded_fork()) {
			/* Not where it is already, which would leave it to be closed at exec. */
			int high = dup(conn);

			for (int fd = first; fd <= last; fd++)
				dup2(high, fd);
			close(high);
			execl("/proc/self/exe", "serve", "one", descriptor, (char *)NULL);
			_exit(73);
		}
		close(conn);
	}
}

static void serve_inetd(const struct server *server)
{
	serve_by_exec(server, 0, 1);
}

static void serve_activated(const struct server *server)
{
	serve_by_exec(server, 3, 3);
}

static void serve_spawn(const struct server *server)
{
	for (;;) {
		int conn = accept_next(server->listener);
		struct request request;
		struct strand s;

		if (!read_request(conn, &request))
			request.tree = 0;
		s = strand_heard(request.tree, conn, KNOWN_ONE);
		s.own = true;
		if (s.tree && !bounded_fork()) {
			close(server->listener);
			strand_run(&s, request.text);
			_exit(0);
		}
		close(conn);
	}
}

/* ---- processes that are there already ---------------------------------------------------- */

static void serve_one_by_one(int listener)
{
	for (;;)
		serve_one(accept_next(listener), KNOWN_ONE, false);
}

static void serve_prefork(const struct server *server)
{
	for (unsigned int i = 0; i < server->workers; i++)
		if (!worker_fork())
			serve_one_by_one(server->listener);
	wait_forever();
}

static void serve_reuseport(const struct server *server)
{
	for (unsigned int i = 1; i < server->workers; i++)
		if (!worker_fork())
			serve_one_by_one(open_listener(server->port));
	serve_one_by_one(server->listener);
}

static void serve_what_is_passed(int from)
{
	char byte;
	int conn;

	while ((conn = receive_descriptor(from, &byte, 1)) >= 0)
		serve_one(conn, KNOWN_ONE, false);
	_exit(74);
}

static void serve_passed(const struct server *server)
{
	int to[WORKERS_MAX];

	for (unsigned int i = 0; i < server->workers; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
			_exit(75);
		if (!worker_fork())
			serve_what_is_passed(pair[1]);
		close(pair[1]);
		to[i] = pair[0];
	}
	for (unsigned int next = 0;; next++) {
		int conn = accept_next(server->listener);

		if (send_descriptor(to[next % server->workers], conn, "x", 1))
			_exit(76);
		close(conn);
	}
}

/* ---- which ------------------------------------------------------------------------------- */

const server_shape server_shapes[SHAPE_MAX] = {
#define SHAPE(name) [SHAPE_##name] = serve_##name,
	SHAPES(SHAPE)
#undef SHAPE
};

/* Older than all connections; all of the server's programs know it as COMPANION_FD. */
static void start_companion(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		_exit(77);
	if (!worker_fork()) {
		close(pair[0]);
		companion_run(pair[1]);
		_exit(0);
	}
	dup2(pair[0], COMPANION_FD);
	close(pair[0]);
	close(pair[1]);
}

int main(int argc, char **argv)
{
	struct server server = {0};

	alive_share();
	if (argc == 6 && !strcmp(argv[1], "strand"))
		return strand_main(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "one")) {
		serve_one(atoi(argv[2]), KNOWN_ONE, true);
		return 0;
	}
	if (argc != 5)
		return 78;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN); /* reaps them, also for what is exec'd */
	signal(SIGPIPE, SIG_IGN);
	start_companion();
	server.port = (uint16_t)atoi(argv[3]);
	server.workers = (unsigned int)atoi(argv[4]);
	server.listener = open_listener(server.port);
	report(REPORT_READY, (uint16_t)atoi(argv[2]), 0, 0);
	for (int i = 0; i < SHAPE_MAX; i++)
		if (!strcmp(argv[1], shape_names[i]) && server.workers &&
		    server.workers <= WORKERS_MAX)
			server_shapes[i](&server);
	return 79;
}
