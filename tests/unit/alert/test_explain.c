/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/rig.h"

#include "base/escape.h"

static struct sw_incident usual(void)
{
	struct sw_incident i = {
		.score = 70,
		.terms = {{"session-pivot", 25},
			  {"new family", 25},
			  {"port", 10},
			  {"inbound new", 10}},
		.terms_count = 4,
		.origin = login_origin(),
		.user = "alice",
		.uid = 1000,
		.lineage = {{.exe = "/usr/sbin/sshd", .tty = "", .pid = 100},
			    {.exe = "/usr/bin/bash",
			     .tty = "pts/3",
			     .pid = 120,
			     .uid = 1000,
			     .euid = 1000,
			     .image = 1}},
		.lineage_count = 2,
	};

	i.hop.out = flow(50, "10.0.0.1", 0, "10.0.1.7", 22);
	return i;
}

static void add_step(struct sw_incident *i, const char *exe, uint32_t euid)
{
	i->lineage[i->lineage_count++] = (struct sw_step){
		.exe = exe, .tty = "pts/9", .pid = 130, .uid = euid, .euid = euid, .image = 2};
}

static void assert_line(const struct sw_incident *incident, const char *expected)
{
	char out[SW_EXPLAIN_BYTES];

	assert_string_equal(sw_explain(out, incident, rig_user, NULL), expected);
	assert_true(sw_is_printable(out));
}

#define TAIL                                                                                       \
	" -> 10.0.1.7:22 | 70 = session-pivot 25 + new family 25 + port 10 + inbound new 10 | "    \
	"exact | lost 0"

static void one_line_for_a_tired_person(void **state)
{
	struct sw_incident i = usual();

	(void)state;
	assert_line(&i, "10.0.0.5:51234 -> sshd:22 alice pts/3 -> bash" TAIL);
	add_step(&i, "/usr/bin/sudo", 0);
	add_step(&i, "/tmp/x", 0);
	assert_line(&i,
		    "10.0.0.5:51234 -> sshd:22 alice pts/3 -> bash -> sudo root -> /tmp/x" TAIL);
	add_step(&i, "/bin/su", 0);
	add_step(&i, "/bin/sh", 1001);
	add_step(&i, "/opt/y", 4711);
	assert_line(&i,
		    "10.0.0.5:51234 -> sshd:22 alice pts/3 -> bash -> sudo root -> /tmp/x -> su "
		    "-> sh bob -> /opt/y uid 4711" TAIL);
}

static void what_is_not_known_is_left_out(void **state)
{
	struct sw_incident i = usual();

	(void)state;
	i.user = "";
	i.uid = UINT32_MAX;
	i.lineage[1].tty = "";
	assert_line(&i, "10.0.0.5:51234 -> sshd:22 -> bash alice" TAIL);
	i.user = "uid 5000";
	i.uid = 1000;
	i.lineage[0].exe = "";
	i.lineage[0].comm = "sshd";
	i.lineage[1] = (struct sw_step){.exe = "", .comm = "", .tty = ""};
	assert_line(&i, "10.0.0.5:51234 -> [sshd]:22 uid 5000 -> ?" TAIL);
	i.lineage_count = 0;
	assert_line(&i, "10.0.0.5:51234 -> ?:22 uid 5000" TAIL);
}

static void short_names_only_for_system_programs(void **state)
{
	static const char *const cases[][2] = {
		{"/usr/lib/openssh/sshd-session", "sshd-session"},
		{"/usr/libexec/a/b", "b"},
		{"/usr/local/bin/tool", "tool"},
		{"/bin/ls", "ls"},
		{"/usr/bin/sub/x", "/usr/bin/sub/x"},
		{"/home/alice/bin/ssh", "/home/alice/bin/ssh"},
		{"/usr/binary", "/usr/binary"},
		{"/opt/usr/bin/ssh", "/opt/usr/bin/ssh"},
		{"/dev/shm/ssh", "/dev/shm/ssh"},
		{".../usr/bin/ssh", ".../usr/bin/ssh"},
		{"/usr/lib/", "/usr/lib/"},
		{"/bin/", "/bin/"},
	};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct sw_incident i = usual();
		char expected[512];

		i.lineage[1].exe = cases[c][0];
		snprintf(expected, sizeof(expected),
			 "10.0.0.5:51234 -> sshd:22 alice pts/3 -> %s%s", cases[c][1], TAIL);
		assert_line(&i, expected);
	}
}

