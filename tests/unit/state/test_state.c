/* SPDX-License-Identifier: Apache-2.0 */
#include "state/build.h"

#include "state/state.h"

static const struct sw_config config;

static uint64_t lost_count(void *ctx)
{
	return *(uint64_t *)ctx;
}

static struct sw_state *make(struct sw_state_options options)
{
	struct sw_state *state = NULL;

	options.config = &config;
	assert_int_equal(sw_state_new(&options, &state), 0);
	return state;
}

static struct sw_view apply(struct sw_state *state, union rec r)
{
	static union rec kept; /* the view borrows the record */
	struct sw_view view;

	kept = r;
	assert_int_equal(sw_state_apply(state, &kept.h, &view), 0);
	assert_int_equal(view.now_ns, kept.h.time_ns);
	assert_ptr_equal(view.event, &kept.h);
	return view;
}

static struct sw_origin numbered(uint64_t session)
{
	struct sw_origin o = login_origin();

	o.session = o.root = session;
	return o;
}

static void needs_a_configuration(void **state)
{
	struct sw_state *s = NULL;

	(void)state;
	assert_int_equal(sw_state_new(&(struct sw_state_options){0}, &s), -EINVAL);
	assert_null(s);
	sw_state_free(&s);
}

static void any_kind_makes_the_session(void **state)
{
	struct sw_flow out = flow(50, "10.0.0.1", 4000, "10.0.1.7", 22);
	struct sw_origin o = login_origin();
	struct sw_task t = task(20, 3, 1000, "ssh");
	union rec all[] = {
		rec_session(S, &o, t, 0, "/usr/sbin/sshd"),
		rec_exec(S, &o, t, 0, "/usr/bin/ssh"),
		rec_identity(S, &o, t, cred(0), SW_HOW_SETID),
		rec_connect(S, &o, t, &out),
		rec_outcome(S, &o, t, &out, SW_OUTCOME_ESTABLISHED),
		rec_exit(S, &o, t),
		rec_end(S, &o, t, 0),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct sw_state *s = make((struct sw_state_options){0});
		struct sw_view view = apply(s, all[i]);

		assert_non_null(view.session);
		assert_ptr_equal(sw_state_session(s, 7), view.session);
		assert_int_equal(view.session->first_ns, S);
		assert_int_equal(view.session->told, i == 0);
		assert_non_null(sw_state_image(s, 3));
		assert_int_equal(view.hop != NULL, i == 3 || i == 4);
		sw_state_free(&s);
	}
}

static void no_session_is_no_entry(void **state)
{
	struct sw_state *s = make((struct sw_state_options){0});
	struct sw_origin o = {0};
	struct sw_view view = apply(s, rec_exec(S, &o, task(20, 3, 1000, "x"), 0, "/bin/x"));
	struct sw_state_stats stats;

	(void)state;
	assert_null(view.session);
	sw_state_stats(s, &stats);
	assert_int_equal(stats.sessions + stats.images, 0);
	sw_state_free(&s);
}

static void late_session_record_fills_in(void **state)
{
	struct sw_state *s = make((struct sw_state_options){0});
	struct sw_origin o = login_origin();

	(void)state;
	apply(s, rec_exec(S, &o, task(20, 3, 1000, "bash"), 0, "/bin/bash"));
	apply(s, rec_session(2 * S, &o, task(20, 3, 1000, "bash"), 0, "/usr/sbin/sshd"));
	assert_true(sw_state_session(s, 7)->told);
	assert_string_equal(sw_state_session(s, 7)->reader_exe, "/usr/sbin/sshd");
	assert_int_equal(sw_state_session(s, 7)->first_ns, S);
	sw_state_free(&s);
}

static void notes_what_was_lost_before(void **state)
{
	uint64_t lost = 5;
	struct sw_state *s = make((struct sw_state_options){.lost = lost_count, .lost_ctx = &lost});
	struct sw_origin o = login_origin();

	(void)state;
	apply(s, rec_exit(S, &o, task(20, 3, 1000, "bash")));
	lost = 9;
	apply(s, rec_exit(S, &o, task(20, 3, 1000, "bash")));
	assert_int_equal(sw_state_session(s, 7)->lost_before, 5);
	sw_state_free(&s);
}

static void sessions_are_bounded(void **state)
{
	struct sw_state *s = make((struct sw_state_options){.sessions_max = 3});
	struct sw_state_stats stats;

	(void)state;
	for (uint64_t i = 1; i <= 5; i++) {
		struct sw_origin o = numbered(i);

		apply(s, rec_exec(i * MS, &o, task(20, 100 + i, 0, "x"), 0, "/bin/x"));
	}
	sw_state_stats(s, &stats);
	assert_int_equal(stats.sessions, 3);
	assert_int_equal(stats.sessions_evicted, 2);
	assert_int_equal(stats.images, 3);
	assert_null(sw_state_session(s, 2));
	assert_null(sw_state_image(s, 102));
	assert_non_null(sw_state_session(s, 3));
	sw_state_free(&s);
}

