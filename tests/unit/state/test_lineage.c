/* SPDX-License-Identifier: Apache-2.0 */
#include "state/build.h"

#include "state/lineage.h"
#include "state/state.h"

#define ALICE 1000
#define BOB 1001
#define SSHD 101 /* the service user of privilege separation */

static const struct sw_config config;

static struct sw_state *make(void)
{
	struct sw_state *state = NULL;

	assert_int_equal(sw_state_new(&(struct sw_state_options){.config = &config}, &state), 0);
	return state;
}

static void apply(struct sw_state *state, union rec r)
{
	struct sw_view view;

	assert_int_equal(sw_state_apply(state, &r.h, &view), 0);
}

static void walk(const struct sw_state *state, uint64_t session, uint64_t image,
		 struct sw_lineage *out)
{
	sw_lineage_walk(state, sw_state_session(state, session), image, out);
}

/* The path as a word: i image, I unknown image, r reader, R unknown reader, . gap; inner first. */
static const char *shape(const struct sw_lineage *lineage)
{
	static char out[SW_LINEAGE_WALK + 1];
	size_t i;

	for (i = 0; i < lineage->count; i++) {
		const struct sw_ancestor *at = &lineage->at[i];

		out[i] = '.';
		if (at->kind == SW_ANCESTOR_IMAGE)
			out[i] = at->image ? 'i' : 'I';
		if (at->kind == SW_ANCESTOR_READER)
			out[i] = at->session ? 'r' : 'R';
	}
	out[i] = '\0';
	return out;
}

static void walks_to_the_reader(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_lineage l;

	(void)state;
	apply(s, rec_exec(S, &o, task(20, 1, ALICE, "bash"), 0, "/bin/bash"));
	apply(s, rec_exec(S, &o, task(21, 2, ALICE, "ssh"), 1, "/bin/ssh"));
	walk(s, 7, 2, &l);
	assert_string_equal(shape(&l), "iir");
	assert_int_equal(l.at[0].id, 2);
	assert_int_equal(l.at[1].id, 1);
	assert_int_equal(sw_lineage_reader(&l), 2);
	walk(s, 7, 0, &l);
	assert_string_equal(shape(&l), "r");
	sw_state_free(&s);
}

static void lost_exec_is_a_gap(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_lineage l;

	(void)state;
	/* bash's is lost: ssh still names it. */
	apply(s, rec_exec(S, &o, task(21, 2, ALICE, "ssh"), 1, "/bin/ssh"));
	walk(s, 7, 2, &l);
	assert_string_equal(shape(&l), "iIr");
	/* Of image 3 only a task was seen. */
	apply(s, rec_exit(S, &o, task(22, 3, ALICE, "nc")));
	walk(s, 7, 3, &l);
	assert_string_equal(shape(&l), "i.r");
	sw_state_free(&s);
}

static void rings_end(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_lineage l;

	(void)state;
	apply(s, rec_exec(S, &o, task(20, 1, ALICE, "a"), 3, "/bin/a"));
	apply(s, rec_exec(S, &o, task(21, 2, ALICE, "b"), 1, "/bin/b"));
	apply(s, rec_exec(S, &o, task(22, 3, ALICE, "c"), 2, "/bin/c"));
	apply(s, rec_exec(S, &o, task(23, 4, ALICE, "d"), 4, "/bin/d"));
	walk(s, 7, 3, &l);
	assert_string_equal(shape(&l), "iii.r");
	walk(s, 7, 4, &l);
	assert_string_equal(shape(&l), "i.r");
	sw_state_free(&s);
}

static void sessions_in_a_ring_end(void **state)
{
	struct sw_state *s = make();
	struct sw_origin a = login_origin(), b = login_origin();
	struct sw_lineage l;

	(void)state;
	a.parent = b.root = b.session = 8;
	b.parent = a.root = 7;
	apply(s, rec_session(S, &a, task(20, 0, 0, "a"), 0, "/bin/a"));
	apply(s, rec_session(S, &b, task(20, 0, 0, "b"), 0, "/bin/b"));
	walk(s, 7, 0, &l);
	assert_in_range(l.count, 2, SW_LINEAGE_WALK);
	sw_state_free(&s);
}

static void longest_paths_are_cut(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_lineage l;

	(void)state;
	for (uint64_t i = 1; i <= 600; i++)
		apply(s, rec_exec(S, &o, task(20, i, ALICE, "x"), i - 1, "/bin/x"));
	walk(s, 7, 600, &l);
	assert_in_range(l.count, SW_LINEAGE_WALK - 4, SW_LINEAGE_WALK);
	assert_int_equal(l.at[0].id, 600);
	assert_int_equal(l.at[l.count - 2].kind, SW_ANCESTOR_GAP);
	assert_int_equal(l.at[l.count - 1].kind, SW_ANCESTOR_READER);
	assert_int_equal(l.at[l.count - 1].session->id, 7);
	sw_state_free(&s);
}

