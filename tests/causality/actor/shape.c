// SPDX-License-Identifier: Apache-2.0
/* Servers by how they divide connections among processes and threads. */
#include "shape.h"

#include <linux/sched.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"
#include "broker.h"

#define SOCKETS_MAX 16

static int accept_one(int listener)
{
	return MUST(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
}

static pid_t fork_off(void)
{
	return MUST(fork());
}

static void request_of_argument(struct request *where)
{
	if (!actor.argument || sscanf(actor.argument, "%45s %5[0-9]", where->ip, where->port) != 2)
		die("ARGUMENT is no address");
}

/* ---- processes --------------------------------------------------------------------------- */

/* What goes out stays until the client leaves. */
static void serve_to_the_end(int fd)
{
	char byte;

	hear_and_go(fd);
	_exit(recv(fd, &byte, 1, 0) != 0);
}

static void fork_for_each(int listener)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept_one(listener);

		if (!fork_off())
			serve_to_the_end(fd);
		close(fd);
	}
}

static void serve_fork(void)
{
	fork_for_each(listen_on(actor.port, IPPROTO_TCP));
}

static void serve_mptcp(void)
{
	fork_for_each(listen_on(actor.port, IPPROTO_MPTCP));
}

/* As systemd hands over a listening socket: descriptor 3. */
static void serve_activated(void)
{
	fork_for_each(3);
}

/* As systemd hands over an accepted connection. */
static void serve_accepted(void)
{
	hear_and_go(3);
}

static void serve_in_turn(int listener)
{
	for (;;)
		hear_and_go(accept_one(listener));
}

/* One process, one connection after the other. */
static void serve_iterative(void)
{
	serve_in_turn(listen_on(actor.port, IPPROTO_TCP));
}

/* Two workers that are there before anybody can connect. */
static void serve_prefork(void)
{
	int listener = bind_to(actor.port, IPPROTO_TCP), gate[2];
	char byte;

	MUST(pipe(gate));
	for (int i = 0; i < 2; i++)
		if (!fork_off()) {
			MUST(read(gate[0], &byte, 1));
			serve_in_turn(listener);
		}
	MUST(listen(listener, 64));
	MUST(write(gate[1], "xx", 2));
	pause();
}

/* Hears the request itself and has a child do what it says. */
static void serve_fork_late(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP);

	for (;;) {
		struct request request;

		hear(accept_one(listener), &request);
		if (!fork_off()) {
			go(&request);
			pause();
		}
	}
}

/* fork(2) with an id that a process has had before, or any if it is 0. */
static pid_t fork_as(pid_t id)
{
	struct clone_args args = {.exit_signal = SIGCHLD};

	if (id) {
		args.set_tid = (uintptr_t)&id;
		args.set_tid_size = 1;
	}
	return (pid_t)MUST(syscall(__NR_clone3, &args, sizeof(args)));
}

/* Forks for each connection, always with the same id: one has ended when the next comes. */
static void serve_same_id(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP);
	pid_t id = 0;

	for (;;) {
		int fd = accept_one(listener);
		pid_t child = fork_as(id);

		if (!child)
			serve_to_the_end(fd);
		join_child(child);
		close(fd);
		id = child;
	}
}

/* The same, but the second process, which has the first one's id, goes to ARGUMENT unasked. */
static void serve_id_for_another(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP), fd = accept_one(listener);
	pid_t child = fork_as(0);

	if (!child)
		serve_to_the_end(fd);
	join_child(child);
	if (!fork_as(child)) {
		struct request where;

		request_of_argument(&where);
		go(&where);
	}
	pause();
}

/* ---- threads ----------------------------------------------------------------------------- */

static void start_thread(void *(*run)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, argument))
		die("pthread_create");
	pthread_detach(thread);
}

static void *run_connection(void *fd)
{
	hear_and_go((int)(intptr_t)fd);
	return NULL;
}

static void serve_thread(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP);

	for (;;)
		start_thread(run_connection, (void *)(intptr_t)accept_one(listener));
}

/* What one thread hands to another: through a pipe, as whole messages. */
static int queue[2];

static void *pool_worker(void *unused)
{
	int fd;

	for (;;) {
		if (MUST(read(queue[0], &fd, sizeof(fd))) != sizeof(fd))
			die("queue");
		hear_and_go(fd);
	}
	return unused;
}

/* Threads that are there before any connection take them from a queue. */
static void serve_pool(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP);

	MUST(pipe(queue));
	for (int i = 0; i < 3; i++)
		start_thread(pool_worker, NULL);
	for (;;) {
		int fd = accept_one(listener);

		MUST(write(queue[1], &fd, sizeof(fd)));
	}
}

