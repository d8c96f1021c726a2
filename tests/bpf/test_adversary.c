// SPDX-License-Identifier: Apache-2.0
/* Ways in which somebody could lose an origin, invent one, or put the blame on another. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab.h"

static uint16_t target_port;
static char order[64]; /* to a shell on an accepted socket: connect to the target, and end */
static char later_order[65]; /* the same, after a byte that somebody else reads */

static int setup(void **state)
{
	if (lab_namespace(state))
		return -1;
	lab_listen(AF_INET, &target_port);
	snprintf(order, sizeof(order), "exec 9<>/dev/tcp/127.0.0.1/%u; exit 0\n", target_port);
	snprintf(later_order, sizeof(later_order), ":%s", order);
	return 0;
}

static void connect_out(void)
{
	int fd = lab_connect(AF_INET, target_port, false);

	if (fd < 0)
		_exit(92);
	close(fd);
}

static void assert_origin(const void *record, enum sw_confidence confidence, uint16_t peer)
{
	const struct sw_record *h = record;

	assert_non_null(h);
	assert_int_equal(h->origin.confidence, confidence);
	assert_int_equal(h->origin.in[0].remote_port, peer);
}

/* ---- a detour over one's own listener ---------------------------------------------------- */

static void read_from_oneself(void)
{
	uint16_t port;
	int listener = lab_listen(AF_INET, &port);
	int out = lab_connect(AF_INET, port, false), in;

	if (out < 0)
		_exit(92);
	in = lab_accept(listener);
	lab_say(out);
	lab_hear(in);
}

static void child_makes_a_detour(int listener)
{
	int fd = lab_accept(listener);

	if (!lab_in_a_child())
		return;
	lab_hear(fd);
	if (!lab_in_a_child())
		_exit(0);
	read_from_oneself();
	lab_program_connects(target_port);
	_exit(0);
}

static void check_detour(bool login)
{
	struct lab_service s = {.serve = child_makes_a_detour, .says = {"x"}, .login = login};
	const struct sw_record *h;
	struct lab lab;

	lab_play(&lab, &s);
	h = lab_last(&lab, SW_KIND_CONNECT);
	assert_non_null(h);
	assert_int_equal(h->origin.depth, 2);
	assert_true(h->origin.flags & SW_ORIGIN_ROOT_EXACT);
	assert_int_equal(h->origin.rootflow.remote_port, s.peers[0]);
	assert_int_equal(h->origin.root, h->origin.rootflow.cookie);
	assert_int_equal(h->origin.parent, h->origin.root);
	h = lab_last(&lab, SW_KIND_EXEC);
	assert_non_null(h);
	assert_int_equal(h->origin.rootflow.remote_port, s.peers[0]);
	if (login) /* its connection to itself was told as well */
		lab_assert_root_exact(lab_find(&lab, SW_KIND_CONNECT, 0), s.peers[0]);
	lab_end(&lab, &s);
}

static void test_a_detour_over_an_own_listener_stays_in_the_session(void **state)
{
	(void)state;
	check_detour(false);
	check_detour(true);
}

static void reader_makes_a_detour(int listener)
{
	int fd = lab_accept(listener);

	if (!lab_in_a_child())
		return;
	lab_hear(fd);
	read_from_oneself();
	lab_program_connects(target_port);
	_exit(0);
}

static void test_a_reader_that_reads_from_itself_stays_exact(void **state)
{
	struct lab_service s = {.serve = reader_makes_a_detour, .says = {"x"}};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	lab_assert_root_exact(lab_last(&lab, SW_KIND_EXEC), s.peers[0]);
	lab_assert_root_exact(lab_last(&lab, SW_KIND_CONNECT), s.peers[0]);
	lab_end(&lab, &s);
}

/* ---- sockets that a program merely has --------------------------------------------------- */

static void leak_a_socket_as_descriptor_3(int listener)
{
	int other = lab_accept(listener), cause = lab_accept(listener);

	lab_hear(other);
	lab_hear(cause);
	if (!lab_in_a_child())
		return;
	if (other == 3)
		fcntl(3, F_SETFD, 0);
	else
		dup2(other, 3);
	lab_program_connects(target_port);
	_exit(0);
}

static void test_a_socket_leaked_as_descriptor_3_is_no_cause(void **state)
{
	struct lab_service s = {.serve = leak_a_socket_as_descriptor_3, .says = {"x", "x"}};
	const struct sw_record *h;
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	for (int i = 0; i < 2; i++) {
		h = lab_last(&lab, i ? SW_KIND_CONNECT : SW_KIND_EXEC);
		assert_origin(h, SW_CONFIDENCE_SERVICE, s.peers[1]);
		assert_int_equal(h->origin.seen, 2);
	}
	lab_end(&lab, &s);
}

static void program_with_two_sockets(int listener)
{
	int first = lab_accept(listener), second = lab_accept(listener);

	lab_hear(first);
	lab_hear(second);
	if (!lab_in_a_child())
		return;
	dup2(first, 0);
	dup2(second, 1);
	lab_program_connects(target_port);
	_exit(0);
}

