/* SPDX-License-Identifier: Apache-2.0 */
#include "state/build.h"

#include "detect/allow.h"
#include "detect/detect.h"
#include "state/state.h"

static struct sw_network net(const char *text)
{
	struct sw_network n;

	assert_int_equal(sw_network_parse(text, &n), 0);
	return n;
}

/* Which rule takes out alice's way from 10.0.0.5 to 10.0.1.7:22; origin NULL: the usual one. */
static ssize_t match(struct sw_allow *rules, size_t count, const struct sw_origin *origin)
{
	struct sw_config config = {.allow = rules, .allow_count = count};
	struct sw_hop hop = {.out = flow(50, "10.0.0.1", 0, "10.0.1.7", 22)};
	struct sw_record event = {.origin = origin ? *origin : login_origin()};
	struct sw_view view = {.event = &event, .config = &config, .hop = &hop};

	return sw_allow_match(&config, &view, (struct sw_who){true, 1000, true}, "alice");
}

static ssize_t match_one(struct sw_allow rule, const struct sw_origin *origin)
{
	return match(&rule, 1, origin);
}

static void absent_fields_match_all(void **state)
{
	(void)state;
	assert_int_equal(match(NULL, 0, NULL), -1);
	assert_int_equal(match_one((struct sw_allow){0}, NULL), 0);
}

static void each_field_has_to_match(void **state)
{
	char alice[] = "alice", bob[] = "bob", number[] = "1000", other[] = "1001";

	(void)state;
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.0/24")}, NULL), 0);
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.6")}, NULL), -1);
	assert_int_equal(match_one((struct sw_allow){.destination = net("10.0.1.7")}, NULL), 0);
	assert_int_equal(match_one((struct sw_allow){.destination = net("10.0.0.5")}, NULL), -1);
	assert_int_equal(match_one((struct sw_allow){.port = 22}, NULL), 0);
	assert_int_equal(match_one((struct sw_allow){.port = 23}, NULL), -1);
	assert_int_equal(match_one((struct sw_allow){.user = alice}, NULL), 0);
	assert_int_equal(match_one((struct sw_allow){.user = bob}, NULL), -1);
	assert_int_equal(match_one((struct sw_allow){.user = number}, NULL), 0);
	assert_int_equal(match_one((struct sw_allow){.user = other}, NULL), -1);
	/* All but one. */
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.5"),
						     .destination = net("10.0.1.0/24"),
						     .user = alice,
						     .port = 23},
				   NULL),
			 -1);
}

static void first_rule_that_matches(void **state)
{
	struct sw_allow rules[] = {{.port = 23}, {.port = 22}, {.port = 0}};

	(void)state;
	assert_int_equal(match(rules, 3, NULL), 1);
}

static void peer_is_the_root_sessions(void **state)
{
	struct sw_flow in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	struct sw_origin outer = login_origin(), inner = nested_origin(&outer, 9, &in);

	(void)state;
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.5")}, &inner), 0);
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.9")}, &inner), -1);
	inner.root = SW_SESSION_THREAD | 7; /* its thread had no other, its process may have */
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.5")}, &inner), -1);
	inner.root = SW_SESSION_SERVICE | 7; /* it had other peers as well */
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.5")}, &inner), -1);
}

static void unsure_peers_match_together(void **state)
{
	struct sw_origin o = login_origin();

	(void)state;
	o.confidence = SW_CONFIDENCE_SERVICE;
	o.nflows = o.seen = 2;
	o.in[1] = flow(8, "10.0.0.1", 22, "10.0.9.9", 1);
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.5")}, &o), -1);
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.0/16")}, &o), 0);
	o.seen = 3; /* one that is not shown */
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.0/16")}, &o), -1);
	assert_int_equal(match_one((struct sw_allow){.port = 22}, &o), 0);
	o.nflows = o.seen = 0;
	assert_int_equal(match_one((struct sw_allow){.peer = net("0.0.0.0/0")}, &o), -1);
}

static void a_threads_peer_counts_if_its_process_had_no_other(void **state)
{
	struct sw_origin o = login_origin();

	(void)state;
	o.confidence = SW_CONFIDENCE_THREAD;
	o.seen = 57; /* by its process */
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.5")}, &o), -1);
	o.seen = 1;
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.5")}, &o), 0);
	assert_int_equal(match_one((struct sw_allow){.peer = net("10.0.0.6")}, &o), -1);
}

static void unknown_user_matches_no_name(void **state)
{
	char empty[] = "", none[] = "4294967295";
	struct sw_allow rules[] = {{.user = empty}, {.user = none}};
	struct sw_config config = {.allow = rules, .allow_count = 2};
	struct sw_record event = {.origin = login_origin()};
	struct sw_view view = {.event = &event, .config = &config};

	(void)state;
	assert_int_equal(
		sw_allow_match(&config, &view, (struct sw_who){false, UINT32_MAX, false}, ""), -1);
}

static void matches_are_counted(void **state)
{
	uint16_t ports[] = {22};
	struct sw_network internal = net("10.0.0.0/8");
	struct sw_allow rules[] = {{.port = 23}, {.destination = net("10.0.1.7")}};
	struct sw_config config = {.internal = &internal,
				   .internal_count = 1,
				   .login_ports = ports,
				   .login_ports_count = 1,
				   .allow = rules,
				   .allow_count = 2};
	struct sw_origin o = login_origin();
	struct sw_finding finding;
	struct sw_state *s = NULL;
	struct sw_detect *d = NULL;
	struct sw_view view;

	(void)state;
	assert_int_equal(sw_state_new(&(struct sw_state_options){.config = &config}, &s), 0);
	assert_int_equal(sw_detect_new(&(struct sw_detect_options){.config = &config}, &d), 0);
	for (uint64_t i = 0; i < 3; i++) {
		struct sw_flow out =
			flow(50 + i, "10.0.0.1", 0, i == 2 ? "10.0.1.8" : "10.0.1.7", 22);
		union rec r = rec_connect(S, &o, task(20, 1, 1000, "ssh"), &out);

		assert_int_equal(sw_state_apply(s, &r.h, &view), 0);
		assert_int_equal(sw_detect_run(d, &view, &finding), i == 2);
		assert_int_equal(finding.detectors_count, i == 2);
	}
	assert_string_equal(finding.user, "uid 1000"); /* nobody gives names */
	assert_int_equal(sw_detect_allowed(d, 0), 0);
	assert_int_equal(sw_detect_allowed(d, 1), 2);
	assert_int_equal(sw_detect_allowed(d, 2), 0);
	sw_detect_free(&d);
	sw_detect_free(&d);
	sw_state_free(&s);
}

static void needs_a_configuration(void **state)
{
	struct sw_detect *d = NULL;

	(void)state;
	assert_int_equal(sw_detect_new(&(struct sw_detect_options){0}, &d), -EINVAL);
	assert_null(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent_fields_match_all),
		cmocka_unit_test(each_field_has_to_match),
		cmocka_unit_test(first_rule_that_matches),
		cmocka_unit_test(peer_is_the_root_sessions),
		cmocka_unit_test(unsure_peers_match_together),
		cmocka_unit_test(a_threads_peer_counts_if_its_process_had_no_other),
		cmocka_unit_test(unknown_user_matches_no_name),
		cmocka_unit_test(matches_are_counted),
		cmocka_unit_test(needs_a_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
