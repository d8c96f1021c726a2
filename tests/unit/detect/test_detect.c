/* SPDX-License-Identifier: Apache-2.0 */
/* The detectors of logins, on the views that the state makes of records. */
#include "alert/rig.h"

#define ALICE 1000

/* What is different from "alice's ssh goes on to 10.0.1.7:22". */
struct variant {
	struct sw_origin origin;
	struct sw_task task;
	struct sw_flow out;
	uint32_t reader_uid;
	bool no_connect;
	bool no_session;
	bool all_internal;
};

static struct variant usual(void)
{
	return (struct variant){
		.origin = login_origin(),
		.task = task(21, 2, ALICE, "ssh"),
		.out = flow(50, "10.0.0.1", 4000, "10.0.1.7", 22),
	};
}

static char letter(const struct sw_detector *detector)
{
	if (detector == sw_detector_find("session-pivot"))
		return 'p';
	return detector == sw_detector_find("ssh-forward") ? 'f' : 's';
}

/* Plays it with its OUTCOME; returns the detectors that fired: 'p'ivot, 'f'orward, 's'ervice. */
static const char *fired(struct variant v)
{
	static char out[8];
	struct rig *rig = rig_new(0);
	struct sw_task bash = task(20, 1, v.task.cred.uid, "bash");
	union rec all[5];
	size_t n = 0, used = 0;

	if (v.all_internal) {
		rig->config->internal[0] = (struct sw_network){.family = 4};
		rig->config->internal[1] = (struct sw_network){.family = 6};
	}

	if (!v.no_session)
		all[n++] = rec_session(S, &v.origin, bash, v.reader_uid, "/usr/sbin/sshd");
	if (v.task.image) {
		all[n++] = rec_exec(S, &v.origin, bash, 0, "/bin/bash");
		all[n++] = rec_exec(S, &v.origin, v.task, 1, "/bin/ssh");
	}
	if (!v.no_connect)
		all[n++] = rec_connect(2 * S, &v.origin, v.task, &v.out);
	all[n++] = rec_outcome(2 * S, &v.origin, v.task, &v.out, SW_OUTCOME_REFUSED);
	for (size_t i = 0; i < n; i++) {
		struct sw_view view;

		assert_int_equal(sw_state_apply(rig->state, &all[i].h, &view), 0);
		sw_detect_run(rig->detect, &view, &rig->finding);
		for (size_t d = 0; d < rig->finding.detectors_count; d++)
			out[used++] = letter(rig->finding.detectors[d]);
	}
	out[used] = '\0';
	rig_free(rig);
	return out;
}

static void once_per_hop(void **state)
{
	struct variant v = usual();

	(void)state;
	assert_string_equal(fired(v), "p");
	v.no_connect = true;
	assert_string_equal(fired(v), "p");
	v.no_session = true;
	assert_string_equal(fired(v), "p");
}

static void sshd_itself_is_a_forward(void **state)
{
	struct variant v = usual();

	(void)state;
	v.task = task(20, 0, ALICE, "sshd");
	assert_string_equal(fired(v), "f");
	v.no_connect = true;
	assert_string_equal(fired(v), "f");
}

static void only_exact_origins(void **state)
{
	struct variant v = usual();

	(void)state;
	v.origin.confidence = SW_CONFIDENCE_SERVICE;
	assert_string_equal(fired(v), "");
	v.task = task(20, 0, ALICE, "sshd");
	assert_string_equal(fired(v), "");
}

static void only_login_services(void **state)
{
	struct variant v = usual();

	(void)state;
	v.origin.flags = 0;
	v.task.cred = cred(33);
	assert_string_equal(fired(v), "s");
	v.task = task(20, 0, 33, "sshd");
	assert_string_equal(fired(v), "");
	/* From root to a login uid is a login, on whatever port. */
	v = usual();
	v.origin.flags = 0;
	assert_string_equal(fired(v), "p");
	v.reader_uid = ALICE;
	assert_string_equal(fired(v), "s");
	v = usual();
	v.origin.flags = 0;
	v.task = task(20, 0, ALICE, "sshd");
	assert_string_equal(fired(v), "f");
}

