// SPDX-License-Identifier: Apache-2.0
/* Ways to open a connection. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actor.h"
#include "uring.h"

struct sockaddr_in address_of(const struct request *where)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(where->port))};

	if (inet_pton(AF_INET, where->ip, &to.sin_addr) != 1)
		die(where->ip);
	return to;
}

static void connect_by(int fd, const struct request *where)
{
	struct sockaddr_in to = address_of(where);

	MUST(connect(fd, (struct sockaddr *)&to, sizeof(to)));
}

static int tcp_socket(int protocol)
{
	return MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol));
}

void go_connect(const struct request *where)
{
	connect_by(tcp_socket(IPPROTO_TCP), where);
}

static void go_mptcp(const struct request *where)
{
	connect_by(tcp_socket(IPPROTO_MPTCP), where);
}

static void go_mapped(const struct request *where)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6,
				  .sin6_port = htons((uint16_t)atoi(where->port))};
	char mapped[INET6_ADDRSTRLEN + 8];
	int fd;

	snprintf(mapped, sizeof(mapped), "::ffff:%s", where->ip);
	if (inet_pton(AF_INET6, mapped, &to.sin6_addr) != 1)
		die(mapped);
	fd = MUST(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
	MUST(connect(fd, (struct sockaddr *)&to, sizeof(to)));
}

static void go_nonblocking(const struct request *where)
{
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), error = 0;
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	struct sockaddr_in to = address_of(where);
	socklen_t size = sizeof(error);

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)
		die("connect");
	MUST(poll(&ready, 1, -1));
	MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
	if (error)
		die("the connection failed");
}

/* No connect(2) at all. */
static void go_fastopen(const struct request *where)
{
	struct sockaddr_in to = address_of(where);

	MUST(sendto(tcp_socket(IPPROTO_TCP), "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to,
		    sizeof(to)));
}

/* connect(2) at once, the SYN with the first byte. */
static void go_fastopen_connect(const struct request *where)
{
	int fd = tcp_socket(IPPROTO_TCP), on = 1;

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)));
	connect_by(fd, where);
	MUST(write(fd, "x", 1));
}

static void go_uring_by(const struct request *where, enum uring_mode mode)
{
	struct sockaddr_in to = address_of(where);

	MUST(uring_connect(tcp_socket(IPPROTO_TCP), &to, mode));
}

static void go_uring(const struct request *where)
{
	go_uring_by(where, URING_INLINE);
}

static void go_uring_async(const struct request *where)
{
	go_uring_by(where, URING_ASYNC);
}

static void go_sqpoll(const struct request *where)
{
	struct sockaddr_in to = address_of(where);

	uring_poll_file(tcp_socket(IPPROTO_TCP));
	MUST(uring_connect_polled(&to));
}

void write_script(char *script, size_t size, const struct request *where)
{
	snprintf(script, size, "exec 9<>/dev/tcp/%s/%s && read -r -t 60 <&9; :", where->ip,
		 where->port);
}

void become_program(const struct request *where)
{
	char script[96];

	write_script(script, sizeof(script), where);
	execl("/bin/bash", "bash", "-c", script, NULL);
	die("exec");
}

/* The parent does not wait: the program stays until the play is over. */
void go_exec(const struct request *where)
{
	if (!MUST(fork()))
		become_program(where);
}

/* The kernel's older interface, of a program of 32 bits. */
static void go_i386(const struct request *where)
{
	if (!MUST(fork())) {
		execl("/payload/.output/causality/i386", "i386", where->ip, where->port, NULL);
		die("exec");
	}
}

/* Of another network namespace: the host D's. */
static void go_netns(const struct request *where)
{
	int fd = MUST(open("/run/netns/D", O_RDONLY | O_CLOEXEC));

	MUST(setns(fd, CLONE_NEWNET));
	go_connect(where);
}

/* As root of a user namespace of its own. */
static void go_userns(const struct request *where)
{
	MUST(unshare(CLONE_NEWUSER));
	go_connect(where);
}

const struct way_out ways_out[] = {
	{"connect", go_connect},
	{"exec", go_exec},
	{"mapped", go_mapped},
	{"mptcp", go_mptcp},
	{"nonblocking", go_nonblocking},
	{"fastopen", go_fastopen},
	{"fastopen-connect", go_fastopen_connect},
	{"uring", go_uring},
	{"uring-async", go_uring_async},
	{"sqpoll", go_sqpoll},
	{"i386", go_i386},
	{"netns", go_netns},
	{"userns", go_userns},
	{0},
};
