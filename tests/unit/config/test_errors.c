/* SPDX-License-Identifier: Apache-2.0 */
/* Bad configuration: each kind is told with its exact place and what was expected there. */
#include "config/load.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "config/problems.h"

struct row {
	const char *name;
	const char *text;
	const char *place; /* "line:column" of the first problem */
	const char *piece; /* of its message */
};

static const struct row rows[] = {
	/* keys */
	{"unknown key, near", "netwroks: {}\n", "1:1",
	 "unknown key 'netwroks'; did you mean 'networks'?"},
	{"unknown key, far", "\nfleet: {}\n", "2:1",
	 "unknown key 'fleet'; expected one of networks, login_ports, argv, detectors"},
	{"unknown nested key", "ring:\n  bites: 4096\n", "2:3",
	 "unknown key 'bites' in ring; did you mean 'bytes'?"},
	{"unknown detector", "detectors:\n  session-pivto: on\n", "2:3",
	 "unknown key 'session-pivto' in detectors; did you mean 'session-pivot'?"},
	{"unknown sink", "sinks:\n  kafka: {}\n", "2:3",
	 "in sinks; expected one of syslog, terminal, json"},
	{"key of another sink", "sinks:\n  terminal: {path: /dev/tty}\n", "2:14",
	 "unknown key 'path' in sinks.terminal"},
	{"unknown key in a rule", "allow:\n  - prot: 22\n", "2:5",
	 "unknown key 'prot' in allow[]; did you mean 'port'?"},
	{"unknown key of a service", "service_programs:\n  - {servcie: /a}\n", "2:6",
	 "unknown key 'servcie' in service_programs[]; did you mean 'service'?"},
	{"key in another case", "Argv: none\n", "1:1", "did you mean 'argv'?"},
	{"duplicate key", "argv: none\nring: {}\nargv: full\n", "3:1",
	 "duplicate key 'argv': it stands in line 1 already"},
	{"duplicate nested key", "ring: {rate: 1, rate: 2}\n", "1:17", "duplicate key 'rate'"},
	{"key that is a list", "? [a, b]\n: c\n", "1:3", "found a list; expected a key"},
	{"merge key", "ring: &r {rate: 1}\nsinks:\n  <<: *r\n", "3:3", "unknown key '<<' in sinks"},
	{"hostile key", "\"\\e[2J\\n\": 1\n", "1:1", "unknown key '\\x1b[2J\\x0a'"},
	{"non-ASCII key", "h\xc3\xb6st: 1\n", "1:1", "unknown key 'h\\xc3\\xb6st'"},
	{"very long key", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1\n",
	 "1:1", "aaaa...'"},
	/* types */
	{"top level is a list", "- argv\n", "1:1", "found a list; expected a mapping"},
	{"top level is a word", "\n  argv\n", "2:3", "found 'argv'; expected a mapping"},
	{"list for a mapping", "sinks: [syslog]\n", "1:8",
	 "sinks: found a list; expected a mapping"},
	{"list for a word", "argv: [none]\n", "1:7", "argv: found a list; expected a single value"},
	{"word for a list", "login_ports: 22\n", "1:14",
	 "login_ports: found '22'; expected a list"},
	{"mapping for a list", "allow: {port: 22}\n", "1:8",
	 "allow: found a mapping; expected a list"},
	{"mapping for a number", "ring:\n  rate: {per: 1}\n", "2:9",
	 "ring.rate: found a mapping; expected a single value"},
	{"list in a list", "login_ports: [[22]]\n", "1:15",
	 "found a list; expected a single value"},
	{"word for a rule", "allow: [10.0.0.5]\n", "1:9",
	 "allow[]: found '10.0.0.5'; expected a mapping"},
	{"nothing for a mapping", "ring:\nargv: none\n", "1:6",
	 "ring: found nothing; expected a mapping"},
	{"nothing for a list", "allow: ~\n", "1:8", "allow: found nothing; expected a list"},
	{"nothing for a word", "argv:\n", "1:6",
	 "found nothing; expected one of none, redacted, full"},
	{"nothing for a text", "allow: [{user: null}]\n", "1:16",
	 "allow[].user: found nothing; expected a text"},
	{"detector neither on nor off", "detectors: {ssh-forward: maybe}\n", "1:26",
	 "detectors.ssh-forward: found 'maybe'; expected on or off"},
	{"number for a switch", "sinks: {syslog: {enabled: 1}}\n", "1:27", "expected on or off"},
	{"unknown argv mode", "argv: all\n", "1:7", "expected one of none, redacted, full"},
	{"argv mode by number", "argv: 2\n", "1:7", "expected one of none, redacted, full"},
	{"unknown level", "sinks:\n  json:\n    level: warning\n", "3:12",
	 "expected one of record, notice, alert, critical"},
	/* addresses */
	{"not an address", "networks: {internal: [10.0.0]}\n", "1:23",
	 "networks.internal[]: found '10.0.0'; expected an IPv4 or IPv6 address or network"},
	{"host name", "allow:\n- peer: bastion.example\n", "2:9",
	 "allow[].peer: found 'bastion.example'"},
	{"host bits set", "networks:\n  internal:\n  - 10.0.0.0/8\n  - 192.168.1.7/16\n", "4:5",
	 "did you mean 192.168.0.0/16?"},
	{"host bits set, IPv6", "allow: [{destination: \"fd00::1/8\"}]\n", "1:23",
	 "did you mean fd00::/8?"},
	{"prefix too long", "networks: {internal: [10.0.0.0/33]}\n", "1:23",
	 "prefix length from 0 to 32"},
	{"prefix too long, IPv6", "networks: {internal: ['fd00::/129']}\n", "1:23",
	 "prefix length from 0 to 128"},
	{"prefix with a zero in front", "networks: {internal: [10.0.0.0/08]}\n", "1:23",
	 "prefix length"},
	{"prefix missing", "networks: {internal: [10.0.0.0/]}\n", "1:23", "prefix length"},
	{"prefix signed", "networks: {internal: [10.0.0.0/+8]}\n", "1:23", "prefix length"},
	{"netmask", "networks: {internal: [10.0.0.0/255.0.0.0]}\n", "1:23", "prefix length"},
	{"octal address", "networks: {internal: [010.0.0.0/8]}\n", "1:23", "expected an IPv4"},
	{"zone", "networks: {internal: [\"fe80::1%eth0\"]}\n", "1:23", "expected an IPv4"},
	{"no networks at all", "networks: {internal: []}\n", "1:22",
	 "found a list of 0 entries; expected 1 to 1024"},
	/* numbers */
	{"port too large", "login_ports: [22, 65536]\n", "1:19",
	 "login_ports[]: found '65536'; expected a whole number from 1 to 65535"},
	{"port zero", "login_ports: [0]\n", "1:15", "expected a whole number from 1 to 65535"},
	{"port negative", "login_ports: [-22]\n", "1:15", "found '-22'"},
	{"port by name", "login_ports: [ssh]\n", "1:15", "found 'ssh'"},
	{"port in hex", "login_ports: [0x16]\n", "1:15", "found '0x16'"},
	{"port in octal", "login_ports: [026]\n", "1:15", "found '026'"},
	{"port beyond 64 bits", "login_ports: [18446744073709551638]\n", "1:15",
	 "found '18446744073709551638'"},
	{"port with a fraction", "allow: [{port: 22.0}]\n", "1:16", "allow[].port: found '22.0'"},
	{"port empty", "allow: [{port: ''}]\n", "1:16", "allow[].port: found ''"},
	{"port range", "allow: [{port: 1-1024}]\n", "1:16", "allow[].port: found '1-1024'"},
	{"no login ports", "login_ports: []\n", "1:14",
	 "found a list of 0 entries; expected 1 to 64"},
	{"ring no power of two", "ring: {bytes: 5000000}\n", "1:15",
	 "ring.bytes: found '5000000'; expected a power of two from"},
	{"ring too small", "ring: {bytes: 2048}\n", "1:15", "expected a power of two from"},
	{"ring too large", "ring: {bytes: 2147483648}\n", "1:15", "to 1073741824"},
	{"ring with a unit", "ring: {bytes: 4MiB}\n", "1:15", "found '4MiB'"},
	{"burst zero", "ring: {burst: 0}\n", "1:15",
	 "ring.burst: found '0'; expected a whole number from 1 to 1000000"},
	{"rate too large", "ring: {rate: 1000001}\n", "1:14", "ring.rate: found '1000001'"},
	{"edge window zero", "edges: {window: 0}\n", "1:17",
	 "edges.window: found '0'; expected a whole number from 1 to 86400"},
	{"too many edges", "edges: {max: 16777217}\n", "1:14",
	 "edges.max: found '16777217'; expected a whole number from 1 to 16777216"},
	/* texts */
	{"relative path", "sinks: {json: {path: incidents.json}}\n", "1:22",
	 "sinks.json.path: found 'incidents.json'; expected an absolute path"},
	{"directory as path", "sinks: {json: {path: /var/log/}}\n", "1:22",
	 "expected an absolute path of a file"},
	{"empty path", "sinks: {json: {path: ''}}\n", "1:22", "expected an absolute path"},
	{"socket path too long",
	 "sinks: {syslog: {path: "
	 "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 "aaaaaaaaaaaaaaaaaaaaaaa}}\n",
	 "1:24", "shorter than 108 bytes"},
	{"user with a space", "allow: [{user: two words}]\n", "1:16",
	 "expected a local user's name or a user id"},
	{"user id out of range", "allow: [{user: 4294967296}]\n", "1:16",
	 "expected a local user's name"},
	{"user id in words", "allow: [{user: uid 1000}]\n", "1:16", "expected a local user's name"},
	{"empty reason", "allow: [{port: 1, reason: ''}]\n", "1:27",
	 "expected a text of 1 to 200 bytes"},
	{"control character by escape", "allow: [{port: 1, reason: \"a\\eb\"}]\n", "1:27",
	 "found 'a\\x1bb'; expected one line without control"},
	{"NUL by escape", "allow: [{user: \"root\\0x\"}]\n", "1:16",
	 "found 'root\\x00x'; expected one line"},
	{"several lines", "allow:\n- port: 1\n  reason: |\n    a\n    b\n", "3:11",
	 "expected one line"},
	/* rules */
	{"programs of no service", "service_programs:\n  - programs: [/a]\n", "2:5",
	 "expected both a service and its programs"},
	{"service without programs", "service_programs: [{service: /a}]\n", "1:20",
	 "expected both a service and its programs"},
	{"empty list of programs", "service_programs: [{service: /a, programs: []}]\n", "1:44",
	 "service_programs[].programs: found a list of 0 entries; expected 1 to 256"},
	{"program for a list", "service_programs: [{service: /a, programs: /b}]\n", "1:44",
	 "service_programs[].programs: found '/b'; expected a list"},
	{"program without its directory", "service_programs: [{service: nrpe, programs: [/a]}]\n",
	 "1:30", "service_programs[].service: found 'nrpe'; expected a program's absolute path"},
	{"directory for a program", "service_programs: [{service: /a, programs: [/b/]}]\n", "1:45",
	 "service_programs[].programs[]: found '/b/'; expected a program's absolute path"},
	{"program by a detour", "service_programs: [{service: /a, programs: [/b/../c]}]\n", "1:45",
	 "found '/b/../c'; expected a program's absolute path"},
	{"program with two slashes", "service_programs: [{service: /a, programs: [//b]}]\n", "1:45",
	 "found '//b'; expected a program's absolute path"},
	{"other wildcard", "service_programs: [{service: /a, programs: ['/b[12]']}]\n", "1:45",
	 "in which * and ? are the only wildcards"},
	{"rule without anything", "allow:\n  - {}\n", "2:5", "this rule would allow everything"},
	{"rule with a reason only", "allow:\n  - port: 1\n  - reason: x\n", "3:5",
	 "this rule would allow everything"},
	/* YAML */
	{"bracket not closed", "login_ports: [22,\nargv: none\n", "3:1",
	 "bad YAML: did not find expected ',' or ']' (while parsing a flow sequence that began at "
	 "line 1)"},
	{"quote not closed", "argv: \"none\n", "2:1",
	 "bad YAML: found unexpected end of stream (while scanning a quoted scalar that began at "
	 "line 1)"},
	{"tab as indent", "ring:\n\trate: 1\n", "2:1",
	 "bad YAML: found character that cannot start any token"},
	{"bad indent", "ring:\n   rate: 1\n  burst: 1\n", "3:3", "bad YAML"},
	{"two values", "argv: none: full\n", "1:11",
	 "bad YAML: mapping values are not allowed in this context"},
	{"alias of nothing", "argv: *mode\n", "1:7", "bad YAML: found undefined alias"},
	{"list that holds itself", "allow: &a [*a]\n", "1:8",
	 "allow[]: found a list; expected a mapping"},
	{"mapping that holds itself", "sinks: &s\n  syslog: *s\n", "2:3",
	 "unknown key 'syslog' in sinks.syslog"},
	{"second document", "argv: none\n---\nargv: full\n", "3:1", "a second document begins"},
	{"unknown directive version", "%YAML 3.0\n---\nargv: none\n", "1:1",
	 "bad YAML: found incompatible YAML document"},
	{"deep nesting", "[[[[[[[[[[[[[[[[[", "1:17", "nested more than 16 levels deep"},
	/* bytes */
	{"control character", "argv: none # \x1b[31m\n", "1:14",
	 "control character U+001B is not allowed"},
	{"delete character", "argv: none\n# \x7f\n", "2:3", "control character U+007F"},
	{"C1 control", "# \xc2\x9b\n", "1:3", "control character U+009B"},
	{"invalid UTF-8", "# a\n# \xff\n", "2:3", "invalid UTF-8: byte 0xff"},
	{"overlong UTF-8", "# \xc0\xaf\n", "1:3", "invalid UTF-8: byte 0xc0"},
	{"surrogate", "# \xed\xa0\x80\n", "1:3", "invalid UTF-8: byte 0xed"},
	{"cut UTF-8", "# \xc3\xa4\xe2\x82", "1:4", "invalid UTF-8: byte 0xe2"},
	{"beyond Unicode", "# \xf4\x90\x80\x80\n", "1:3", "invalid UTF-8: byte 0xf4"},
	{"bad byte after CRLF lines", "# a\r\n# b\r\n\xfe", "3:1", "invalid UTF-8: byte 0xfe"},
};

