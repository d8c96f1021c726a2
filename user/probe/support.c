// SPDX-License-Identifier: Apache-2.0
#include "probe/support.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Loading tracing programs takes CAP_BPF and CAP_PERFMON, or the old CAP_SYS_ADMIN. */
static bool privileged(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	uint64_t caps;

	if (syscall(SYS_capget, &header, data))
		return false;
	caps = data[0].effective | (uint64_t)data[1].effective << 32;
	return (caps & 1ULL << CAP_SYS_ADMIN) ||
	       ((caps & 1ULL << CAP_BPF) && (caps & 1ULL << CAP_PERFMON));
}

/* lockdown=confidentiality forbids BPF programs to read kernel memory (security/lockdown). */
static bool locked_down(void)
{
	sw_autoclose int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return strstr(text, "[confidentiality]") != NULL;
}

int sw_support_check(char *why, size_t why_bytes)
{
	if (!privileged()) {
		snprintf(why, why_bytes,
			 "no privilege: run as root, or with CAP_BPF, CAP_PERFMON and "
			 "CAP_NET_ADMIN");
		return -EPERM;
	}
	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		snprintf(why, why_bytes,
			 "this kernel has no BTF (/sys/kernel/btf/vmlinux): it must be built with "
			 "CONFIG_DEBUG_INFO_BTF");
		return -ENOTSUP;
	}
	if (locked_down()) {
		snprintf(why, why_bytes,
			 "this kernel is locked down (lockdown=confidentiality): BPF may not read "
			 "what the probes need");
		return -ENOTSUP;
	}
	/* Socket storage and bpf_loop in tracing programs: 5.17 (kernel commit e6f2dd0f8067). */
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_loop, NULL) == 0) {
		snprintf(why, why_bytes,
			 "this kernel is too old for the probes: Linux 6.1 or newer is needed");
		return -ENOTSUP;
	}
	return 0;
}
