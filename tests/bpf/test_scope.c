// SPDX-License-Identifier: Apache-2.0
/* What is watched: a network namespace or a cgroup, and nothing beside it. */
#include <sched.h>
#include <signal.h>

#include "group.h"
#include "serve.h"

static void test_another_namespace_is_out_of_scope(void **state)
{
	uint64_t n[SW_COUNT_MAX];
	char scope[64];
	struct lab lab;
	int hold[2];
	pid_t other;
	char c;

	(void)state;
	assert_int_equal(pipe(hold), 0);
	other = lab_fork();
	if (!other) {
		if (unshare(CLONE_NEWNET) || write(hold[1], "x", 1) != 1)
			_exit(95);
		pause();
	}
	assert_int_equal(read(hold[0], &c, 1), 1);
	snprintf(scope, sizeof(scope), "netns:/proc/%d/ns/net", other);
	lab_open(&lab, &(struct lab_options){.scope = scope});
	close(serve_one(shell_connects));
	lab_drain(&lab);
	sw_probe_set_counters(lab.probes, n);
	for (size_t i = 0; i < SW_COUNT_MAX; i++)
		assert_int_equal(n[i], 0);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	lab_close(&lab);
}

static void test_scope_of_a_cgroup(void **state)
{
	const struct sw_rec_connect *attempt;
	struct group group;
	struct lab lab;
	uint16_t port;
	int listener, client;
	pid_t server;

	(void)state;
	group_make(&group);
	lab_open(&lab, &(struct lab_options){.scope = group.scope});
	close(serve_one(shell_connects)); /* outside */
	lab_drain(&lab);
	assert_int_equal(lab.count, 0);
	server = lab_fork();
	if (!server) {
		int fd, out[2];
		char c;

		group_join(&group);
		listener = lab_listen(AF_INET, &port);
		client = lab_connect(AF_INET, port, false);
		lab_say(client);
		fd = accept(listener, NULL, NULL);
		if (pipe(out))
			_exit(95);
		if (!lab_fork()) {
			lab_hear(fd);
			shell_connects();
			_exit(write(out[1], "x", 1) != 1);
		}
		_exit(read(out[0], &c, 1) != 1);
	}
	lab_reap(server);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	group_remove(&group);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.confidence, SW_CONFIDENCE_EXACT);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_another_namespace_is_out_of_scope),
		cmocka_unit_test(test_scope_of_a_cgroup),
	};

	return cmocka_run_group_tests(tests, serve_namespace, NULL);
}
