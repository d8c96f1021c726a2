/* SPDX-License-Identifier: Apache-2.0 */
/* Edges in the state: told once in a window, counted at its end. */
#include "state/build.h"

#include "state/state.h"

static const struct sw_config config;

static struct sw_state *make(size_t edges_max)
{
	struct sw_state_options options = {.config = &config, .edges_max = edges_max};
	struct sw_state *state = NULL;

	assert_int_equal(sw_state_new(&options, &state), 0);
	return state;
}

static const struct sw_edge_seen *apply(struct sw_state *state, union rec r)
{
	struct sw_view view;

	assert_int_equal(sw_state_apply(state, &r.h, &view), 0);
	assert_null(view.session);
	assert_null(view.hop);
	assert_non_null(view.edge);
	return view.edge;
}

static struct sw_state_stats stats_of(const struct sw_state *state)
{
	struct sw_state_stats stats;

	sw_state_stats(state, &stats);
	return stats;
}

static void flows_of_windows_add_up(void **state)
{
	struct sw_state *s = make(0);
	const struct sw_edge edge = edge_to("10.0.0.7", 5432);
	const struct sw_edge_seen *seen;

	(void)state;
	seen = apply(s, rec_edge(100 * S, "10.0.0.7", 5432, "/usr/sbin/nginx"));
	assert_int_equal(seen->flows, 0); /* the count will have it */
	assert_int_equal(seen->first_ns, 100 * S);
	assert_ptr_equal(apply(s, rec_edge_count(130 * S, "10.0.0.7", 5432, 40)), seen);
	assert_int_equal(seen->first_ns, 71 * S); /* another CPU's flow was counted before it */
	apply(s, rec_edge(140 * S, "10.0.0.7", 5432, "/usr/sbin/nginx"));
	apply(s, rec_edge_count(190 * S, "10.0.0.7", 5432, 2));
	assert_int_equal(seen->flows, 42);
	assert_int_equal(seen->windows, 2);
	assert_int_equal(seen->last_ns, 190 * S);
	assert_string_equal(seen->exe, "/usr/sbin/nginx");
	assert_ptr_equal(sw_state_edge(s, &edge), seen);
	assert_int_equal(stats_of(s).edges, 1);
	assert_int_equal(stats_of(s).edge_flows, 42);
	assert_int_equal(stats_of(s).sessions, 0);
	sw_state_free(&s);
}

static void a_count_alone_makes_an_edge(void **state)
{
	struct sw_state *s = make(0);
	const struct sw_edge_seen *seen;

	(void)state;
	seen = apply(s, rec_edge_count(130 * S, "fd00::7", 22, 3)); /* its EDGE was dropped */
	assert_null(seen->exe);
	assert_int_equal(seen->flows, 3);
	assert_ptr_equal(apply(s, rec_edge(140 * S, "fd00::7", 22, "/bin/x")), seen);
	assert_string_equal(seen->exe, "/bin/x");
	sw_state_free(&s);
}

static void every_part_of_the_key_counts(void **state)
{
	struct sw_state *s = make(0);
	union rec base = rec_edge(S, "10.0.0.7", 22, "/bin/x"), r;

	(void)state;
	apply(s, base);
#define OTHER(change) (r = base, (change), (void)apply(s, r))
	OTHER(r.edge.edge.netns++);
	OTHER(r.edge.edge.cgroup++);
	OTHER(r.edge.edge.exe_inode++);
	OTHER(r.edge.edge.exe_dev++);
	OTHER(r.edge.edge.euid++);
	OTHER(r.edge.edge.remote[3]++);
	OTHER(r.edge.edge.remote_port++);
	OTHER(r.edge.edge.listener_port++);
	assert_int_equal(stats_of(s).edges, 9);
	sw_state_free(&s);
}

static void edges_are_bounded(void **state)
{
	const struct sw_edge first = edge_to("10.0.0.1", 22), second = edge_to("10.0.0.2", 22);
	struct sw_state *s = make(2);

	(void)state;
	apply(s, rec_edge(S, "10.0.0.1", 22, "/bin/x"));
	apply(s, rec_edge(2 * S, "10.0.0.2", 22, "/bin/x"));
	apply(s, rec_edge_count(70 * S, "10.0.0.1", 22, 5)); /* used last */
	apply(s, rec_edge_count(71 * S, "10.0.0.3", 22, 7));
	assert_int_equal(stats_of(s).edges, 2);
	assert_int_equal(stats_of(s).edges_evicted, 1);
	assert_int_equal(stats_of(s).edge_flows, 12);
	assert_non_null(sw_state_edge(s, &first));
	assert_null(sw_state_edge(s, &second));
	sw_state_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_of_windows_add_up),
		cmocka_unit_test(a_count_alone_makes_an_edge),
		cmocka_unit_test(every_part_of_the_key_counts),
		cmocka_unit_test(edges_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
