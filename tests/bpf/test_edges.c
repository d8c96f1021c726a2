// SPDX-License-Identifier: Apache-2.0
/* Outbound flows outside sessions: told once in a window, and counted to the unit. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/host.h"
#include "probe/window.h"
#include "serve.h"

#define SOMEBODY 4242 /* a uid that owns nothing */

/* The lab, and what watches edges. */
struct watch {
	struct lab lab;
	struct sw_ring *ring;
	struct sw_window *window;
};

static void watch_open(struct watch *w, const struct lab_options *options)
{
	lab_open(&w->lab, options);
	assert_int_equal(sw_ring_open(sw_probe_set_map_fd(w->lab.probes, "sw_edges"), NULL,
				      lab_record, &w->lab, &w->ring),
			 0);
	assert_int_equal(
		sw_window_open(w->lab.probes, sw_boottime_ns(), lab_record, &w->lab, &w->window),
		0);
}

static void look(struct watch *w)
{
	while (sw_ring_drain(w->ring) > 0)
		;
}

static void end_window(struct watch *w)
{
	look(w);
	assert_int_equal(sw_window_end(w->window, sw_boottime_ns()), 0);
}

static void watch_close(struct watch *w)
{
	assert_int_equal(lab_counter(&w->lab, SW_COUNT_EDGES_PRODUCED),
			 sw_ring_consumed(w->ring) + lab_counter(&w->lab, SW_COUNT_EDGES_DROPPED) +
				 lab_counter(&w->lab, SW_COUNT_EDGES_CAPPED));
	lab_check_accounting(&w->lab);
	sw_window_free(&w->window);
	sw_ring_free(&w->ring);
	lab_close(&w->lab);
}

/* Of all windows that have ended. */
static uint64_t flows_counted(const struct watch *w)
{
	const struct sw_rec_edge_count *rec;
	uint64_t flows = 0;

	for (size_t i = 0; (rec = lab_find(&w->lab, SW_KIND_EDGE_COUNT, i)); i++)
		flows += rec->flows;
	assert_int_equal(flows, sw_window_flows(w->window));
	return flows;
}

static void connect_times(unsigned int n)
{
	while (n--) {
		int fd = lab_connect(AF_INET, target_port, false);

		if (fd < 0)
			_exit(92);
		close(fd);
	}
}

/* Connects to the nth address where nobody listens. */
static void knock_at(unsigned int n)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(1)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(0x7f010000 + n);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

/* Each is an edge. */
static void knock(unsigned int first, unsigned int n)
{
	for (unsigned int i = first; i < first + n; i++)
		knock_at(i);
}

/* ---- what an edge is --------------------------------------------------------------------- */

static void test_an_edge_is_told_once_in_a_window(void **state)
{
	const struct sw_rec_edge *told;
	const struct sw_rec_edge_count *counted;
	struct watch w;

	(void)state;
	watch_open(&w, &(struct lab_options){0});
	connect_times(100);
	end_window(&w);
	assert_int_equal(lab_count(&w.lab, SW_KIND_EDGE), 1);
	assert_int_equal(lab_count(&w.lab, SW_KIND_EDGE_COUNT), 1);
	told = lab_find(&w.lab, SW_KIND_EDGE, 0);
	counted = lab_find(&w.lab, SW_KIND_EDGE_COUNT, 0);
	assert_int_equal(counted->flows, 100);
	assert_memory_equal(&told->edge, &counted->edge, sizeof(told->edge));
	assert_int_equal(told->h.task.tgid, getpid());
	assert_int_equal(told->h.origin.nflows, 0);
	assert_non_null(strstr(told->exe, "/test_edges"));
	assert_int_equal(told->edge.remote_port, target_port);
	assert_int_equal(told->edge.listener_port, 0);
	assert_int_equal(told->edge.euid, 0);
	assert_int_equal(told->edge.family, 4);
	assert_int_equal(ntohl(*(const uint32_t *)told->edge.remote), INADDR_LOOPBACK);
	assert_true(counted->start_ns < counted->first_ns);
	assert_true(counted->first_ns <= told->h.time_ns);
	assert_true(told->h.time_ns < counted->h.time_ns);

	connect_times(7);
	end_window(&w);
	assert_int_equal(lab_count(&w.lab, SW_KIND_EDGE), 2);
	counted = lab_find(&w.lab, SW_KIND_EDGE_COUNT, 1);
	assert_int_equal(counted->flows, 7);
	end_window(&w);
	assert_int_equal(lab_count(&w.lab, SW_KIND_EDGE_COUNT), 2);
	assert_int_equal(w.lab.undecodable, 0);
	watch_close(&w);
}