static const char *to(const char *local, const char *remote)
{
	struct variant v = usual();

	v.out = flow(50, local, 4000, remote, 22);
	return fired(v);
}

static void only_inward(void **state)
{
	(void)state;
	assert_string_equal(to("10.0.0.1", "172.16.0.1"), "p");
	assert_string_equal(to("10.0.0.1", "192.168.9.1"), "p");
	assert_string_equal(to("10.0.0.1", "100.64.0.1"), "p");
	assert_string_equal(to("169.254.1.1", "169.254.1.2"), "p");
	assert_string_equal(to("fd00::1", "fd00::7"), "p");
	assert_string_equal(to("fe80::1", "fe80::7"), "p");
	assert_string_equal(to("10.0.0.1", "8.8.8.8"), "");
	assert_string_equal(to("2001:db8::1", "2001:db8::2"), "");
}

/* The operator may have called everything internal: this host is still this host. */
static const char *anywhere(const char *local, const char *remote)
{
	struct variant v = usual();

	v.all_internal = true;
	v.out = flow(50, local, 4000, remote, 22);
	v.origin.rootflow = flow(7, "10.0.0.99", 22, "10.0.0.5", 51234);
	return fired(v);
}

static void not_to_this_host(void **state)
{
	struct variant v = usual();

	(void)state;
	assert_string_equal(anywhere("10.0.0.1", "8.8.8.8"), "p");
	assert_string_equal(anywhere("fd00::1", "::2"), "p");
	assert_string_equal(anywhere("10.0.0.1", "127.9.9.9"), "");
	assert_string_equal(anywhere("fd00::1", "::1"), "");
	assert_string_equal(anywhere("10.0.0.1", "0.0.0.0"), "");
	assert_string_equal(anywhere("fd00::1", "::"), "");
	assert_string_equal(anywhere("0.0.0.0", "10.0.0.1"), "");
	assert_string_equal(anywhere("0.0.0.0", "10.0.0.99"), "");
	assert_string_equal(to("127.0.0.1", "127.0.0.1"), "");
	assert_string_equal(to("10.0.0.1", "127.9.9.9"), "");
	assert_string_equal(to("::1", "::1"), "");
	assert_string_equal(to("10.0.0.1", "0.0.0.0"), "");
	assert_string_equal(to("fd00::1", "::"), "");
	assert_string_equal(to("10.0.0.2", "10.0.0.2"), "");
	/* The address that the session came in by, though the flow's own is not known yet. */
	assert_string_equal(to("0.0.0.0", "10.0.0.1"), "");
	/* In another namespace that may be another host. */
	v.out = flow(50, "0.0.0.0", 4000, "10.0.0.1", 22);
	v.out.netns = 2;
	assert_string_equal(fired(v), "p");
}

static void only_tcp(void **state)
{
	struct variant v = usual();

	(void)state;
	v.out.protocol = IPPROTO_UDP;
	assert_string_equal(fired(v), "");
}

static void switched_off(void **state)
{
	struct rig *rig = rig_new(0);
	struct variant v = usual();

	(void)state;
	for (size_t i = 0; i < sw_detectors_count; i++)
		rig->config->detector_on[i] = false;
	play(rig, rec_connect(S, &v.origin, v.task, &v.out));
	assert_int_equal(rig->count, 0);
	v.out.cookie++;
	rig->config->detector_on[0] = true;
	play(rig, rec_connect(S, &v.origin, v.task, &v.out));
	assert_int_equal(rig->count, 1);
	rig_free(rig);
}