/* bash(1) -> ncat(2) listens in session 7; what comes in to it is session 9, whose sh is 3. */
static struct sw_state *nested(bool with_session, bool with_ncat)
{
	struct sw_flow in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	struct sw_state *s = make();
	struct sw_origin outer = login_origin(), inner = nested_origin(&outer, 9, &in);
	union rec told = rec_session(2 * S, &inner, task(22, 2, ALICE, "ncat"), ALICE, "/bin/ncat");

	told.session.image = 2;
	apply(s, rec_session(S, &outer, task(20, 1, ALICE, "bash"), 0, "/usr/sbin/sshd"));
	apply(s, rec_exec(S, &outer, task(20, 1, ALICE, "bash"), 0, "/bin/bash"));
	if (with_ncat)
		apply(s, rec_exec(S, &outer, task(21, 2, ALICE, "ncat"), 1, "/bin/ncat"));
	if (with_session)
		apply(s, told);
	apply(s, rec_exec(2 * S, &inner, task(22, 3, BOB, "sh"), 2, "/bin/sh"));
	return s;
}

static void goes_on_through_the_parent_session(void **state)
{
	struct sw_state *s = nested(true, true);
	struct sw_lineage l;

	(void)state;
	walk(s, 9, 3, &l);
	assert_string_equal(shape(&l), "irir");
	assert_int_equal(l.at[1].session->id, 9);
	assert_int_equal(l.at[1].id, 2);
	assert_string_equal(l.at[1].image->exe, "/bin/ncat");
	assert_int_equal(l.at[3].session->id, 7);
	/* A task without an image of its own is the reader, too. */
	walk(s, 9, 0, &l);
	assert_string_equal(shape(&l), "rir");
	sw_state_free(&s);
}

static void goes_on_though_records_are_lost(void **state)
{
	struct sw_state *s = nested(false, true);
	struct sw_lineage l;

	(void)state;
	walk(s, 9, 3, &l);
	assert_string_equal(shape(&l), "iiir");
	assert_int_equal(l.at[3].session->id, 7);
	sw_state_free(&s);

	s = nested(true, false);
	walk(s, 9, 3, &l);
	assert_string_equal(shape(&l), "ir.r");
	assert_int_equal(l.at[3].session->id, 7);
	sw_state_free(&s);

	s = nested(false, false);
	walk(s, 9, 3, &l);
	assert_string_equal(shape(&l), "iIr.r");
	assert_int_equal(l.at[4].session->id, 7);
	sw_state_free(&s);
}

static void user_of_each_session(void **state)
{
	struct sw_state *s = nested(true, true);
	struct sw_task t = task(22, 3, BOB, "sh");
	struct sw_lineage l;
	struct sw_who who;

	(void)state;
	walk(s, 9, 3, &l);
	who = sw_lineage_who(&l, l.count - 1, &t);
	assert_true(who.known);
	assert_int_equal(who.uid, ALICE);
	assert_true(who.logged_in);
	who = sw_lineage_who(&l, sw_lineage_reader(&l), &t);
	assert_int_equal(who.uid, BOB);
	assert_false(who.logged_in); /* ncat was not root */
	sw_state_free(&s);
}

/* Who acts, if bash runs as uid with that login uid, and sshd as root with its own. */
static struct sw_who who_of(uint32_t uid, uint32_t loginuid, uint32_t reader_loginuid, bool told)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_task bash = task(20, 1, uid, "bash");
	union rec r = rec_session(S, &o, bash, 0, "/usr/sbin/sshd");
	struct sw_lineage l;
	struct sw_who who;

	bash.cred.loginuid = loginuid;
	r.session.reader.loginuid = reader_loginuid;
	if (told)
		apply(s, r);
	/* Privilege separation: a side branch that must not be taken for the user. */
	apply(s, rec_identity(S, &o, task(19, 0, SSHD, "sshd"), cred(0), SW_HOW_SETID));
	apply(s, rec_identity(S, &o, task(20, 0, uid, "sshd"), cred(0), SW_HOW_SETID));
	apply(s, rec_exec(S, &o, bash, 0, "/bin/bash"));
	walk(s, 7, 1, &l);
	who = sw_lineage_who(&l, l.count - 1, &bash);
	sw_state_free(&s);
	return who;
}

static void user_of_a_login(void **state)
{
	struct sw_who who;

	(void)state;
	who = who_of(ALICE, NO_LOGIN, NO_LOGIN, true);
	assert_int_equal(who.uid, ALICE);
	assert_true(who.logged_in);
	/* The login uid counts more than what the shell runs as. */
	who = who_of(0, BOB, NO_LOGIN, true);
	assert_int_equal(who.uid, BOB);
	assert_true(who.logged_in);
	/* sshd started by hand from bob's own login: that is not who comes in. */
	who = who_of(ALICE, BOB, BOB, true);
	assert_int_equal(who.uid, ALICE);
	/* root */
	who = who_of(0, NO_LOGIN, NO_LOGIN, true);
	assert_true(who.known);
	assert_int_equal(who.uid, 0);
	assert_false(who.logged_in);
	who = who_of(0, 0, NO_LOGIN, true);
	assert_int_equal(who.uid, 0);
	assert_true(who.logged_in);
	/* a service that only drops its privileges */
	who = who_of(33, NO_LOGIN, NO_LOGIN, true);
	assert_int_equal(who.uid, 33);
	assert_false(who.logged_in);
}

