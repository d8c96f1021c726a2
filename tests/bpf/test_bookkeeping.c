// SPDX-License-Identifier: Apache-2.0
/* What is remembered of processes: by many threads at once, with changing identities, to the end.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab.h"

#define SOMEBODY 4242 /* a uid that owns nothing */
#define NOBODY_LISTENS 1 /* a port */

static uint16_t target_port;

static int setup(void **state)
{
	if (lab_namespace(state))
		return -1;
	lab_listen(AF_INET, &target_port);
	return 0;
}

static void connect_out(void)
{
	int fd = lab_connect(AF_INET, target_port, false);

	if (fd < 0)
		_exit(92);
	close(fd);
}

/* Holds two threads until both are here: they then run on at once, on a CPU each if possible. */
static void meet(atomic_int *here)
{
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET((size_t)atomic_fetch_add(here, 1) & 1, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	atomic_fetch_add(here, 2); /* both: twice one and twice two */
	for (int i = 0; atomic_load(here) < 6; i++)
		if (i > 10000)
			sched_yield(); /* the other one waits for this CPU */
}

static size_t unexplained(const struct lab *lab)
{
	const struct sw_rec_identity *identity;
	size_t n = 0;

	for (size_t i = 0; (identity = lab_find(lab, SW_KIND_IDENTITY, i)); i++)
		n += identity->how == SW_HOW_UNEXPLAINED;
	return n;
}

/* ---- threads ----------------------------------------------------------------------------- */

#define THREADS 8
#define REQUESTS 250 /* of each */

static void *serve_requests(void *listener)
{
	for (int i = 0; i < REQUESTS; i++) {
		int fd = lab_accept(*(int *)listener);
		pid_t child;

		lab_hear(fd);
		child = vfork();
		if (!child)
			_exit(0);
		lab_join(child);
		close(fd);
	}
	return NULL;
}

/* Its own clients are of processes that it has forked before it read anything. */
static void serve_by_threads(int listener)
{
	uint16_t port = lab_local_port(listener);
	pthread_t threads[THREADS];
	pid_t clients[2];

	for (int i = 0; i < 2; i++) {
		clients[i] = lab_fork();
		for (int n = 0; !clients[i] && n < THREADS * REQUESTS / 2; n++) {
			int fd = lab_connect(AF_INET, port, false);
			char c;

			if (fd < 0)
				_exit(92);
			lab_say(fd);
			if (read(fd, &c, 1) < 0) /* until it is closed */
				_exit(91);
			close(fd);
		}
		if (!clients[i])
			_exit(0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, serve_requests, &listener);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	lab_join(clients[0]);
	lab_join(clients[1]);
}

static void test_threads_that_fork_at_once_leave_nothing_behind(void **state)
{
	struct lab_service s = {.serve = serve_by_threads};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	/* Where softirq interrupts the probe itself it is skipped; the first read makes up for it.
	 */
	assert_int_equal(lab_counter(&lab, SW_COUNT_INBOUND) + lab_counter(&lab, SW_COUNT_REPAIRED),
			 THREADS * REQUESTS);
	lab_check_forgotten(&lab);
	lab_end(&lab, &s);
}

#define TRIES 100

static atomic_int readers;

static void *read_first_flow(void *fd)
{
	meet(&readers);
	lab_hear(*(int *)fd);
	return NULL;
}

static void read_two_by_threads(int listener)
{
	uint16_t port = lab_local_port(listener);

	for (int i = 0; i < TRIES; i++) {
		int out[2], in[2];

		for (int n = 0; n < 2; n++) {
			out[n] = lab_connect(AF_INET, port, false);
			in[n] = lab_accept(listener);
			lab_say(out[n]);
		}
		if (lab_in_a_child()) {
			pthread_t both[2];

			/* The main thread acts, having read neither. */
			for (int n = 0; n < 2; n++)
				pthread_create(&both[n], NULL, read_first_flow, &in[n]);
			for (int n = 0; n < 2; n++)
				pthread_join(both[n], NULL);
			lab_connect(AF_INET, NOBODY_LISTENS, false);
			_exit(0);
		}
		for (int n = 0; n < 2; n++) {
			close(out[n]);
			close(in[n]);
		}
	}
}

static void test_two_first_reads_at_once_are_two_flows(void **state)
{
	struct lab_service s = {.serve = read_two_by_threads, .login = true};
	const struct sw_rec_connect *attempt;
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), TRIES);
	for (size_t i = 0; (attempt = lab_find(&lab, SW_KIND_CONNECT, i)); i++) {
		const struct sw_origin *o = &attempt->h.origin;

		assert_int_equal(o->confidence, SW_CONFIDENCE_SERVICE);
		assert_int_equal(o->seen, 2);
		assert_int_equal(o->nflows, 2);
		assert_int_not_equal(o->in[0].cookie, 0);
		assert_int_not_equal(o->in[1].cookie, 0);
		assert_int_not_equal(o->in[0].cookie, o->in[1].cookie);
	}
	lab_check_forgotten(&lab);
	lab_end(&lab, &s);
}

static atomic_int enders;

static void *end_thread(void *arg)
{
	meet(&enders);
	syscall(SYS_exit, 0); /* of this thread alone */
	return arg;
}

/* As a program of its own. */
static int end_both_at_once(void)
{
	pthread_t other;

	pthread_create(&other, NULL, end_thread, NULL);
	end_thread(NULL);
	return 1;
}

static void run_programs_that_end_so(int listener)
{
	int fd = lab_accept(listener);

	if (!lab_in_a_child())
		return;
	lab_hear(fd);
	for (int i = 0; i < TRIES; i++) {
		if (!lab_in_a_child())
			continue;
		execl("/proc/self/exe", "test_bookkeeping", "end", NULL);
		_exit(94);
	}
	_exit(0);
}