/* Whether the first thing said is at that place and has that piece, all of it printable. */
static bool matches(const struct row *row, const struct loaded *l)
{
	size_t place = strlen(row->place), line = strcspn(l->said, "\n");
	const char *piece = strstr(l->said, row->piece);

	for (const char *p = l->said; *p; p++)
		if (*p != '\n' && (*p < 0x20 || *p > 0x7e))
			return false;
	return l->rc == -EINVAL && !strncmp(l->said, row->place, place) &&
	       !strncmp(l->said + place, ": ", 2) && piece && piece < l->said + line;
}

static void every_kind_is_told_with_its_place(void **state)
{
	unsigned int wrong = 0;

	(void)state;
	assert_true(SW_ARRAY_SIZE(rows) >= 30);
	for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
		struct loaded l = load_text(rows[i].text);

		if (!matches(&rows[i], &l)) {
			print_error("%s: expected \"%s: … %s\", got (%d)\n%s", rows[i].name,
				    rows[i].place, rows[i].piece, l.rc, l.said);
			wrong++;
		}
		unload(&l);
	}
	assert_int_equal(wrong, 0);
}

static void one_problem_is_told_once(void **state)
{
	struct loaded l = load_text("argv: none\nring: {rate: x}\n");

	(void)state;
	assert_string_equal(l.said, "2:14: ring.rate: found 'x'; expected a whole number from 1 to "
				    "1000000\n");
	unload(&l);
}

