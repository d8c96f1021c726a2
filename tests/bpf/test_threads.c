// SPDX-License-Identifier: Apache-2.0
/* Threads that can have worked for one peer only, among others that work for others. */
#include <time.h>

#include "shape.h"

static void assert_thread(const struct sw_origin *o, uint16_t peer)
{
	assert_int_equal(o->confidence, SW_CONFIDENCE_THREAD);
	assert_int_equal(o->nflows, 1);
	assert_int_equal(o->in[0].remote_port, peer);
	assert_int_not_equal(o->in[0].start_ns, 0);
	assert_int_equal(o->session, SW_SESSION_THREAD | o->in[0].cookie);
	assert_int_equal(o->root, o->session);
	assert_int_equal(o->rootflow.cookie, o->in[0].cookie);
	assert_int_equal(o->in[1].cookie, 0);
}

/* Plays and checks that so many programs connected, each for the client of its number. */
static void check_each(void (*serve)(int listener), size_t n)
{
	struct lab_service s = {.serve = serve};
	struct lab lab;

	for (size_t i = 0; i < n; i++)
		s.says[i] = "x";
	lab_play(&lab, &s);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), n);
	for (size_t i = 0; i < n; i++)
		assert_thread(nth(&lab, i), s.peers[i]);
	finish(&lab, &s);
}

struct connection {
	int fd;
	atomic_int *turn; /* how many have worked */
};

/* Works when it has read, though others are at work too, and closes when all have worked. */
static void *serve_connection(void *arg)
{
	struct connection *c = arg;

	lab_hear(c->fd);
	work();
	atomic_fetch_add(c->turn, 1);
	await(c->turn, CLIENTS);
	close(c->fd);
	return NULL;
}

static void thread_per_connection(int listener)
{
	struct connection all[CLIENTS];
	pthread_t threads[CLIENTS];
	atomic_int turn = 0;

	for (int i = 0; i < CLIENTS; i++) {
		all[i] = (struct connection){lab_accept(listener), &turn};
		pthread_create(&threads[i], NULL, serve_connection, &all[i]);
		await(&turn, i + 1);
	}
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(threads[i], NULL);
}

static void test_a_thread_per_connection(void **state)
{
	(void)state;
	check_each(thread_per_connection, CLIENTS);
}

static void serve_one_after_the_other(int listener)
{
	for (int i = 0; i < CLIENTS; i++) {
		int fd = lab_accept(listener);

		lab_hear(fd);
		work();
		close(fd);
	}
}

/* Older than its clients: never exact, not even for the first. */
static void test_a_worker_that_serves_one_after_the_other(void **state)
{
	(void)state;
	check_each(serve_one_after_the_other, CLIENTS);
}

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;

static void *pool_worker(void *listener)
{
	for (int i = 0; i < 2; i++) {
		int fd;

		pthread_mutex_lock(&pool_lock); /* so that the order is known */
		fd = lab_accept(*(int *)listener);
		lab_hear(fd);
		work();
		close(fd);
		pthread_mutex_unlock(&pool_lock);
		usleep(1000);
	}
	return NULL;
}

static void thread_pool(int listener)
{
	pthread_t workers[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&workers[i], NULL, pool_worker, &listener);
	for (int i = 0; i < 2; i++)
		pthread_join(workers[i], NULL);
}

static void test_a_pool_whose_workers_read(void **state)
{
	(void)state;
	check_each(thread_pool, 4);
}

static int wait_at(int epoll)
{
	struct epoll_event event;

	return epoll_wait(epoll, &event, 1, 5000) == 1 ? event.data.fd : -1;
}

static void *idle(void *arg)
{
	pause();
	return arg;
}

/* With a thread besides, that reads nothing. */
static void event_loop(int listener)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	pthread_t other;

	pthread_create(&other, NULL, idle, NULL);
	for (int i = 0; i < CLIENTS; i++) {
		int fd = lab_accept(listener);

		if (add_to(epoll, fd) || wait_at(epoll) != fd)
			_exit(98);
		lab_hear(fd);
		work();
		close(fd);
	}
}

static void test_an_event_loop_with_one_connection_open(void **state)
{
	(void)state;
	check_each(event_loop, CLIENTS);
}

/* The child acts when its parent has gone on to the next connection. */
static void fork_and_go_on(int listener)
{
	int fd = lab_accept(listener), go[2];
	pid_t child;

	lab_hear(fd);
	if (pipe(go))
		_exit(98);
	child = lab_fork();
	if (!child) {
		close(fd);
		lab_hear(go[0]);
		work();
		_exit(0);
	}
	close(fd);
	fd = lab_accept(listener);
	lab_hear(fd);
	lab_say(go[1]);
	lab_join(child);
	work();
	close(fd);
}

static void test_a_child_keeps_what_its_parent_worked_for(void **state)
{
	(void)state;
	check_each(fork_and_go_on, 2);
}

/* A second request on the same connection, which the peer has closed its side of by then. */
static void read_twice(int listener)
{
	int fd = lab_accept(listener);

	lab_hear(fd);
	work();
	lab_hear(fd);
	shutdown(fd, SHUT_RD);
	work();
	close(fd);
}

