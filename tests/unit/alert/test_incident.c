/* SPDX-License-Identifier: Apache-2.0 */
/* What the sinks get, beyond the line. */
#include "alert/rig.h"

#include "alert/incident.h"

#define ALICE 1000

struct setup {
	struct sw_config *config;
	struct sw_state *state;
	struct sw_detect *detect;
	struct sw_case *c;
	struct sw_finding finding;
};

static struct setup *make(void)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_int_equal(sw_config_load(NULL, stderr, &s->config), 0);
	assert_int_equal(sw_state_new(&(struct sw_state_options){.config = s->config}, &s->state),
			 0);
	assert_int_equal(sw_detect_new(&(struct sw_detect_options){.config = s->config,
								   .user_name = rig_user},
				       &s->detect),
			 0);
	s->c = sw_case_new(7);
	assert_non_null(s->c);
	return s;
}

static void unmake(struct setup *s)
{
	sw_case_free(&s->c);
	sw_case_free(&s->c);
	sw_detect_free(&s->detect);
	sw_state_free(&s->state);
	sw_config_free(&s->config);
	free(s);
}

/* Whether it was news. */
static bool give(struct setup *s, union rec r)
{
	struct sw_view view;
	bool news = false;

	assert_int_equal(sw_state_apply(s->state, &r.h, &view), 0);
	if (sw_detect_run(s->detect, &view, &s->finding))
		assert_int_equal(sw_case_merge(s->c, &view, &s->finding, &news), 0);
	else if (view.hop)
		news = sw_case_outcome(s->c, &view);
	return news;
}

static struct sw_task sudo_task(void)
{
	struct sw_task t = with_tty(task(121, 2, ALICE, "sudo"), "pts/3");

	t.cred.euid = 0;
	return t;
}

static void play_sudo(struct setup *s)
{
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, "10.0.1.7", 22);
	union rec bash = rec_exec(10 * S, &o, with_tty(task(120, 1, ALICE, "bash"), "pts/3"), 0,
				  "/usr/bin/bash");
	static const char args[] = "-bash\0-l";

	set_args(&bash, args, sizeof(args));
	give(s, rec_session(10 * S, &o, task(120, 0, ALICE, "sshd"), 0, "/usr/sbin/sshd"));
	give(s, rec_identity(10 * S, &o, task(120, 0, ALICE, "sshd"), cred(0), SW_HOW_SETID));
	give(s, bash);
	give(s, rec_exec(11 * S, &o, sudo_task(), 1, "/usr/bin/sudo"));
	give(s, rec_identity(11 * S, &o, sudo_task(), cred(ALICE), SW_HOW_SETUID_EXEC));
	assert_true(give(s, rec_connect(12 * S, &o, sudo_task(), &out)));
}

static void check_sudo(const struct sw_incident *i)
{
	assert_int_equal(i->detectors_count, 1);
	assert_string_equal(i->detectors[0]->name, "session-pivot");
	assert_int_equal(i->score, 75);
	assert_int_equal(i->terms_count, 5);
	assert_int_equal(i->band, SW_BAND_ALERT);
	assert_int_equal(i->origin.in[0].remote_port, 51234);
	assert_string_equal(i->user, "alice");
	assert_int_equal(i->uid, ALICE);
	assert_string_equal(i->reader_exe, "/usr/sbin/sshd");
	assert_string_equal(i->listener_exe, "/usr/sbin/sshd");

	assert_int_equal(i->task.tgid, 121);
	assert_int_equal(i->task.ppid, 1);
	assert_int_equal(i->task.start_ns, 121 * MS);
	assert_int_equal(i->task.cred.euid, 0);

	assert_int_equal(i->lineage_count, 3);
	assert_int_equal(i->lineage_omitted, 0);
	assert_string_equal(i->lineage[0].exe, "/usr/sbin/sshd");
	assert_int_equal(i->lineage[0].image, 0);
	assert_int_equal(i->lineage[0].exec_ns, 0);
	assert_int_equal(i->lineage[0].pid, 100);
	assert_string_equal(i->lineage[0].comm, "sshd");
	assert_string_equal(i->lineage[1].exe, "/usr/bin/bash");
	assert_string_equal(i->lineage[1].argv, "-bash -l");
	assert_string_equal(i->lineage[1].tty, "pts/3");
	assert_int_equal(i->lineage[1].exec_ns, 10 * S);
	assert_int_equal(i->lineage[1].start_ns, 120 * MS);
	assert_int_equal(i->lineage[2].pid, 121);
	assert_int_equal(i->lineage[2].uid, ALICE);
	assert_int_equal(i->lineage[2].euid, 0);
	assert_null(i->lineage[2].argv);

	assert_int_equal(i->privileges_count, 2);
	assert_int_equal(i->privileges[0].how, SW_HOW_SETID);
	assert_int_equal(i->privileges[0].from.uid, 0);
	assert_int_equal(i->privileges[0].to.uid, ALICE);
	assert_int_equal(i->privileges[1].how, SW_HOW_SETUID_EXEC);
	assert_int_equal(i->privileges[1].pid, 121);
	assert_int_equal(i->privileges[1].to.euid, 0);

	assert_int_equal(i->hops_count, 1);
	assert_int_equal(i->hops_total, 1);
	assert_int_equal(i->hop.out.cookie, 50);
	assert_int_equal(i->hop.pid, 121);
	assert_int_equal(i->hop.image, 2);
	assert_int_equal(i->first_ns, 12 * S);
	assert_int_equal(i->last_ns, 12 * S);
}

