// SPDX-License-Identifier: Apache-2.0
/*
 * That a program loads and attaches proves nothing: some hooks never fire. So a child process does
 * what each probe is there for, and the kernel's own run counters are read before and after.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probe/set.h"

/* A fresh network namespace: nothing on the host is touched, and every port is free. */
static int loopback_up(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	sw_autoclose int fd = -1;

	if (unshare(CLONE_NEWNET))
		return -errno;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo))
		return -errno;
	return 0;
}

/* One loopback connection over which one byte is read. */
static int converse(int protocol, int *listener)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	sw_autoclose int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);
	sw_autoclose int server = -1;
	socklen_t size = sizeof(at);
	struct pollfd ready;
	char byte = 'x';

	*listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);
	if (*listener < 0 || client < 0 || bind(*listener, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(*listener, 1) || getsockname(*listener, (struct sockaddr *)&at, &size) ||
	    connect(client, (struct sockaddr *)&at, sizeof(at)))
		return -errno;
	server = accept4(*listener, NULL, NULL, SOCK_CLOEXEC);
	if (server < 0 || write(client, &byte, 1) != 1)
		return -errno;
	ready = (struct pollfd){.fd = server, .events = POLLIN};
	if (poll(&ready, 1, 1000) != 1 || read(server, &byte, 1) != 1)
		return -EIO;
	return 0;
}

static int run_a_program(void)
{
	char name[] = "sidewatch", command[] = "version";
	char *const argv[] = {name, command, NULL};
	pid_t child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (!child) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		/* A failed exec must not look like a run of the probe. */
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? 0 : -EIO;
}

static int stimulate(struct sw_probe_set *set)
{
	sw_autoclose int mptcp = -1;
	int listener = -1;
	int err = loopback_up();

	if (!err)
		err = converse(IPPROTO_TCP, &listener);
	if (!err)
		(void)converse(IPPROTO_MPTCP, &mptcp); /* not every kernel has it */
	if (!err)
		err = run_a_program();
	if (!err)
		err = sw_probe_set_scan_listeners(set);
	return err;
}

static uint64_t runs_of(const struct sw_probe_set *set, size_t row)
{
	struct sw_probe_state state = {0};

	return sw_probe_set_state(set, row, &state) ? 0 : state.runs;
}

int sw_probe_set_self_test(struct sw_probe_set *set, bool fired[SW_PROBES_MAX])
{
	sw_autoclose int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	uint64_t before[SW_PROBES_MAX];
	int status;
	pid_t child;

	if (stats < 0)
		return -errno;
	for (size_t i = 0; i < sw_probe_count; i++)
		before[i] = runs_of(set, i);
	child = fork();
	if (child < 0)
		return -errno;
	if (!child)
		_exit(-stimulate(set) & 0x7f);
	if (waitpid(child, &status, 0) != child)
		return -errno;
	if (!WIFEXITED(status))
		return -EIO;
	for (size_t i = 0; i < sw_probe_count; i++)
		fired[i] = runs_of(set, i) > before[i];
	return -WEXITSTATUS(status);
}