/* Session 9 came in through ncat(2), or through sshd's own image (0), of session 7. */
static const char *nested_fired(uint64_t reader, struct sw_task t, bool told)
{
	static char out[8];
	struct sw_flow in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	struct sw_origin outer = login_origin(), inner = nested_origin(&outer, 9, &in);
	struct sw_flow to_b = flow(50, "10.0.0.1", 4000, "10.0.1.7", 22);
	struct rig *rig = rig_new(0);
	union rec r = rec_session(S, &inner, t, ALICE, "/bin/ncat");

	r.session.image = reader;
	play(rig, rec_session(S, &outer, task(20, 1, ALICE, "bash"), 0, "/usr/sbin/sshd"));
	play(rig, rec_exec(S, &outer, task(20, 1, ALICE, "bash"), 0, "/bin/bash"));
	play(rig, rec_exec(S, &outer, task(21, 2, ALICE, "ncat"), 1, "/bin/ncat"));
	if (told)
		play(rig, r);
	play(rig, rec_connect(2 * S, &inner, t, &to_b));
	snprintf(out, sizeof(out), "%s%s%s",
		 rig->count && strstr(rig->told[0].explain, "session-pivot") ? "p" : "",
		 rig->count && strstr(rig->told[0].explain, "ssh-forward") ? "f" : "",
		 rig->count && strstr(rig->told[0].explain, "service-pivot") ? "s" : "");
	if (rig->count)
		assert_string_equal(rig->finding.user, "alice"); /* the root session's */
	rig_free(rig);
	return out;
}

static void nested_in_a_login(void **state)
{
	struct sw_task ncat = task(22, 2, ALICE, "ncat"), sh = task(23, 3, 1001, "sh");
	struct sw_task sshd = task(22, 0, ALICE, "sshd");

	(void)state;
	assert_string_equal(nested_fired(2, sh, true), "p");
	/* ncat reads for session 9, but has been exec'd since alice came in. */
	ncat.flags = SW_TASK_READER_IMAGE;
	assert_string_equal(nested_fired(2, ncat, true), "p");
	assert_string_equal(nested_fired(2, ncat, false), "p");
	/* sshd -R: nothing was exec'd at all. */
	assert_string_equal(nested_fired(0, sshd, true), "");
}

/* A login service in a session of another service, of which only one record arrived. */
static void nested_login_whose_session_record_is_lost(void **state)
{
	struct rig *rig = rig_new(0);
	struct sw_flow in = flow(9, "10.0.0.1", 22, "10.0.0.9", 4000);
	struct sw_flow to_b = flow(50, "10.0.0.1", 4000, "10.0.1.7", 22);
	struct sw_origin outer = login_origin(), inner;

	(void)state;
	outer.flags = 0;
	inner = nested_origin(&outer, 9, &in);
	inner.flags = SW_ORIGIN_LOGIN_PORT;
	play(rig, rec_session(S, &outer, task(20, 1, 33, "x"), 33, "/usr/sbin/httpd"));
	play(rig, rec_exec(S, &outer, task(20, 1, 33, "x"), 0, "/bin/x"));
	play(rig, rec_exec(S, &inner, task(22, 3, 33, "sh"), 1, "/bin/sh"));
	play(rig, rec_connect(2 * S, &inner, task(22, 3, 33, "sh"), &to_b));
	assert_int_equal(rig->count, 1);
	rig_free(rig);
}

static void names_the_user(void **state)
{
	struct rig *rig = rig_new(0);
	struct variant v = usual();

	(void)state;
	play(rig, rec_connect(S, &v.origin, v.task, &v.out));
	assert_true(rig->finding.who.known);
	assert_string_equal(rig->finding.user, "alice");
	v.task.cred.loginuid = 4242;
	v.out.cookie++;
	play(rig, rec_connect(S, &v.origin, v.task, &v.out));
	assert_string_equal(rig->finding.user, "uid 4242");
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_per_hop),
		cmocka_unit_test(sshd_itself_is_a_forward),
		cmocka_unit_test(only_exact_origins),
		cmocka_unit_test(only_login_services),
		cmocka_unit_test(only_inward),
		cmocka_unit_test(not_to_this_host),
		cmocka_unit_test(only_tcp),
		cmocka_unit_test(switched_off),
		cmocka_unit_test(nested_in_a_login),
		cmocka_unit_test(nested_login_whose_session_record_is_lost),
		cmocka_unit_test(names_the_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
