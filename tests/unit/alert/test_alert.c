/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/rig.h"

#define ALICE 1000

static struct sw_task ssh_task(void)
{
	return task(21, 2, ALICE, "ssh");
}

static struct sw_origin numbered(uint64_t session)
{
	struct sw_origin o = login_origin();

	o.session = o.root = session;
	return o;
}

/* An attempt by session `session`, on socket `cookie`, to 10.0.1.<host>:port. */
static void hop(struct rig *rig, uint64_t time_ns, uint64_t session, uint64_t cookie, int host,
		uint16_t port)
{
	struct sw_origin o = numbered(session);
	struct sw_flow out;
	char remote[16];

	snprintf(remote, sizeof(remote), "10.0.1.%d", host);
	out = flow(cookie, "10.0.0.1", 0, remote, port);
	play(rig, rec_connect(time_ns, &o, ssh_task(), &out));
}

static void outcome(struct rig *rig, uint64_t time_ns, uint64_t cookie, int host)
{
	struct sw_origin o = login_origin();
	struct sw_flow out;
	char remote[16];

	snprintf(remote, sizeof(remote), "10.0.1.%d", host);
	out = flow(cookie, "10.0.0.1", 4000, remote, 22);
	play(rig, rec_outcome(time_ns, &o, ssh_task(), &out, SW_OUTCOME_REFUSED));
}

static void needs_somebody_to_tell(void **state)
{
	struct sw_alert *alert = NULL;

	(void)state;
	assert_int_equal(sw_alert_new(&(struct sw_alert_options){0}, &alert), -EINVAL);
	assert_null(alert);
	sw_alert_free(&alert);
}

static void ids_are_made_of_what_is_there(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_view view;
	struct sw_origin o = numbered(0x8000000000000001ull);
	struct sw_flow out = flow(50, "10.0.0.1", 0, "10.0.1.7", 22);
	union rec r = rec_connect(S, &o, ssh_task(), &out);
	struct sw_alert *alert = NULL;

	(void)state;
	assert_int_equal(sw_state_apply(rig->state, &r.h, &view), 0);
	assert_true(sw_detect_run(rig->detect, &view, &rig->finding));
	assert_int_equal(sw_alert_new(&(struct sw_alert_options){.machine_id = "ABC-x",
								 .probes = "core",
								 .emit = rig_emit,
								 .emit_ctx = rig},
				      &alert),
			 0);
	assert_int_equal(sw_alert_add(alert, &view, &rig->finding), 0);
	assert_string_equal(rig->told[0].id, "abc00000-00000000-8000000000000001");
	sw_alert_free(&alert);
	rig_free(rig);
}

static void same_destination_changes_nothing(void **state)
{
	struct rig *rig = rig_new(0);

	(void)state;
	hop(rig, 10 * S, 7, 50, 7, 22);
	hop(rig, 20 * S, 7, 51, 7, 22);
	sw_alert_tick(rig->alert, 30 * S);
	assert_int_equal(rig->count, 1);
	hop(rig, 40 * S, 7, 52, 7, 23);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->told[1].hops_total, 3);
	assert_int_equal(rig->told[1].score, rig->told[0].score);
	rig_free(rig);
}

static void news_wait_for_their_turn(void **state)
{
	struct rig *rig = rig_new(0);

	(void)state;
	assert_true(sw_alert_due_ns(rig->alert) == UINT64_MAX);
	hop(rig, 10 * S, 7, 50, 7, 22);
	hop(rig, 10 * S + 1, 7, 51, 8, 22);
	hop(rig, 10 * S + 2, 7, 52, 9, 22);
	assert_int_equal(rig->count, 1);
	assert_true(sw_alert_due_ns(rig->alert) == 11 * S);
	sw_alert_tick(rig->alert, 11 * S - 1);
	assert_int_equal(rig->count, 1);
	sw_alert_tick(rig->alert, 11 * S);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->told[1].update, 1);
	assert_int_equal(rig->told[1].hops_total, 3);
	assert_true(sw_alert_due_ns(rig->alert) == UINT64_MAX);
	sw_alert_tick(rig->alert, 20 * S);
	assert_int_equal(rig->count, 2);
	/* News after a pause are told at once. */
	hop(rig, 21 * S, 7, 53, 10, 22);
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig->told[2].update, 2);
	rig_free(rig);
}

