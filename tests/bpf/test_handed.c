// SPDX-License-Identifier: Apache-2.0
/* Threads that another may have handed its work to: all whose it can be are shown. */
#include "candidates.h"

/* The main thread acts, which has read nothing. */
static void hand_over_one(int listener)
{
	read_by_a_thread(lab_accept(listener));
	work();
}

static void hand_over_two(int listener)
{
	read_by_a_thread(lab_accept(listener));
	read_by_a_thread(lab_accept(listener));
	work();
}

static void test_a_reader_that_hands_to_workers(void **state)
{
	(void)state;
	CHECK_NONE(hand_over_one, 1, 0);
	CHECK_NONE(hand_over_two, 2, 1, 0);
}

static atomic_int turn;

static void *read_later(void *arg)
{
	usleep(20000); /* until the other sleeps */
	lab_hear(*(int *)arg);
	return NULL;
}

/* It is woken to do what the other has read. */
static void read_and_be_woken(int listener, bool close_other)
{
	int other = lab_accept(listener), fd = lab_accept(listener);
	pthread_t thread;

	pthread_create(&thread, NULL, read_later, &other);
	lab_hear(fd);
	pthread_join(thread, NULL);
	if (close_other)
		close(other);
	work();
}

static void be_woken_beside_an_open_one(int listener)
{
	read_and_be_woken(listener, false);
}

static void be_woken_beside_a_closed_one(int listener)
{
	read_and_be_woken(listener, true);
}

static int woken[2];

static void *read_and_tell(void *arg)
{
	usleep(20000);
	lab_hear(*(int *)arg);
	if (write(woken[1], "x", 1) != 1)
		_exit(98);
	pause();
	return NULL;
}

static void be_woken_by_one_that_goes_on(int listener)
{
	int other = lab_accept(listener), fd = lab_accept(listener);
	pthread_t thread;
	char byte;

	if (pipe(woken))
		_exit(98);
	pthread_create(&thread, NULL, read_and_tell, &other);
	lab_hear(fd);
	if (read(woken[0], &byte, 1) != 1)
		_exit(98);
	work();
}

static void test_a_thread_that_is_woken_where_others_read(void **state)
{
	(void)state;
	CHECK_NONE(be_woken_by_one_that_goes_on, 2, 0, 1);
	CHECK_NONE(be_woken_beside_an_open_one, 2, 0, 1);
	CHECK_NONE(be_woken_beside_a_closed_one, 2, 1, 0);
}

static void *work_in_turn(void *fds)
{
	lab_hear(((int *)fds)[0]);
	atomic_store(&turn, 1);
	await(&turn, 2);
	lab_hear(((int *)fds)[1]);
	atomic_store(&turn, 3);
	pause();
	return NULL;
}

/* To a thread that was there before, beside another connection: as pools do. */
static void moves_between_threads(int listener)
{
	int out, fds[2] = {lab_accept(listener)};
	pthread_t thread;

	pthread_create(&thread, NULL, work_in_turn, fds);
	await(&turn, 1);
	out = lab_connect(AF_INET, lab_local_port(listener), false);
	fds[1] = lab_accept(listener);
	lab_say(out);
	lab_say(out);
	lab_hear(fds[1]);
	atomic_store(&turn, 2);
	await(&turn, 3);
	work();
}

static void *read_both_and_stay(void *fds)
{
	lab_hear(((int *)fds)[0]);
	lab_hear(((int *)fds)[1]);
	atomic_store(&turn, 1);
	pause();
	return NULL;
}

/* Another process reads in between. */
static void moves_over_another_process(int listener)
{
	int fds[2] = {lab_accept(listener), lab_accept(listener)};
	pthread_t thread;
	pid_t child;

	pthread_create(&thread, NULL, read_both_and_stay, fds);
	await(&turn, 1);
	child = lab_fork();
	if (!child) {
		lab_hear(fds[0]);
		_exit(0);
	}
	lab_join(child);
	lab_hear(fds[0]);
	work();
}

static void test_a_connection_that_another_thread_read_since(void **state)
{
	struct lab_service s = {.serve = moves_between_threads, .says = {"x"}};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_int_equal(last_deed(&lab)->confidence, SW_CONFIDENCE_SERVICE);
	assert_int_equal(last_deed(&lab)->nflows, 2);
	assert_int_equal(last_deed(&lab)->in[1].remote_port, s.peers[0]);
	finish(&lab, &s);
	CHECK_NONE(moves_over_another_process, 2, 1, 0);
}

/* Each has one of its own, but waits for all: as schedulers of light threads do. */
static void wait_for_all(int listener)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int one = lab_accept(listener), two = lab_accept(listener);

	if (add_to(epoll, one) || add_to(epoll, two))
		_exit(98);
	read_by_a_thread(one);
	lab_hear(two);
	work();
}

static void test_threads_that_wait_for_each_others_connections(void **state)
{
	(void)state;
	CHECK_NONE(wait_for_all, 2, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_reader_that_hands_to_workers),
		cmocka_unit_test(test_a_thread_that_is_woken_where_others_read),
		cmocka_unit_test(test_a_connection_that_another_thread_read_since),
		cmocka_unit_test(test_threads_that_wait_for_each_others_connections),
	};

	return cmocka_run_group_tests(tests, serve_namespace, NULL);
}