static void test_two_sockets_as_input_and_output_leave_it_open(void **state)
{
	struct lab_service s = {.serve = program_with_two_sockets, .says = {"x", "x"}};
	const struct sw_record *h;
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	for (int i = 0; i < 2; i++) {
		h = lab_last(&lab, i ? SW_KIND_CONNECT : SW_KIND_EXEC);
		assert_origin(h, SW_CONFIDENCE_SERVICE, s.peers[1]);
		assert_int_equal(h->origin.seen, 2);
	}
	lab_end(&lab, &s);
}

/* A process of the first one's session reads the second too, then obeys the first. */
static void obey_the_first(int listener)
{
	int first = lab_accept(listener), second = lab_accept(listener);

	if (!lab_in_a_child())
		return;
	lab_hear(first);
	if (!lab_in_a_child())
		_exit(0);
	lab_hear(second);
	lab_become_shell(first);
}

static void test_who_gives_the_orders_is_the_cause_not_who_was_read_last(void **state)
{
	struct lab_service s = {.serve = obey_the_first, .says = {later_order, "x"}};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	lab_assert_root_exact(lab_last(&lab, SW_KIND_EXEC), s.peers[0]);
	lab_assert_root_exact(lab_last(&lab, SW_KIND_CONNECT), s.peers[0]);
	lab_end(&lab, &s);
}

/* ---- services that have read before ------------------------------------------------------ */

static void serve_after_a_control_flow(int listener)
{
	int fd = lab_accept(listener);

	lab_hear(fd);
	close(fd);
	for (int i = 0; i < 2; i++) {
		fd = lab_accept(listener);
		if (lab_in_a_child()) {
			lab_hear(fd);
			connect_out();
			lab_program_connects(target_port);
			_exit(0);
		}
		close(fd);
	}
}

static void test_a_service_that_once_read_does_not_draw_in_later_flows(void **state)
{
	struct lab_service s = {
		.serve = serve_after_a_control_flow, .says = {"x", "x", "x"}, .in_turn = true};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_int_equal(lab_counter(&lab, SW_COUNT_SERVICE_FLOWS), 2);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), 2);
	assert_int_equal(lab_count(&lab, SW_KIND_EXEC), 2);
	for (size_t i = 0; i < 2; i++) {
		lab_assert_root_exact(lab_find(&lab, SW_KIND_EXEC, i), s.peers[1 + i]);
		lab_assert_root_exact(lab_find(&lab, SW_KIND_CONNECT, i), s.peers[1 + i]);
	}
	lab_end(&lab, &s);
}

static void run_an_errand(int listener)
{
	int first = lab_accept(listener), second = lab_accept(listener);

	lab_hear(first);
	if (!lab_in_a_child())
		return;
	lab_hear(second);
	lab_program_connects(target_port);
	_exit(0);
}

static void test_a_child_can_be_about_what_its_parent_had_read(void **state)
{
	struct lab_service s = {.serve = run_an_errand, .says = {"x", "x"}};
	const struct sw_record *h;
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	h = lab_last(&lab, SW_KIND_EXEC);
	assert_origin(h, SW_CONFIDENCE_SERVICE, s.peers[1]);
	assert_int_equal(h->origin.seen, 2);
	assert_int_equal(h->origin.in[1].remote_port, s.peers[0]);
	lab_end(&lab, &s);
}

static void drain_an_old_flow(int listener)
{
	int fds[6];

	for (int i = 0; i < 6; i++) {
		fds[i] = lab_accept(listener);
		lab_hear(fds[i]);
	}
	if (!lab_in_a_child())
		return;
	lab_hear(fds[0]);
	lab_program_connects(target_port);
	_exit(0);
}

static void test_reading_on_where_the_service_began_proves_nothing(void **state)
{
	struct lab_service s = {.serve = drain_an_old_flow,
				.says = {"xx", "x", "x", "x", "x", "x"}};
	const struct sw_record *h;
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	h = lab_last(&lab, SW_KIND_EXEC);
	assert_origin(h, SW_CONFIDENCE_SERVICE, s.peers[5]);
	assert_int_equal(h->origin.seen, 6);
	lab_end(&lab, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_detour_over_an_own_listener_stays_in_the_session),
		cmocka_unit_test(test_a_reader_that_reads_from_itself_stays_exact),
		cmocka_unit_test(test_a_socket_leaked_as_descriptor_3_is_no_cause),
		cmocka_unit_test(test_two_sockets_as_input_and_output_leave_it_open),
		cmocka_unit_test(test_who_gives_the_orders_is_the_cause_not_who_was_read_last),
		cmocka_unit_test(test_a_service_that_once_read_does_not_draw_in_later_flows),
		cmocka_unit_test(test_a_child_can_be_about_what_its_parent_had_read),
		cmocka_unit_test(test_reading_on_where_the_service_began_proves_nothing),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