static void images_are_bounded(void **state)
{
	struct sw_state *s = make((struct sw_state_options){.images_max = 4});
	struct sw_state_stats stats;

	(void)state;
	for (uint64_t i = 1; i <= 10; i++) {
		struct sw_origin o = numbered(i);

		apply(s, rec_exec(i * MS, &o, task(20, 100 + i, 0, "x"), 0, "/bin/x"));
	}
	sw_state_stats(s, &stats);
	assert_int_equal(stats.images, 4);
	assert_int_equal(stats.images_evicted, 6);
	assert_non_null(sw_state_image(s, 107));
	assert_null(sw_state_image(s, 106));
	sw_state_free(&s);
}

/* However many programs one session runs, it forgets its own, and not the path of the newest. */
static void one_session_pushes_out_its_own(void **state)
{
	struct sw_state *s = make((struct sw_state_options){.images_per_session_max = 8});
	struct sw_origin quiet = numbered(1), busy = numbered(2);
	struct sw_state_stats stats;

	(void)state;
	apply(s, rec_exec(S, &quiet, task(10, 1, 0, "bash"), 0, "/bin/bash"));
	apply(s, rec_exec(S, &busy, task(20, 2, 0, "bash"), 0, "/bin/bash"));
	for (uint64_t i = 3; i < 100; i++)
		apply(s, rec_exec(S, &busy, task(20 + (uint32_t)i, i, 0, "x"), 2, "/bin/x"));
	sw_state_stats(s, &stats);
	assert_int_equal(stats.images, 1 + 8);
	assert_int_equal(stats.images_evicted, 98 - 8);
	assert_non_null(sw_state_image(s, 1));
	assert_non_null(sw_state_image(s, 2));
	assert_null(sw_state_image(s, 3));
	assert_non_null(sw_state_image(s, 99));
	sw_state_free(&s);
}

static void hops_are_bounded(void **state)
{
	struct sw_state *s = make((struct sw_state_options){.hops_max = 4});
	struct sw_origin o = login_origin();
	struct sw_state_stats stats;

	(void)state;
	for (uint64_t i = 1; i <= 6; i++) {
		struct sw_flow out = flow(i, "10.0.0.1", 4000, "10.0.1.7", 22);

		apply(s, rec_connect(i * MS, &o, task(20, 3, 0, "x"), &out));
	}
	sw_state_stats(s, &stats);
	assert_int_equal(stats.hops, 4);
	assert_int_equal(stats.hops_evicted, 2);
	assert_null(sw_state_hop(s, 2));
	assert_non_null(sw_state_hop(s, 3));
	sw_state_free(&s);
}

static void changes_are_counted_when_forgotten(void **state)
{
	struct sw_state *s = make((struct sw_state_options){0});
	struct sw_origin o = login_origin();
	struct sw_state_stats stats;

	(void)state;
	for (int i = 0; i < SW_CHANGES_KEPT + 3; i++)
		apply(s, rec_identity(S, &o, task(20, 3, 0, "x"), cred(1), SW_HOW_SETID));
	sw_state_stats(s, &stats);
	assert_int_equal(stats.changes_evicted, 3);
	sw_state_free(&s);
}

static void ended_session_is_kept_for_a_while(void **state)
{
	struct sw_state *s = make((struct sw_state_options){.grace_ns = 10 * S});
	struct sw_origin o = login_origin(), other = numbered(8);
	struct sw_state_stats stats;

	(void)state;
	apply(s, rec_exec(S, &o, task(20, 3, 0, "bash"), 0, "/bin/bash"));
	apply(s, rec_end(2 * S, &o, task(20, 3, 0, "bash"), 4));
	assert_int_equal(sw_state_session(s, 7)->capped, 4);
	assert_int_equal(sw_state_session(s, 7)->end_ns, 2 * S);
	apply(s, rec_exit(12 * S - 1, &other, task(30, 0, 0, "x")));
	assert_non_null(sw_state_session(s, 7));
	assert_non_null(sw_state_image(s, 3));
	apply(s, rec_exit(12 * S, &other, task(30, 0, 0, "x")));
	assert_null(sw_state_session(s, 7));
	assert_null(sw_state_image(s, 3));
	sw_state_stats(s, &stats);
	assert_int_equal(stats.sessions_evicted, 0);
	sw_state_free(&s);
}