static void holds_the_evidence(void **state)
{
	struct setup *s = make();

	(void)state;
	play_sudo(s);
	check_sudo(&s->c->incident);
	unmake(s);
}

/* AddressSanitizer sees to it that nothing is borrowed. */
static void outlives_the_state(void **state)
{
	struct setup *s = make();

	(void)state;
	play_sudo(s);
	sw_state_free(&s->state);
	memset(&s->finding, 0xa5, sizeof(s->finding));
	check_sudo(&s->c->incident);
	unmake(s);
}

static void outcome_reaches_both_lists(void **state)
{
	struct setup *s = make();
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, "10.0.1.7", 22);

	(void)state;
	play_sudo(s);
	assert_true(give(s, rec_outcome(13 * S, &o, sudo_task(), &out, SW_OUTCOME_ESTABLISHED)));
	assert_int_equal(s->c->incident.hop.outcome, SW_OUTCOME_ESTABLISHED);
	assert_int_equal(s->c->incident.hop.out.local_port, 40000);
	assert_int_equal(s->c->incident.hops[0].outcome, SW_OUTCOME_ESTABLISHED);
	assert_int_equal(s->c->incident.hops[0].out.local_port, 40000);
	assert_int_equal(s->c->incident.last_ns, 13 * S);
	assert_int_equal(s->c->incident.hops_total, 1);
	unmake(s);
}

static void hops_shown_are_bounded(void **state)
{
	struct setup *s = make();
	struct sw_origin o = login_origin();

	(void)state;
	for (uint64_t i = 0; i < 40; i++) {
		struct sw_flow out = flow(50 + i, "10.0.0.1", 40000, "10.0.1.7", 22);

		assert_int_equal(give(s, rec_connect(12 * S, &o, sudo_task(), &out)), i == 0);
	}
	assert_int_equal(s->c->incident.hops_count, SW_HOPS_SHOWN);
	assert_int_equal(s->c->incident.hops_total, 40);
	unmake(s);
}

static void long_lineage_keeps_both_ends(void **state)
{
	struct setup *s = make();
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, "10.0.1.7", 22);
	const struct sw_incident *i = &s->c->incident;

	(void)state;
	give(s, rec_session(S, &o, task(120, 0, ALICE, "sshd"), 0, "/usr/sbin/sshd"));
	for (uint64_t n = 1; n <= 60; n++)
		give(s, rec_exec(S, &o, task(120, n, ALICE, "x"), n - 1, "/bin/x"));
	give(s, rec_connect(S, &o, task(120, 60, ALICE, "x"), &out));
	assert_int_equal(i->lineage_count, SW_LINEAGE_MAX);
	assert_int_equal(i->lineage_omitted, 61 - SW_LINEAGE_MAX);
	assert_int_equal(i->lineage[0].image, 0);
	assert_int_equal(i->lineage[11].image, 11);
	assert_int_equal(i->lineage[12].image, 49);
	assert_int_equal(i->lineage[23].image, 60);
	unmake(s);
}

