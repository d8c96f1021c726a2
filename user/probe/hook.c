// SPDX-License-Identifier: Apache-2.0
#include "probe/hook.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "base/cleanup.h"

/* return 0; */
static const struct bpf_insn nothing[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

static int load_nothing(enum bpf_prog_type type, struct bpf_prog_load_opts *opts)
{
	int fd = bpf_prog_load(type, "sw_nothing", "Dual BSD/GPL", nothing, SW_ARRAY_SIZE(nothing),
			       opts);

	return fd < 0 ? -errno : fd;
}

static int try_trampoline(const struct btf *kernel, const char *function, enum bpf_attach_type type)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type);
	int id = btf__find_by_name_kind(kernel, function, BTF_KIND_FUNC);
	sw_autoclose int program = -1;
	sw_autoclose int link = -1;

	if (id < 0)
		return id;
	opts.attach_btf_id = (uint32_t)id;
	program = load_nothing(BPF_PROG_TYPE_TRACING, &opts);
	if (program < 0)
		return program;
	link = bpf_raw_tracepoint_open(NULL, program);
	return link < 0 ? -errno : 0;
}

static int kprobe_type(void)
{
	sw_autofclose FILE *f = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	int type;

	if (!f)
		return -errno;
	return fscanf(f, "%d", &type) == 1 ? type : -EIO;
}

static int try_kprobe(const char *function)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	sw_autoclose int program = -1;
	sw_autoclose int event = -1;
	int type = kprobe_type();

	if (type < 0)
		return type;
	attr.type = (uint32_t)type;
	attr.kprobe_func = (uint64_t)(uintptr_t)function;
	event = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return -errno;
	program = load_nothing(BPF_PROG_TYPE_KPROBE, NULL);
	if (program < 0)
		return program;
	return ioctl(event, PERF_EVENT_IOC_SET_BPF, program) ? -errno : 0;
}

int sw_hook_try(const struct btf *kernel, const char *section)
{
	if (!strncmp(section, "fentry/", 7))
		return try_trampoline(kernel, section + 7, BPF_TRACE_FENTRY);
	if (!strncmp(section, "fexit/", 6))
		return try_trampoline(kernel, section + 6, BPF_TRACE_FEXIT);
	if (!strncmp(section, "kprobe/", 7))
		return try_kprobe(section + 7);
	return -EINVAL;
}
