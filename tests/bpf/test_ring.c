// SPDX-License-Identifier: Apache-2.0
/* Nothing is lost without being counted, and a sleeping consumer is always woken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab.h"

/* A session whose processes wait for orders: each byte in `order` makes one exec. */
struct session {
	int order[2];
	int done[2];
	int client;
	int listener;
	pid_t server;
};

static void obey(const struct session *s)
{
	char c;

	while (read(s->order[0], &c, 1) == 1 && c == 'x') {
		pid_t child = lab_fork();
		int status;

		if (!child) {
			execl("/bin/true", "true", NULL);
			_exit(94);
		}
		if (waitpid(child, &status, 0) != child || status || write(s->done[1], &c, 1) != 1)
			_exit(95);
	}
	_exit(0);
}

static void session_open(struct session *s)
{
	uint16_t port;

	s->listener = lab_listen(AF_INET, &port);
	assert_int_equal(pipe(s->order), 0);
	assert_int_equal(pipe(s->done), 0);
	s->server = lab_fork();
	if (!s->server) {
		int fd = accept(s->listener, NULL, NULL);
		pid_t child = lab_fork();
		int status;

		if (!child) {
			lab_hear(fd);
			obey(s);
		}
		close(fd);
		_exit(waitpid(child, &status, 0) != child || status);
	}
	s->client = lab_connect(AF_INET, port, false);
	assert_true(s->client >= 0);
	lab_say(s->client);
}

static void session_exec(struct session *s)
{
	char c = 'x';

	assert_int_equal(write(s->order[1], &c, 1), 1);
	assert_int_equal(read(s->done[0], &c, 1), 1);
}

static void session_close(struct session *s)
{
	assert_int_equal(write(s->order[1], "q", 1), 1);
	lab_reap(s->server);
	close(s->client);
	close(s->listener);
	for (int i = 0; i < 2; i++) {
		close(s->order[i]);
		close(s->done[i]);
	}
}

/* Each program run gives an EXEC and an EXIT; the session one SESSION and one SESSION_END. */
static uint64_t facts_of(uint64_t execs)
{
	return 2 * execs + 2;
}

static void test_every_fact_arrives(void **state)
{
	const uint64_t execs = 200;
	uint64_t n[SW_COUNT_MAX];
	struct session s;
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	session_open(&s);
	for (uint64_t i = 0; i < execs; i++)
		session_exec(&s);
	session_close(&s);
	assert_non_null(lab_wait(&lab, SW_KIND_SESSION_END));
	lab_check_accounting(&lab);
	sw_probe_set_counters(lab.probes, n);
	assert_int_equal(n[SW_COUNT_PRODUCED], facts_of(execs));
	assert_int_equal(n[SW_COUNT_DROPPED] + n[SW_COUNT_CAPPED], 0);
	assert_int_equal(lab.count, facts_of(execs));
	for (size_t i = 0; i < lab.count; i++)
		assert_int_equal(lab.records[i]->seq, i + 1);
	lab_close(&lab);
}

/* Nobody drains a ring of one page: most is dropped, all of it is counted. */
static void test_a_tiny_ring_drops_and_counts(void **state)
{
	const uint64_t execs = 50;
	uint64_t n[SW_COUNT_MAX];
	struct session s;
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){.ring_bytes = 4096});
	session_open(&s);
	for (uint64_t i = 0; i < execs; i++)
		session_exec(&s);
	sw_probe_set_counters(lab.probes, n);
	assert_true(n[SW_COUNT_DROPPED] > 0);
	lab_drain(&lab);
	assert_true(lab.count < execs);
	/* What comes after the flood has its whole origin, though most before it was lost. */
	session_exec(&s);
	lab_drain(&lab);
	assert_int_equal(lab.records[lab.count - 1]->origin.confidence, SW_CONFIDENCE_EXACT);
	assert_int_equal(lab.records[lab.count - 1]->origin.in[0].remote_port,
			 lab_local_port(s.client));
	session_close(&s);
	lab_drain(&lab);
	lab_check_accounting(&lab);
	sw_probe_set_counters(lab.probes, n);
	/* SESSION, each EXEC, an EXIT for each EXEC that arrived, SESSION_END. */
	assert_int_equal(n[SW_COUNT_PRODUCED], 1 + (execs + 1) + lab_count(&lab, SW_KIND_EXEC) + 1);
	lab_close(&lab);
}

