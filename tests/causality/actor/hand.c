// SPDX-License-Identifier: Apache-2.0
/* Servers that hand what they accept, or what they hear, to another process. */
#include "hand.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"

/* ARGUMENT is the path of such a worker: what comes in is passed on to it. */
void serve_front(void)
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
void serve_passing(void)
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
void serve_passed(void)
{
	int over = accept_one(listen_unix(actor.argument));

	for (;;)
		hear_and_go(receive_descriptor(over));
}

/* Its child takes the accepted connection out of it, unasked and unread. */
void serve_robbed(void)
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
