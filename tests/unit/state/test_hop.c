/* SPDX-License-Identifier: Apache-2.0 */
#include "state/build.h"

#include "state/hop.h"

static struct sw_flow out(uint16_t local_port, const char *remote)
{
	return flow(50, "10.0.0.1", local_port, remote, 22);
}

static void outcome_adds_the_port(void **state)
{
	struct sw_origin o = login_origin();
	union rec r = record(SW_KIND_CONNECT, sizeof(r.connect), 5 * S, &o, task(9, 3, 1, "x"));
	struct sw_flow attempt = out(0, "10.0.1.7"), done = out(4000, "10.0.1.7");
	struct sw_hops hops = {0};
	struct sw_hop *hop = sw_hops_add(&hops, 50);

	(void)state;
	assert_ptr_equal(sw_hops_find(&hops, 50), hop);
	sw_hop_tell(hop, &r.h, &attempt, SW_OUTCOME_PENDING, 0);
	assert_int_equal(hop->records, 1);
	assert_int_equal(hop->pid, 9);
	assert_int_equal(hop->image, 3);
	assert_int_equal(hop->first_ns, 5 * S);
	assert_false(sw_hop_is_other(hop, &done, SW_OUTCOME_REFUSED));
	sw_hop_tell(hop, &r.h, &done, SW_OUTCOME_REFUSED, ECONNREFUSED);
	assert_int_equal(hop->records, 2);
	assert_int_equal(hop->out.local_port, 4000);
	assert_int_equal(hop->outcome, SW_OUTCOME_REFUSED);
	assert_int_equal(hop->error, ECONNREFUSED);
	sw_hops_remove(&hops, hop);
	assert_null(sw_hops_find(&hops, 50));
	assert_int_equal(hops.count, 0);
}

static void late_attempt_takes_nothing_back(void **state)
{
	struct sw_origin o = login_origin();
	union rec r = record(SW_KIND_CONNECT, sizeof(r.connect), 5 * S, &o, task(9, 3, 1, "x"));
	struct sw_flow attempt = out(0, "10.0.1.7"), done = out(4000, "10.0.1.7");
	struct sw_hops hops = {0};
	struct sw_hop *hop = sw_hops_add(&hops, 50);

	(void)state;
	sw_hop_tell(hop, &r.h, &done, SW_OUTCOME_ESTABLISHED, 0);
	assert_false(sw_hop_is_other(hop, &attempt, SW_OUTCOME_PENDING));
	sw_hop_tell(hop, &r.h, &attempt, SW_OUTCOME_PENDING, 0);
	assert_int_equal(hop->out.local_port, 4000);
	assert_int_equal(hop->outcome, SW_OUTCOME_ESTABLISHED);
	sw_hops_remove(&hops, hop);
}

static void one_socket_can_be_used_again(void **state)
{
	struct sw_origin o = login_origin();
	union rec r = record(SW_KIND_CONNECT, sizeof(r.connect), 5 * S, &o, task(9, 3, 1, "x"));
	struct sw_flow first = out(0, "10.0.1.7"), second = out(0, "10.0.1.8");
	struct sw_hops hops = {0};
	struct sw_hop *hop = sw_hops_add(&hops, 50);

	(void)state;
	sw_hop_tell(hop, &r.h, &first, SW_OUTCOME_PENDING, 0);
	assert_true(sw_hop_is_other(hop, &second, SW_OUTCOME_PENDING));
	assert_true(sw_hop_is_other(hop, &second, SW_OUTCOME_ESTABLISHED));
	assert_true(sw_hop_is_other(hop, &first, SW_OUTCOME_PENDING));
	assert_false(sw_hop_is_other(hop, &first, SW_OUTCOME_ESTABLISHED));
	sw_hops_remove(&hops, hop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcome_adds_the_port),
		cmocka_unit_test(late_attempt_takes_nothing_back),
		cmocka_unit_test(one_socket_can_be_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
