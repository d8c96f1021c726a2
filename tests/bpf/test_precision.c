// SPDX-License-Identifier: Apache-2.0
/* What the precision set adds, and the core set does without: each test asks which one it is. */
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>

#include "serve.h"

#define SOMEBODY 4242 /* a uid that owns nothing */

/* Accepts one connection, whose child reads from it and does the deed. */
static void (*deed)(void);

static void serve(int listener)
{
	int fd = lab_accept(listener);

	if (!lab_in_a_child())
		return;
	lab_hear(fd);
	deed();
	_exit(0);
}

static struct lab_service login(void (*what)(void))
{
	deed = what;
	return (struct lab_service){.serve = serve, .says = {"x"}, .login = true};
}

/* ---- connect ----------------------------------------------------------------------------- */

static int port_pipe[2];

static void tell_port(int fd)
{
	uint16_t port = lab_local_port(fd);

	if (write(port_pipe[1], &port, sizeof(port)) != sizeof(port))
		_exit(95);
}

static void connect_and_tell(void)
{
	int fd = lab_connect(AF_INET, target_port, false);

	if (fd < 0)
		_exit(92);
	tell_port(fd);
}

static void connect_by_six_and_tell(void)
{
	int fd = lab_connect(AF_INET6, target_port, true);

	if (fd < 0)
		_exit(92);
	tell_port(fd);
}

/* With data, in one call. */
static void fast_open_and_tell(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(target_port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&at, sizeof(at)) != 1)
		_exit(92);
	tell_port(fd);
}

static void check_port(void (*what)(void))
{
	struct lab_service s = login(what);
	const struct sw_rec_connect *attempt;
	const struct sw_rec_outcome *outcome;
	struct lab lab;
	uint16_t port;

	assert_int_equal(pipe(port_pipe), 0);
	lab_play(&lab, &s);
	assert_int_equal(read(port_pipe[0], &port, sizeof(port)), sizeof(port));
	outcome = lab_wait(&lab, SW_KIND_OUTCOME);
	attempt = lab_find(&lab, SW_KIND_CONNECT, 0);
	lab_assert_root_exact(attempt, s.peers[0]);
	assert_non_null(outcome);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), 1);
	assert_true(attempt->h.seq < outcome->h.seq);
	assert_int_equal(attempt->out.local_port, lab_is_precise() ? port : 0);
	assert_int_equal(outcome->out.local_port, port);
	assert_int_equal(attempt->out.remote_port, target_port);
	assert_int_equal(attempt->out.family, 4);
	assert_int_equal(attempt->out.cookie, outcome->out.cookie);
	assert_int_equal(attempt->out.start_ns, outcome->out.start_ns);
	assert_memory_equal(&attempt->h.task, &outcome->h.task, sizeof(attempt->h.task));
	close(port_pipe[0]);
	close(port_pipe[1]);
	lab_end(&lab, &s);
}

static void test_an_attempt_tells_its_port(void **state)
{
	(void)state;
	check_port(connect_and_tell);
}

static void test_an_attempt_from_a_mapped_address_tells_its_port(void **state)
{
	(void)state;
	check_port(connect_by_six_and_tell);
}

static void test_a_fast_open_tells_its_port(void **state)
{
	(void)state;
	check_port(fast_open_and_tell);
}

/* ---- creds ------------------------------------------------------------------------------- */

static void become(uid_t euid)
{
	if (seteuid(euid))
		_exit(96);
}

static void child_becomes_somebody_and_back(void)
{
	if (!lab_in_a_child())
		return;
	become(SOMEBODY);
	become(0);
	_exit(0);
}

static const struct sw_rec_identity *assert_change(const struct lab *lab, size_t nth, uid_t from,
						   uid_t to)
{
	const struct sw_rec_identity *change = lab_find(lab, SW_KIND_IDENTITY, nth);

	assert_non_null(change);
	assert_int_equal(change->old.euid, from);
	assert_int_equal(change->h.task.cred.euid, to);
	return change;
}

static void test_a_change_that_is_taken_back(void **state)
{
	struct lab_service s = login(child_becomes_somebody_and_back);
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	if (lab_is_precise()) {
		assert_int_equal(assert_change(&lab, 0, 0, SOMEBODY)->how, SW_HOW_SETID);
		assert_int_equal(assert_change(&lab, 1, SOMEBODY, 0)->how, SW_HOW_SETID);
		assert_int_equal(lab_count(&lab, SW_KIND_IDENTITY), 2);
		lab_assert_root_exact(lab_find(&lab, SW_KIND_IDENTITY, 0), s.peers[0]);
	} else {
		assert_int_equal(lab_count(&lab, SW_KIND_IDENTITY), 0);
	}
	lab_end(&lab, &s);
}

static void *change_in_a_thread(void *arg)
{
	(void)arg;
	/* The C library would change all threads. */
	if (syscall(SYS_setresuid, -1, SOMEBODY, -1) || syscall(SYS_setresuid, -1, 0, -1))
		_exit(96);
	return NULL;
}

static void thread_becomes_somebody_and_back(void)
{
	pthread_t thread;

	if (!lab_in_a_child())
		return;
	if (pthread_create(&thread, NULL, change_in_a_thread, NULL) || pthread_join(thread, NULL))
		_exit(96);
	_exit(0);
}

static void test_a_change_of_one_thread(void **state)
{
	struct lab_service s = login(thread_becomes_somebody_and_back);
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	if (lab_is_precise()) {
		assert_change(&lab, 0, 0, SOMEBODY);
		assert_change(&lab, 1, SOMEBODY, 0);
	}
	assert_int_equal(lab_count(&lab, SW_KIND_IDENTITY), lab_is_precise() ? 2 : 0);
	lab_end(&lab, &s);
}

