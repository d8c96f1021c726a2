/* SPDX-License-Identifier: Apache-2.0 */
/* What a service is known to run, and what only looks like it. */
#include "detect/web.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_on_the_path_must_be_listed),
		cmocka_unit_test(a_service_may_be_named_by_its_listener),
		cmocka_unit_test(hostile_programs_are_not_listed),
		cmocka_unit_test(what_was_lost_is_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
