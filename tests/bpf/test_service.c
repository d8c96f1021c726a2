// SPDX-License-Identifier: Apache-2.0
/* Who is not the cause: services at work, and peers of which each could be it. */
#include "play.h"

static void connect_out(uint16_t target)
{
	int fd = lab_connect(AF_INET, target, false);

	if (fd < 0)
		_exit(92);
	close(fd);
}

/* A server older than its connections reads `clients` of them, then does the deed itself. */
static void check_old_server(size_t clients, deed what, struct lab *lab, uint16_t *ports)
{
	uint16_t target_port, port;
	int target = lab_listen(AF_INET, &target_port);
	int listener = lab_listen(AF_INET, &port);
	int fds[8], ready[2];
	char c;
	pid_t server;

	assert_int_equal(pipe(ready), 0);
	server = lab_fork();
	if (!server) {
		if (write(ready[1], "x", 1) != 1)
			_exit(95);
		for (size_t i = 0; i < clients; i++)
			lab_hear(accept(listener, NULL, NULL));
		what(target_port);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	for (size_t i = 0; i < clients; i++) {
		fds[i] = lab_connect(AF_INET, port, false);
		assert_true(fds[i] >= 0);
		ports[i] = lab_local_port(fds[i]);
		lab_say(fds[i]);
	}
	lab_reap(server);
	for (size_t i = 0; i < clients; i++)
		close(fds[i]);
	close(ready[0]);
	close(ready[1]);
	close(listener);
	close(target);
	lab_drain(lab);
}

static void test_several_candidates_are_never_one_peer(void **state)
{
	const struct sw_rec_connect *attempt;
	uint16_t ports[8];
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	check_old_server(6, exec_and_connect, &lab, ports);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.confidence, SW_CONFIDENCE_SERVICE);
	assert_int_equal(attempt->h.origin.seen, 6);
	assert_int_equal(attempt->h.origin.nflows, SW_CANDIDATES);
	for (size_t i = 0; i < SW_CANDIDATES; i++)
		assert_int_equal(attempt->h.origin.in[i].remote_port, ports[5 - i]);
	lab_check_accounting(&lab);
	lab_close(&lab);
}

static void test_process_older_than_its_only_flow_is_not_exact(void **state)
{
	const struct sw_rec_connect *attempt;
	uint16_t ports[8];
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	check_old_server(1, exec_and_connect, &lab, ports);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.confidence, SW_CONFIDENCE_THREAD);
	assert_int_equal(attempt->h.origin.nflows, 1);
	assert_int_equal(attempt->h.origin.in[0].remote_port, ports[0]);
	lab_close(&lab);
}

static void test_a_service_at_work_is_counted_not_told(void **state)
{
	uint64_t n[SW_COUNT_MAX];
	uint16_t ports[8];
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	check_old_server(5, connect_out, &lab, ports);
	assert_int_equal(lab.count, 0);
	sw_probe_set_counters(lab.probes, n);
	assert_int_equal(n[SW_COUNT_PRODUCED], 0);
	assert_int_equal(n[SW_COUNT_SERVICE_FLOWS], 1);
	assert_int_equal(n[SW_COUNT_INBOUND], 5 + 1); /* and the target's own */
	lab_close(&lab);
}

static void test_forked_worker_at_work_is_counted_not_told(void **state)
{
	uint64_t n[SW_COUNT_MAX];
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	play(AF_INET, false, connect_out);
	lab_drain(&lab);
	assert_int_equal(lab.count, 0);
	sw_probe_set_counters(lab.probes, n);
	assert_int_equal(n[SW_COUNT_SERVICE_FLOWS], 1);
	lab_close(&lab);
}

static void test_login_service_at_work_is_told(void **state)
{
	const struct sw_rec_connect *attempt;
	uint16_t target_port, port;
	int target, listener, client;
	struct lab lab;
	pid_t server;

	(void)state;
	target = lab_listen(AF_INET, &target_port);
	listener = lab_listen(AF_INET, &port);
	lab_open(&lab, &(struct lab_options){.login_port = port});
	server = lab_fork();
	if (!server)
		fork_per_connection(listener, target_port, connect_out);
	client = lab_connect(AF_INET, port, false);
	lab_say(client);
	lab_reap(server);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.confidence, SW_CONFIDENCE_EXACT);
	assert_int_equal(attempt->h.origin.in[0].remote_port, lab_local_port(client));
	assert_true(attempt->h.origin.flags & SW_ORIGIN_LOGIN_PORT);
	assert_true(attempt->h.task.flags & SW_TASK_READER_IMAGE);
	close(client);
	close(listener);
	close(target);
	lab_close(&lab);
}

static void test_process_without_origin_is_not_seen(void **state)
{
	struct lab lab;
	uint16_t port;
	int target = lab_listen(AF_INET, &port);

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	exec_and_connect(port);
	lab_drain(&lab);
	assert_int_equal(lab.count, 0);
	close(target);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several_candidates_are_never_one_peer),
		cmocka_unit_test(test_process_older_than_its_only_flow_is_not_exact),
		cmocka_unit_test(test_a_service_at_work_is_counted_not_told),
		cmocka_unit_test(test_forked_worker_at_work_is_counted_not_told),
		cmocka_unit_test(test_login_service_at_work_is_told),
		cmocka_unit_test(test_process_without_origin_is_not_seen),
	};

	return cmocka_run_group_tests(tests, lab_namespace, NULL);
}
