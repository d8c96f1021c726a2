/* SPDX-License-Identifier: Apache-2.0 */
#include "state/build.h"

#include "state/elevation.h"
#include "state/state.h"

#define ALICE 1000
#define MAX 8

static const struct sw_config config;

struct found {
	struct sw_elevation at[MAX];
	size_t count;
};

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

static struct found elevations(const struct sw_state *state, const struct sw_task *t)
{
	struct sw_lineage lineage;
	struct found found = {0};

	sw_lineage_walk(state, sw_state_session(state, 7), t->image, &lineage);
	found.count = sw_elevations_on(&lineage, t, found.at, MAX);
	return found;
}

/* A task that has run sudo: its file is root's and set-user-id, its user still the old one. */
static struct sw_task sudo_task(void)
{
	struct sw_task t = task(21, 2, ALICE, "sudo");

	t.cred.euid = t.cred.suid = 0;
	t.cred.cap_effective = ROOT_CAPS;
	return t;
}

/* alice's bash(1, pid 20) -> sudo(2, pid 21) -> ssh(3, pid 22), as root. */
static struct sw_state *sudo_story(bool identity, bool session)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	union rec sudo = rec_exec(2 * S, &o, sudo_task(), 1, "/usr/bin/sudo");

	sudo.exec.mode = 0104755;
	if (session)
		apply(s, rec_session(S, &o, task(20, 1, ALICE, "bash"), 0, "/usr/sbin/sshd"));
	apply(s, rec_exec(S, &o, task(20, 1, ALICE, "bash"), 0, "/bin/bash"));
	apply(s, sudo);
	if (identity)
		apply(s, rec_identity(2 * S, &o, sudo_task(), cred(ALICE), SW_HOW_SETUID_EXEC));
	apply(s, rec_exec(3 * S, &o, task(22, 3, 0, "ssh"), 2, "/usr/bin/ssh"));
	return s;
}

static void sudo_is_on_the_path(void **state)
{
	struct sw_state *s = sudo_story(true, true);
	struct sw_task ssh = task(22, 3, 0, "ssh");
	struct found f = elevations(s, &ssh);

	(void)state;
	assert_int_equal(f.count, 1);
	assert_true(sw_change_is_setuid_exec(&f.at[0].change));
	assert_string_equal(f.at[0].image->exe, "/usr/bin/sudo");
	assert_int_equal(f.at[0].change.from.euid, ALICE);
	assert_int_equal(f.at[0].change.to.euid, 0);
	sw_state_free(&s);
}

static void sudo_though_its_identity_is_lost(void **state)
{
	struct sw_task ssh = task(22, 3, 0, "ssh");

	(void)state;
	for (int session = 0; session < 2; session++) {
		struct sw_state *s = sudo_story(false, session);
		struct found f = elevations(s, &ssh);

		assert_int_equal(f.count, 1);
		assert_true(sw_change_is_setuid_exec(&f.at[0].change));
		assert_int_equal(f.at[0].change.from.euid, ALICE);
		assert_int_equal(f.at[0].change.time_ns, 2 * S);
		sw_state_free(&s);
	}
}

/* An ordinary program that was given another effective user before. */
static void only_set_user_id_programs_are_inferred(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_task x = task(21, 2, ALICE, "x");

	(void)state;
	x.cred.euid = 0;
	apply(s, rec_exec(S, &o, task(20, 1, ALICE, "bash"), 0, "/bin/bash"));
	apply(s, rec_exec(S, &o, x, 1, "/bin/x"));
	assert_int_equal(elevations(s, &x).count, 0);
	sw_state_free(&s);
}

/* bash's other child ran sudo: no matter to what bash itself does. */
static void side_branches_do_not_count(void **state)
{
	struct sw_state *s = sudo_story(true, true);
	struct sw_task bash = task(20, 1, ALICE, "bash");
	struct sw_origin o = login_origin();

	(void)state;
	apply(s, rec_identity(S, &o, task(30, 1, 0, "bash"), cred(ALICE), SW_HOW_UNEXPLAINED));
	apply(s, rec_identity(S, &o, task(31, 0, 101, "sshd"), cred(0), SW_HOW_SETID));
	assert_int_equal(elevations(s, &bash).count, 0);
	sw_state_free(&s);
}

/* The same pid and the same image, but another process. */
static void reused_pids_do_not_count(void **state)
{
	struct sw_state *s = sudo_story(false, true);
	struct sw_task bash = task(20, 1, ALICE, "bash"), old = task(20, 1, 0, "bash");
	struct sw_origin o = login_origin();

	(void)state;
	old.start_ns--;
	apply(s, rec_identity(S, &o, old, cred(ALICE), SW_HOW_UNEXPLAINED));
	assert_int_equal(elevations(s, &bash).count, 0);
	sw_state_free(&s);
}

