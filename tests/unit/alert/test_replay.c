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

/* Attack 2: a command without a terminal. */
static void command_without_a_terminal(void **state)
{
	struct rig *rig = rig_new(0);
	union rec r[8];
	size_t n = pivot_story(r);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		memset(r[i].h.task.tty, 0, sizeof(r[i].h.task.tty));
		play(rig, r[i]);
	}
	assert_last(rig, "10.0.0.5:51234 -> sshd:22 alice -> bash -> ssh -> 10.0.1.7:22 | 70 = "
			 "session-pivot 25 + new family 25 + port 10 + inbound new 10 | exact | "
			 "lost 0");
	rig_free(rig);
}

/* The pivot without one of its records: it is still told, with its root, user and destination. */
static void whichever_record_is_lost(void **state)
{
	static const char *const lines[] = {
		"10.0.0.5:51234 -> [sshd]:22 alice pts/3 -> bash -> ssh -> 10.0.1.7:22 | 70 = ",
		pivot_line,
		"10.0.0.5:51234 -> sshd:22 alice pts/3 -> ? -> ssh -> 10.0.1.7:22 | 70 = ",
		"10.0.0.5:51234 -> sshd:22 alice pts/3 -> ? -> [ssh] -> 10.0.1.7:22 | 70 = ",
		pivot_line,
		pivot_line,
	};

	(void)state;
	for (size_t lost = 0; lost < sizeof(lines) / sizeof(lines[0]); lost++) {
		struct rig *rig = rig_new(0);
		union rec r[8];
		size_t n = pivot_story(r);

		for (size_t i = 0; i < n; i++) {
			if (i != lost)
				play(rig, r[i]);
		}
		assert_int_equal(rig->count, 1);
		assert_memory_equal(rig->told[0].explain, lines[lost], strlen(lines[lost]));
		rig_free(rig);
	}
}

static void only_the_attempt_arrives(void **state)
{
	struct rig *rig = rig_new(0);
	union rec r[8];

	(void)state;
	pivot_story(r);
	rig->lost = 1000;
	play(rig, r[4]);
	assert_last(rig, "10.0.0.5:51234 -> ?:22 alice pts/3 -> ? -> [ssh] -> 10.0.1.7:22 | 70 = "
			 "session-pivot 25 + new family 25 + port 10 + inbound new 10 | exact | "
			 "lost 0");
	rig_free(rig);
}

/* The order of different CPUs. */
static void in_whichever_order(void **state)
{
	struct rig *rig = rig_new(0);
	union rec r[8];
	size_t n = pivot_story(r);

	(void)state;
	for (size_t i = n; i-- > 0;)
		play(rig, r[i]);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig->told[0].local_port, 40000);
	rig_free(rig);
}

/* Attack 17: sudo in between. Its own child runs ssh as root. */
static size_t sudo_story(union rec *r)
{
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, b_host, 22);
	struct sw_task sudo = with_tty(task(121, 2, ALICE, "sudo"), "pts/3");
	struct sw_task child = with_tty(task(122, 2, 0, "sudo"), "pts/4");
	struct sw_task x = with_tty(task(122, 3, 0, "x"), "pts/4");
	size_t n = 3;

	pivot_story(r);
	sudo.cred.euid = sudo.cred.suid = 0;
	sudo.cred.cap_effective = ROOT_CAPS;
	r[n++] = rec_exec(11 * S, &o, sudo, 1, "/usr/bin/sudo");
	r[n - 1].exec.mode = 0104755;
	r[n++] = rec_identity(11 * S, &o, sudo, cred(ALICE), SW_HOW_SETUID_EXEC);
	r[n++] = rec_identity(11 * S, &o, child, sudo.cred, SW_HOW_SETID);
	r[n++] = rec_exec(11 * S, &o, x, 2, "/tmp/x");
	r[n++] = rec_connect(12 * S, &o, x, &out);
	return n;
}

