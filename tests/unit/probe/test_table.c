// SPDX-License-Identifier: Apache-2.0
/* The table of probes against itself and against the compiled object. */
#include <setjmp.h>
#include <stdarg.h>
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

static void names_are_unique(void **state)
{
	(void)state;
	assert_true(sw_probe_count > 0 && sw_probe_count <= SW_PROBES_MAX);
	for (size_t i = 0; i < sw_probe_count; i++) {
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(sw_probe_table[i].name, sw_probe_table[j].name);
			assert_string_not_equal(sw_probe_table[i].program,
						sw_probe_table[j].program);
			assert_string_not_equal(sw_probe_table[i].hook, sw_probe_table[j].hook);
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
		const char *function = after(p->hook, "/");

		assert_true(function[0] != '\0');
		assert_string_equal(after(p->program, "__"), function);
	}
}

/* The core set has nothing that needs a trampoline, and no system-call tracepoint. */
static void hooks_are_the_core_sets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sw_probe_count; i++) {
		const char *hook = sw_probe_table[i].hook;

		assert_true(!strncmp(hook, "tp_btf/", 7) || !strncmp(hook, "iter/", 5));
		assert_null(strstr(hook, "/sys_"));
	}
}

static void every_program_of_the_object_has_a_row(void **state)
{
	struct sidewatch_bpf *skel = sidewatch_bpf__open();
	struct bpf_program *program;
	size_t programs = 0;

	(void)state;
	assert_non_null(skel);
	for (size_t i = 0; i < sw_probe_count; i++) {
		program = bpf_object__find_program_by_name(skel->obj, sw_probe_table[i].program);
		assert_non_null(program);
		assert_string_equal(bpf_program__section_name(program), sw_probe_table[i].hook);
	}
	bpf_object__for_each_program(program, skel->obj) programs++;
	assert_int_equal(programs, sw_probe_count);
	sidewatch_bpf__destroy(skel);
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
		cmocka_unit_test(hooks_are_the_core_sets),
		cmocka_unit_test(every_program_of_the_object_has_a_row),
		cmocka_unit_test(probes_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
