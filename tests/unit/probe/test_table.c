// SPDX-License-Identifier: Apache-2.0
/* The table of probes against itself and against the compiled object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/libbpf.h>

#include "probe/probe.h"
#include "probe/set.h"
#include "sidewatch.skel.h"

static const char *after(const char *text, const char *mark)
{
	const char *found = strstr(text, mark);

	return found ? found + strlen(mark) : "";
}

/* How many hooks a row has. */
static size_t hooks_of(const struct sw_probe *p)
{
	size_t n = 0;

	while (n < SW_HOOKS_MAX && p->hooks[n].program)
		n++;
	return n;
}

static void names_are_unique(void **state)
{
	(void)state;
	assert_true(sw_probe_count > 0 && sw_probe_count <= SW_PROBES_MAX);
	for (size_t i = 0; i < sw_probe_count; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct sw_probe *a = &sw_probe_table[i], *b = &sw_probe_table[j];

			assert_string_not_equal(a->name, b->name);
			for (size_t k = 0; k < hooks_of(a) * hooks_of(b); k++) {
				const struct sw_hook *one = &a->hooks[k / hooks_of(b)];
				const struct sw_hook *other = &b->hooks[k % hooks_of(b)];

				assert_string_not_equal(one->program, other->program);
				assert_string_not_equal(one->section, other->section);
			}
		}
	}
}

/* Names are words of the command line; the rest is shown to people. */
static void every_row_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sw_probe_count; i++) {
		const struct sw_probe *p = &sw_probe_table[i];
		size_t n = strlen(p->name);

		assert_true(n > 0 && n < 10); /* doctor's column */
		assert_int_equal(strspn(p->name, "abcdefghijklmnopqrstuvwxyz-"), n);
		assert_true(p->sees && p->sees[0]);
		assert_true(p->proof && p->proof[0]);
		assert_true(p->without && p->without[0]);
	}
}

/* "flow__inet_sock_set_state" is attached to "tp_btf/inet_sock_set_state". */
static void programs_are_named_after_their_hooks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sw_probe_count; i++) {
		const struct sw_probe *p = &sw_probe_table[i];

		for (size_t j = 0; j < hooks_of(p); j++) {
			const char *function = after(p->hooks[j].section, "/");

			assert_true(function[0] != '\0');
			assert_string_equal(after(p->hooks[j].program, "__"), function);
		}
	}
}

static bool is_of(const char *section, const char *const *kinds)
{
	for (; *kinds; kinds++)
		if (!strncmp(section, *kinds, strlen(*kinds)))
			return true;
	return false;
}

/*
 * The core set has nothing that needs a trampoline, and one program a probe; neither set has a
 * system-call tracepoint. Where there is a choice, the trampoline comes first: it is cheaper.
 */
static void hooks_are_their_sets(void **state)
{
	static const char *const core[] = {"tp_btf/", "iter/", NULL};
	static const char *const trampolines[] = {"fentry/", "fexit/", NULL};
	static const char *const kprobes[] = {"kprobe/", NULL};

	(void)state;
	for (size_t i = 0; i < sw_probe_count; i++) {
		const struct sw_probe *p = &sw_probe_table[i];
		size_t n = hooks_of(p);

		assert_true(n > 0);
		assert_true(p->set != SW_SET_CORE || n == 1);
		for (size_t j = 0; j < n; j++) {
			const char *section = p->hooks[j].section;

			assert_null(strstr(section, "/sys_"));
			assert_true(is_of(section, p->set == SW_SET_CORE ? core
						   : j			 ? kprobes
									 : trampolines));
		}
	}
}

static void check_program(const struct sidewatch_bpf *skel, const char *name, const char *section)
{
	struct bpf_program *program = bpf_object__find_program_by_name(skel->obj, name);

	assert_non_null(program);
	assert_string_equal(bpf_program__section_name(program), section);
}

static void every_program_of_the_object_has_a_row(void **state)
{
	struct sidewatch_bpf *skel = sidewatch_bpf__open();
	size_t programs = 0, hooks = 0;
	struct bpf_program *program;

	(void)state;
	assert_non_null(skel);
	for (size_t i = 0; i < sw_probe_count; i++) {
		const struct sw_probe *p = &sw_probe_table[i];

		for (size_t j = 0; j < hooks_of(p); j++) {
			check_program(skel, p->hooks[j].program, p->hooks[j].section);
			hooks++;
			if (!p->hooks[j].twin)
				continue;
			check_program(skel, p->hooks[j].twin, p->hooks[j].section);
			hooks++;
		}
	}
	bpf_object__for_each_program(program, skel->obj) programs++;
	assert_int_equal(programs, hooks);
	sidewatch_bpf__destroy(skel);
}

static void tracepoints_have_twins(void **state)
{
	(void)state;
	for (size_t i = 0; i < sw_probe_count; i++)
		for (size_t j = 0; j < hooks_of(&sw_probe_table[i]); j++) {
			const struct sw_hook *hook = &sw_probe_table[i].hooks[j];

			/* Fires with interrupts off: nothing can come in between. */
			if (!strcmp(hook->section, "tp_btf/sched_waking"))
				assert_null(hook->twin);
			else if (!strncmp(hook->section, "tp_btf/", strlen("tp_btf/")))
				assert_non_null(hook->twin);
		}
}

static void probes_are_found_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sw_probe_count; i++)
		assert_ptr_equal(sw_probe_find(sw_probe_table[i].name), &sw_probe_table[i]);
	assert_null(sw_probe_find(""));
	assert_null(sw_probe_find("nope"));
	assert_null(sw_probe_find("exe"));
	assert_null(sw_probe_find("exec "));
	assert_null(sw_probe_find("EXEC"));
	assert_null(sw_probe_find("life__task_newtask"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(every_row_is_whole),
		cmocka_unit_test(programs_are_named_after_their_hooks),
		cmocka_unit_test(hooks_are_their_sets),
		cmocka_unit_test(every_program_of_the_object_has_a_row),
		cmocka_unit_test(tracepoints_have_twins),
		cmocka_unit_test(probes_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
