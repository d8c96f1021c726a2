// SPDX-License-Identifier: Apache-2.0
/* Sessions: handed-over sockets, sessions within sessions, what was there before, the end. */
#include <string.h>

#include "serve.h"

/* ---- handed-over sockets ----------------------------------------------------------------- */

static void test_a_shell_on_the_accepted_socket(void **state)
{
	const struct sw_rec_session *session;
	const struct sw_rec_connect *attempt;
	int listener, client, other;
	char command[64];
	struct lab lab;
	uint16_t port;
	pid_t server;

	(void)state;
	listener = lab_listen(AF_INET, &port);
	lab_open(&lab, &(struct lab_options){0});
	server = lab_fork();
	if (!server) {
		int first = accept(listener, NULL, NULL), fd;

		lab_hear(first); /* it has served others before */
		fd = accept(listener, NULL, NULL);
		for (int i = 0; i < 3; i++)
			dup2(fd, i);
		execl("/bin/bash", "bash", NULL);
		_exit(94);
	}
	other = lab_connect(AF_INET, port, false);
	lab_say(other);
	client = lab_connect(AF_INET, port, false);
	snprintf(command, sizeof(command), "exec 3<>/dev/tcp/127.0.0.1/%u; exit 0\n", target_port);
	assert_int_equal(write(client, command, strlen(command)), strlen(command));
	lab_reap(server);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.confidence, SW_CONFIDENCE_EXACT);
	assert_int_equal(attempt->h.origin.in[0].remote_port, lab_local_port(client));
	assert_true(attempt->h.origin.flags & SW_ORIGIN_OWN_IMAGE);
	session = lab_find(&lab, SW_KIND_SESSION, lab_count(&lab, SW_KIND_SESSION) - 1);
	assert_non_null(strstr(session->reader_exe, "/bash"));
	assert_non_null(strstr(session->listener_exe, "/test_session"));
	assert_int_equal(lab_count(&lab, SW_KIND_EXEC),
			 0); /* of the shell itself: it is the reader */
	close(other);
	close(client);
	close(listener);
	lab_close(&lab);
}

/* Reads from two, then gives the second one's socket to a shell of a forked child. */
static void test_a_forked_shell_on_a_socket_that_was_read(void **state)
{
	const struct sw_rec_connect *attempt;
	const struct sw_rec_exec *exec;
	int listener, client, other;
	char command[64];
	struct lab lab;
	uint16_t port;
	pid_t server;

	(void)state;
	listener = lab_listen(AF_INET, &port);
	lab_open(&lab, &(struct lab_options){0});
	server = lab_fork();
	if (!server) {
		int first = accept(listener, NULL, NULL), fd, status;
		pid_t child;

		lab_hear(first);
		fd = accept(listener, NULL, NULL);
		lab_hear(fd);
		child = lab_fork();
		if (!child) {
			for (int i = 0; i < 3; i++)
				dup2(fd, i);
			execl("/bin/bash", "bash", NULL);
			_exit(94);
		}
		_exit(waitpid(child, &status, 0) != child || status);
	}
	other = lab_connect(AF_INET, port, false);
	lab_say(other);
	client = lab_connect(AF_INET, port, false);
	snprintf(command, sizeof(command), ":exec 3<>/dev/tcp/127.0.0.1/%u; exit 0\n", target_port);
	assert_int_equal(write(client, command, 1), 1);
	usleep(50000);
	assert_int_equal(write(client, command + 1, strlen(command + 1)), strlen(command + 1));
	lab_reap(server);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.confidence, SW_CONFIDENCE_EXACT);
	assert_int_equal(attempt->h.origin.in[0].remote_port, lab_local_port(client));
	exec = lab_wait(&lab, SW_KIND_EXEC);
	assert_non_null(exec);
	assert_int_equal(exec->h.origin.session, attempt->h.origin.session);
	assert_int_equal(exec->image, attempt->h.task.image);
	close(other);
	close(client);
	close(listener);
	assert_non_null(lab_wait(&lab, SW_KIND_SESSION_END));
	assert_int_equal(lab_map_entries(&lab, "sw_marks"), 0);
	assert_int_equal(lab_map_entries(&lab, "sw_readers"), 0);
	assert_int_equal(lab_map_entries(&lab, "sw_sessions"), 0);
	lab_close(&lab);
}

/* ---- sessions within sessions ------------------------------------------------------------ */

static int inner_port_pipe[2];

/* In the outer session: a process of it listens and serves one client. */
static void serve_inside(void)
{
	uint16_t port;
	int inner_listener = lab_listen(AF_INET, &port), fd;
	pid_t child;
	int status;

	if (write(inner_port_pipe[1], &port, sizeof(port)) != sizeof(port))
		_exit(95);
	fd = accept(inner_listener, NULL, NULL);
	child = lab_fork();
	if (!child) {
		lab_hear(fd);
		shell_connects();
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status)
		_exit(97);
}