static void nested_lineage_shows_both_readers(void **state)
{
	struct setup *s = make();
	struct sw_flow in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	struct sw_origin outer = login_origin(), inner = nested_origin(&outer, 9, &in);
	struct sw_flow out = flow(50, "10.0.0.1", 40000, "10.0.1.7", 22);
	struct sw_task sh = task(123, 3, ALICE, "sh");
	union rec told = rec_session(S, &inner, sh, ALICE, "/usr/bin/ncat");
	const struct sw_incident *i = &s->c->incident;

	(void)state;
	told.session.image = 2;
	give(s, rec_session(S, &outer, task(120, 0, ALICE, "sshd"), 0, "/usr/sbin/sshd"));
	give(s, rec_exec(S, &outer, task(120, 1, ALICE, "bash"), 0, "/bin/bash"));
	give(s, rec_exec(S, &outer, task(121, 2, ALICE, "ncat"), 1, "/usr/bin/ncat"));
	give(s, told);
	give(s, rec_exec(S, &inner, sh, 2, "/bin/sh"));
	give(s, rec_connect(S, &inner, sh, &out));
	assert_int_equal(i->lineage_count, 4);
	assert_string_equal(i->lineage[0].exe, "/usr/sbin/sshd");
	assert_string_equal(i->lineage[2].exe, "/usr/bin/ncat");
	assert_int_equal(i->lineage[2].image, 2);
	assert_int_equal(i->lineage[2].exec_ns, S);
	assert_string_equal(i->lineage[3].exe, "/bin/sh");
	assert_string_equal(i->reader_exe, "/usr/sbin/sshd");
	assert_int_equal(i->origin.depth, 2);
	unmake(s);
}

/* The total counts detectors once and the worst hop's modifiers: no order makes it go down. */
static void merging_is_monotone(void **state)
{
	static const struct sw_detector ds[] = {
		{.name = "a", .base = 50}, {.name = "b", .base = 20}, {.name = "c", .base = 45}};
	static const int modifiers[] = {10, 45, 22};
	struct sw_record event = {.origin = login_origin()};
	struct sw_view view = {.event = &event};
	struct setup *s = make();
	int before = 0;

	(void)state;
	s->finding.lineage.count = 1;
	for (int i = 0; i < 3; i++) {
		bool news;

		s->finding.detectors[0] = &ds[i];
		s->finding.detectors_count = 1;
		s->finding.modifiers = (struct sw_modifiers){
			.terms = {{"m", modifiers[i]}}, .count = 1, .points = modifiers[i]};
		assert_int_equal(sw_case_merge(s->c, &view, &s->finding, &news), 0);
		assert_true(s->c->incident.score >= before);
		before = s->c->incident.score;
	}
	assert_int_equal(before, 50 + 10 + 10 + 45);
	unmake(s);
}

/* Beyond the cap a detector adds no points; that it fired is still news. */
static void every_detector_is_news(void **state)
{
	static const struct sw_detector ds[6] = {
		{.name = "a", .base = 9}, {.name = "b", .base = 8}, {.name = "c", .base = 7},
		{.name = "d", .base = 6}, {.name = "e", .base = 5}, {.name = "f", .base = 4}};
	struct sw_record event = {.origin = login_origin()};
	struct sw_view view = {.event = &event};
	struct setup *s = make();
	bool news;

	(void)state;
	s->finding.lineage.count = 1;
	s->finding.detectors_count = 1;
	for (int i = 0; i < 6; i++) {
		s->finding.detectors[0] = &ds[i];
		assert_int_equal(sw_case_merge(s->c, &view, &s->finding, &news), 0);
		assert_true(news);
	}
	assert_int_equal(s->c->incident.score, 9 + 30);
	assert_int_equal(sw_case_merge(s->c, &view, &s->finding, &news), 0);
	assert_false(news);
	unmake(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_the_evidence),
		cmocka_unit_test(outlives_the_state),
		cmocka_unit_test(outcome_reaches_both_lists),
		cmocka_unit_test(hops_shown_are_bounded),
		cmocka_unit_test(long_lineage_keeps_both_ends),
		cmocka_unit_test(nested_lineage_shows_both_readers),
		cmocka_unit_test(merging_is_monotone),
		cmocka_unit_test(every_detector_is_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