/* A fork of bash changes before it execs: told of bash's image, by the process of the next one. */
static void change_before_an_exec_counts(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_task sh = task(21, 2, 0, "sh");

	(void)state;
	apply(s, rec_exec(S, &o, task(20, 1, ALICE, "bash"), 0, "/bin/bash"));
	apply(s, rec_identity(S, &o, task(21, 1, 0, "bash"), cred(ALICE), SW_HOW_UNEXPLAINED));
	apply(s, rec_exec(S, &o, sh, 1, "/bin/sh"));
	assert_int_equal(elevations(s, &sh).count, 1);
	assert_int_equal(elevations(s, &sh).at[0].change.how, SW_HOW_UNEXPLAINED);
	sw_state_free(&s);
}

/* A fork of bash changes and connects by itself. */
static void change_of_the_task_counts(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_task fork = task(21, 1, 0, "bash");

	(void)state;
	apply(s, rec_exec(S, &o, task(20, 1, ALICE, "bash"), 0, "/bin/bash"));
	apply(s, rec_identity(S, &o, fork, cred(ALICE), SW_HOW_UNEXPLAINED));
	assert_int_equal(elevations(s, &fork).count, 1);
	sw_state_free(&s);
}

static void set_group_id_is_no_other_user(void **state)
{
	struct sw_change change = {.how = SW_HOW_SETUID_EXEC, .from = cred(5), .to = cred(5)};

	(void)state;
	change.to.egid = 42;
	assert_false(sw_change_is_setuid_exec(&change));
	change.to.euid = 6;
	assert_true(sw_change_is_setuid_exec(&change));
	change.how = SW_HOW_SETID;
	assert_false(sw_change_is_setuid_exec(&change));
}

static void unexplained_is_not_crowded_out(void **state)
{
	struct sw_state *s = make();
	struct sw_origin o = login_origin();
	struct sw_task bash = task(20, 1, ALICE, "bash");
	struct found f;

	(void)state;
	apply(s, rec_exec(S, &o, bash, 0, "/bin/bash"));
	for (int i = 0; i < MAX + 2; i++)
		apply(s, rec_identity(S, &o, bash, cred(0), SW_HOW_SETID));
	apply(s, rec_identity(S, &o, bash, cred(2), SW_HOW_UNEXPLAINED));
	f = elevations(s, &bash);
	assert_int_equal(f.count, MAX);
	assert_int_equal(f.at[MAX - 1].change.how, SW_HOW_UNEXPLAINED);
	sw_state_free(&s);
}

/* The reader of a nested session gained uid 0 while it served that session. */
static void change_of_a_nested_reader_counts(void **state)
{
	struct sw_flow in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	struct sw_origin outer = login_origin(), inner = nested_origin(&outer, 9, &in);
	struct sw_task worker = task(22, 2, 0, "httpd"), sh = task(22, 3, 0, "sh");
	struct sw_state *s = make();
	struct sw_lineage lineage;
	struct found f = {0};
	union rec told = rec_session(S, &inner, worker, ALICE, "/bin/httpd");

	(void)state;
	told.session.image = 2;
	apply(s, rec_exec(S, &outer, task(21, 2, ALICE, "httpd"), 0, "/bin/httpd"));
	apply(s, told);
	apply(s, rec_identity(S, &inner, worker, cred(ALICE), SW_HOW_UNEXPLAINED));
	apply(s, rec_exec(S, &inner, sh, 2, "/bin/sh"));
	sw_lineage_walk(s, sw_state_session(s, 9), 3, &lineage);
	f.count = sw_elevations_on(&lineage, &sh, f.at, MAX);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.at[0].change.how, SW_HOW_UNEXPLAINED);
	sw_state_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sudo_is_on_the_path),
		cmocka_unit_test(sudo_though_its_identity_is_lost),
		cmocka_unit_test(only_set_user_id_programs_are_inferred),
		cmocka_unit_test(side_branches_do_not_count),
		cmocka_unit_test(reused_pids_do_not_count),
		cmocka_unit_test(change_before_an_exec_counts),
		cmocka_unit_test(change_of_the_task_counts),
		cmocka_unit_test(set_group_id_is_no_other_user),
		cmocka_unit_test(unexplained_is_not_crowded_out),
		cmocka_unit_test(change_of_a_nested_reader_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