static void test_a_session_opened_inside_another(void **state)
{
	const struct sw_rec_connect *attempt;
	int outer, inner, listener;
	struct lab lab;
	uint16_t port, inner_port;
	pid_t server;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	listener = lab_listen(AF_INET, &port);
	assert_int_equal(pipe(inner_port_pipe), 0);
	server = lab_fork();
	if (!server) {
		int fd = accept(listener, NULL, NULL);
		pid_t child;

		child = lab_fork();
		if (!child) {
			lab_hear(fd);
			serve_inside();
			_exit(0);
		}
		_exit(waitpid(child, NULL, 0) != child);
	}
	outer = lab_connect(AF_INET, port, false);
	lab_say(outer);
	assert_int_equal(read(inner_port_pipe[0], &inner_port, sizeof(inner_port)),
			 sizeof(inner_port));
	inner = lab_connect(AF_INET, inner_port, false);
	lab_say(inner);
	lab_reap(server);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.in[0].remote_port, lab_local_port(inner));
	assert_int_equal(attempt->h.origin.depth, 2);
	assert_int_not_equal(attempt->h.origin.parent, 0);
	assert_int_equal(attempt->h.origin.root, attempt->h.origin.parent);
	assert_int_equal(attempt->h.origin.rootflow.remote_port, lab_local_port(outer));
	assert_true(attempt->h.origin.flags & SW_ORIGIN_ROOT_EXACT);
	close(outer);
	close(inner);
	close(listener);
	close(inner_port_pipe[0]);
	close(inner_port_pipe[1]);
	lab_close(&lab);
}

/* ---- the end, and what was there before --------------------------------------------------- */

static void shell_connects_twice(void)
{
	shell_connects();
	shell_connects();
}

static void test_nothing_is_left_when_all_has_ended(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	close(serve_one(shell_connects_twice));
	assert_non_null(lab_wait(&lab, SW_KIND_SESSION_END));
	assert_int_equal(lab_count(&lab, SW_KIND_SESSION_END), lab_count(&lab, SW_KIND_SESSION));
	assert_int_equal(lab_count(&lab, SW_KIND_EXIT), lab_count(&lab, SW_KIND_EXEC));
	assert_int_equal(lab_map_entries(&lab, "sw_marks"), 0);
	assert_int_equal(lab_map_entries(&lab, "sw_readers"), 0);
	assert_int_equal(lab_map_entries(&lab, "sw_sessions"), 0);
	lab_close(&lab);
}

/* Connection and listener are older than the probes: seen, but never called exact. */
static void test_connection_older_than_the_sensor(void **state)
{
	const struct sw_rec_session *session;
	uint64_t n[SW_COUNT_MAX];
	int listener, client, fd;
	struct lab lab;
	uint16_t port;
	pid_t child;
	int status;

	(void)state;
	listener = lab_listen(AF_INET, &port);
	client = lab_connect(AF_INET, port, false);
	fd = accept(listener, NULL, NULL);
	lab_open(&lab, &(struct lab_options){0});
	lab_say(client);
	child = lab_fork();
	if (!child) {
		lab_hear(fd);
		shell_connects();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	session = lab_wait(&lab, SW_KIND_SESSION);
	assert_non_null(session);
	assert_int_equal(session->h.origin.confidence, SW_CONFIDENCE_THREAD);
	assert_int_equal(session->h.origin.in[0].remote_port, lab_local_port(client));
	assert_int_equal(session->h.origin.in[0].start_ns, 0);
	assert_non_null(strstr(session->listener_exe, "/test_session"));
	sw_probe_set_counters(lab.probes, n);
	assert_int_equal(n[SW_COUNT_REPAIRED], 1);
	close(client);
	close(fd);
	close(listener);
	lab_close(&lab);
}

static void test_every_probe_fires(void **state)
{
	bool fired[SW_PROBES_MAX] = {false};
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	assert_int_equal(sw_probe_set_self_test(lab.probes, fired), 0);
	for (size_t i = 0; i < sw_probe_count; i++) {
		struct sw_probe_state probe;

		if (sw_probe_table[i].set != SW_SET_CORE && !lab_is_precise())
			continue;
		if (!fired[i])
			fail_msg("probe %s did not fire", sw_probe_table[i].name);
		assert_int_equal(sw_probe_set_state(lab.probes, i, &probe), 0);
		assert_true(probe.attached);
	}
	lab_close(&lab);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) /* the self-test of the probes runs its own program */
		return 0;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_shell_on_the_accepted_socket),
		cmocka_unit_test(test_a_forked_shell_on_a_socket_that_was_read),
		cmocka_unit_test(test_a_session_opened_inside_another),
		cmocka_unit_test(test_nothing_is_left_when_all_has_ended),
		cmocka_unit_test(test_connection_older_than_the_sensor),
		cmocka_unit_test(test_every_probe_fires),
	};

	return cmocka_run_group_tests(tests, serve_namespace, NULL);
}
