// SPDX-License-Identifier: Apache-2.0
/* Sessions: handed-over sockets, identities, sessions within sessions, scope, and their end. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab.h"

#define SOMEBODY 4242 /* a uid that owns nothing */

static uint16_t target_port;
static int target;

static int setup(void **state)
{
	if (lab_namespace(state))
		return -1;
	/* A file system of our own, on which set-user-id bits count. */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("lab", "/mnt", "tmpfs", 0, "mode=755"))
		return -1;
	target = lab_listen(AF_INET, &target_port);
	return 0;
}

static void run(const char *path, const char *arg)
{
	pid_t child = lab_fork();
	int status;

	if (!child) {
		execl(path, path, arg, NULL);
		_exit(94);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == 94)
		_exit(94);
}

static void shell_connects(void)
{
	char script[64];
	pid_t child = lab_fork();
	int status;

	snprintf(script, sizeof(script), "exec 3<>/dev/tcp/127.0.0.1/%u", target_port);
	if (!child) {
		execl("/bin/bash", "bash", "-c", script, NULL);
		_exit(94);
	}
	if (waitpid(child, &status, 0) != child || status)
		_exit(94);
}

/* A forked child reads the request, then does the deed. Returns the client's socket. */
static int serve_one(void (*deed)(void))
{
	uint16_t port;
	int listener = lab_listen(AF_INET, &port);
	pid_t server = lab_fork();
	int client;

	if (!server) {
		int fd = accept(listener, NULL, NULL);
		pid_t child = lab_fork();
		int status;

		if (!child) {
			lab_hear(fd);
			deed();
			_exit(0);
		}
		close(fd);
		_exit(waitpid(child, &status, 0) != child || status);
	}
	client = lab_connect(AF_INET, port, false);
	assert_true(client >= 0);
	lab_say(client);
	lab_reap(server);
	close(listener);
	return client;
}

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

/* ---- identity ---------------------------------------------------------------------------- */

