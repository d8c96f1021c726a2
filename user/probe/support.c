// SPDX-License-Identifier: Apache-2.0
#include "probe/support.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
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

/*
 * The number of the initial PID namespace (PROC_PID_INIT_INO, include/linux/proc_ns.h). In another
 * one the process ids of our records mean nothing, and iterators over tasks see only its own.
 */
#define INITIAL_PID_NS 0xeffffffcU

static int check_pid_namespace(char *why, size_t why_bytes)
{
	struct stat ns;

	if (stat("/proc/self/ns/pid", &ns)) {
		int err = -errno;

		snprintf(why, why_bytes, "cannot read /proc/self/ns/pid: %s", strerror(-err));
		return err;
	}
	if (ns.st_ino == INITIAL_PID_NS)
		return 0;
	snprintf(why, why_bytes,
		 "this is the PID namespace of a container: run it in the host's (--pid=host, "
		 "hostPID: true)");
	return -ENOTSUP;
}

/*
 * Whether BPF programs may read kernel memory, by loading one that does. lockdown=confidentiality
 * takes the helper away (LOCKDOWN_BPF_READ_KERNEL), and the verifier then knows none of that name.
 * Asked of the verifier, as /sys/kernel/security is often not mounted in containers.
 */
static int try_reading_kernel_memory(void)
{
	const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10},
		{.code = BPF_ALU64 | BPF_ADD, .dst_reg = BPF_REG_1, .imm = -8}, /* BPF_K is 0 */
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 0},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL, "GPL", program,
			       SW_ARRAY_SIZE(program), NULL);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int check_kernel(char *why, size_t why_bytes)
{
	int err;

	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		snprintf(why, why_bytes,
			 "this kernel has no BTF (/sys/kernel/btf/vmlinux): it must be built with "
			 "CONFIG_DEBUG_INFO_BTF");
		return -ENOTSUP;
	}
	err = try_reading_kernel_memory();
	if (err == -EINVAL) {
		snprintf(why, why_bytes,
			 "this kernel is locked down (lockdown=confidentiality): BPF may not read "
			 "what the probes need");
		return -ENOTSUP;
	}
	if (err) { /* in a user namespace, or by a security module */
		snprintf(why, why_bytes, "the kernel lets us load no BPF program: %s",
			 strerror(-err));
		return err;
	}
	/* Socket storage and bpf_loop in tracing programs: 5.17 (kernel commit e6f2dd0f8067). */
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_loop, NULL) == 0) {
		snprintf(why, why_bytes,
			 "this kernel is too old for the probes: Linux 6.1 or newer is needed");
		return -ENOTSUP;
	}
	return 0;
}

int sw_support_check(char *why, size_t why_bytes)
{
	int err;

	if (!privileged()) {
		snprintf(why, why_bytes,
			 "no privilege: run as root, or with CAP_BPF, CAP_PERFMON and "
			 "CAP_NET_ADMIN");
		return -EPERM;
	}
	err = check_pid_namespace(why, why_bytes);
	return err ?: check_kernel(why, why_bytes);
}

bool sw_support_probes_are_preempted(void)
{
	struct utsname u;

	return !uname(&u) && strtoul(u.release, NULL, 10) >= 7;
}
