/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that a web server runs, on the views that the state makes of records. */
#include "alert/rig.h"

#include "base/cleanup.h"

#define WEB 33
#define ALICE 1000
#define SERVER "/usr/sbin/lighttpd"

/* 10.0.0.5:51234 came in to port 80 of 10.0.0.1; session 7. */
static struct sw_origin web_origin(void)
{
	struct sw_origin o = login_origin();

	o.flags = 0;
	o.in[0].local_port = 80;
	o.rootflow.local_port = 80;
	return o;
}

/* One of several peers; session ids of such are numbers of their own. */
static struct sw_origin pool_origin(void)
{
	struct sw_origin o = web_origin();

	o.session = o.root = 1ull << 63 | 4;
	o.confidence = SW_CONFIDENCE_SERVICE;
	o.nflows = 2;
	o.seen = 2;
	o.in[1] = flow(8, "10.0.0.1", 80, "10.0.0.6", 40000);
	return o;
}

/* The server runs the script, which runs a shell, which becomes the tool, which connects. */
struct story {
	struct sw_origin origin;
	struct sw_flow out;
	union rec session;
	union rec script;
	union rec tool;
	union rec hop;
	bool no_session, no_script, no_tool;
	const char *lists; /* configuration */
};

static struct story usual(void)
{
	struct story s = {
		.origin = web_origin(),
		.out = flow(50, "10.0.0.1", 4000, "10.0.1.7", 6379),
	};
	struct sw_task cgi = task(20, 1, WEB, "x.cgi"), curl = task(21, 2, WEB, "curl");

	s.session = rec_session(S, &s.origin, cgi, WEB, SERVER);
	s.script = rec_exec(S, &s.origin, cgi, 0, "/usr/bin/dash");
	strcpy(s.script.exec.filename, "/srv/cgi/x.cgi");
	set_args(&s.script, "/bin/sh\0/srv/cgi/x.cgi", sizeof("/bin/sh\0/srv/cgi/x.cgi"));
	s.tool = rec_exec(S, &s.origin, curl, 1, "/usr/bin/curl");
	s.hop = rec_connect(2 * S, &s.origin, curl, &s.out);
	return s;
}

/* With origin, in all records. */
static struct story from(struct sw_origin origin)
{
	struct story s = usual();

	s.origin = origin;
	s.session.h.origin = s.script.h.origin = s.tool.h.origin = s.hop.h.origin = origin;
	return s;
}

static void configure(struct rig *rig, const char *lists)
{
	char name[] = "/tmp/sidewatch-pivot-XXXXXX";
	int fd = mkstemp(name);
	FILE *file = fdopen(fd, "w");

	if (!lists)
		lists = "";
	assert_non_null(file);
	assert_true(fputs(lists, file) >= 0);
	fclose(file);
	sw_detect_free(&rig->detect);
	sw_state_free(&rig->state);
	sw_config_free(&rig->config);
	assert_int_equal(sw_config_load(name, stderr, &rig->config), 0);
	unlink(name);
	assert_int_equal(sw_state_new(&(struct sw_state_options){.config = rig->config,
								 .lost = rig_lost,
								 .lost_ctx = rig},
				      &rig->state),
			 0);
	assert_int_equal(sw_detect_new(&(struct sw_detect_options){.config = rig->config,
								   .user_name = rig_user},
				       &rig->detect),
			 0);
}

/* What was told of it at last; its score 0 if nothing was. */
static struct told tell(const struct story *s)
{
	struct rig *rig = rig_new(0);
	struct told told = {0};

	configure(rig, s->lists);
	if (!s->no_session)
		play(rig, s->session);
	if (!s->no_script)
		play(rig, s->script);
	if (!s->no_tool)
		play(rig, s->tool);
	play(rig, s->hop);
	if (rig->count)
		told = rig->told[rig->count - 1];
	rig_free(rig);
	return told;
}

static bool fires(const struct story *s)
{
	struct told told = tell(s);

	if (told.score)
		assert_non_null(strstr(told.explain, " service-pivot 45"));
	return told.score != 0;
}

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

#define LIST(service, programs) "service_programs: [{service: " service ", programs: " programs "}]"

static bool fires_with(struct story s, const char *lists)
{
	s.lists = lists;
	return fires(&s);
}

