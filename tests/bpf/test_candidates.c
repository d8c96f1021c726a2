// SPDX-License-Identifier: Apache-2.0
/* Servers of which nobody can know for whom they work: all that can be it are shown. */
#include <sys/syscall.h>

#include "candidates.h"

static void read_all_then_work(int listener)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (int i = 0; i < CLIENTS; i++) {
		int fd = lab_accept(listener);

		if (add_to(epoll, fd))
			_exit(98);
		lab_hear(fd);
	}
	work();
}

static void test_an_event_loop_with_several_connections_open(void **state)
{
	(void)state;
	CHECK_NONE(read_all_then_work, CLIENTS, 2, 1, 0);
}

/* The last that it has read from is closed, another is open still. */
static void goes_on_for_a_closed_one(int listener)
{
	int kept = lab_accept(listener), fd = lab_accept(listener);

	lab_hear(fd);
	lab_hear(kept);
	usleep(20000);
	lab_hear(fd);
	close(fd);
	work();
}

static void test_a_thread_that_closes_what_it_works_for(void **state)
{
	(void)state;
	CHECK_NONE(goes_on_for_a_closed_one, 2, 0, 1);
}

static void keep_one_alive(int listener)
{
	int kept = lab_accept(listener), fd = lab_accept(listener);

	lab_hear(kept);
	lab_hear(fd);
	work();
}

static void keep_eight_then_one(int listener)
{
	int fds[LAB_CLIENTS_MAX + 1];
	int own = lab_accept(listener);
	uint16_t port;
	int ours = lab_listen(AF_INET, &port);

	lab_hear(own);
	for (int i = 0; i <= LAB_CLIENTS_MAX; i++) {
		int out = lab_connect(AF_INET, port, false);

		fds[i] = lab_accept(ours);
		lab_say(out);
		lab_hear(fds[i]);
	}
	for (int i = 0; i <= LAB_CLIENTS_MAX; i++)
		close(fds[i]);
	work();
}

static void test_a_thread_with_other_connections_open(void **state)
{
	struct lab_service s = {.serve = keep_eight_then_one, .says = {"x"}};
	struct lab lab;

	(void)state;
	CHECK_NONE(keep_one_alive, 2, 1, 0);
	/* It once had more than are remembered: which are open still, nobody knows. */
	lab_play(&lab, &s);
	assert_int_equal(last_deed(&lab)->confidence, SW_CONFIDENCE_SERVICE);
	finish(&lab, &s);
}

static void wait_too_long(int listener)
{
	int fd = lab_accept(listener);

	lab_hear(fd);
	sleep(6);
	work();
}

static void test_what_was_read_long_ago(void **state)
{
	(void)state;
	CHECK_NONE(wait_too_long, 1, 0);
}

/* The open one is shown first, however many have come and gone since. */
static void come_and_go(int listener)
{
	read_by_a_thread(lab_accept(listener));
	for (int i = 1; i < 7; i++) {
		int fd = lab_accept(listener);

		read_by_a_thread(fd);
		close(fd);
	}
	work();
}

static void test_open_candidates_are_shown_first(void **state)
{
	(void)state;
	CHECK_NONE(come_and_go, 7, 0, 6, 5, 4);
}

/* What is full gives way to the newest, whatever has closed before. */
static void close_one_of_four(int listener, int closed)
{
	int fds[6];

	for (int i = 0; i < 6; i++) {
		fds[i] = lab_accept(listener);
		lab_hear(fds[i]);
		if (i == SW_CANDIDATES - 1)
			close(fds[closed]);
	}
	work();
}

static void close_the_first(int listener)
{
	close_one_of_four(listener, 0);
}

static void close_the_second(int listener)
{
	close_one_of_four(listener, 1);
}

static void close_the_third(int listener)
{
	close_one_of_four(listener, 2);
}

static void close_the_fourth(int listener)
{
	close_one_of_four(listener, 3);
}

static void test_the_newest_is_always_a_candidate(void **state)
{
	(void)state;
	CHECK_NONE(close_the_first, 6, 5, 4, 3, 2);
	CHECK_NONE(close_the_second, 6, 5, 4, 3, 2);
	CHECK_NONE(close_the_third, 6, 5, 4, 3, 1);
	CHECK_NONE(close_the_fourth, 6, 5, 4, 2, 1);
}

/* For the second it works without having read from it, as a relay does. */
static void accept_another_and_work(int listener)
{
	lab_hear(lab_accept(listener));
	lab_accept(listener);
	work();
}

static void test_a_connection_that_nobody_has_read_from(void **state)
{
	struct lab_service s = {.serve = accept_another_and_work, .says = {"x", "x"}};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_service(nth(&lab, 0), 1, s.peers);
	finish(&lab, &s);
}

