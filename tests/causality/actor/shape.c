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
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"
#include "broker.h"
#include "hand.h"
#include "uring.h"

#define SOCKETS_MAX 16

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

/* A worker, younger than its clients, for a TCP client and then for another, of MPTCP. */
static void serve_backlog(void)
{
	int listener = listen_on(actor.port, IPPROTO_MPTCP), first, second;
	char byte;

	first = accept_one(listener);
	second = accept_one(listener);
	if (!fork_off()) {
		MUST(recv(first, &byte, 1, 0));
		hear_and_go(second);
	}
	pause();
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
	for (;;) {
		int fd = accept_one(listener);

		hear_and_go(fd);
		close(fd);
	}
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

/* Its children serve; when the first has ended it goes to ARGUMENT itself, unasked. */
static void serve_on_its_own(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP), fd = accept_one(listener);
	pid_t child = fork_off();
	struct request where;

	if (!child)
		serve_to_the_end(fd);
	join_child(child);
	close(fd);
	request_of_argument(&where);
	go(&where);
	pause();
}

/*
 * Hears a request, then forks a worker for all that comes now. It does what the first client asked
 * for when it has read from the second, who was there before it.
 */
static void serve_errand(void)
{
	int listener = listen_on(actor.port, IPPROTO_TCP), second;
	struct request request;
	char byte;

	hear(accept_one(listener), &request);
	second = accept_one(listener);
	if (!fork_off()) {
		MUST(recv(second, &byte, 1, 0));
		go(&request);
	}
	pause();
}

/* Its child has the ring's thread of the parent's connect, which has nothing to do with it. */
static void serve_parents_ring(void)
{
	struct sockaddr_in *to =
		mmap(NULL, sizeof(*to), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int listener = listen_on(actor.port, IPPROTO_TCP), fd;
	struct request request;

	if (to == MAP_FAILED)
		die("mmap");
	uring_poll_file(MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
	fd = accept_one(listener);
	if (!fork_off()) {
		hear(fd, &request);
		*to = address_of(&request);
		MUST(uring_connect_polled(to));
	}
	pause();
}

/* Uses up as many process ids as PORT says. */
static void burn_ids(void)
{
	for (int i = 0; i < actor.port; i++) {
		pid_t child = fork_off();

		if (!child)
			_exit(0);
		join_child(child);
	}
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
		close(fd);
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

/* ARGUMENT is a path: a worker behind a unix socket. */
static void serve_unix(void)
{
	fork_for_each(listen_unix(actor.argument));
}

const struct shape shapes[] = {
	{"fork", serve_fork},
	{"mptcp", serve_mptcp},
	{"activated", serve_activated},
	{"accepted", serve_accepted},
	{"iterative", serve_iterative},
	{"prefork", serve_prefork},
	{"fork-late", serve_fork_late},
	{"thread", serve_thread},
	{"pool", serve_pool},
	{"reader", serve_reader},
	{"loop", serve_loop},
	{"gather", serve_gather},
	{"relay", serve_relay},
	{"unix", serve_unix},
	{"front", serve_front},
	{"passing", serve_passing},
	{"passed", serve_passed},
	{"robbed", serve_robbed},
	{"same-id", serve_same_id},
	{"id-for-another", serve_id_for_another},
	{"on-its-own", serve_on_its_own},
	{"errand", serve_errand},
	{"parents-ring", serve_parents_ring},
	{"burn-ids", burn_ids},
	{"backlog", serve_backlog},
	{"victim", serve_victim},
	{0},
};
