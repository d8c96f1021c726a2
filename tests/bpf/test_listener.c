// SPDX-License-Identifier: Apache-2.0
/* Listeners that close, are hidden or imitated, and connections that only look as if they came in.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab.h"

#define SOMEBODY 4242 /* a uid that owns nothing */

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

static uint16_t closed_port;

/* Goes out from a port that used to listen, and runs a shell on that connection. */
static void go_out_from_the_closed_port(int listener)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(closed_port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	pid_t peer = lab_fork();

	if (!peer) {
		int in = lab_accept(listener);

		if (write(in, later_order, strlen(later_order)) < 0)
			_exit(95);
		pause();
	}
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		_exit(96);
	at.sin_port = htons(lab_local_port(listener));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)))
		_exit(97);
	lab_hear(fd);
	if (lab_in_a_child())
		lab_become_shell(fd);
	kill(peer, SIGKILL);
	waitpid(peer, NULL, 0);
}

static void test_the_port_of_a_closed_listener_makes_nothing_inbound(void **state)
{
	struct lab_service s = {.serve = go_out_from_the_closed_port};
	struct lab lab;

	(void)state;
	s.listener = lab_listen(AF_INET, &s.port);
	lab_open(&lab, &(struct lab_options){0});
	close(lab_listen(AF_INET, &closed_port));
	lab_service_run(&lab, &s);
	assert_int_equal(lab.count, 0);
	assert_int_equal(lab_counter(&lab, SW_COUNT_REPAIRED), 0);
	lab_end(&lab, &s);
}

static void connect_to_oneself(int listener)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)listener;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&at, size) ||
	    getsockname(fd, (struct sockaddr *)&at, &size) ||
	    connect(fd, (struct sockaddr *)&at, size))
		_exit(96);
	lab_say(fd);
	lab_hear(fd);
	lab_program_connects(target_port);
}

static void test_a_simultaneous_open_is_not_inbound(void **state)
{
	struct lab_service s = {.serve = connect_to_oneself};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_int_equal(lab_counter(&lab, SW_COUNT_INBOUND), 1); /* the target's */
	assert_int_equal(lab_counter(&lab, SW_COUNT_REPAIRED), 0);
	assert_int_equal(lab.count, 0);
	lab_end(&lab, &s);
}

/* This program under another name, so that records can tell the two apart. */
static int copy_of_this_program(void)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = memfd_create("stranger", MFD_CLOEXEC);
	struct stat st;

	if (from < 0 || to < 0 || fstat(from, &st) || fchmod(to, 0755))
		_exit(95);
	for (off_t at = 0; at < st.st_size;)
		if (sendfile(to, from, &at, (size_t)(st.st_size - at)) <= 0)
			_exit(95);
	close(from);
	return to;
}

/* As a program of its own: listens on another loopback address, says so, and stays. */
static int be_a_stranger(const char *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 8);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1) ||
	    write(STDOUT_FILENO, "x", 1) != 1)
		return 1;
	pause();
	return 0;
}

static void serve_beside_a_stranger(int listener)
{
	int program = copy_of_this_program(), ready[2], fd;
	char port[8], c;
	pid_t stranger;

	if (pipe2(ready, O_CLOEXEC))
		_exit(95);
	snprintf(port, sizeof(port), "%u", lab_local_port(listener));
	stranger = lab_fork();
	if (!stranger) {
		char name[] = "stranger", *const args[] = {name, port, NULL};
		char *const env[] = {NULL};

		dup2(ready[1], STDOUT_FILENO);
		if (!setresgid(SOMEBODY, SOMEBODY, SOMEBODY) &&
		    !setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
			fexecve(program, args, env);
		_exit(94);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		_exit(95);
	fd = lab_accept(listener);
	if (lab_in_a_child()) {
		lab_hear(fd);
		connect_out();
		lab_program_connects(target_port);
		_exit(0);
	}
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
}

static void test_a_stranger_on_the_same_port_changes_nothing(void **state)
{
	struct lab_service s = {.serve = serve_beside_a_stranger, .says = {"x"}};
	const struct sw_rec_session *session;
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_int_equal(lab_counter(&lab, SW_COUNT_SERVICE_FLOWS), 1);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), 1); /* the program's */
	lab_assert_root_exact(lab_last(&lab, SW_KIND_CONNECT), s.peers[0]);
	session = lab_last(&lab, SW_KIND_SESSION);
	assert_non_null(session);
	assert_non_null(strstr(session->listener_exe, "/test_listener"));
	lab_end(&lab, &s);
}