#define KEPT 32 /* of those that wait; as in bpf/maps.h */

/* Those that are kept are closed; others wait. */
static void accept_many_and_work(int listener)
{
	uint16_t port = lab_local_port(listener);
	int fds[KEPT];

	lab_hear(lab_accept(listener));
	for (int i = 0; i < KEPT; i++) {
		lab_connect(AF_INET, port, false);
		fds[i] = lab_accept(listener);
	}
	lab_connect(AF_INET, port, false);
	lab_accept(listener);
	for (int i = 0; i < KEPT; i++)
		close(fds[i]);
	work();
}

static void test_more_connections_wait_than_are_kept(void **state)
{
	struct lab_service s = {.serve = accept_many_and_work, .says = {"x"}};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_service(last_deed(&lab), 1, s.peers);
	finish(&lab, &s);
}

/* Of the process that forked it, by the number that it tells. */
static int take_from_parent(int pipe)
{
	int process = (int)syscall(SYS_pidfd_open, getppid(), 0), number;

	if (read(pipe, &number, sizeof(number)) != sizeof(number))
		_exit(98);
	return (int)syscall(SYS_pidfd_getfd, process, number, 0);
}

/* Forked for the first, the child is handed the second, which its parent had begun to read. */
static void hand_over_to_a_child(int listener)
{
	int fd = lab_accept(listener), go[2];
	pid_t child;

	lab_hear(fd);
	if (pipe(go))
		_exit(98);
	child = lab_fork();
	if (!child) {
		lab_hear(take_from_parent(go[0]));
		work();
		_exit(0);
	}
	fd = lab_accept(listener);
	lab_hear(fd);
	if (write(go[1], &fd, sizeof(fd)) != sizeof(fd))
		_exit(98);
	lab_join(child);
}

static void test_a_child_that_is_handed_another_connection(void **state)
{
	(void)state;
	CHECK_NONE(hand_over_to_a_child, 2, 1, 0);
}

/* A thread that has read nothing of the process that it takes over. */
static void *exec_by_a_thread(void *arg)
{
	char script[64];

	lab_hear(*(int *)arg);
	snprintf(script, sizeof(script), "exec 9<>/dev/tcp/127.0.0.1/%u", target_port);
	execl("/bin/bash", "bash", "-c", script, NULL);
	_exit(94);
}

static void leader_reads_thread_execs(int listener)
{
	int one = lab_accept(listener), two = lab_accept(listener);
	pthread_t thread;

	if (!lab_in_a_child())
		return;
	lab_hear(one);
	pthread_create(&thread, NULL, exec_by_a_thread, &two);
	pthread_join(thread, NULL);
}

static void test_a_thread_that_takes_its_leaders_place(void **state)
{
	(void)state;
	CHECK_NONE(leader_reads_thread_execs, 2, 1, 0);
}

static void *become_a_reading_shell(void *fd)
{
	char script[128];

	snprintf(script, sizeof(script),
		 "read -rn1 -u %d; bash -c 'exec 9<>/dev/tcp/127.0.0.1/%u'; :", *(int *)fd,
		 target_port);
	execl("/bin/bash", "bash", "-c", script, NULL);
	_exit(94);
}

/* What the leader had read is open still, as the program is told by the same id as the leader. */
static void leader_reads_program_reads(int listener)
{
	int one = dup(lab_accept(listener)), two = dup(lab_accept(listener));
	pthread_t thread;

	lab_hear(one);
	pthread_create(&thread, NULL, become_a_reading_shell, &two);
	pthread_join(thread, NULL);
}

static void test_a_program_in_its_leaders_place(void **state)
{
	struct lab_service s = {.serve = leader_reads_program_reads, .says = {"x", "x"}};
	const struct sw_record *h;
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	h = lab_last(&lab, SW_KIND_CONNECT);
	assert_non_null(h);
	assert_int_equal(h->origin.confidence, SW_CONFIDENCE_SERVICE);
	finish(&lab, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_event_loop_with_several_connections_open),
		cmocka_unit_test(test_a_thread_that_closes_what_it_works_for),
		cmocka_unit_test(test_a_thread_with_other_connections_open),
		cmocka_unit_test(test_what_was_read_long_ago),
		cmocka_unit_test(test_open_candidates_are_shown_first),
		cmocka_unit_test(test_the_newest_is_always_a_candidate),
		cmocka_unit_test(test_a_connection_that_nobody_has_read_from),
		cmocka_unit_test(test_more_connections_wait_than_are_kept),
		cmocka_unit_test(test_a_child_that_is_handed_another_connection),
		cmocka_unit_test(test_a_thread_that_takes_its_leaders_place),
		cmocka_unit_test(test_a_program_in_its_leaders_place),
	};

	return cmocka_run_group_tests(tests, serve_namespace, NULL);
}
