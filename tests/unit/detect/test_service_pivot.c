/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that a web server runs, on the views that the state makes of records. */
#include "detect/web.h"

static void tells_who_what_and_why(void **state)
{
	struct story s = usual();
	struct told told = tell(&s);

	(void)state;
	assert_string_equal(
		told.explain,
		"10.0.0.5:51234 -> lighttpd:80 uid 33 -> dash -> curl -> 10.0.1.7:6379 | "
		"105 = service-pivot 45 + new family 25 + port 10 + inbound new 10 + "
		"interpreter 15 | exact | lost 0");
	assert_int_equal(told.band, SW_BAND_CRITICAL);
}

static void several_candidates_are_all_shown(void **state)
{
	struct story s = from(pool_origin());
	struct told told = tell(&s);

	(void)state;
	assert_non_null(
		strstr(told.explain, "one of 10.0.0.5:51234, 10.0.0.6:40000 -> lighttpd:80"));
	assert_non_null(strstr(told.explain, "| service | lost 0"));
	assert_int_equal(told.band, SW_BAND_CRITICAL);
}

static void only_inward_and_once(void **state)
{
	struct story s = usual();
	struct rig *rig = rig_new(0);
	union rec outcome =
		rec_outcome(2 * S, &s.origin, s.hop.h.task, &s.out, SW_OUTCOME_ESTABLISHED);
	struct sw_flow to = flow(50, "10.0.0.1", 4000, "8.8.8.8", 443);

	(void)state;
	s.hop = rec_connect(2 * S, &s.origin, s.hop.h.task, &to);
	assert_false(fires(&s));
	to = flow(50, "127.0.0.1", 4000, "127.0.0.1", 443);
	s.hop = rec_connect(2 * S, &s.origin, s.hop.h.task, &to);
	assert_false(fires(&s));
	s = usual();
	play(rig, s.session);
	play(rig, s.script);
	play(rig, s.tool);
	assert_int_equal(rig->count, 0); /* it ran something, but went nowhere */
	play(rig, s.hop);
	play(rig, outcome);
	assert_int_equal(rig->told[rig->count - 1].hops_total, 1);
	rig_free(rig);
	/* The CONNECT is lost. */
	s.hop = outcome;
	assert_true(fires(&s));
}

/* inetd's own program, or a change of identity: told, but nothing was run. */
static void the_service_itself_is_none(void **state)
{
	struct story s = usual();

	(void)state;
	s.hop = rec_connect(2 * S, &s.origin, task(20, 0, WEB, "lighttpd"), &s.out);
	assert_false(fires(&s));
}

static void logins_are_left_to_their_detectors(void **state)
{
	struct story s = from(login_origin());

	(void)state;
	assert_non_null(strstr(tell(&s).explain, " session-pivot 25"));
	assert_null(strstr(tell(&s).explain, "service-pivot"));
	/* Not judged by either: a login with several peers, or older than the sensor. */
	s.origin.confidence = SW_CONFIDENCE_SERVICE;
	s = from(s.origin);
	assert_false(fires(&s));
	/* Known by its identity only: session-pivot takes it where it is exact. */
	s = usual();
	s.session.session.reader = cred(0);
	s.script.h.task.cred = s.tool.h.task.cred = s.hop.h.task.cred = cred(ALICE);
	assert_non_null(strstr(tell(&s).explain, " session-pivot 25"));
	assert_null(strstr(tell(&s).explain, "service-pivot"));
	s = from(pool_origin());
	s.session.session.reader = cred(0);
	s.script.h.task.cred = s.tool.h.task.cred = s.hop.h.task.cred = cred(ALICE);
	assert_true(fires(&s));
}