static void all_on_the_path_must_be_listed(void **state)
{
	struct story s = usual();

	(void)state;
	assert_false(fires_with(s, LIST(SERVER, "[/usr/bin/dash, /usr/bin/curl]")));
	assert_false(fires_with(s, LIST(SERVER, "[/srv/cgi/*.cgi, /usr/bin/c*]")));
	assert_true(fires_with(s, LIST(SERVER, "[/usr/bin/dash]")));
	assert_true(fires_with(s, LIST(SERVER, "[/usr/bin/curl]")));
	assert_true(fires_with(s, LIST(SERVER, "[/srv/*]")));
	assert_true(fires_with(s, LIST(SERVER, "['/srv/*', /usr/bin/curl]")));
	assert_true(fires_with(s, LIST("/usr/sbin/nginx", "[/usr/bin/dash, /usr/bin/curl]")));
	assert_false(fires_with(s, LIST("/usr/sbin/*", "[/usr/bin/dash, /usr/bin/curl]")));
	assert_true(fires_with(from(pool_origin()), LIST(SERVER, "[/usr/bin/dash]")));
	assert_false(fires_with(from(pool_origin()), LIST(SERVER, "['/usr/bin/*']")));
}

static void a_service_may_be_named_by_its_listener(void **state)
{
	struct story s = usual();

	(void)state;
	strcpy(s.session.session.listener_exe, "/usr/sbin/inetd");
	assert_false(fires_with(s, LIST("/usr/sbin/inetd", "['/usr/bin/*']")));
	assert_false(fires_with(s, LIST(SERVER, "['/usr/bin/*']")));
}

#define LISTED LIST(SERVER, "['/usr/bin/*', /srv/cgi/x.cgi]")

static struct story tool(const char *exe, const char *filename)
{
	struct story s = usual();

	strcpy(s.tool.exec.exe, exe);
	strcpy(s.tool.exec.filename, filename);
	return s;
}

static void hostile_programs_are_not_listed(void **state)
{
	struct story s = usual();

	(void)state;
	assert_false(fires_with(s, LISTED));
	s.tool.exec.nlink = 0;
	assert_true(fires_with(s, LISTED));
	s = usual();
	assert_true(fires_with(tool(".../usr/bin/curl", "x"), LISTED));
	assert_true(fires_with(tool("memfd:/usr/bin/curl", "x"), LISTED));
	assert_true(fires_with(tool("/usr/bin/../../tmp/evil", "x"), LISTED));
	assert_true(fires_with(tool("/usr/bin/x/evil", "x"), LISTED));
	assert_true(fires_with(tool("/tmp/evil", "/usr/bin/../../tmp/evil"), LISTED));
	assert_true(fires_with(tool("/tmp/evil", "usr/bin/curl"), LISTED));
	/* Who made such a link may write to the listed directory. */
	assert_false(fires_with(tool("/opt/curl", "/usr/bin/curl"), LISTED));
	/* Where the intruder can mount what he likes. */
	s = usual();
	s.tool.h.task.cred.user_ns++;
	assert_true(fires_with(s, LISTED));
}

static void what_was_lost_is_not_listed(void **state)
{
	struct story s = usual();
	struct sw_flow in;

	(void)state;
	s.no_session = true;
	assert_true(fires_with(s, LISTED));
	s = usual();
	s.no_script = true;
	assert_true(fires_with(s, LISTED));
	s = usual();
	s.no_tool = true;
	assert_true(fires_with(s, LISTED));
	/* What ran between the service and the reader of a session inside its session. */
	in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	s.origin = nested_origin(&s.origin, 9, &in);
	s.hop = rec_connect(2 * S, &s.origin, task(22, 0, WEB, "x"), &s.out);
	assert_true(fires_with(s, LISTED));
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
		cmocka_unit_test(all_on_the_path_must_be_listed),
		cmocka_unit_test(a_service_may_be_named_by_its_listener),
		cmocka_unit_test(hostile_programs_are_not_listed),
		cmocka_unit_test(what_was_lost_is_not_listed),
		cmocka_unit_test(logins_are_left_to_their_detectors),
		cmocka_unit_test(nested_sessions_are_their_root_s),
		cmocka_unit_test(the_sort_of_program_weighs),
		cmocka_unit_test(the_allow_list_drops_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