static void test_who_and_where_to_make_an_edge(void **state)
{
	struct watch w;
	uint16_t other_port, port6;
	int other, listener6;

	(void)state;
	other = lab_listen(AF_INET, &other_port);
	listener6 = lab_listen(AF_INET6, &port6);
	watch_open(&w, &(struct lab_options){0});
	connect_times(2);
	close(lab_connect(AF_INET6, target_port, true)); /* mapped: the same edge */
	close(lab_connect(AF_INET, other_port, false));
	close(lab_connect(AF_INET6, port6, false));
	shell_connects(); /* another program, the first port */
	assert_int_equal(seteuid(SOMEBODY), 0);
	connect_times(1);
	assert_int_equal(seteuid(0), 0);
	end_window(&w);
	assert_int_equal(lab_count(&w.lab, SW_KIND_EDGE), 5);
	assert_int_equal(lab_count(&w.lab, SW_KIND_EDGE_COUNT), 5);
	assert_int_equal(flows_counted(&w), 7);
	assert_non_null(strstr(((const struct sw_rec_edge *)lab_find(&w.lab, SW_KIND_EDGE, 3))->exe,
			       "/bash"));
	assert_int_equal(((const struct sw_rec_edge *)lab_find(&w.lab, SW_KIND_EDGE, 4))->edge.euid,
			 SOMEBODY);
	close(other);
	close(listener6);
	watch_close(&w);
}

/* ---- services ---------------------------------------------------------------------------- */

/* The edge to the target; how many flows its window had. */
static const struct sw_rec_edge *edge_to_target(const struct lab *lab, uint64_t *flows)
{
	const struct sw_rec_edge_count *counted;
	const struct sw_rec_edge *told;

	for (size_t i = 0; (counted = lab_find(lab, SW_KIND_EDGE_COUNT, i)); i++)
		if (counted->edge.remote_port == target_port)
			*flows = counted->flows;
	for (size_t i = 0; (told = lab_find(lab, SW_KIND_EDGE, i)); i++)
		if (told->edge.remote_port == target_port)
			break;
	return told;
}

static void serve_and_connect(int listener)
{
	for (int i = 0; i < 3; i++) {
		int fd = lab_accept(listener);

		lab_hear(fd);
		connect_times(5);
		close(fd);
	}
}

static void test_a_service_shows_the_peers_behind_it(void **state)
{
	struct lab_service s = {.serve = serve_and_connect, .says = {"x", "x", "x"}};
	const struct sw_rec_edge *told;
	uint64_t flows = 0;
	struct watch w;

	(void)state;
	s.listener = lab_listen(AF_INET, &s.port);
	watch_open(&w, &(struct lab_options){0});
	lab_service_run(&w.lab, &s);
	end_window(&w);
	/* The clients' connections are edges of this program, not of a service. */
	told = edge_to_target(&w.lab, &flows);
	assert_non_null(told);
	assert_int_equal(told->edge.listener_port, s.port);
	assert_int_equal(told->h.origin.session, 0);
	assert_int_equal(told->h.origin.confidence, SW_CONFIDENCE_THREAD);
	assert_int_equal(told->h.origin.nflows, 1);
	assert_int_equal(told->h.origin.in[0].remote_port, s.peers[0]);
	assert_int_equal(flows, 15);
	assert_int_equal(lab_counter(&w.lab, SW_COUNT_SERVICE_FLOWS), 15);
	assert_int_equal(flows_counted(&w), 15 + 3);
	assert_int_equal(lab_counter(&w.lab, SW_COUNT_PRODUCED), 0);
	close(s.listener);
	watch_close(&w);
}

static void fork_a_worker(int listener)
{
	for (int i = 0; i < 2; i++)
		lab_hear(lab_accept(listener));
	if (!lab_in_a_child())
		return;
	connect_times(5);
	_exit(0);
}

