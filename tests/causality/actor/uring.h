/* SPDX-License-Identifier: Apache-2.0 */
/* One operation at a time by io_uring, by system calls alone. Results as of the system call. */
#ifndef TESTS_CAUSALITY_URING_H
#define TESTS_CAUSALITY_URING_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

enum uring_mode {
	URING_INLINE, /* by the task that asks */
	URING_ASYNC, /* by a worker thread of the kernel's making */
	URING_SQPOLL, /* by a thread that polls for requests: uring_poll_file() */
};

ssize_t uring_receive(int fd, void *bytes, size_t size, enum uring_mode mode);
/*
 * A ring with a thread that polls, for this one file. Children share it: what they ask for is done
 * by the thread of the process that called this, which also finds the address in that process's
 * memory.
 */
void uring_poll_file(int fd);
int uring_connect_polled(const struct sockaddr_in *to);

int uring_connect(int fd, const struct sockaddr_in *to, enum uring_mode mode);

#endif
