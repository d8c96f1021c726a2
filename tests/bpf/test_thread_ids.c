// SPDX-License-Identifier: Apache-2.0
/* Threads with the id of another one, and what was read before there was anybody to see it. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

#include "serve.h"

/* ---- ids that are used again ------------------------------------------------------------- */

static pid_t last_tid; /* of the thread that ran last */
static bool has_worked;

struct task {
	int fd; /* -1: reads nothing */
	pid_t as; /* works only with this id, 0: never */
};

static void *run(void *arg)
{
	const struct task *task = arg;

	last_tid = gettid();
	if (task->as && last_tid != task->as)
		return NULL;
	if (task->fd >= 0)
		lab_hear(task->fd);
	if (task->as) {
		lab_program_connects(target_port);
		has_worked = true;
	}
	return NULL;
}

static void run_thread(int fd, pid_t as)
{
	struct task task = {fd, as};
	pthread_t thread;

	pthread_create(&thread, NULL, run, &task);
	pthread_join(thread, NULL);
}

/* Others take ids at the same time: tried until it is that one. */
static void run_again_as(pid_t tid, int fd)
{
	for (int i = 0; i < 2000 && !has_worked; i++) {
		FILE *next = fopen("/proc/sys/kernel/ns_last_pid", "w");

		if (!next)
			_exit(88);
		fprintf(next, "%d", tid - 1);
		fclose(next);
		run_thread(fd, tid);
	}
	if (!has_worked)
		_exit(87);
}

static void the_next_of_that_id_reads_nothing(int listener)
{
	run_thread(lab_accept(listener), 0);
	run_again_as(last_tid, -1);
}

static void the_next_of_that_id_reads_another(int listener)
{
	int fd = lab_accept(listener);

	run_thread(fd, 0);
	close(fd);
	run_again_as(last_tid, lab_accept(listener));
}

static void check_next(void (*serve)(int listener), enum sw_confidence confidence, size_t peer)
{
	struct lab_service s = {.serve = serve, .says = {"x", peer ? "x" : NULL}};
	const struct sw_rec_connect *attempt;
	struct lab lab;

	lab_play(&lab, &s);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.confidence, confidence);
	assert_int_equal(attempt->h.origin.in[0].remote_port, s.peers[peer]);
	lab_check_forgotten(&lab);
	assert_int_equal(lab_map_entries(&lab, "sw_threads"), 0);
	lab_end(&lab, &s);
}

static void test_a_thread_has_not_read_what_another_of_its_id_has(void **state)
{
	(void)state;
	check_next(the_next_of_that_id_reads_nothing, SW_CONFIDENCE_SERVICE, 0);
}

static void test_a_thread_reads_although_another_of_its_id_has(void **state)
{
	(void)state;
	check_next(the_next_of_that_id_reads_another, SW_CONFIDENCE_THREAD, 1);
}

/* ---- before the sensor ------------------------------------------------------------------- */

static int go[2], ready[2];

static void serve_across_the_start(int listener, bool close_old)
{
	int old = lab_accept(listener), fd;
	char byte;

	lab_hear(old);
	lab_say(ready[1]);
	if (read(go[0], &byte, 1) != 1) /* however long the probes take to load */
		_exit(89);
	if (close_old)
		close(old);
	fd = lab_accept(listener);
	lab_hear(fd);
	lab_program_connects(target_port);
	_exit(0);
}

static void check_old(bool close_old)
{
	const struct sw_rec_connect *attempt;
	int listener, old, client;
	struct lab lab;
	uint16_t port;
	pid_t server;

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(ready), 0);
	listener = lab_listen(AF_INET, &port);
	server = lab_fork();
	if (!server)
		serve_across_the_start(listener, close_old);
	old = lab_connect(AF_INET, port, false);
	lab_say(old);
	lab_hear(ready[0]);
	lab_open(&lab, &(struct lab_options){0});
	lab_say(go[1]);
	client = lab_connect(AF_INET, port, false);
	lab_say(client);
	lab_reap(server);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.confidence,
			 close_old ? SW_CONFIDENCE_THREAD : SW_CONFIDENCE_SERVICE);
	/* Somebody else may be the cause, though nobody knows who. */
	assert_int_equal(attempt->h.origin.seen, close_old ? 1 : 2);
	assert_int_equal(attempt->h.origin.nflows, 1);
	assert_int_equal(attempt->h.origin.in[0].remote_port, lab_local_port(client));
	close(old);
	close(client);
	close(listener);
	for (int i = 0; i < 2; i++) {
		close(go[i]);
		close(ready[i]);
	}
	lab_close(&lab);
}

static void test_what_was_read_before_the_sensor_counts(void **state)
{
	(void)state;
	check_old(false);
	check_old(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_thread_has_not_read_what_another_of_its_id_has),
		cmocka_unit_test(test_a_thread_reads_although_another_of_its_id_has),
		cmocka_unit_test(test_what_was_read_before_the_sensor_counts),
	};

	return cmocka_run_group_tests(tests, serve_namespace, NULL);
}