static void each_incident_has_its_own_turn(void **state)
{
	struct rig *rig = rig_new(0);

	(void)state;
	hop(rig, 10 * S, 7, 50, 7, 22);
	hop(rig, 10 * S + 1, 8, 51, 7, 22);
	assert_int_equal(rig->count, 2);
	assert_string_equal(rig->told[0].id, "0123abcd-89abcdef-7");
	assert_string_equal(rig->told[1].id, "0123abcd-89abcdef-8");
	rig_free(rig);
}

static void names_the_effective_user(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_task sudo = task(22, 3, ALICE, "sudo");
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 0, "10.0.1.7", 22);

	(void)state;
	sudo.cred.euid = 0;
	play(rig, rec_connect(10 * S, &o, sudo, &out));
	assert_non_null(
		strstr(rig->told[0].json, "\"effective\":{\"id\":\"0\",\"name\":\"root\"}"));
	rig_free(rig);
}

static void flush_tells_what_waits(void **state)
{
	struct rig *rig = rig_new(0);

	(void)state;
	hop(rig, 10 * S, 7, 50, 7, 22);
	hop(rig, 10 * S, 7, 51, 8, 22);
	sw_alert_flush(rig->alert, 10 * S);
	assert_int_equal(rig->count, 2);
	sw_alert_flush(rig->alert, 10 * S);
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void outcome_of_the_worst_hop_is_news(void **state)
{
	struct rig *rig = rig_new(0);

	(void)state;
	hop(rig, 10 * S, 7, 50, 7, 22);
	hop(rig, 12 * S, 7, 51, 8, 22);
	assert_int_equal(rig->count, 2);
	outcome(rig, 20 * S, 51, 8);
	assert_int_equal(rig->count, 2);
	outcome(rig, 30 * S, 50, 7);
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig->told[2].local_port, 4000);
	assert_int_equal(rig->told[2].outcome, SW_OUTCOME_REFUSED);
	outcome(rig, 40 * S, 50, 7);
	assert_int_equal(rig->count, 3);
	rig_free(rig);
}

static void outcome_of_a_reused_socket_is_anothers(void **state)
{
	struct rig *rig = rig_new(0);

	(void)state;
	hop(rig, 10 * S, 7, 50, 7, 22);
	hop(rig, 12 * S, 7, 50, 8, 22);
	outcome(rig, 20 * S, 50, 8);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->told[1].outcome, SW_OUTCOME_PENDING);
	rig_free(rig);
}

static void worse_hop_takes_over(void **state)
{
	struct rig *rig = rig_new(0);

	(void)state;
	hop(rig, 10 * S, 7, 50, 7, 8080);
	assert_int_equal(rig->told[0].score, 60);
	hop(rig, 12 * S, 7, 51, 8, 22);
	assert_int_equal(rig->told[1].score, 70);
	assert_non_null(strstr(rig->told[1].explain, "-> 10.0.1.8:22 | 70"));
	hop(rig, 14 * S, 7, 52, 9, 8080);
	assert_int_equal(rig->told[2].score, 70);
	assert_non_null(strstr(rig->told[2].explain, "-> 10.0.1.8:22 | 70"));
	rig_free(rig);
}

static void same_destination_in_a_worse_way(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(60, "10.0.0.1", 0, "10.0.1.7", 22);
	struct sw_task sudo = task(30, 9, ALICE, "sudo");

	(void)state;
	hop(rig, 10 * S, 7, 50, 7, 22);
	sudo.cred.euid = 0;
	play(rig, rec_identity(11 * S, &o, sudo, cred(ALICE), SW_HOW_SETUID_EXEC));
	play(rig, rec_connect(12 * S, &o, sudo, &out));
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->told[1].score, 75);
	rig_free(rig);
}

