// SPDX-License-Identifier: Apache-2.0
/*
 * Probes that are attached twice: all is told once, and what all the first ones miss is made up
 * for. Whether each probe's twin leaves alone what was dealt with is seen by all tests, played with
 * SIDEWATCH_TWINS=on (make bpf-twins).
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "probe/support.h"
#include "serve.h"

static void run_a_program_that_connects(int listener)
{
	lab_hear(lab_accept(listener));
	lab_program_connects(target_port);
}

/* The probes that have a twin, or their twins, which are in force. */
static size_t attached(const struct lab *lab, bool twins)
{
	struct sw_probe_state state;
	size_t n = 0;

	for (size_t i = 0; i < sw_probe_count; i++) {
		assert_int_equal(sw_probe_set_state(lab->probes, i, &state), 0);
		if (sw_probe_table[i].hooks[0].twin)
			n += twins ? state.twin_attached : state.attached;
	}
	return n;
}

static void play_a_hop(enum sw_twins twins, bool with_firsts, bool with_twins)
{
	struct lab_service s = {.serve = run_a_program_that_connects, .says = {"x"}};
	static const enum sw_kind once[] = {SW_KIND_SESSION, SW_KIND_EXEC, SW_KIND_CONNECT,
					    SW_KIND_OUTCOME, SW_KIND_EXIT, SW_KIND_SESSION_END};
	size_t probes = lab_is_precise() ? 6 : 5;
	struct lab lab;

	s.listener = lab_listen(AF_INET, &s.port);
	lab_open(&lab, &(struct lab_options){.twins = twins});
	assert_int_equal(attached(&lab, false), with_firsts ? probes : 0);
	assert_int_equal(attached(&lab, true), with_twins ? probes : 0);
	lab_service_run(&lab, &s);
	assert_non_null(lab_wait(&lab, SW_KIND_SESSION_END));
	for (size_t i = 0; i < SW_ARRAY_SIZE(once); i++)
		assert_int_equal(lab_count(&lab, once[i]), 1);
	lab_check_forgotten(&lab);
	lab_end(&lab, &s);
}

static void test_both_twins_tell_it_once(void **state)
{
	(void)state;
	play_a_hop(SW_TWINS_ON, true, true);
}

static void test_a_twin_makes_up_for_what_is_missed(void **state)
{
	(void)state;
	play_a_hop(SW_TWINS_ALONE, false, true);
}

/* Elsewhere no event is looked at twice. */
static void test_twins_are_for_kernels_that_preempt_probes(void **state)
{
	(void)state;
	play_a_hop(SW_TWINS_AUTO, true,
		   getenv("SIDEWATCH_TWINS") || sw_support_probes_are_preempted());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_twins_tell_it_once),
		cmocka_unit_test(test_a_twin_makes_up_for_what_is_missed),
		cmocka_unit_test(test_twins_are_for_kernels_that_preempt_probes),
	};

	return cmocka_run_group_tests(tests, serve_namespace, NULL);
}
