// SPDX-License-Identifier: Apache-2.0
/* Ways to read from a connection that came in. */
#include <fcntl.h>
#include <linux/tcp.h>
#include <linux/tls.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actor.h"
#include "uring.h"

static ssize_t hear_recv(int fd, char *text, size_t size)
{
	return recv(fd, text, size, 0);
}

/* A line for nothing comes first; whoever has read it waits for another. */
static ssize_t hear_second(int fd, char *text, size_t size)
{
	char byte = 0;

	while (byte != '\n')
		if (MUST(recv(fd, &byte, 1, 0)) == 0)
			return 0;
	return recv(fd, text, size, 0);
}

static ssize_t hear_read(int fd, char *text, size_t size)
{
	return read(fd, text, size);
}

/* Looks at it first, which takes nothing. */
static ssize_t hear_peek(int fd, char *text, size_t size)
{
	MUST(recv(fd, text, size, MSG_PEEK));
	return recv(fd, text, size, 0);
}

/* Never takes it. */
static ssize_t hear_peek_only(int fd, char *text, size_t size)
{
	return recv(fd, text, size, MSG_PEEK);
}

/* One byte out of band; the request itself is ARGUMENT. */
static ssize_t hear_urgent(int fd, char *text, size_t size)
{
	struct pollfd ready = {.fd = fd, .events = POLLPRI};
	char byte;

	MUST(poll(&ready, 1, -1));
	MUST(recv(fd, &byte, 1, MSG_OOB));
	return snprintf(text, size, "%s\n", actor.argument);
}

static ssize_t hear_recvmmsg(int fd, char *text, size_t size)
{
	struct iovec bytes = {.iov_base = text, .iov_len = size};
	struct mmsghdr message = {.msg_hdr = {.msg_iov = &bytes, .msg_iovlen = 1}};

	MUST(recvmmsg(fd, &message, 1, 0, NULL));
	return (ssize_t)message.msg_len;
}

/* Into a pipe, and from there. */
static ssize_t hear_splice(int fd, char *text, size_t size)
{
	int pipes[2];

	MUST(pipe(pipes));
	return read(pipes[0], text, (size_t)MUST(splice(fd, NULL, pipes[1], NULL, size, 0)));
}

static ssize_t hear_uring(int fd, char *text, size_t size)
{
	return uring_receive(fd, text, size, URING_INLINE);
}

static ssize_t hear_uring_async(int fd, char *text, size_t size)
{
	return uring_receive(fd, text, size, URING_ASYNC);
}

/* What does not fill a page cannot be mapped: the kernel copies it into the buffer that it gets. */
static ssize_t hear_zerocopy(int fd, char *text, size_t size)
{
	struct epoll_event ready = {.events = EPOLLIN};
	struct tcp_zerocopy_receive z = {0};
	socklen_t length = sizeof(z);
	int epoll = MUST(epoll_create1(0));

	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ready));
	MUST(epoll_wait(epoll, &ready, 1, -1));
	z.address = (uintptr_t)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (z.address == (uintptr_t)MAP_FAILED)
		die("mmap of a socket");
	z.length = 4096;
	z.copybuf_address = (uintptr_t)text;
	z.copybuf_len = (int32_t)size;
	MUST(getsockopt(fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &z, &length));
	return z.copybuf_len;
}

/* With the keys of a session that both ends know from the start. */
static ssize_t hear_ktls(int fd, char *text, size_t size)
{
	struct tls12_crypto_info_aes_gcm_128 keys = {
		.info = {.version = TLS_1_2_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128},
	};

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")));
	MUST(setsockopt(fd, SOL_TLS, TLS_RX, &keys, sizeof(keys)));
	return recv(fd, text, size, 0);
}

const struct way_in ways_in[] = {
	{"recv", hear_recv},
	{"second", hear_second},
	{"read", hear_read},
	{"peek", hear_peek},
	{"peek-only", hear_peek_only},
	{"urgent", hear_urgent},
	{"recvmmsg", hear_recvmmsg},
	{"splice", hear_splice},
	{"uring", hear_uring},
	{"uring-async", hear_uring_async},
	{"zerocopy", hear_zerocopy},
	{"ktls", hear_ktls},
	{0},
};