/* One session runs more programs than it may tell: the rest is counted as capped. */
static void test_a_flood_is_capped_and_counted(void **state)
{
	const struct sw_rec_session_end *end;
	const uint64_t execs = 100, burst = 10;
	uint64_t n[SW_COUNT_MAX];
	struct session s;
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){.burst = burst, .per_s = 1});
	session_open(&s);
	for (uint64_t i = 0; i < execs; i++)
		session_exec(&s);
	session_close(&s);
	end = lab_wait(&lab, SW_KIND_SESSION_END);
	assert_non_null(end);
	lab_check_accounting(&lab);
	sw_probe_set_counters(lab.probes, n);
	assert_true(n[SW_COUNT_CAPPED] > 0);
	assert_int_equal(n[SW_COUNT_DROPPED], 0);
	assert_true(lab_count(&lab, SW_KIND_EXEC) >= burst);
	assert_int_equal(lab_count(&lab, SW_KIND_EXEC) + n[SW_COUNT_CAPPED], execs);
	assert_int_equal(lab_count(&lab, SW_KIND_EXIT), lab_count(&lab, SW_KIND_EXEC));
	assert_int_equal(end->capped, n[SW_COUNT_CAPPED]);
	lab_close(&lab);
}

/* The consumer sleeps for up to five seconds before every fact: a lost wake-up would show. */
static void test_a_sleeping_consumer_is_woken(void **state)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct session s;
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){.per_s = 100000});
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, sw_ring_fd(lab.ring), &event), 0);
	session_open(&s);
	for (int i = 0; i < 300; i++) {
		size_t before = lab.count;
		char c = 'x';

		assert_int_equal(write(s.order[1], &c, 1), 1);
		while (lab.count == before) {
			lab_drain(&lab);
			if (lab.count > before || !sw_ring_may_sleep(lab.ring))
				continue;
			assert_int_equal(epoll_wait(epoll, &event, 1, 5000), 1);
			sw_ring_awake(lab.ring);
		}
		assert_int_equal(read(s.done[0], &c, 1), 1);
	}
	session_close(&s);
	lab_check_accounting(&lab);
	close(epoll);
	lab_close(&lab);
}

/* While the consumer is awake the kernel never wakes it: that is what costs. */
static void test_an_awake_consumer_is_left_alone(void **state)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct session s;
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, sw_ring_fd(lab.ring), &event), 0);
	session_open(&s);
	epoll_wait(epoll, &event, 1, 0);
	assert_int_equal(*sw_probe_set_idle(lab.probes), 0);
	for (int i = 0; i < 20; i++)
		session_exec(&s);
	assert_true(sw_ring_drain(lab.ring) > 20);
	assert_int_equal(epoll_wait(epoll, &event, 1, 0), 0);
	assert_true(sw_ring_may_sleep(lab.ring));
	session_exec(&s);
	assert_int_equal(epoll_wait(epoll, &event, 1, 5000), 1);
	assert_int_equal(*sw_probe_set_idle(lab.probes), 0);
	session_close(&s);
	lab_check_accounting(&lab);
	close(epoll);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_fact_arrives),
		cmocka_unit_test(test_a_tiny_ring_drops_and_counts),
		cmocka_unit_test(test_a_flood_is_capped_and_counted),
		cmocka_unit_test(test_a_sleeping_consumer_is_woken),
		cmocka_unit_test(test_an_awake_consumer_is_left_alone),
	};

	return cmocka_run_group_tests(tests, lab_namespace, NULL);
}