static void test_threads_that_end_at_once_are_one_exit(void **state)
{
	struct lab_service s = {.serve = run_programs_that_end_so, .says = {"x"}};
	struct lab lab;

	(void)state;
	s.listener = lab_listen(AF_INET, &s.port);
	lab_open(&lab, &(struct lab_options){.burst = 100000, .per_s = 100000});
	lab_service_run(&lab, &s);
	assert_int_equal(lab_count(&lab, SW_KIND_EXEC), TRIES);
	assert_int_equal(lab_count(&lab, SW_KIND_EXIT), TRIES);
	lab_check_forgotten(&lab);
	lab_end(&lab, &s);
}

/* ---- identities -------------------------------------------------------------------------- */

static void become_somebody_between_flows(int listener)
{
	lab_hear(lab_accept(listener));
	if (setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
		_exit(96);
	connect_out();
	lab_hear(lab_accept(listener));
	connect_out();
}

static void test_a_changed_identity_is_remembered_at_the_next_flow(void **state)
{
	struct lab_service s = {.serve = become_somebody_between_flows, .says = {"x", "x"}};
	const struct sw_rec_identity *identity;
	const struct sw_rec_connect *attempt;
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	for (size_t i = 0; i < 2; i++) {
		attempt = lab_find(&lab, SW_KIND_CONNECT, i);
		assert_non_null(attempt);
		assert_int_equal(attempt->h.origin.seen, 1 + i);
		assert_int_equal(attempt->h.origin.in[0].remote_port, s.peers[i]);
		assert_int_equal(attempt->h.task.cred.uid, SOMEBODY);
	}
	assert_int_equal(lab_count(&lab, SW_KIND_IDENTITY), 1); /* it changed once */
	identity = lab_last(&lab, SW_KIND_IDENTITY);
	assert_int_equal(identity->old.uid, 0);
	assert_int_equal(lab_counter(&lab, SW_COUNT_SERVICE_FLOWS), 0);
	lab_end(&lab, &s);
}

static void set_net_raw(uint32_t permitted, uint32_t effective)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2] = {
		{.permitted = permitted << CAP_NET_RAW, .effective = effective << CAP_NET_RAW}};

	if (syscall(SYS_capset, &head, caps))
		_exit(96);
}

/* As a program with a file capability does that raises it only where it needs it. */
static void raise_what_is_permitted(int listener)
{
	int fd = lab_accept(listener);

	if (!lab_in_a_child())
		return;
	lab_hear(fd);
	if (prctl(PR_SET_KEEPCAPS, 1) || setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
		_exit(96);
	set_net_raw(1, 0);
	connect_out();
	set_net_raw(1, 1);
	connect_out();
	_exit(0);
}

static void test_raising_a_permitted_capability_is_explained(void **state)
{
	struct lab_service s = {.serve = raise_what_is_permitted, .says = {"x"}, .login = true};
	const struct sw_rec_identity *raised;
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), 2);
	assert_int_equal(lab_count(&lab, SW_KIND_IDENTITY), 2);
	raised = lab_last(&lab, SW_KIND_IDENTITY);
	assert_int_equal(raised->old.cap_effective, 0);
	assert_int_equal(raised->h.task.cred.cap_effective, 1U << CAP_NET_RAW);
	assert_int_equal(unexplained(&lab), 0);
	lab_end(&lab, &s);
}

static int thread_goes_on[2], main_goes_on[2];

static void *be_somebody_in_a_thread(void *arg)
{
	syscall(SYS_setresuid, SOMEBODY, SOMEBODY, SOMEBODY); /* of this thread alone */
	connect_out();
	lab_say(main_goes_on[1]);
	lab_hear(thread_goes_on[0]);
	connect_out();
	return arg;
}

/* Its threads connect in turn, one as root and one as somebody; then the first alone. */
static void have_two_identities(int listener)
{
	int fd = lab_accept(listener);
	pthread_t other;

	if (!lab_in_a_child())
		return;
	lab_hear(fd);
	if (pipe(thread_goes_on) || pipe(main_goes_on))
		_exit(95);
	pthread_create(&other, NULL, be_somebody_in_a_thread, NULL);
	lab_hear(main_goes_on[0]);
	connect_out();
	lab_say(thread_goes_on[1]);
	pthread_join(other, NULL);
	connect_out();
	_exit(0);
}

static void test_threads_with_own_identities_are_explained(void **state)
{
	struct lab_service s = {.serve = have_two_identities, .says = {"x"}, .login = true};
	static const uint32_t uids[] = {SOMEBODY, 0, SOMEBODY, 0};
	struct lab lab;

	(void)state;
	lab_play(&lab, &s);
	for (size_t i = 0; i < 4; i++) {
		const struct sw_rec_connect *attempt = lab_find(&lab, SW_KIND_CONNECT, i);

		assert_non_null(attempt);
		assert_int_equal(attempt->h.task.cred.uid, uids[i]);
	}
	assert_int_equal(unexplained(&lab), 0);
	lab_end(&lab, &s);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return end_both_at_once();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_that_fork_at_once_leave_nothing_behind),
		cmocka_unit_test(test_two_first_reads_at_once_are_two_flows),
		cmocka_unit_test(test_threads_that_end_at_once_are_one_exit),
		cmocka_unit_test(test_a_changed_identity_is_remembered_at_the_next_flow),
		cmocka_unit_test(test_raising_a_permitted_capability_is_explained),
		cmocka_unit_test(test_threads_with_own_identities_are_explained),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
