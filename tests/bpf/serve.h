/* SPDX-License-Identifier: Apache-2.0 */
/* A server that serves one client, in a namespace with a target for connections. */
#ifndef TESTS_BPF_SERVE_H
#define TESTS_BPF_SERVE_H

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

static uint16_t target_port;

/* A cmocka group fixture. */
static inline int serve_namespace(void **state)
{
	if (lab_namespace(state))
		return -1;
	lab_listen(AF_INET, &target_port);
	return 0;
}

static inline void shell_connects(void)
{
	char script[64];
	pid_t child = lab_fork();
	int status;

	snprintf(script, sizeof(script), "exec 3<>/dev/tcp/127.0.0.1/%u", target_port);
	if (!child) {
		execl("/bin/bash", "bash", "-c", script, NULL);
		_exit(94);
	}
	if (waitpid(child, &status, 0) != child || status)
		_exit(94);
}

/* A forked child reads the request, then does the deed. Returns the client's socket. */
static inline int serve_one(void (*deed)(void))
{
	uint16_t port;
	int listener = lab_listen(AF_INET, &port);
	pid_t server = lab_fork();
	int client;

	if (!server) {
		int fd = accept(listener, NULL, NULL);
		pid_t child = lab_fork();
		int status;

		if (!child) {
			lab_hear(fd);
			deed();
			_exit(0);
		}
		close(fd);
		_exit(waitpid(child, &status, 0) != child || status);
	}
	client = lab_connect(AF_INET, port, false);
	assert_true(client >= 0);
	lab_say(client);
	lab_reap(server);
	close(listener);
	return client;
}

#endif