/* A connection that is kept alive makes the same session again. */
static void ended_session_that_is_told_again_lives(void **state)
{
	struct sw_state *s = make((struct sw_state_options){.grace_ns = 10 * S});
	struct sw_origin o = login_origin(), other = numbered(8);

	(void)state;
	apply(s, rec_session(S, &o, task(20, 0, 0, "httpd"), 0, "/usr/sbin/httpd"));
	apply(s, rec_end(2 * S, &o, task(20, 0, 0, "httpd"), 0));
	apply(s,
	      rec_exit(3 * S, &o, task(20, 0, 0, "httpd"))); /* late: it has ended all the same */
	assert_int_equal(sw_state_session(s, 7)->end_ns, 2 * S);
	apply(s, rec_session(4 * S, &o, task(20, 0, 0, "httpd"), 0, "/usr/sbin/httpd"));
	assert_int_equal(sw_state_session(s, 7)->end_ns, 0);
	apply(s, rec_exit(20 * S, &other, task(30, 0, 0, "x")));
	assert_string_equal(sw_state_session(s, 7)->reader_exe, "/usr/sbin/httpd");
	apply(s, rec_end(21 * S, &o, task(20, 0, 0, "httpd"), 0));
	apply(s, rec_exit(31 * S, &other, task(30, 0, 0, "x")));
	assert_null(sw_state_session(s, 7));
	sw_state_free(&s);
}

static void exit_marks_the_process_that_ran_it(void **state)
{
	struct sw_state *s = make((struct sw_state_options){0});
	struct sw_task reused = task(20, 3, 0, "bash");
	struct sw_origin o = login_origin();

	(void)state;
	apply(s, rec_exec(S, &o, task(20, 3, 0, "bash"), 0, "/bin/bash"));
	apply(s, rec_exit(2 * S, &o, task(21, 3, 0, "bash")));
	assert_int_equal(sw_state_image(s, 3)->exit_ns, 0);
	reused.start_ns++;
	apply(s, rec_exit(2 * S, &o, reused));
	assert_int_equal(sw_state_image(s, 3)->exit_ns, 0);
	apply(s, rec_exit(3 * S, &o, task(20, 3, 0, "bash")));
	assert_int_equal(sw_state_image(s, 3)->exit_ns, 3 * S);
	sw_state_free(&s);
}

static void outcome_finds_its_hop(void **state)
{
	struct sw_state *s = make((struct sw_state_options){0});
	struct sw_flow out = flow(50, "10.0.0.1", 4000, "10.0.1.7", 22);
	struct sw_origin o = login_origin();
	struct sw_view view = apply(s, rec_connect(S, &o, task(20, 3, 0, "x"), &out));

	(void)state;
	assert_int_equal(view.hop->records, 1);
	assert_int_equal(view.hop->out.local_port, 0);
	view = apply(s, rec_outcome(S, &o, task(20, 3, 0, "x"), &out, SW_OUTCOME_TIMEDOUT));
	assert_int_equal(view.hop->records, 2);
	assert_int_equal(view.hop->out.local_port, 4000);
	assert_int_equal(view.hop->outcome, SW_OUTCOME_TIMEDOUT);
	sw_state_free(&s);
}

static void second_attempt_is_a_new_hop(void **state)
{
	struct sw_state *s = make((struct sw_state_options){0});
	struct sw_flow out = flow(50, "10.0.0.1", 4000, "10.0.1.7", 22);
	struct sw_flow next = flow(50, "10.0.0.1", 4001, "10.0.1.8", 22);
	struct sw_origin o = login_origin();
	struct sw_view view;

	(void)state;
	apply(s, rec_connect(S, &o, task(20, 3, 0, "x"), &out));
	view = apply(s, rec_connect(S, &o, task(20, 3, 0, "x"), &next));
	assert_int_equal(view.hop->records, 1);
	assert_int_equal(view.hop->out.remote[3], 8);
	sw_state_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs_a_configuration),
		cmocka_unit_test(any_kind_makes_the_session),
		cmocka_unit_test(no_session_is_no_entry),
		cmocka_unit_test(late_session_record_fills_in),
		cmocka_unit_test(notes_what_was_lost_before),
		cmocka_unit_test(sessions_are_bounded),
		cmocka_unit_test(images_are_bounded),
		cmocka_unit_test(one_session_pushes_out_its_own),
		cmocka_unit_test(hops_are_bounded),
		cmocka_unit_test(changes_are_counted_when_forgotten),
		cmocka_unit_test(ended_session_is_kept_for_a_while),
		cmocka_unit_test(ended_session_that_is_told_again_lives),
		cmocka_unit_test(exit_marks_the_process_that_ran_it),
		cmocka_unit_test(outcome_finds_its_hop),
		cmocka_unit_test(second_attempt_is_a_new_hop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
