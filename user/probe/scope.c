// SPDX-License-Identifier: Apache-2.0
#include "probe/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

/*
 * The cookie can only be asked of a socket, and a socket is made in the caller's namespace: a
 * child goes there, so that we stay where we are.
 */
static int netns_cookie(int ns, uint64_t *cookie)
{
	int pipefd[2], status, err = -EIO;
	uint64_t value;
	pid_t child;

	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child < 0) {
		err = -errno;
	} else if (!child) {
		socklen_t size = sizeof(value);
		int fd = -1;

		if (setns(ns, CLONE_NEWNET) || (fd = socket(AF_INET, SOCK_DGRAM, 0)) < 0 ||
		    getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &value, &size))
			_exit(errno & 0x7f ?: 1);
		_exit(write(pipefd[1], &value, sizeof(value)) == sizeof(value) ? 0 : EIO);
	}
	close(pipefd[1]);
	if (child > 0) {
		if (read(pipefd[0], &value, sizeof(value)) == sizeof(value)) {
			*cookie = value;
			err = 0;
		}
		if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status))
			err = -WEXITSTATUS(status);
	}
	close(pipefd[0]);
	return err;
}

static int parse_netns(const char *path, struct sw_scope *out, char *why, size_t why_bytes)
{
	/* A FIFO must not keep us waiting for its writer. */
	sw_autoclose int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct sw_scope scope = {.kind = SW_SCOPE_NETNS};
	int err;

	if (fd < 0) {
		err = -errno;
		snprintf(why, why_bytes, "cannot open the network namespace: %s", strerror(-err));
		return err;
	}
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		snprintf(why, why_bytes, "this file is not a network namespace");
		return -EINVAL;
	}
	err = netns_cookie(fd, &scope.id);
	if (err) {
		snprintf(why, why_bytes, "cannot enter the network namespace: %s", strerror(-err));
		return err;
	}
	*out = scope;
	return 0;
}

static int parse_cgroup(const char *path, struct sw_scope *out, char *why, size_t why_bytes)
{
	struct sw_scope scope = {.kind = SW_SCOPE_CGROUP};
	struct statfs fs;
	struct stat st;
	int err;

	if (statfs(path, &fs) || stat(path, &st)) {
		err = -errno;
		snprintf(why, why_bytes, "cannot open the cgroup: %s", strerror(-err));
		return err;
	}
	if (fs.f_type == CGROUP_SUPER_MAGIC) {
		snprintf(why, why_bytes,
			 "a socket does not tell its cgroup of version 1: mount "
			 "cgroup2 and name a directory in that");
		return -EINVAL;
	}
	if (fs.f_type != CGROUP2_SUPER_MAGIC || !S_ISDIR(st.st_mode)) {
		snprintf(why, why_bytes, "this is not a directory of a cgroup2 file system");
		return -EINVAL;
	}
	scope.id = st.st_ino; /* the inode number is the cgroup's id (kernel commit 743210386c03) */
	*out = scope;
	return 0;
}

int sw_scope_parse(const char *text, struct sw_scope *out, char *why, size_t why_bytes)
{
	if (!strncmp(text, "netns:", 6))
		return parse_netns(text + 6, out, why, why_bytes);
	if (!strncmp(text, "cgroup:", 7))
		return parse_cgroup(text + 7, out, why, why_bytes);
	snprintf(why, why_bytes, "expected netns:PATH or cgroup:PATH");
	return -EINVAL;
}
