// SPDX-License-Identifier: Apache-2.0
/* Reports, descriptors and processes. */
#include "strand.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void report(enum report_kind kind, uint16_t tree, uint8_t connect, int error)
{
	struct report r = {.tree = tree, .kind = (uint8_t)kind, .connect = connect, .error = error};

	if (write(REPORT_FD, &r, sizeof(r)) != sizeof(r))
		_exit(80);
}

int send_descriptor(int via, int fd, const void *data, size_t bytes)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = bytes};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(via, &message, MSG_NOSIGNAL) == (ssize_t)bytes ? 0 : -1;
}

int receive_descriptor(int via, void *data, size_t bytes)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = data, .iov_len = bytes};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header;
	int fd;

	if (recvmsg(via, &message, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

pid_t bounded_fork(void)
{
	pid_t child;

	/* Process ids may be few. */
	for (int i = 0; (child = fork()) < 0 && i < 500; i++)
		usleep(10000);
	if (child < 0)
		_exit(81);
	if (!child)
		alarm(2 * PATIENCE_MS / 1000);
	return child;
}
