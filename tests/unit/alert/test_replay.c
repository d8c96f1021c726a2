/* SPDX-License-Identifier: Apache-2.0 */
/* Whole stories, from the first record to the line that is told. */
#include "alert/rig.h"

#define ALICE 1000

static const char b_host[] = "10.0.1.7";

static void assert_last(const struct rig *rig, const char *explain)
{
	assert_true(rig->count > 0);
	assert_string_equal(rig->told[rig->count - 1].explain, explain);
}

/* sshd reads, its child becomes alice and runs bash on a terminal; bash runs ssh. */
static size_t pivot_story(union rec *r)
{
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, b_host, 22);
	struct sw_task bash = with_tty(task(120, 1, ALICE, "bash"), "pts/3");
	struct sw_task ssh = with_tty(task(121, 2, ALICE, "ssh"), "pts/3");
	size_t n = 0;

	r[n++] = rec_session(10 * S, &o, task(120, 0, ALICE, "sshd"), 0, "/usr/sbin/sshd");
	r[n++] = rec_identity(10 * S, &o, task(120, 0, ALICE, "sshd"), cred(0), SW_HOW_SETID);
	r[n++] = rec_exec(10 * S, &o, bash, 0, "/usr/bin/bash");
	r[n++] = rec_exec(11 * S, &o, ssh, 1, "/usr/bin/ssh");
	r[n++] = rec_connect(12 * S, &o, ssh, &out);
	r[n++] = rec_outcome(12 * S + 5 * MS, &o, ssh, &out, SW_OUTCOME_ESTABLISHED);
	return n;
}

static const char pivot_line[] =
	"10.0.0.5:51234 -> sshd:22 alice pts/3 -> bash -> ssh -> 10.0.1.7:22 | 70 = session-pivot "
	"25 + new family 25 + port 10 + inbound new 10 | exact | lost 0";

static void ssh_from_a_shell(void **state)
{
	struct rig *rig = rig_new(0);
	union rec r[8];
	size_t n = pivot_story(r);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rig->count, i > 4);
		play(rig, r[i]);
	}
	assert_int_equal(rig->count, 1);
	assert_last(rig, pivot_line);
	assert_string_equal(rig->told[0].id, "0123abcd-89abcdef-7");
	assert_int_equal(rig->told[0].update, 0);
	assert_int_equal(rig->told[0].band, SW_BAND_ALERT);
	assert_int_equal(rig->told[0].local_port, 0);

	sw_alert_tick(rig->alert, 13 * S);
	assert_int_equal(rig->count, 2);
	assert_last(rig, pivot_line);
	assert_int_equal(rig->told[1].update, 1);
	assert_int_equal(rig->told[1].local_port, 40000);
	assert_int_equal(rig->told[1].outcome, SW_OUTCOME_ESTABLISHED);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssh_from_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
