// SPDX-License-Identifier: Apache-2.0
/*
 * How probes are chosen where the kernel refuses some. Refusals are played: this program stands
 * between the choice and libbpf, whose functions of the same names it calls.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab.h"

static enum { AS_IT_IS, ALL_HOOKS_WORK, NO_TRAMPOLINES } hooks;
static bool refuse_precision; /* when it comes to loading the real programs */

/* As libbpf declares it. */
#if LIBBPF_MAJOR_VERSION == 1 && LIBBPF_MINOR_VERSION < 5
#define LOAD_OPTS const struct bpf_prog_load_opts
#else
#define LOAD_OPTS struct bpf_prog_load_opts
#endif

/* The choice's own trial programs; libbpf loads through here, too. */
int bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
		  const struct bpf_insn *insns, size_t count, LOAD_OPTS *opts)
{
	static __typeof__(bpf_prog_load) *real;
	bool trial = name && !strcmp(name, "sw_nothing");

	if (!real)
		real = dlsym(RTLD_NEXT, "bpf_prog_load");
	if (trial && hooks == ALL_HOOKS_WORK)
		return dup(STDIN_FILENO);
	if (trial && hooks == NO_TRAMPOLINES && type == BPF_PROG_TYPE_TRACING) {
		errno = EPERM;
		return -EPERM;
	}
	return real(type, name, license, insns, count, opts);
}

int bpf_raw_tracepoint_open(const char *name, int fd)
{
	static __typeof__(bpf_raw_tracepoint_open) *real;

	if (!real)
		real = dlsym(RTLD_NEXT, "bpf_raw_tracepoint_open");
	return !name && hooks == ALL_HOOKS_WORK ? dup(STDIN_FILENO) : real(name, fd);
}

int bpf_object__load_skeleton(struct bpf_object_skeleton *skeleton)
{
	static __typeof__(bpf_object__load_skeleton) *real;
	struct bpf_program *program;

	if (!real)
		real = dlsym(RTLD_NEXT, "bpf_object__load_skeleton");
	bpf_object__for_each_program(program, *skeleton->obj)
	{
		bool precise = !strncmp(bpf_program__section_name(program), "f", 1);

		if (refuse_precision && precise && bpf_program__autoload(program))
			return -E2BIG;
	}
	return real(skeleton);
}

static int open_set(enum sw_wanted wanted, char *why, size_t why_bytes, struct sw_probe_set **set)
{
	uint16_t login = 0;
	struct sw_config config = {
		.ring_bytes = 4U << 20, .edges_max = 1024, .login_ports = &login};
	struct sw_probe_set_options o = {.config = &config, .wanted = wanted};

	assert_int_equal(sw_scope_parse("netns:/proc/self/ns/net", &o.scope, why, why_bytes), 0);
	return sw_probe_set_open(&o, why, why_bytes, set);
}

static struct sw_probe_state state_of(const struct sw_probe_set *set, const char *name)
{
	struct sw_probe_state probe;
	size_t row = (size_t)(sw_probe_find(name) - sw_probe_table);

	assert_int_equal(sw_probe_set_state(set, row, &probe), 0);
	return probe;
}

static void assert_core(const struct sw_probe_set *set, const char *refusal)
{
	assert_string_equal(sw_probe_set_name(set), "core");
	for (size_t i = 0; i < sw_probe_count; i++) {
		struct sw_probe_state probe = state_of(set, sw_probe_table[i].name);

		assert_int_equal(probe.attached, sw_probe_table[i].set == SW_SET_CORE);
		if (probe.attached)
			assert_string_equal(probe.hook, sw_probe_table[i].hooks[0].section);
		else if (!probe.hook)
			assert_non_null(strstr(probe.refusal, refusal));
		assert_true(probe.attached || !probe.hook);
	}
}

static void test_core_is_core(void **state)
{
	struct sw_probe_set *set = NULL;
	char why[512] = "";

	(void)state;
	hooks = AS_IT_IS;
	refuse_precision = false;
	assert_int_equal(open_set(SW_WANTED_CORE, why, sizeof(why), &set), 0);
	assert_core(set, "not asked for");
	sw_probe_set_free(&set);
}

/* Whatever this kernel can carry, auto takes it, and says why it does not take the rest. */
static void test_auto_takes_what_there_is(void **state)
{
	struct sw_probe_set *set = NULL;
	char why[512] = "";

	(void)state;
	hooks = AS_IT_IS;
	refuse_precision = false;
	assert_int_equal(open_set(SW_WANTED_AUTO, why, sizeof(why), &set), 0);
	if (lab_is_precise()) {
		assert_string_equal(sw_probe_set_name(set), "precision");
		for (size_t i = 0; i < sw_probe_count; i++)
			assert_true(state_of(set, sw_probe_table[i].name).attached);
	} else if (!state_of(set, "creds").attached) {
		assert_core(set, "/"); /* the hook that was tried */
	}
	sw_probe_set_free(&set);
}

static void test_a_late_refusal_falls_back_to_core(void **state)
{
	struct sw_probe_set *set = NULL;
	char why[512] = "";

	(void)state;
	hooks = ALL_HOOKS_WORK;
	refuse_precision = true;
	assert_int_equal(open_set(SW_WANTED_AUTO, why, sizeof(why), &set), 0);
	assert_core(set, "the kernel refused the probes: Argument list too long");
	sw_probe_set_free(&set);
	assert_int_equal(open_set(SW_WANTED_PRECISION, why, sizeof(why), &set), -E2BIG);
	assert_null(set);
	assert_non_null(strstr(why, "the kernel refused the probes"));
}

/* Where there are kprobes, identity is seen by one; sockets have no such choice. */
static void test_without_trampolines_there_are_kprobes(void **state)
{
	struct sw_probe_set *set = NULL;
	struct sw_probe_state creds;
	char why[512] = "";

	(void)state;
	hooks = NO_TRAMPOLINES;
	refuse_precision = false;
	assert_int_equal(open_set(SW_WANTED_AUTO, why, sizeof(why), &set), 0);
	creds = state_of(set, "creds");
	if (lab_is_precise()) {
		bool fired[SW_PROBES_MAX] = {false};

		assert_true(creds.attached);
		assert_string_equal(creds.hook, "kprobe/commit_creds");
		assert_string_equal(sw_probe_set_name(set), "precision");
		assert_int_equal(sw_probe_set_self_test(set, fired), 0);
		assert_true(fired[sw_probe_find("creds") - sw_probe_table]);
	}
	assert_false(state_of(set, "connect").attached);
	assert_non_null(strstr(state_of(set, "connect").refusal, "fentry/tcp_connect: "));
	sw_probe_set_free(&set);
	assert_int_equal(open_set(SW_WANTED_PRECISION, why, sizeof(why), &set), -ENOTSUP);
	assert_non_null(strstr(why, "this kernel cannot carry the precision set: probe "));
	assert_null(strchr(why, '\n'));
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) /* the self-test of the probes runs its own program */
		return 0;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_core_is_core),
		cmocka_unit_test(test_auto_takes_what_there_is),
		cmocka_unit_test(test_a_late_refusal_falls_back_to_core),
		cmocka_unit_test(test_without_trampolines_there_are_kprobes),
	};

	return cmocka_run_group_tests(tests, lab_namespace, NULL);
}