static void several_problems_are_told_together(void **state)
{
	struct loaded l = load_text("argv: all\n"
				    "ring: {bytes: 1, rat: 1}\n"
				    "allow:\n"
				    "  - peer: 10.0.0.1/8\n"
				    "    port: 0\n");
	static const char *const places[] = {"1:7: ", "2:15: ", "2:18: ", "4:11: ", "5:11: "};
	const char *line = l.said;

	(void)state;
	assert_int_equal(l.rc, -EINVAL);
	for (size_t i = 0; i < SW_ARRAY_SIZE(places); i++) {
		assert_int_equal(strncmp(line, places[i], strlen(places[i])), 0);
		line += strcspn(line, "\n") + 1;
	}
	assert_int_equal(*line, '\0');
	unload(&l);
}

static void a_flood_of_problems_is_cut(void **state)
{
	char text[4096] = "login_ports:\n";
	struct loaded l;
	unsigned int lines = 0;

	(void)state;
	for (int i = 0; i < 60; i++)
		strcat(text, "- x\n");
	l = load_text(text);
	for (const char *p = l.said; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, SW_PROBLEMS_MAX + 1);
	assert_non_null(strstr(l.said, "21:3: "));
	assert_non_null(strstr(l.said, "\n more problems are not shown\n"));
	unload(&l);
}