static const char sudo_line[] =
	"10.0.0.5:51234 -> sshd:22 alice pts/3 -> bash -> sudo root -> /tmp/x -> 10.0.1.7:22 | 75 "
	"= "
	"session-pivot 25 + new family 25 + port 10 + sudo 5 + inbound new 10 | exact | lost 0";

static void through_sudo(void **state)
{
	union rec r[12];
	size_t n = sudo_story(r);

	(void)state;
	/* With all records, and without either of the two that tell of a change. */
	for (size_t lost = 3; lost < 6; lost++) {
		struct rig *rig = rig_new(0);

		for (size_t i = 0; i < n; i++) {
			if (lost == 3 || i != lost)
				play(rig, r[i]);
		}
		assert_int_equal(rig->count, 1);
		assert_last(rig, sudo_line);
		rig_free(rig);
	}
}

static void exploit_in_between(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();
	struct sw_task x = task(121, 2, 0, "x");
	union rec r[8];
	size_t n = pivot_story(r);

	(void)state;
	for (size_t i = 0; i < 4; i++)
		play(rig, r[i]);
	play(rig, rec_identity(11 * S, &o, x, cred(ALICE), SW_HOW_UNEXPLAINED));
	play(rig, r[n - 2]);
	assert_int_equal(rig->told[0].score, 120);
	assert_int_equal(rig->told[0].band, SW_BAND_CRITICAL);
	assert_non_null(strstr(rig->told[0].explain, " + exploit-like 50 + "));
	rig_free(rig);
}

/* sshd's unprivileged child of before the login ends as the user `sshd`: nobody's login. */
static void privilege_separation(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();
	union rec r[8];
	size_t n = pivot_story(r);

	(void)state;
	play(rig, rec_identity(9 * S, &o, task(119, 0, 101, "sshd"), cred(0), SW_HOW_SETID));
	play(rig, rec_exit(9 * S, &o, task(119, 0, 101, "sshd")));
	for (size_t i = 0; i < n; i++)
		play(rig, r[i]);
	assert_last(rig, pivot_line);
	rig_free(rig);
}

/* ssh -W, -L, -D, -J: sshd's process of the session connects, after it has become the user. */
static void forward_by_sshd_itself(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, b_host, 22);
	struct sw_task sshd = task(120, 0, ALICE, "sshd");

	(void)state;
	play(rig, rec_session(10 * S, &o, sshd, 0, "/usr/lib/openssh/sshd-session"));
	play(rig, rec_identity(10 * S, &o, sshd, cred(0), SW_HOW_SETID));
	play(rig, rec_connect(10 * S, &o, sshd, &out));
	assert_last(rig,
		    "10.0.0.5:51234 -> sshd-session:22 alice -> 10.0.1.7:22 | 65 = ssh-forward "
		    "20 + new family 25 + port 10 + inbound new 10 | exact | lost 0");
	rig_free(rig);
}

/* Evasion 5: the shell is gone, its pid in other hands, the session over; the child goes on. */
static void long_after_logout(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin(), other = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, b_host, 22);
	struct sw_task again = task(120, 77, 1001, "nginx");
	union rec r[8];

	(void)state;
	pivot_story(r);
	for (size_t i = 0; i < 4; i++)
		play(rig, r[i]);
	play(rig, rec_exit(20 * S, &o, r[2].h.task));
	other.session = other.root = 99;
	again.start_ns = 15 * S;
	play(rig, rec_exec(21 * S, &other, again, 0, "/usr/sbin/nginx"));
	play(rig, rec_connect(9000 * S, &o, r[3].h.task, &out));
	assert_last(rig, pivot_line);
	rig_free(rig);
}

/* Evasion 4, a flood of other work: one session's programs push out no other's path. */
static void flood_of_programs(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin noisy = login_origin();
	struct sw_state_stats stats;
	union rec r[8];

	(void)state;
	pivot_story(r);
	for (size_t i = 0; i < 4; i++)
		play(rig, r[i]);
	noisy.session = noisy.root = 99;
	for (uint64_t i = 0; i < 20000; i++)
		play(rig,
		     rec_exec(11 * S + i, &noisy, task(5000, 1000 + i, 1001, "x"), 1000, "/bin/x"));
	sw_state_stats(rig->state, &stats);
	assert_true(stats.images_evicted > 0);
	play(rig, r[4]);
	assert_last(rig, pivot_line);
	rig_free(rig);
}