static void become_a_shell(int listener)
{
	lab_become_shell(lab_accept(listener));
}

/* listen() chooses the port, after the kernel has said that the socket listens. */
static void check_shell_on_a_port_of_the_kernels_choice(size_t others)
{
	struct lab_service s = {.serve = become_a_shell, .says = {order}};
	struct rlimit old, many = {.rlim_cur = others + 256, .rlim_max = others + 256};
	int *fds = calloc(others + 1, sizeof(*fds));
	struct lab lab;

	assert_non_null(fds);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	if (many.rlim_max < old.rlim_max)
		many.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &many), 0);
	lab_open(&lab, &(struct lab_options){0});
	s.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(listen(s.listener, 5), 0);
	s.port = lab_local_port(s.listener);
	for (size_t i = 0; i < others; i++) {
		uint16_t port;

		fds[i] = lab_listen(AF_INET, &port);
	}
	lab_service_run(&lab, &s);
	lab_assert_root_exact(lab_last(&lab, SW_KIND_CONNECT), s.peers[0]);
	for (size_t i = 0; i < others; i++)
		close(fds[i]);
	free(fds);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	lab_end(&lab, &s);
}

static void test_a_listener_that_never_bound_is_one(void **state)
{
	(void)state;
	check_shell_on_a_port_of_the_kernels_choice(0);
}

static void test_thousands_of_listeners_do_not_hide_one(void **state)
{
	(void)state;
	check_shell_on_a_port_of_the_kernels_choice(5000);
}

/* ---- what only the precision set sees ---------------------------------------------------- */

static int mptcp_listener;

static int connect_by_mptcp(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons(lab_local_port(mptcp_listener));
	if (connect(out, (struct sockaddr *)&at, sizeof(at)))
		_exit(97);
	return out;
}

/* Accepts a connection of its own, whose socket the kernel reads on behalf of the process. */
static void serve_mptcp(int listener)
{
	int out = connect_by_mptcp(), in;

	(void)listener;
	lab_say(out);
	in = lab_accept(mptcp_listener);
	if (!lab_in_a_child())
		return;
	lab_hear(in);
	lab_program_connects(target_port);
	_exit(0);
}

static void shell_by_mptcp(int listener)
{
	int out = connect_by_mptcp(), in;

	(void)listener;
	if (write(out, order, strlen(order)) < 0)
		_exit(95);
	in = lab_accept(mptcp_listener);
	if (lab_in_a_child())
		lab_become_shell(in);
}

static void check_mptcp(void (*serve)(int listener))
{
	struct lab_service s = {.serve = serve};
	struct sockaddr_in at = {.sin_family = AF_INET};
	const struct sw_rec_connect *attempt;
	struct lab lab;

	mptcp_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	assert_true(mptcp_listener >= 0); /* every kernel of ours has it */
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(mptcp_listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(mptcp_listener, 5), 0);
	lab_play(&lab, &s);
	attempt = lab_last(&lab, SW_KIND_CONNECT);
	if (lab_is_precise()) {
		assert_non_null(attempt);
		lab_assert_root_exact(attempt, attempt->h.origin.in[0].remote_port);
		assert_int_equal(attempt->h.origin.in[0].local_port,
				 lab_local_port(mptcp_listener));
		assert_int_not_equal(attempt->h.origin.in[0].remote_port, 0);
		assert_int_equal(attempt->out.remote_port, target_port);
	} else {
		assert_int_equal(lab.count, 0); /* docs/limits.md */
	}
	close(mptcp_listener);
	lab_end(&lab, &s);
}

static void test_mptcp_is_seen_by_the_precision_set(void **state)
{
	(void)state;
	check_mptcp(serve_mptcp);
}

static void test_a_shell_on_an_mptcp_connection(void **state)
{
	(void)state;
	check_mptcp(shell_by_mptcp);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return be_a_stranger(argv[1]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_port_of_a_closed_listener_makes_nothing_inbound),
		cmocka_unit_test(test_a_simultaneous_open_is_not_inbound),
		cmocka_unit_test(test_a_stranger_on_the_same_port_changes_nothing),
		cmocka_unit_test(test_a_listener_that_never_bound_is_one),
		cmocka_unit_test(test_thousands_of_listeners_do_not_hide_one),
		cmocka_unit_test(test_mptcp_is_seen_by_the_precision_set),
		cmocka_unit_test(test_a_shell_on_an_mptcp_connection),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