static void user_though_the_session_record_is_lost(void **state)
{
	struct sw_who who = who_of(ALICE, NO_LOGIN, NO_LOGIN, false);

	(void)state;
	assert_int_equal(who.uid, ALICE);
	assert_true(who.logged_in); /* as the IDENTITY record says */
	who = who_of(BOB, ALICE, NO_LOGIN, false);
	assert_int_equal(who.uid, ALICE);
}

/* telnetd runs login as root, which runs the shell as the user. */
static void user_after_programs_of_root(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_task bash = task(21, 2, ALICE, "bash");
	struct sw_lineage l;

	(void)state;
	apply(s, rec_session(S, &o, bash, 0, "/usr/sbin/telnetd"));
	apply(s, rec_exec(S, &o, task(20, 1, 0, "login"), 0, "/bin/login"));
	apply(s, rec_exec(S, &o, bash, 1, "/bin/bash"));
	walk(s, 7, 2, &l);
	assert_int_equal(sw_lineage_who(&l, l.count - 1, &bash).uid, ALICE);
	assert_true(sw_lineage_who(&l, l.count - 1, &bash).logged_in);
	sw_state_free(&s);
}

/* root's own ncat lets bob in: what bob is does not change who root's session is. */
static void user_is_not_that_of_a_nested_session(void **state)
{
	struct sw_flow in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	struct sw_origin outer = login_origin(), inner = nested_origin(&outer, 9, &in);
	struct sw_task sh = task(22, 3, BOB, "sh");
	union rec told = rec_session(S, &inner, sh, 0, "/bin/ncat");
	struct sw_state *s = make();
	struct sw_lineage l;

	(void)state;
	told.session.image = 2;
	apply(s, rec_session(S, &outer, sh, 0, "/usr/sbin/sshd"));
	apply(s, rec_exec(S, &outer, task(21, 2, 0, "ncat"), 0, "/bin/ncat"));
	apply(s, told);
	apply(s, rec_exec(S, &inner, sh, 2, "/bin/sh"));
	walk(s, 9, 3, &l);
	assert_int_equal(sw_lineage_who(&l, l.count - 1, &sh).uid, 0);
	assert_int_equal(sw_lineage_who(&l, 1, &sh).uid, BOB);
	sw_state_free(&s);
}

/* Neither SESSION nor the user's own IDENTITY: that sshd's other child was root says nothing. */
static void login_is_not_guessed(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_task bash = task(20, 1, ALICE, "bash");
	struct sw_lineage l;

	(void)state;
	apply(s, rec_identity(S, &o, task(19, 0, SSHD, "sshd"), cred(0), SW_HOW_SETID));
	apply(s, rec_exec(S, &o, bash, 0, "/bin/bash"));
	walk(s, 7, 1, &l);
	assert_int_equal(sw_lineage_who(&l, l.count - 1, &bash).uid, ALICE);
	assert_false(sw_lineage_who(&l, l.count - 1, &bash).logged_in);
	sw_state_free(&s);
}

/* ssh -W: sshd's own process, which has become the user, connects. */
static void user_of_the_reader_itself(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_task sshd = task(20, 0, ALICE, "sshd");
	struct sw_lineage l;
	struct sw_who who;

	(void)state;
	apply(s, rec_session(S, &o, sshd, 0, "/usr/sbin/sshd"));
	walk(s, 7, 0, &l);
	who = sw_lineage_who(&l, l.count - 1, &sshd);
	assert_int_equal(who.uid, ALICE);
	assert_true(who.logged_in);
	sw_state_free(&s);
}

static void login_uids(void **state)
{
	(void)state;
	assert_false(sw_uid_is_login(0));
	assert_false(sw_uid_is_login(999));
	assert_true(sw_uid_is_login(1000));
	assert_true(sw_uid_is_login(60000));
	assert_false(sw_uid_is_login(61184));
	assert_false(sw_uid_is_login(65534));
	assert_true(sw_uid_is_login(1600000000));
	assert_false(sw_uid_is_login(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_to_the_reader),
		cmocka_unit_test(lost_exec_is_a_gap),
		cmocka_unit_test(rings_end),
		cmocka_unit_test(sessions_in_a_ring_end),
		cmocka_unit_test(longest_paths_are_cut),
		cmocka_unit_test(goes_on_through_the_parent_session),
		cmocka_unit_test(goes_on_though_records_are_lost),
		cmocka_unit_test(user_of_each_session),
		cmocka_unit_test(user_of_a_login),
		cmocka_unit_test(user_though_the_session_record_is_lost),
		cmocka_unit_test(user_after_programs_of_root),
		cmocka_unit_test(user_is_not_that_of_a_nested_session),
		cmocka_unit_test(login_is_not_guessed),
		cmocka_unit_test(user_of_the_reader_itself),
		cmocka_unit_test(login_uids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