/* Benign 5: a proxy's worker has read many flows: nobody knows which one it was. */
static void proxies_are_silent(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, b_host, 8080);
	struct sw_task nginx = task(300, 0, 33, "nginx");
	struct sw_alert_stats stats;

	(void)state;
	o.session = o.root = 1ull << 63;
	o.confidence = SW_CONFIDENCE_SERVICE;
	o.flags = 0;
	o.nflows = SW_CANDIDATES;
	o.seen = 10000;
	for (unsigned int i = 0; i < SW_CANDIDATES; i++)
		o.in[i] = flow(500 + i, "10.0.0.1", 80, "10.0.0.5", (uint16_t)(50000 + i));
	play(rig, rec_session(10 * S, &o, nginx, 33, "/usr/sbin/nginx"));
	play(rig, rec_exec(10 * S, &o, task(301, 5, 33, "sh"), 0, "/usr/bin/sh"));
	for (uint64_t i = 0; i < 50; i++) {
		out.cookie++;
		play(rig, rec_connect(11 * S, &o, nginx, &out));
	}
	sw_alert_stats(rig->alert, &stats);
	assert_int_equal(stats.opened, 0);
	/* Silent because all is well, not because all is dead. */
	out.cookie++;
	play(rig, rec_connect(11 * S, &o, task(301, 5, 33, "sh"), &out));
	assert_non_null(strstr(rig->told[0].explain, "10000 in all -> nginx:80"));
	rig_free(rig);
}

/* Exact, but no login: the process was made for this one flow, and only drops its privileges. */
static void services_of_one_flow_are_silent(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, b_host, 5432);
	struct sw_task cgi = task(301, 0, 33, "cgi");

	(void)state;
	o.flags = SW_ORIGIN_OWN_IMAGE;
	o.in[0].local_port = o.rootflow.local_port = 8080;
	play(rig, rec_session(10 * S, &o, cgi, 0, "/srv/cgi"));
	play(rig, rec_identity(10 * S, &o, cgi, cred(0), SW_HOW_SETID));
	play(rig, rec_connect(11 * S, &o, cgi, &out));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void over_version_six(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "fd00::1", 40000, "fd00::1:7", 22);
	struct sw_task ssh = task(121, 2, ALICE, "ssh");

	(void)state;
	o.in[0] = o.rootflow = flow(7, "fd00::1", 22, "fd00::5", 51234);
	play(rig, rec_session(10 * S, &o, ssh, 0, "/usr/sbin/sshd"));
	play(rig, rec_exec(10 * S, &o, ssh, 0, "/usr/bin/ssh"));
	play(rig, rec_connect(11 * S, &o, ssh, &out));
	assert_last(rig, "[fd00::5]:51234 -> sshd:22 alice -> ssh -> [fd00::1:7]:22 | 70 = "
			 "session-pivot 25 + new family 25 + port 10 + inbound new 10 | exact | "
			 "lost 0");
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssh_from_a_shell),
		cmocka_unit_test(command_without_a_terminal),
		cmocka_unit_test(whichever_record_is_lost),
		cmocka_unit_test(only_the_attempt_arrives),
		cmocka_unit_test(in_whichever_order),
		cmocka_unit_test(through_sudo),
		cmocka_unit_test(exploit_in_between),
		cmocka_unit_test(privilege_separation),
		cmocka_unit_test(forward_by_sshd_itself),
		cmocka_unit_test(long_after_logout),
		cmocka_unit_test(flood_of_programs),
		cmocka_unit_test(proxies_are_silent),
		cmocka_unit_test(services_of_one_flow_are_silent),
		cmocka_unit_test(over_version_six),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