static void a_nul_byte_is_told(void **state)
{
	static const char text[] = "argv: none\n# \0\nargv: full\n";
	struct loaded l = load_bytes(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(l.rc, -EINVAL);
	assert_string_equal(l.said, "2:3: NUL byte: expected YAML text in UTF-8\n");
	unload(&l);
}

static void utf_16_is_told(void **state)
{
	static const char text[] = "\xff\xfe"
				   "a\0r\0";
	struct loaded l = load_bytes(text, sizeof(text) - 1);

	(void)state;
	assert_string_equal(l.said, "1:1: invalid UTF-8: byte 0xff\n");
	unload(&l);
}

/* A megabyte of brackets, and too many aliases of a rule: refused at once. */
static void big_hostile_files_are_refused_quickly(void **state)
{
	size_t bytes = 1024 * 1024;
	char *text = malloc(bytes + 64);
	struct loaded l;

	(void)state;
	assert_non_null(text);
	memset(text, '[', bytes);
	l = load_bytes(text, bytes);
	assert_string_equal(l.said, "1:17: nested more than 16 levels deep\n");
	unload(&l);

	strcpy(text, "allow: [&a {port: 22}");
	while (strlen(text) < 8192)
		strcat(text, ", *a");
	strcat(text, "]");
	l = load_text(text);
	assert_non_null(strstr(l.said, "1:8: allow: found a list of "));
	unload(&l);

	memset(text, '#', bytes + 1);
	l = load_bytes(text, bytes + 1);
	assert_string_equal(l.said, " larger than 1048576 bytes\n");
	unload(&l);
	l = load_bytes(text, bytes);
	assert_int_equal(l.rc, 0);
	unload(&l);
	free(text);
}

static int load_path(const char *path, char said[256])
{
	struct sw_config *config = NULL;
	FILE *err = fmemopen(said, 256, "w");
	int rc = sw_config_load(path, err, &config);

	fclose(err);
	assert_null(config);
	return rc;
}

static void files_that_cannot_be_read_are_told(void **state)
{
	char name[] = "/tmp/sidewatch-config-XXXXXX";
	char said[256];
	int fd;

	(void)state;
	assert_int_equal(load_path("/nonexistent/sidewatch.yaml", said), -ENOENT);
	assert_string_equal(said, "/nonexistent/sidewatch.yaml: No such file or directory\n");
	assert_int_equal(load_path("/tmp", said), -EISDIR);
	assert_string_equal(said, "/tmp: Is a directory\n");
	assert_int_equal(load_path("/etc/passwd/x", said), -ENOTDIR);
	assert_string_equal(said, "/etc/passwd/x: Not a directory\n");
	assert_int_equal(load_path("/dev/zero", said), -EINVAL);
	assert_string_equal(said, "/dev/zero: larger than 1048576 bytes\n");
	assert_int_equal(load_path("/nonexistent/\x1b[2J", said), -ENOENT);
	assert_string_equal(said, "/nonexistent/\\x1b[2J: No such file or directory\n");

	fd = mkstemp(name);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(chmod(name, 0), 0);
	/* Root reads it all the same, unless it gives that up for a moment. */
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(load_path(name, said), -EACCES);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_non_null(strstr(said, ": Permission denied\n"));
	unlink(name);
}

static void errors_may_go_nowhere(void **state)
{
	struct sw_config *config = NULL;

	(void)state;
	assert_int_equal(sw_config_load("/nonexistent/x", NULL, &config), -ENOENT);
	assert_null(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_told_with_its_place),
		cmocka_unit_test(one_problem_is_told_once),
		cmocka_unit_test(several_problems_are_told_together),
		cmocka_unit_test(a_flood_of_problems_is_cut),
		cmocka_unit_test(a_nul_byte_is_told),
		cmocka_unit_test(utf_16_is_told),
		cmocka_unit_test(big_hostile_files_are_refused_quickly),
		cmocka_unit_test(files_that_cannot_be_read_are_told),
		cmocka_unit_test(errors_may_go_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
