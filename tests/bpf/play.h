/* SPDX-License-Identifier: Apache-2.0 */
/* A server whose child reads a request and does a deed; its client; a target for connections. */
#ifndef TESTS_BPF_PLAY_H
#define TESTS_BPF_PLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab.h"

/* What the server's child does once it has read the request. `target` is a port that listens. */
typedef void (*deed)(uint16_t target);

/* Addresses of one play. */
struct play {
	uint16_t server; /* the listener that the request came to */
	uint16_t client; /* the peer's port, which a verdict must name */
	uint16_t target;
	pid_t server_pid;
};

/* Accepts one connection, forks a child that reads from it and does the deed. */
static inline void fork_per_connection(int listener, uint16_t target, deed what)
{
	int fd = accept(listener, NULL, NULL);
	pid_t child = lab_fork();
	int status;

	if (!child) {
		lab_hear(fd);
		what(target);
		_exit(0);
	}
	close(fd);
	if (waitpid(child, &status, 0) != child || status)
		_exit(93);
	_exit(0);
}

static inline struct play play(int family, bool mapped, deed what)
{
	struct play p;
	int target = lab_listen(AF_INET, &p.target);
	int listener = lab_listen(family, &p.server);
	int client;

	p.server_pid = lab_fork();
	if (!p.server_pid)
		fork_per_connection(listener, p.target, what);
	client = lab_connect(mapped ? AF_INET6 : family, p.server, mapped);
	assert_true(client >= 0);
	p.client = lab_local_port(client);
	lab_say(client);
	lab_reap(p.server_pid);
	close(client);
	close(listener);
	close(target);
	return p;
}

/* A deed: a program that is not the server's connects. */
static inline void exec_and_connect(uint16_t target)
{
	char script[64];
	pid_t child = lab_fork();
	int status;

	if (!child) {
		snprintf(script, sizeof(script), "exec 3<>/dev/tcp/127.0.0.1/%u", target);
		execl("/bin/bash", "bash", "-c", script, NULL);
		_exit(94);
	}
	waitpid(child, &status, 0);
}

#endif