static void hostile_names_forge_nothing(void **state)
{
	struct sw_incident i = usual();
	char out[SW_EXPLAIN_BYTES];

	(void)state;
	i.lineage[1].exe = "/tmp/x -> 9.9.9.9:22 | 10 = a 10 | exact | lost 0\n\x1b[2J\"\\\xc3\xa4";
	i.lineage[1].tty = "pts/3 -> b";
	i.user = "eve | lost 9";
	sw_explain(out, &i, rig_user, NULL);
	assert_true(sw_is_printable(out));
	assert_non_null(strstr(out,
			       "-> sshd:22 eve\\x20\\x7c\\x20lost\\x209 pts/3\\x20-\\x3e\\x20b -> "
			       "/tmp/x\\x20-\\x3e\\x209.9.9.9:22\\x20\\x7c\\x2010"));
	assert_non_null(strstr(out, "\\n\\x1b[2J\\\"\\\\\\xc3\\xa4 -> 10.0.1.7:22 | 70 = "));
	/* "uid N" with anything behind it is a name like any other. */
	i.user = "uid 1 x";
	sw_explain(out, &i, rig_user, NULL);
	assert_non_null(strstr(out, " uid\\x201\\x20x "));
	i.user = "uid ";
	sw_explain(out, &i, rig_user, NULL);
	assert_non_null(strstr(out, " uid\\x20 "));
}

static void long_names_keep_their_end(void **state)
{
	struct sw_incident i = usual();
	char exe[SW_PATH_BYTES], out[SW_EXPLAIN_BYTES];

	(void)state;
	memset(exe, 'a', sizeof(exe));
	memcpy(exe, "/tmp/", 5);
	strcpy(exe + 200, "/end");
	i.lineage[1].exe = exe;
	sw_explain(out, &i, rig_user, NULL);
	assert_non_null(strstr(out, " -> ...aaaa"));
	assert_non_null(strstr(out, "aaa/end -> 10.0.1.7:22"));
	assert_null(strstr(out, "/tmp/"));
}

/* Every name as long and as hostile as can be: the score is still there. */
static void worst_case_fits(void **state)
{
	struct sw_incident i = usual();
	char exe[SW_PATH_BYTES], out[SW_EXPLAIN_BYTES];

	(void)state;
	memset(exe, 0x01, sizeof(exe));
	exe[sizeof(exe) - 1] = '\0';
	i.lineage_count = SW_LINEAGE_MAX;
	for (size_t s = 0; s < SW_LINEAGE_MAX; s++)
		i.lineage[s] =
			(struct sw_step){.exe = exe, .tty = exe, .pid = 1, .euid = (uint32_t)s};
	i.user = exe;
	i.lineage_omitted = 200;
	i.origin.depth = 3;
	i.terms_count = SW_TERMS_MAX;
	for (size_t t = 0; t < SW_TERMS_MAX; t++)
		i.terms[t] = (struct sw_term){"a-name-of-some-length", 1000};
	i.lost = UINT64_MAX;
	sw_explain(out, &i, NULL, NULL);
	assert_true(sw_is_printable(out));
	assert_non_null(strstr(out, " | lost 18446744073709551615"));
}

static void long_chains_lose_their_middle(void **state)
{
	static const char *const names[] = {"/bin/a", "/bin/b", "/bin/c", "/bin/d", "/bin/e",
					    "/bin/f", "/bin/g", "/bin/h", "/bin/i", "/bin/j",
					    "/bin/k", "/bin/l", "/bin/m", "/bin/n"};
	struct sw_incident i = usual();

	(void)state;
	i.lineage_count = 1;
	for (size_t s = 0; s < 12; s++)
		add_step(&i, names[s], 1000);
	assert_line(&i,
		    "10.0.0.5:51234 -> sshd:22 alice pts/9 -> a -> b -> c -> d -> e -> f -> g -> "
		    "h -> i -> j -> k -> l" TAIL);
	add_step(&i, names[12], 1000);
	add_step(&i, names[13], 0);
	assert_line(&i, "10.0.0.5:51234 -> sshd:22 alice pts/9 -> a -> b -> c -> d -> e -> f -> "
			"(2 more) -> i -> j -> k -> l -> m -> n root" TAIL);
	i.lineage_omitted = 40;
	assert_line(&i, "10.0.0.5:51234 -> sshd:22 alice pts/9 -> a -> b -> c -> d -> e -> f -> "
			"(42 more) -> i -> j -> k -> l -> m -> n root" TAIL);
}

static void a_user_who_changed_in_the_middle(void **state)
{
	struct sw_incident i = usual();
	char out[SW_EXPLAIN_BYTES];

	(void)state;
	for (int s = 0; s < 6; s++)
		add_step(&i, "/bin/a", 1000);
	for (int s = 0; s < 8; s++)
		add_step(&i, "/bin/b", 0);
	sw_explain(out, &i, rig_user, NULL);
	assert_non_null(strstr(out, "(3 more) -> b root -> b -> b"));
}

static void negative_points(void **state)
{
	struct sw_incident i = usual();
	char out[SW_EXPLAIN_BYTES];

	(void)state;
	i.score = 40;
	i.terms[3] = (struct sw_term){"established", -25};
	sw_explain(out, &i, rig_user, NULL);
	assert_non_null(strstr(
		out, "| 40 = session-pivot 25 + new family 25 + port 10 - established 25 |"));
}