static void become_somebody_and_run(void)
{
	if (setresgid(SOMEBODY, SOMEBODY, SOMEBODY) || setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
		_exit(96);
	run("/mnt/setuid", NULL);
}

static void copy_true(const char *to, mode_t mode)
{
	char command[128];

	snprintf(command, sizeof(command), "cp /bin/true %s", to);
	assert_int_equal(system(command), 0);
	assert_int_equal(chmod(to, mode), 0);
}

static void test_identity_changes_are_told_with_their_cause(void **state)
{
	const struct sw_rec_identity *login, *elevation;
	const struct sw_rec_exec *exec;
	struct lab lab;

	(void)state;
	copy_true("/mnt/setuid", 04755);
	lab_open(&lab, &(struct lab_options){0});
	close(serve_one(become_somebody_and_run));
	exec = lab_wait(&lab, SW_KIND_EXEC);
	assert_non_null(exec);
	assert_string_equal(exec->exe, "/mnt/setuid");
	login = lab_find(&lab, SW_KIND_IDENTITY, 0);
	assert_non_null(login);
	assert_int_equal(login->how, SW_HOW_SETID);
	assert_int_equal(login->old.uid, 0);
	assert_int_equal(login->h.task.cred.uid, SOMEBODY);
	assert_int_equal(login->h.task.image, 0);
	elevation = lab_find(&lab, SW_KIND_IDENTITY, 1);
	assert_non_null(elevation);
	assert_int_equal(elevation->how, SW_HOW_SETUID_EXEC);
	assert_int_equal(elevation->old.euid, SOMEBODY);
	assert_int_equal(elevation->h.task.cred.uid, SOMEBODY);
	assert_int_equal(elevation->h.task.cred.euid, 0);
	assert_int_equal(elevation->h.task.image, exec->image);
	lab_close(&lab);
}

/* As bpf/maps.h has it. */
struct mark {
	uint64_t start_ns, session, image;
	uint32_t told, pad;
	struct sw_cred shadow;
};

/* Only an exploit gains root without asking for it; here the test forges what it had before. */
static void test_unexplained_root_is_told_as_such(void **state)
{
	const struct sw_rec_identity *identity;
	int go[2], listener, client, marks;
	struct mark mark;
	struct lab lab;
	uint16_t port;
	pid_t server;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(go), 0);
	listener = lab_listen(AF_INET, &port);
	lab_open(&lab, &(struct lab_options){.login_port = port});
	server = lab_fork();
	if (!server) {
		int fd = accept(listener, NULL, NULL);
		char c;

		lab_hear(fd);
		child = lab_fork();
		if (!child) {
			dprintf(go[1], "%d\n", getpid());
			if (read(fd, &c, 1) != 1)
				_exit(95);
			_exit(lab_connect(AF_INET, target_port, false) < 0);
		}
		_exit(waitpid(child, NULL, 0) != child);
	}
	client = lab_connect(AF_INET, port, false);
	lab_say(client);
	{
		char text[16] = "";

		assert_true(read(go[0], text, sizeof(text) - 1) > 0);
		child = atoi(text);
	}
	marks = sw_probe_set_map_fd(lab.probes, "sw_marks");
	assert_int_equal(bpf_map_lookup_elem(marks, &child, &mark), 0);
	mark.shadow.uid = mark.shadow.euid = mark.shadow.suid = SOMEBODY;
	mark.shadow.cap_effective = 0;
	assert_int_equal(bpf_map_update_elem(marks, &child, &mark, BPF_EXIST), 0);
	lab_say(client);
	lab_reap(server);
	identity = lab_wait(&lab, SW_KIND_IDENTITY);
	assert_non_null(identity);
	assert_int_equal(identity->how, SW_HOW_UNEXPLAINED);
	assert_int_equal(identity->old.uid, SOMEBODY);
	assert_int_equal(identity->h.task.cred.uid, 0);
	close(client);
	close(listener);
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

/* ---- end, scope, what was there before ---------------------------------------------------- */

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

static const char *cgroup_root(void)
{
	static const char *const places[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};

	for (size_t i = 0; i < 2; i++) {
		char procs[64];

		snprintf(procs, sizeof(procs), "%s/cgroup.procs", places[i]);
		if (!access(procs, W_OK))
			return places[i];
	}
	fail_msg("no cgroup2 file system is mounted");
	return NULL;
}

static char cgroup_path[128];

static void join_cgroup(void)
{
	char procs[160];
	int fd;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup_path);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(98);
	close(fd);
}

static void test_scope_of_a_cgroup(void **state)
{
	const struct sw_rec_connect *attempt;
	char scope[160];
	struct lab lab;
	uint16_t port;
	int listener, client;
	pid_t server;

	(void)state;
	snprintf(cgroup_path, sizeof(cgroup_path), "%s/sidewatch-test-%d", cgroup_root(), getpid());
	assert_int_equal(mkdir(cgroup_path, 0755), 0);
	snprintf(scope, sizeof(scope), "cgroup:%s", cgroup_path);
	lab_open(&lab, &(struct lab_options){.scope = scope});
	close(serve_one(shell_connects)); /* outside */
	lab_drain(&lab);
	assert_int_equal(lab.count, 0);
	server = lab_fork();
	if (!server) {
		int fd, out[2];
		char c;

		join_cgroup();
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
	for (int i = 0; i < 50 && rmdir(cgroup_path) && errno == EBUSY; i++)
		usleep(20000);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.confidence, SW_CONFIDENCE_EXACT);
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
	assert_int_equal(session->h.origin.confidence, SW_CONFIDENCE_SERVICE);
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
		cmocka_unit_test(test_identity_changes_are_told_with_their_cause),
		cmocka_unit_test(test_unexplained_root_is_told_as_such),
		cmocka_unit_test(test_a_session_opened_inside_another),
		cmocka_unit_test(test_nothing_is_left_when_all_has_ended),
		cmocka_unit_test(test_another_namespace_is_out_of_scope),
		cmocka_unit_test(test_scope_of_a_cgroup),
		cmocka_unit_test(test_connection_older_than_the_sensor),
		cmocka_unit_test(test_every_probe_fires),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
