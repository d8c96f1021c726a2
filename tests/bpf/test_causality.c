// SPDX-License-Identifier: Apache-2.0
/* From the connection that came in, through processes, to the one that goes out. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "play.h"

static void assert_exact(const struct sw_record *h, const struct play *p)
{
	assert_non_null(h);
	assert_int_equal(h->origin.confidence, SW_CONFIDENCE_EXACT);
	assert_int_equal(h->origin.nflows, 1);
	assert_int_equal(h->origin.in[0].remote_port, p->client);
	assert_int_equal(h->origin.in[0].local_port, p->server);
	assert_int_equal(h->origin.session, h->origin.in[0].cookie);
	assert_int_equal(h->origin.root, h->origin.session);
	assert_int_equal(h->origin.depth, 1);
}

static void exec_true(uint16_t target)
{
	pid_t child = lab_fork();
	int status;

	(void)target;
	if (!child) {
		execl("/bin/true", "true", "with", "arguments", NULL);
		_exit(94);
	}
	waitpid(child, &status, 0);
}

static void test_exec_is_told_with_its_origin(void **state)
{
	const struct sw_rec_session *session;
	const struct sw_rec_exec *exec;
	struct lab lab;
	struct play p;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	p = play(AF_INET, false, exec_true);
	exec = lab_wait(&lab, SW_KIND_EXEC);
	assert_exact(exec ? &exec->h : NULL, &p);
	session = lab_find(&lab, SW_KIND_SESSION, 0);
	assert_exact(session ? &session->h : NULL, &p);
	assert_true(session->h.seq < exec->h.seq);
	assert_non_null(strstr(exec->exe, "/true"));
	assert_string_equal(exec->filename, "/bin/true");
	assert_int_equal(exec->args_bytes, sizeof("true\0with\0arguments"));
	assert_memory_equal(exec->args, "true\0with\0arguments", exec->args_bytes);
	assert_int_equal(exec->parent_image, 0);
	assert_int_equal(exec->image, exec->h.task.image);
	assert_true(S_ISREG(exec->mode));
	assert_int_equal(exec->h.task.cred.uid, getuid());
	assert_non_null(strstr(session->reader_exe, "/test_causality"));
	assert_string_equal(session->listener_exe, session->reader_exe);
	assert_int_equal(lab_count(&lab, SW_KIND_SESSION), 1);
	lab_check_accounting(&lab);
	lab_close(&lab);
}

/* As sshd does for `ssh -t`: a session leader with a terminal of its own. */
static void exec_true_on_a_terminal(uint16_t target)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	pid_t child;

	if (master < 0 || grantpt(master) || unlockpt(master))
		_exit(96);
	child = lab_fork();
	if (!child) {
		setsid();
		slave = open(ptsname(master), O_RDWR);
		if (slave < 0 || ioctl(slave, TIOCSCTTY, 0))
			_exit(96);
		exec_true(target);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void test_terminal_is_named_as_in_dev(void **state)
{
	const struct sw_rec_exec *exec;
	struct lab lab;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	play(AF_INET, false, exec_true_on_a_terminal);
	exec = lab_wait(&lab, SW_KIND_EXEC);
	assert_non_null(exec);
	assert_int_equal(strncmp(exec->h.task.tty, "pts/", 4), 0);
	assert_int_not_equal(strspn(exec->h.task.tty + 4, "0123456789"), 0);
	assert_int_equal(strlen(exec->h.task.tty + 4), strspn(exec->h.task.tty + 4, "0123456789"));
	lab_close(&lab);
}

static void assert_hop(struct lab *lab, const struct play *p)
{
	const struct sw_rec_outcome *outcome = lab_wait(lab, SW_KIND_OUTCOME);
	const struct sw_rec_connect *attempt = lab_find(lab, SW_KIND_CONNECT, 0);

	assert_non_null(attempt);
	assert_exact(&attempt->h, p);
	assert_int_equal(attempt->out.remote_port, p->target);
	assert_int_equal(attempt->out.local_port != 0, lab_is_precise());
	assert_int_equal(attempt->out.family, 4);
	assert_non_null(outcome);
	assert_exact(&outcome->h, p);
	assert_int_equal(outcome->outcome, SW_OUTCOME_ESTABLISHED);
	assert_int_equal(outcome->error, 0);
	assert_int_equal(outcome->out.cookie, attempt->out.cookie);
	assert_int_equal(outcome->out.start_ns, attempt->out.start_ns);
	assert_int_not_equal(outcome->out.local_port, 0);
	assert_int_equal(outcome->h.task.tgid, attempt->h.task.tgid);
}

static void check_hop_of(int family, bool mapped, deed what)
{
	struct lab lab;
	struct play p;

	lab_open(&lab, &(struct lab_options){0});
	p = play(family, mapped, what);
	assert_hop(&lab, &p);
	lab_check_accounting(&lab);
	lab_close(&lab);
}

static void test_program_that_connects(void **state)
{
	(void)state;
	check_hop_of(AF_INET, false, exec_and_connect);
}

static void test_came_in_by_ipv6(void **state)
{
	(void)state;
	check_hop_of(AF_INET6, false, exec_and_connect);
}

static void detach_exec_and_connect(uint16_t target)
{
	int gate[2];
	char c;

	if (pipe(gate))
		_exit(95);
	if (!lab_fork()) {
		setsid();
		if (!fork()) {
			exec_and_connect(target);
			_exit(write(gate[1], "x", 1) != 1);
		}
		_exit(0); /* the grandchild's new parent is init or a subreaper */
	}
	if (read(gate[0], &c, 1) != 1)
		_exit(95);
}

static void test_setsid_and_double_fork(void **state)
{
	(void)state;
	check_hop_of(AF_INET, false, detach_exec_and_connect);
}

static uint16_t thread_target;

static void *thread_execs(void *arg)
{
	char script[64];

	(void)arg;
	snprintf(script, sizeof(script), "exec 3<>/dev/tcp/127.0.0.1/%u", thread_target);
	execl("/bin/bash", "bash", "-c", script, NULL);
	_exit(94);
}

static void exec_in_a_thread(uint16_t target)
{
	pid_t child = lab_fork();
	pthread_t thread;
	int status;

	thread_target = target;
	if (!child) {
		pthread_create(&thread, NULL, thread_execs, NULL);
		pthread_join(thread, NULL);
		_exit(94);
	}
	waitpid(child, &status, 0);
}

static void test_exec_by_another_thread_than_the_leader(void **state)
{
	(void)state;
	check_hop_of(AF_INET, false, exec_in_a_thread);
}

static void test_mapped_ipv6_is_told_as_ipv4(void **state)
{
	const struct sw_rec_connect *attempt;
	uint16_t port;
	struct lab lab;
	struct play p;
	int target = lab_listen(AF_INET, &port);

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	close(target);
	p = play(AF_INET, true, exec_and_connect);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	assert_exact(attempt ? &attempt->h : NULL, &p);
	assert_int_equal(attempt->h.origin.in[0].family, 4);
	assert_int_equal(attempt->h.origin.in[0].remote[0], 127);
	lab_close(&lab);
}

static void connect_to_nobody(uint16_t target)
{
	char script[64];
	pid_t child = lab_fork();
	int status;

	(void)target;
	if (!child) {
		snprintf(script, sizeof(script), "exec 3<>/dev/tcp/127.0.0.1/1");
		execl("/bin/bash", "bash", "-c", script, NULL);
	}
	waitpid(child, &status, 0);
}

static void test_refused_attempt(void **state)
{
	const struct sw_rec_outcome *outcome;
	struct lab lab;
	struct play p;

	(void)state;
	lab_open(&lab, &(struct lab_options){0});
	p = play(AF_INET, false, connect_to_nobody);
	outcome = lab_wait(&lab, SW_KIND_OUTCOME);
	assert_exact(outcome ? &outcome->h : NULL, &p);
	assert_int_equal(outcome->outcome, SW_OUTCOME_REFUSED);
	assert_int_equal(outcome->error, ECONNREFUSED);
	assert_int_equal(outcome->out.remote_port, 1);
	assert_int_not_equal(outcome->out.local_port, 0);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exec_is_told_with_its_origin),
		cmocka_unit_test(test_terminal_is_named_as_in_dev),
		cmocka_unit_test(test_program_that_connects),
		cmocka_unit_test(test_came_in_by_ipv6),
		cmocka_unit_test(test_setsid_and_double_fork),
		cmocka_unit_test(test_exec_by_another_thread_than_the_leader),
		cmocka_unit_test(test_mapped_ipv6_is_told_as_ipv4),
		cmocka_unit_test(test_refused_attempt),
	};

	return cmocka_run_group_tests(tests, lab_namespace, NULL);
}