static void unsure_origins_are_not_one_peer(void **state)
{
	struct sw_incident i = usual();
	char out[SW_EXPLAIN_BYTES];

	(void)state;
	i.origin.confidence = SW_CONFIDENCE_SERVICE;
	i.origin.nflows = 3;
	i.origin.seen = 3;
	i.origin.in[1] = flow(8, "10.0.0.1", 22, "10.0.0.6", 2);
	i.origin.in[2] = flow(9, "fd00::1", 22, "fd00::6", 3);
	sw_explain(out, &i, rig_user, NULL);
	assert_memory_equal(out, "one of 10.0.0.5:51234, 10.0.0.6:2, [fd00::6]:3 -> sshd:22 alice",
			    63);
	assert_non_null(strstr(out, " | service | lost 0"));
	i.origin.seen = 17;
	sw_explain(out, &i, rig_user, NULL);
	assert_non_null(strstr(out, "[fd00::6]:3, 17 in all -> sshd:22"));
	i.origin.nflows = 1;
	sw_explain(out, &i, rig_user, NULL);
	assert_memory_equal(out, "one of 10.0.0.5:51234, 17 in all -> ", 36);
	i.origin.seen = 1;
	sw_explain(out, &i, rig_user, NULL);
	assert_memory_equal(out, "10.0.0.5:51234 -> ", 18);
	/* A record out of bounds of its own array never gets here; still nothing is overrun. */
	i.origin.nflows = 200;
	i.origin.seen = 200;
	sw_explain(out, &i, rig_user, NULL);
	assert_memory_equal(out, "one of ", 7);
}

static void a_threads_peer_is_one(void **state)
{
	struct sw_incident i = usual();
	char out[SW_EXPLAIN_BYTES];

	(void)state;
	i.origin.confidence = SW_CONFIDENCE_THREAD;
	i.origin.seen = 57;
	sw_explain(out, &i, rig_user, NULL);
	assert_memory_equal(out, "10.0.0.5:51234 -> sshd:22 alice", 31);
	assert_non_null(strstr(out, " | thread | lost 0"));
}

static void nested_sessions_say_so(void **state)
{
	struct sw_flow in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	struct sw_origin outer = login_origin();
	struct sw_incident i = usual();

	(void)state;
	i.origin = nested_origin(&outer, 9, &in);
	assert_line(&i, "10.0.0.5:51234 -> sshd:22 alice pts/3 -> bash -> 10.0.1.7:22 | 70 = "
			"session-pivot 25 + new family 25 + port 10 + inbound new 10 | exact, "
			"session 2 deep through 10.0.0.9:4000 -> :4444 | lost 0");
}

static void unsure_roots_are_not_one_peer(void **state)
{
	struct sw_flow in = flow(9, "10.0.0.1", 4444, "10.0.0.9", 4000);
	struct sw_origin outer = login_origin();
	struct sw_incident i = usual();
	char out[SW_EXPLAIN_BYTES];

	(void)state;
	i.origin = nested_origin(&outer, 9, &in);
	i.origin.root = SW_SESSION_THREAD | 7;
	sw_explain(out, &i, rig_user, NULL);
	assert_memory_equal(out, "10.0.0.5:51234 -> sshd:22", 25);
	i.origin.root = SW_SESSION_SERVICE | 7;
	sw_explain(out, &i, rig_user, NULL);
	assert_memory_equal(out, "one of 10.0.0.5:51234, others -> sshd:22", 40);
	memset(&i.origin.rootflow, 0, sizeof(i.origin.rootflow));
	sw_explain(out, &i, rig_user, NULL);
	assert_memory_equal(out, "? -> sshd", 9);
	/* And the other way round. */
	i = usual();
	i.origin = nested_origin(&outer, 9, &in);
	i.origin.confidence = SW_CONFIDENCE_SERVICE;
	i.origin.seen = 5;
	sw_explain(out, &i, rig_user, NULL);
	assert_memory_equal(out, "10.0.0.5:51234 -> sshd:22", 25);
	assert_non_null(strstr(out, "| service, session 2 deep through one of 10.0.0.9:4000, 5 in "
				    "all -> :4444 | lost 0"));
}

static void version_six(void **state)
{
	struct sw_incident i = usual();

	(void)state;
	i.origin.in[0] = flow(7, "fd00::1", 22, "fd00::5", 51234);
	i.hop.out = flow(50, "fd00::1", 0, "fd00::7", 22);
	i.terms_count = 1;
	i.lost = 12;
	assert_line(&i, "[fd00::5]:51234 -> sshd:22 alice pts/3 -> bash -> [fd00::7]:22 | 70 = "
			"session-pivot 25 | exact | lost 12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_for_a_tired_person),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(short_names_only_for_system_programs),
		cmocka_unit_test(hostile_names_forge_nothing),
		cmocka_unit_test(long_names_keep_their_end),
		cmocka_unit_test(worst_case_fits),
		cmocka_unit_test(long_chains_lose_their_middle),
		cmocka_unit_test(a_user_who_changed_in_the_middle),
		cmocka_unit_test(negative_points),
		cmocka_unit_test(unsure_origins_are_not_one_peer),
		cmocka_unit_test(a_threads_peer_is_one),
		cmocka_unit_test(nested_sessions_say_so),
		cmocka_unit_test(unsure_roots_are_not_one_peer),
		cmocka_unit_test(version_six),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