static void *request_worker(void *unused)
{
	struct request request;

	for (;;) {
		if (MUST(read(queue[0], &request, sizeof(request))) != sizeof(request))
			die("queue");
		go(&request);
	}
	return unused;
}

/* One thread accepts and reads, others do what it was told. */
static void serve_reader(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP);

	MUST(pipe(queue));
	for (int i = 0; i < 2; i++)
		start_thread(request_worker, NULL);
	for (;;) {
		struct request request;

		hear(accept_one(listener), &request);
		MUST(write(queue[1], &request, sizeof(request)));
	}
}

/* ---- event loops ------------------------------------------------------------------------- */

/* Does each request as soon as it is heard, with other connections open. */
static void serve_loop(void)
{
	struct pollfd fds[SOCKETS_MAX] = {
		{.fd = listen_on(actor.port, IPPROTO_TCP), .events = POLLIN}};
	nfds_t count = 1;

	for (;;) {
		nfds_t known = count;

		MUST(poll(fds, known, -1));
		if (fds[0].revents && count < SOCKETS_MAX)
			fds[count++] =
				(struct pollfd){.fd = accept_one(fds[0].fd), .events = POLLIN};
		for (nfds_t i = 1; i < known; i++)
			if (fds[i].revents) {
				hear_and_go(fds[i].fd);
				fds[i].fd = -1;
			}
	}
}

/* Hears two requests, then does both, the earlier one first. */
static void serve_gather(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP);
	struct request requests[2];

	for (;;) {
		for (int i = 0; i < 2; i++)
			hear(accept_one(listener), &requests[i]);
		for (int i = 0; i < 2; i++)
			go(&requests[i]);
	}
}

/* Connects onwards before it has read anything: ARGUMENT is "ADDRESS PORT". */
static void serve_relay(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP);
	struct request where;

	request_of_argument(&where);
	for (;;) {
		int fd = accept_one(listener);

		if (!fork_off()) {
			char byte;

			go(&where);
			MUST(recv(fd, &byte, 1, 0));
			pause();
		}
		close(fd);
	}
}

/* ---- more than one server ---------------------------------------------------------------- */

/* ARGUMENT is a path: a worker behind a unix socket. */
static void serve_unix(void)
{
	fork_for_each(listen_unix(actor.argument));
}

/* ARGUMENT is the path of such a worker: what comes in is passed on to it. */
static void serve_front(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP);

	for (;;) {
		int fd = accept_one(listener), worker = connect_unix(actor.argument);
		struct request request;
		char text[REQUEST_BYTES];

		hear(fd, &request);
		snprintf(text, sizeof(text), "%s %s\n", request.ip, request.port);
		MUST(write(worker, text, strlen(text)));
	}
}

static void send_descriptor(int over, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte = 'x';
	struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
					  .cmsg_level = SOL_SOCKET,
					  .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	MUST(sendmsg(over, &message, 0));
}

static int receive_descriptor(int over)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd;

	MUST(recvmsg(over, &message, MSG_CMSG_CLOEXEC));
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

/* ARGUMENT is a path: passes each accepted connection on to who listens there, unread. */
static void serve_passing(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP);
	int worker = connect_unix(actor.argument);

	for (;;) {
		int fd = accept_one(listener);

		send_descriptor(worker, fd);
		close(fd);
	}
}

/* ARGUMENT is a path: takes connections over that others have accepted. */
static void serve_passed(void)
{
	int over = accept_one(listen_unix(actor.argument));

	for (;;)
		hear_and_go(receive_descriptor(over));
}

/* Its child takes the accepted connection out of it, unasked and unread. */
static void serve_robbed(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP), loot[2], fd;

	MUST(pipe(loot));
	if (!fork_off()) {
		int victim = (int)MUST(syscall(__NR_pidfd_open, getppid(), 0));

		MUST(read(loot[0], &fd, sizeof(fd)));
		hear_and_go((int)MUST(syscall(__NR_pidfd_getfd, victim, fd, 0)));
		pause();
	}
	fd = accept_one(listener);
	MUST(write(loot[1], &fd, sizeof(fd)));
	pause();
}

const struct shape shapes[] = {
	{"fork", serve_fork},		{"mptcp", serve_mptcp},
	{"activated", serve_activated}, {"accepted", serve_accepted},
	{"iterative", serve_iterative}, {"prefork", serve_prefork},
	{"fork-late", serve_fork_late}, {"thread", serve_thread},
	{"pool", serve_pool},		{"reader", serve_reader},
	{"loop", serve_loop},		{"gather", serve_gather},
	{"relay", serve_relay},		{"unix", serve_unix},
	{"front", serve_front},		{"passing", serve_passing},
	{"passed", serve_passed},	{"robbed", serve_robbed},
	{"same-id", serve_same_id},	{"id-for-another", serve_id_for_another},
	{"victim", serve_victim},	{0},
};