static void test_one_connection_is_one_session(void **state)
{
	struct lab_service s = {.serve = read_twice, .says = {"xx"}};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), 2);
	assert_thread(nth(&lab, 0), s.peers[0]);
	assert_thread(nth(&lab, 1), s.peers[0]);
	assert_int_equal(lab_count(&lab, SW_KIND_SESSION), 1);
	assert_non_null(lab_wait(&lab, SW_KIND_SESSION_END));
	assert_int_equal(lab_count(&lab, SW_KIND_SESSION_END), 1);
	finish(&lab, &s);
}

/* Neither one that waits to be accepted nor one that was closed unread is at work. */
static void others_wait(int listener)
{
	int fd = lab_accept(listener);

	lab_hear(fd);
	close(lab_accept(listener));
	work();
}

static void test_connections_that_nobody_can_work_for(void **state)
{
	struct lab_service s = {.serve = others_wait, .says = {"x", "x", "x"}};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), 1);
	assert_thread(nth(&lab, 0), s.peers[0]);
	finish(&lab, &s);
}

/* Does not sleep. */
static void spin(atomic_int *turn, int number)
{
	time_t end = time(NULL) + 10;

	while (atomic_load(turn) != number)
		if (time(NULL) > end)
			_exit(96);
}

static void *read_elsewhere(void *turn)
{
	uint16_t port;
	int listener = lab_listen(AF_INET, &port), out = lab_connect(AF_INET, port, false);

	lab_say(out);
	spin(turn, 1);
	lab_hear(lab_accept(listener));
	atomic_store((atomic_int *)turn, 2);
	return NULL;
}

/* The last connection came to another port; the thread connects itself. */
static void login_and_other(int listener)
{
	atomic_int turn = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, read_elsewhere, &turn);
	lab_hear(lab_accept(listener));
	atomic_store(&turn, 1);
	spin(&turn, 2);
	lab_connect(AF_INET, target_port, false);
	pthread_join(thread, NULL);
}

static void test_a_login_service_is_told_whatever_else_it_serves(void **state)
{
	struct lab_service s = {.serve = login_and_other, .says = {"x"}, .login = true};
	const struct sw_record *last;
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	last = lab_last(&lab, SW_KIND_CONNECT);
	assert_non_null(last);
	assert_int_equal(((const struct sw_rec_connect *)last)->out.remote_port, target_port);
	assert_thread(&last->origin, s.peers[0]);
	finish(&lab, &s);
}

static atomic_int turn;

static void *read_and_stay(void *fd)
{
	lab_hear(*(int *)fd);
	atomic_store(&turn, 1);
	pause();
	return NULL;
}

/* Its process has two threads that have read then. */
static void begin_another(int *other)
{
	pthread_t thread;

	atomic_store(&turn, 0);
	pthread_create(&thread, NULL, read_and_stay, other);
	await(&turn, 1);
}

/* By the clock and by its child, but by no other thread. */
static void be_woken_by_none(int listener)
{
	int other = lab_accept(listener);
	pid_t child;

	begin_another(&other);
	lab_hear(lab_accept(listener));
	usleep(20000);
	child = lab_fork();
	if (!child) {
		usleep(20000);
		_exit(0);
	}
	lab_join(child);
	work();
}

static void *end_soon(void *arg)
{
	usleep(20000);
	return arg;
}

/* It wakes who waits for it, but has never read anything. */
static void wait_for_a_thread(int listener)
{
	int other = lab_accept(listener);
	pthread_t thread;

	begin_another(&other);
	lab_hear(lab_accept(listener));
	pthread_create(&thread, NULL, end_soon, NULL);
	pthread_join(thread, NULL);
	work();
}

/* A child, and a thread that was made for it. */
static void have_others_read_on(int listener)
{
	int other = lab_accept(listener), fd = lab_accept(listener);
	pid_t child;

	begin_another(&other);
	lab_hear(fd);
	child = lab_fork();
	if (!child) {
		lab_hear(fd);
		_exit(0);
	}
	lab_join(child);
	begin_another(&fd);
	work();
}

static void check_second(void (*serve)(int listener))
{
	struct lab_service s = {.serve = serve, .says = {"x", "xxx"}};
	struct lab lab;

	lab_play(&lab, &s);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), 1);
	assert_thread(nth(&lab, 0), s.peers[1]);
	finish(&lab, &s);
}

static void test_a_thread_that_sleeps_and_is_handed_nothing(void **state)
{
	(void)state;
	check_second(be_woken_by_none);
	check_second(wait_for_a_thread);
}

static void test_a_connection_that_others_read_for_it(void **state)
{
	(void)state;
	check_second(have_others_read_on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_thread_per_connection),
		cmocka_unit_test(test_a_worker_that_serves_one_after_the_other),
		cmocka_unit_test(test_a_pool_whose_workers_read),
		cmocka_unit_test(test_an_event_loop_with_one_connection_open),
		cmocka_unit_test(test_a_child_keeps_what_its_parent_worked_for),
		cmocka_unit_test(test_one_connection_is_one_session),
		cmocka_unit_test(test_connections_that_nobody_can_work_for),
		cmocka_unit_test(test_a_login_service_is_told_whatever_else_it_serves),
		cmocka_unit_test(test_a_thread_that_sleeps_and_is_handed_nothing),
		cmocka_unit_test(test_a_connection_that_others_read_for_it),
	};

	return cmocka_run_group_tests(tests, serve_namespace, NULL);
}