/* It belongs to a session, as its parent had read; what it does is the service's work. */
static void test_a_forked_workers_flows_are_the_services(void **state)
{
	struct lab_service s = {.serve = fork_a_worker, .says = {"x", "x"}};
	const struct sw_rec_edge *told;
	uint64_t flows = 0;
	struct watch w;

	(void)state;
	s.listener = lab_listen(AF_INET, &s.port);
	watch_open(&w, &(struct lab_options){0});
	lab_service_run(&w.lab, &s);
	end_window(&w);
	told = edge_to_target(&w.lab, &flows);
	assert_non_null(told);
	assert_int_equal(told->edge.listener_port, s.port);
	assert_int_equal(told->h.origin.session, 0);
	assert_int_equal(told->h.origin.confidence, SW_CONFIDENCE_SERVICE);
	assert_int_equal(told->h.origin.nflows, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(told->h.origin.in[i].remote_port, s.peers[1 - i]);
	assert_int_equal(flows, 5);
	assert_int_equal(lab_counter(&w.lab, SW_COUNT_SERVICE_FLOWS), flows);
	assert_int_equal(lab_counter(&w.lab, SW_COUNT_PRODUCED), 0);
	close(s.listener);
	watch_close(&w);
}

static void test_a_sessions_flows_are_no_edges(void **state)
{
	struct watch w;
	int client;

	(void)state;
	watch_open(&w, &(struct lab_options){0});
	client = serve_one(shell_connects);
	assert_non_null(lab_wait(&w.lab, SW_KIND_CONNECT));
	end_window(&w);
	assert_int_equal(flows_counted(&w), 1); /* the client's */
	close(client);
	watch_close(&w);
}

/* ---- nothing is lost uncounted ----------------------------------------------------------- */

static void test_a_full_table_is_told(void **state)
{
	struct watch w;

	(void)state;
	watch_open(&w, &(struct lab_options){.edges_max = 10});
	knock(0, 25);
	end_window(&w);
	assert_int_equal(lab_counter(&w.lab, SW_COUNT_EDGES_FULL), 15);
	assert_int_equal(lab_count(&w.lab, SW_KIND_EDGE), 10);
	assert_int_equal(flows_counted(&w), 10);
	knock(100, 10); /* there is room again */
	end_window(&w);
	assert_int_equal(lab_counter(&w.lab, SW_COUNT_EDGES_FULL), 15);
	assert_int_equal(flows_counted(&w), 20);
	watch_close(&w);
}

static void test_new_edges_are_capped_by_program(void **state)
{
	struct watch w;

	(void)state;
	watch_open(&w, &(struct lab_options){.burst = 10, .per_s = 1});
	knock(0, 100);
	shell_connects(); /* has a rate of its own */
	end_window(&w);
	assert_true(lab_counter(&w.lab, SW_COUNT_EDGES_CAPPED) >= 85);
	assert_int_equal(lab_counter(&w.lab, SW_COUNT_EDGES_PRODUCED), 101);
	assert_non_null(
		strstr(((const struct sw_rec_edge *)lab_last(&w.lab, SW_KIND_EDGE))->exe, "/bash"));
	assert_int_equal(lab_count(&w.lab, SW_KIND_EDGE_COUNT), 101);
	assert_int_equal(flows_counted(&w), 101);
	watch_close(&w);
}

static void test_a_full_ring_drops_and_counts(void **state)
{
	struct watch w;

	(void)state;
	watch_open(&w, &(struct lab_options){.burst = 1000000, .per_s = 1000000});
	knock(0, 3000); /* the ring holds 1 MiB, some 1,270 records */
	assert_true(lab_counter(&w.lab, SW_COUNT_EDGES_DROPPED) > 1000);
	end_window(&w);
	assert_int_equal(flows_counted(&w), 3000);
	watch_close(&w);
}

/* Windows end while two processes connect on as fast as they can. */
static void test_windows_under_load_are_exact(void **state)
{
	const unsigned int each = 20000, windows = 20;
	pid_t children[2];
	struct watch w;
	unsigned int ended = 0;

	(void)state;
	watch_open(&w, &(struct lab_options){0});
	for (int i = 0; i < 2; i++) {
		children[i] = lab_fork();
		if (!children[i]) {
			for (unsigned int n = 0; n < each; n++)
				knock_at(n % 3);
			_exit(0);
		}
	}
	while (ended < windows) {
		end_window(&w);
		ended++;
	}
	for (int i = 0; i < 2; i++)
		lab_reap(children[i]);
	end_window(&w);
	assert_true(lab_count(&w.lab, SW_KIND_EDGE_COUNT) > 3 * 4); /* several windows had some */
	assert_int_equal(flows_counted(&w), 2 * each);
	assert_int_equal(lab_counter(&w.lab, SW_COUNT_EDGES_FULL), 0);
	watch_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_edge_is_told_once_in_a_window),
		cmocka_unit_test(test_who_and_where_to_make_an_edge),
		cmocka_unit_test(test_a_service_shows_the_peers_behind_it),
		cmocka_unit_test(test_a_forked_workers_flows_are_the_services),
		cmocka_unit_test(test_a_sessions_flows_are_no_edges),
		cmocka_unit_test(test_a_full_table_is_told),
		cmocka_unit_test(test_new_edges_are_capped_by_program),
		cmocka_unit_test(test_a_full_ring_drops_and_counts),
		cmocka_unit_test(test_windows_under_load_are_exact),
	};

	return cmocka_run_group_tests(tests, serve_namespace, NULL);
}