static void another_detector_adds(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(60, "10.0.0.1", 0, "10.0.1.7", 22);

	(void)state;
	play(rig, rec_connect(9 * S, &o, task(20, 0, ALICE, "sshd"), &out));
	assert_int_equal(rig->told[0].score, 20 + 45);
	hop(rig, 12 * S, 7, 50, 7, 22); /* the same destination, but another way */
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->told[1].detectors, 2);
	assert_int_equal(rig->told[1].score, 25 + 10 + 45);
	assert_non_null(strstr(rig->told[1].explain, "80 = session-pivot 25 + ssh-forward 10 + "));
	rig_free(rig);
}

static void scores_never_go_down(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(60, "10.0.0.1", 0, "10.0.1.9", 8080);

	(void)state;
	play(rig, rec_connect(9 * S, &o, task(20, 0, ALICE, "sshd"), &out)); /* 20 + 35 */
	hop(rig, 12 * S, 7, 50, 7, 22); /* 25 + 10 + 45 */
	out.cookie++;
	out.remote_port = 9999;
	play(rig, rec_connect(14 * S, &o, task(20, 0, ALICE, "sshd"), &out));
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig->told[0].score, 55);
	assert_int_equal(rig->told[0].band, SW_BAND_NOTICE);
	assert_int_equal(rig->told[1].score, 80);
	assert_int_equal(rig->told[2].score, 80);
	rig_free(rig);
}

static void storm_becomes_a_summary(void **state)
{
	struct rig *rig = rig_new(0);
	uint64_t now = 10 * S;

	(void)state;
	/* 128 destinations are told apart, then each doubling is told. */
	for (int i = 0; i < 1024; i++) {
		hop(rig, now, 7, 1000 + (uint64_t)i, 1 + i % 200, (uint16_t)(1000 + i / 200));
		now += 2 * S;
	}
	assert_int_equal(rig->count, 128 + 3); /* at 256, 512, 1,024 */
	assert_int_equal(rig->told[TOLD_MAX - 1].hops_total, 1024);
	rig_free(rig);
}

static void storm_in_no_time_is_told_twice(void **state)
{
	struct rig *rig = rig_new(0);

	(void)state;
	for (int i = 0; i < 500; i++)
		hop(rig, 10 * S, 7, 1000 + (uint64_t)i, 1 + i % 200, (uint16_t)(1000 + i / 200));
	sw_alert_tick(rig->alert, 11 * S);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->told[1].hops_total, 500);
	rig_free(rig);
}

static void says_what_was_lost_meanwhile(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();

	(void)state;
	rig->lost = 100;
	play(rig, rec_exec(9 * S, &o, ssh_task(), 0, "/usr/bin/ssh"));
	rig->lost = 103;
	hop(rig, 10 * S, 7, 50, 7, 22);
	assert_int_equal(rig->told[0].lost, 3);
	assert_non_null(strstr(rig->told[0].explain, "| lost 3"));
	play(rig, rec_end(20 * S, &o, ssh_task(), 40));
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->told[1].lost, 43);
	rig_free(rig);
}

static void end_without_loss_is_no_news(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();

	(void)state;
	hop(rig, 10 * S, 7, 50, 7, 22);
	play(rig, rec_end(20 * S, &o, ssh_task(), 0));
	sw_alert_tick(rig->alert, 30 * S);
	assert_int_equal(rig->count, 1);
	rig_free(rig);
}

static void nested_sessions_join_their_root(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_flow in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	struct sw_flow out = flow(60, "10.0.0.1", 0, "10.0.1.8", 22);
	struct sw_origin outer = login_origin(), inner = nested_origin(&outer, 9, &in);

	(void)state;
	hop(rig, 10 * S, 7, 50, 7, 22);
	play(rig, rec_connect(20 * S, &inner, task(30, 5, ALICE, "sh"), &out));
	assert_int_equal(rig->count, 2);
	assert_string_equal(rig->told[1].id, rig->told[0].id);
	assert_int_equal(rig->told[1].score, 70 + 15);
	assert_int_equal(rig->told[1].band, SW_BAND_CRITICAL);
	assert_non_null(strstr(rig->told[1].explain, "+ depth 2 15 +"));
	rig_free(rig);
}