/* Session 9 came in to ncat, which the web server's session 7 runs as image 2. */
static void nested_sessions_are_their_root_s(void **state)
{
	struct rig *rig = rig_new(0);
	struct story s = usual();
	struct sw_flow in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	struct sw_origin inner = nested_origin(&s.origin, 9, &in);
	struct sw_task ncat = task(22, 2, WEB, "ncat");
	union rec session;

	(void)state;
	ncat.flags = SW_TASK_READER_IMAGE;
	session = rec_session(S, &inner, ncat, WEB, "/usr/bin/ncat");
	session.session.image = 2;
	configure(rig, LIST(SERVER, "[/usr/bin/dash]"));
	play(rig, s.session);
	play(rig, s.script);
	strcpy(s.tool.exec.exe, "/usr/bin/ncat");
	play(rig, s.tool);
	play(rig, session);
	play(rig, rec_connect(2 * S, &inner, ncat, &s.out));
	assert_int_equal(rig->count, 1);
	assert_non_null(strstr(rig->told[0].explain, "10.0.0.5:51234 -> lighttpd:80"));
	assert_non_null(strstr(rig->told[0].explain, " service-pivot 45"));
	/* Listed all the way, and what it runs is judged by its own list. */
	configure(rig, LIST(SERVER, "[/usr/bin/dash, /usr/bin/ncat]"));
	play(rig, s.session);
	play(rig, s.script);
	play(rig, s.tool);
	play(rig, session);
	play(rig, rec_connect(3 * S, &inner, ncat, &s.out));
	assert_int_equal(rig->finding.detectors_count, 0);
	play(rig, rec_exec(3 * S, &inner, task(23, 3, WEB, "id"), 2, "/usr/bin/dash"));
	s.out.cookie++;
	play(rig, rec_connect(3 * S, &inner, task(23, 3, WEB, "id"), &s.out));
	assert_int_equal(rig->finding.detectors_count, 1);
	rig_free(rig);
}

static const char *term(struct story s)
{
	static const char *const names[] = {"interpreter 15", "runs commands 15",
					    "network tool 15"};
	struct told told = tell(&s);
	const char *found = "";

	assert_non_null(strstr(told.explain, " service-pivot 45"));
	for (size_t i = 0; i < SW_ARRAY_SIZE(names); i++) {
		if (!strstr(told.explain, names[i]))
			continue;
		assert_string_equal(found, ""); /* one at most */
		found = names[i];
	}
	return found;
}

#define ARGS(rec, args) set_args(&(rec), args, sizeof(args))

/* The server itself runs the tool. */
static struct story tool_only(void)
{
	struct story s = usual();

	s.no_script = true;
	s.tool.exec.parent_image = 0;
	return s;
}

static void the_sort_of_program_weighs(void **state)
{
	struct story s = usual();

	(void)state;
	assert_string_equal(term(s), "interpreter 15");
	ARGS(s.script, "sh\0-c\0curl db");
	assert_string_equal(term(s), "runs commands 15");
	s.lists = LIST(SERVER, "[/usr/bin/dash]"); /* what is listed does not weigh */
	assert_string_equal(term(s), "");
	s = tool_only();
	assert_string_equal(term(s), "");
	ARGS(s.tool, "curl\0http://10.0.1.7/x");
	assert_string_equal(term(s), "network tool 15");
	ARGS(s.tool, "curl\0http://10.0.1.71/x");
	assert_string_equal(term(s), "");
	ARGS(s.tool, "curl\0http://110.0.1.7/x");
	assert_string_equal(term(s), "");
	ARGS(s.tool, "curl\0http://db:6379");
	assert_string_equal(term(s), "network tool 15");
	ARGS(s.tool, "nc\0db\0006379");
	assert_string_equal(term(s), "network tool 15");
	ARGS(s.tool, "nc\0db\00063790");
	assert_string_equal(term(s), "");
	ARGS(s.tool, "bash\0-c\0exec 3<>/dev/tcp/10.0.1.7/80");
	assert_string_equal(term(s), "network tool 15");
	s.lists = "argv: none";
	assert_string_equal(term(s), "");
}

static void the_allow_list_drops_it(void **state)
{
	struct story s = usual();

	(void)state;
	s.lists = "allow: [{peer: 10.0.0.5, port: 6379}]";
	assert_false(fires(&s));
	s.lists = "allow: [{peer: 10.0.0.6, port: 6379}]";
	assert_true(fires(&s));
	s.lists = "detectors: {service-pivot: off}";
	assert_false(fires(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_who_what_and_why),
		cmocka_unit_test(several_candidates_are_all_shown),
		cmocka_unit_test(only_inward_and_once),
		cmocka_unit_test(the_service_itself_is_none),
		cmocka_unit_test(logins_are_left_to_their_detectors),
		cmocka_unit_test(nested_sessions_are_their_root_s),
		cmocka_unit_test(the_sort_of_program_weighs),
		cmocka_unit_test(the_allow_list_drops_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