/* A file server does that with each request; what it forks is of somebody. */
static void reader_changes_often_and_forks(void)
{
	for (int i = 0; i < 50; i++) {
		become(SOMEBODY);
		become(0);
	}
	become(SOMEBODY);
	if (lab_in_a_child())
		_exit(0);
}

static void test_the_changes_of_a_reader_wait_until_it_forks(void **state)
{
	struct lab_service s = login(reader_changes_often_and_forks);
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_change(&lab, 0, 0, SOMEBODY);
	assert_int_equal(lab_count(&lab, SW_KIND_IDENTITY), 1);
	lab_end(&lab, &s);
}

/* As bpf/maps.h has it. */
struct mark {
	uint64_t start_ns, session, image;
	uint32_t told, pad;
	struct sw_cred shadow;
};

static int order_pipe[2], pid_pipe[2];

static void child_tells_its_id_and_obeys(void)
{
	pid_t self;
	char c;

	if (!lab_in_a_child())
		return;
	self = getpid();
	if (write(pid_pipe[1], &self, sizeof(self)) != sizeof(self) ||
	    read(order_pipe[0], &c, 1) != 1)
		_exit(95);
	become(SOMEBODY);
	become(0);
	_exit(0);
}

/*
 * Root that did not come by commit_creds(), as when an exploit writes over credentials: the test
 * forges what the process had before.
 */
static void forge(const struct lab *lab, pid_t child)
{
	int marks = sw_probe_set_map_fd(lab->probes, "sw_marks");
	struct mark mark;

	assert_int_equal(bpf_map_lookup_elem(marks, &child, &mark), 0);
	mark.shadow.uid = mark.shadow.euid = mark.shadow.suid = SOMEBODY;
	mark.shadow.cap_effective = mark.shadow.cap_permitted = 0;
	assert_int_equal(bpf_map_update_elem(marks, &child, &mark, BPF_EXIST), 0);
}

static void test_root_from_nowhere_is_seen_at_the_next_change(void **state)
{
	struct lab_service s = login(child_tells_its_id_and_obeys);
	struct lab lab;
	pid_t child, server;
	int client;

	(void)state;
	assert_int_equal(pipe(order_pipe) | pipe(pid_pipe), 0);
	s.listener = lab_listen(AF_INET, &s.port);
	lab_open(&lab, &(struct lab_options){.login_port = s.port});
	server = lab_fork();
	if (!server) {
		serve(s.listener);
		_exit(0);
	}
	client = lab_connect(AF_INET, s.port, false);
	lab_say(client);
	assert_int_equal(read(pid_pipe[0], &child, sizeof(child)), sizeof(child));
	forge(&lab, child);
	assert_int_equal(write(order_pipe[1], "x", 1), 1);
	lab_reap(server);
	lab_drain(&lab);
	assert_int_equal(assert_change(&lab, 0, SOMEBODY, 0)->how, SW_HOW_UNEXPLAINED);
	assert_int_equal(lab_count(&lab, SW_KIND_IDENTITY), lab_is_precise() ? 3 : 1);
	if (lab_is_precise())
		assert_int_equal(assert_change(&lab, 1, 0, SOMEBODY)->how, SW_HOW_SETID);
	close(client);
	close(s.listener);
	lab_check_accounting(&lab);
	lab_close(&lab);
}

/* ---- accept ------------------------------------------------------------------------------ */

/* The connection is older than the sensor, and nobody has accepted it yet. */
static void test_a_connection_that_waited_to_be_accepted(void **state)
{
	struct lab_service s = {.serve = serve};
	const struct sw_rec_connect *attempt;
	struct lab lab;
	int client;

	(void)state;
	deed = shell_connects;
	s.listener = lab_listen(AF_INET, &s.port);
	client = lab_connect(AF_INET, s.port, false);
	lab_say(client);
	lab_open(&lab, &(struct lab_options){0});
	lab_service_run(&lab, &s);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	assert_non_null(attempt);
	assert_int_equal(attempt->h.origin.in[0].remote_port, lab_local_port(client));
	assert_int_equal(attempt->h.origin.confidence,
			 lab_is_precise() ? SW_CONFIDENCE_EXACT : SW_CONFIDENCE_THREAD);
	assert_int_equal(attempt->h.origin.in[0].start_ns != 0, lab_is_precise());
	assert_int_equal(lab_counter(&lab, SW_COUNT_REPAIRED), 1);
	close(client);
	lab_end(&lab, &s);
}

/* The one that accepts reads nothing: what it does by itself is nobody's doing. */
static void accept_and_run_something(int listener)
{
	int fd = lab_accept(listener);

	lab_program_connects(target_port);
	close(fd);
}

static void test_accepting_alone_makes_no_origin(void **state)
{
	struct lab_service s = {.serve = accept_and_run_something, .says = {"x"}, .login = true};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_int_equal(lab.count, 0);
	assert_int_equal(lab_map_entries(&lab, "sw_readers"), 0);
	lab_end(&lab, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_attempt_tells_its_port),
		cmocka_unit_test(test_an_attempt_from_a_mapped_address_tells_its_port),
		cmocka_unit_test(test_a_fast_open_tells_its_port),
		cmocka_unit_test(test_a_change_that_is_taken_back),
		cmocka_unit_test(test_a_change_of_one_thread),
		cmocka_unit_test(test_the_changes_of_a_reader_wait_until_it_forks),
		cmocka_unit_test(test_root_from_nowhere_is_seen_at_the_next_change),
		cmocka_unit_test(test_a_connection_that_waited_to_be_accepted),
		cmocka_unit_test(test_accepting_alone_makes_no_origin),
	};

	return cmocka_run_group_tests(tests, serve_namespace, NULL);
}