static void table_is_bounded(void **state)
{
	struct rig *rig = rig_new(3);
	struct sw_alert_stats stats;

	(void)state;
	hop(rig, 10 * S, 1, 50, 7, 22);
	hop(rig, 10 * S, 1, 51, 8, 22); /* waits */
	for (uint64_t i = 2; i <= 5; i++)
		hop(rig, 10 * S + i, i, 50 + i, 7, 22);
	sw_alert_stats(rig->alert, &stats);
	assert_int_equal(stats.open, 3);
	assert_int_equal(stats.opened, 5);
	assert_int_equal(stats.evicted, 2);
	/* What waited was told before it had to go. */
	assert_int_equal(rig->count, 6);
	assert_int_equal(stats.told, 6);
	assert_string_equal(rig->told[3].id, rig->told[0].id);
	assert_int_equal(rig->told[3].hops_total, 2);
	rig_free(rig);
}

static void quiet_ones_close_and_open_again(void **state)
{
	struct rig *rig = rig_new(2);
	const uint64_t day = 24 * 3600 * S;
	struct sw_alert_stats stats;

	(void)state;
	hop(rig, 10 * S, 7, 50, 7, 22);
	sw_alert_tick(rig->alert, 10 * S + 7 * day - 1);
	sw_alert_stats(rig->alert, &stats);
	assert_int_equal(stats.open, 1);
	sw_alert_tick(rig->alert, 10 * S + 7 * day);
	sw_alert_stats(rig->alert, &stats);
	assert_int_equal(stats.open, 0);
	assert_int_equal(stats.closed, 1);
	assert_int_equal(rig->count, 1);
	hop(rig, 8 * day, 7, 51, 8, 22);
	sw_alert_stats(rig->alert, &stats);
	assert_int_equal(stats.open, 1);
	assert_int_equal(stats.closed, 0);
	assert_int_equal(rig->told[1].update, 1);
	/* A closed one is the first to make room, and that is no eviction. */
	sw_alert_tick(rig->alert, 16 * day);
	hop(rig, 16 * day, 8, 60, 7, 22);
	hop(rig, 16 * day, 9, 61, 7, 22);
	sw_alert_stats(rig->alert, &stats);
	assert_int_equal(stats.closed, 0);
	assert_int_equal(stats.open, 2);
	assert_int_equal(stats.evicted, 0);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs_somebody_to_tell),
		cmocka_unit_test(ids_are_made_of_what_is_there),
		cmocka_unit_test(same_destination_changes_nothing),
		cmocka_unit_test(news_wait_for_their_turn),
		cmocka_unit_test(each_incident_has_its_own_turn),
		cmocka_unit_test(names_the_effective_user),
		cmocka_unit_test(flush_tells_what_waits),
		cmocka_unit_test(outcome_of_the_worst_hop_is_news),
		cmocka_unit_test(outcome_of_a_reused_socket_is_anothers),
		cmocka_unit_test(worse_hop_takes_over),
		cmocka_unit_test(same_destination_in_a_worse_way),
		cmocka_unit_test(another_detector_adds),
		cmocka_unit_test(scores_never_go_down),
		cmocka_unit_test(storm_becomes_a_summary),
		cmocka_unit_test(storm_in_no_time_is_told_twice),
		cmocka_unit_test(says_what_was_lost_meanwhile),
		cmocka_unit_test(end_without_loss_is_no_news),
		cmocka_unit_test(nested_sessions_join_their_root),
		cmocka_unit_test(table_is_bounded),
		cmocka_unit_test(quiet_ones_close_and_open_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
