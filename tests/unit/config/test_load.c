/* SPDX-License-Identifier: Apache-2.0 */
/* Good configuration: defaults, presence, replacement, and the way out and back. */
#include "config/load.h"

#include <arpa/inet.h>

#include "base/cleanup.h"
#include "config/network.h"
#include "config/show.h"
#include "sidewatch/detector.h"

static void assert_network(const struct sw_network *net, const char *text)
{
	char written[SW_NETWORK_TEXT_BYTES];

	assert_string_equal(sw_network_format(net, written), text);
}

static void assert_defaults(const struct sw_config *config)
{
	static const char *const internal[] = {
		"10.0.0.0/8",	  "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
		"169.254.0.0/16", "fc00::/7",	   "fe80::/10",
	};
	static const uint16_t ports[] = {22, 23, 513, 514};

	assert_int_equal(config->internal_count, SW_ARRAY_SIZE(internal));
	for (size_t i = 0; i < SW_ARRAY_SIZE(internal); i++)
		assert_network(&config->internal[i], internal[i]);
	assert_int_equal(config->login_ports_count, SW_ARRAY_SIZE(ports));
	assert_memory_equal(config->login_ports, ports, sizeof(ports));
	assert_int_equal(config->argv, SW_ARGV_REDACTED);
	for (size_t i = 0; i < sw_detectors_count; i++)
		assert_true(config->detector_on[i]);
	assert_int_equal(config->services_count, 0);
	assert_int_equal(config->allow_count, 0);
	assert_false(config->syslog.enabled_set);
	assert_string_equal(config->syslog.path, "/dev/log");
	assert_int_equal(config->syslog.level, SW_BAND_ALERT);
	assert_false(config->terminal.enabled_set);
	assert_int_equal(config->terminal.level, SW_BAND_NOTICE);
	assert_null(config->json.path);
	assert_int_equal(config->json.level, SW_BAND_NOTICE);
	assert_int_equal(config->servers_count, 0);
	assert_int_equal(config->ring_bytes, 4194304);
	assert_int_equal(config->rate_burst, 512);
	assert_int_equal(config->edge_window_s, 60);
	assert_int_equal(config->edges_max, 65536);
	assert_int_equal(config->rate_per_s, 128);
}

static void no_file_means_defaults(void **state)
{
	struct sw_config *config = NULL;

	(void)state;
	assert_int_equal(sw_config_load(NULL, stderr, &config), 0);
	assert_null(config->path);
	assert_defaults(config);
	sw_config_free(&config);
	assert_null(config);
	sw_config_free(&config);
}

static void files_that_say_nothing_mean_defaults(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"# only a comment\n",
		"---\n",
		"--- # x\n...\n",
		"{}\n",
		"~\n",
		"\xef\xbb\xbf",
		"null",
		"allow: []\n",
		"ring: {}",
		"detectors: {}",
		"sinks: {json: {}, syslog: {}, terminal: {}}",
		"networks: {}",
	};

	(void)state;
	for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++) {
		struct loaded l = load_text(texts[i]);

		assert_int_equal(l.rc, 0);
		assert_string_equal(l.said, "");
		assert_non_null(l.config->path);
		assert_defaults(l.config);
		unload(&l);
	}
}

static const char every_setting[] = "networks:\n"
				    "  internal: [192.0.2.0/24, \"2001:db8::/32\"]\n"
				    "login_ports: [2222, 65535, 1]\n"
				    "argv: full\n"
				    "detectors:\n"
				    "  session-pivot: off\n"
				    "service_programs:\n"
				    "  - {service: /usr/sbin/nrpe, programs: [/a/b*, /c]}\n"
				    "  - {service: '/opt/*/srv', programs: [\"/null\"]}\n"
				    "allow:\n"
				    "  - peer: 10.0.0.5\n"
				    "    user: backup\n"
				    "    destination: 10.1.0.0/16\n"
				    "    port: 22\n"
				    "    reason: nightly rsync\n"
				    "  - {port: 80}\n"
				    "sinks:\n"
				    "  syslog: {enabled: true, path: /run/log, level: record}\n"
				    "  terminal: {enabled: no, level: critical}\n"
				    "  json: {path: /var/log/x.json, level: alert}\n"
				    "ring: {bytes: 65536, burst: 7, rate: 9}\n"
				    "edges: {window: 5, max: 11}\n";

static void assert_every_setting(const struct sw_config *c)
{
	assert_int_equal(c->internal_count, 2);
	assert_network(&c->internal[0], "192.0.2.0/24");
	assert_network(&c->internal[1], "2001:db8::/32");
	assert_int_equal(c->login_ports_count, 3);
	assert_int_equal(c->login_ports[1], 65535);
	assert_int_equal(c->argv, SW_ARGV_FULL);
	for (size_t i = 0; i < sw_detectors_count; i++)
		assert_int_equal(c->detector_on[i],
				 strcmp(sw_detectors[i]->name, "session-pivot") != 0);
	assert_int_equal(c->services_count, 2);
	assert_string_equal(c->services[0].service, "/usr/sbin/nrpe");
	assert_int_equal(c->services[0].programs_count, 2);
	assert_string_equal(c->services[0].programs[0], "/a/b*");
	assert_string_equal(c->services[0].programs[1], "/c");
	assert_string_equal(c->services[1].service, "/opt/*/srv");
	assert_int_equal(c->services[1].programs_count, 1);
	assert_string_equal(c->services[1].programs[0], "/null");
	assert_int_equal(c->allow_count, 2);
	assert_network(&c->allow[0].peer, "10.0.0.5/32");
	assert_network(&c->allow[0].destination, "10.1.0.0/16");
	assert_string_equal(c->allow[0].user, "backup");
	assert_string_equal(c->allow[0].reason, "nightly rsync");
	assert_int_equal(c->allow[0].port, 22);
	assert_int_equal(c->allow[1].peer.family, 0);
	assert_int_equal(c->allow[1].destination.family, 0);
	assert_null(c->allow[1].user);
	assert_null(c->allow[1].reason);
	assert_int_equal(c->allow[1].port, 80);
	assert_true(c->syslog.enabled && c->syslog.enabled_set);
	assert_string_equal(c->syslog.path, "/run/log");
	assert_int_equal(c->syslog.level, SW_BAND_RECORD);
	assert_true(!c->terminal.enabled && c->terminal.enabled_set);
	assert_int_equal(c->terminal.level, SW_BAND_CRITICAL);
	assert_string_equal(c->json.path, "/var/log/x.json");
	assert_int_equal(c->json.level, SW_BAND_ALERT);
	assert_int_equal(c->ring_bytes, 65536);
	assert_int_equal(c->rate_burst, 7);
	assert_int_equal(c->rate_per_s, 9);
	assert_int_equal(c->edge_window_s, 5);
	assert_int_equal(c->edges_max, 11);
}

static void every_setting_is_taken(void **state)
{
	struct loaded l = load_text(every_setting);

	(void)state;
	assert_string_equal(l.said, "");
	assert_int_equal(l.rc, 0);
	assert_every_setting(l.config);
	unload(&l);
}

/* The trap of libcyaml: what is absent must not read as 0, off or "none". */
static void one_setting_leaves_its_neighbours_alone(void **state)
{
	struct loaded l = load_text("ring: {rate: 1}\nsinks: {syslog: {level: notice}}\n"
				    "detectors: {ssh-forward: off}\n");

	(void)state;
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.config->rate_per_s, 1);
	assert_int_equal(l.config->syslog.level, SW_BAND_NOTICE);
	l.config->rate_per_s = 128;
	l.config->syslog.level = SW_BAND_ALERT;
	for (size_t i = 0; i < sw_detectors_count; i++)
		if (!strcmp(sw_detectors[i]->name, "ssh-forward")) {
			assert_false(l.config->detector_on[i]);
			l.config->detector_on[i] = true;
		}
	assert_defaults(l.config);
	unload(&l);
}

static void switches_take_the_usual_words(void **state)
{
	static const struct {
		const char *text;
		bool on;
	} rows[] = {
		{"on", true},	{"true", true},	  {"yes", true}, {"TRUE", true}, {"On", true},
		{"off", false}, {"false", false}, {"no", false}, {"Off", false}, {"'off'", false},
	};
	char text[80];

	(void)state;
	for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
		struct loaded l;

		snprintf(text, sizeof(text), "sinks: {terminal: {enabled: %s}}\n", rows[i].text);
		l = load_text(text);
		assert_int_equal(l.rc, 0);
		assert_true(l.config->terminal.enabled_set);
		assert_int_equal(l.config->terminal.enabled, rows[i].on);
		unload(&l);
	}
}

static void aliases_stand_for_what_they_name(void **state)
{
	struct loaded l = load_text("allow:\n- &one {user: a, port: 1}\n- *one\n- {user: 1007}\n");

	(void)state;
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.config->allow_count, 3);
	assert_string_equal(l.config->allow[1].user, "a");
	assert_int_equal(l.config->allow[1].port, 1);
	assert_string_equal(l.config->allow[2].user, "1007");
	unload(&l);
}

static void internal_and_login_ports_are_asked(void **state)
{
	struct loaded l = load_text("networks: {internal: [10.0.0.0/8, 'fd00::/8']}\n"
				    "login_ports: [22, 2222]\n");
	uint8_t addr[16] = {10, 9, 8, 7}, six[16] = {0xfd};

	(void)state;
	assert_true(sw_config_is_internal(l.config, 4, addr));
	assert_true(sw_config_is_internal(l.config, 6, six));
	assert_false(sw_config_is_internal(l.config, 6, addr));
	addr[0] = 11;
	assert_false(sw_config_is_internal(l.config, 4, addr));
	assert_true(sw_config_is_login_port(l.config, 2222));
	assert_false(sw_config_is_login_port(l.config, 23));
	unload(&l);
}

static char *show(const struct sw_config *config)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	assert_non_null(out);
	assert_int_equal(sw_config_show(config, out), 0);
	fclose(out);
	return text;
}

static void programs_are_listed_by_service(void **state)
{
	struct loaded l = load_text("service_programs:\n"
				    "  - {service: /usr/sbin/nrpe, programs: [/p/check_*, /b]}\n"
				    "  - {service: '/opt/*/srv', programs: [/c]}\n"
				    "  - {service: /opt/x/srv, programs: [/d]}\n");

	(void)state;
	assert_int_equal(l.rc, 0);
	assert_true(sw_config_lists_program(l.config, "/usr/sbin/nrpe", "/p/check_tcp"));
	assert_true(sw_config_lists_program(l.config, "/usr/sbin/nrpe", "/b"));
	assert_false(sw_config_lists_program(l.config, "/usr/sbin/nrpe", "/c"));
	assert_false(sw_config_lists_program(l.config, "/usr/sbin/other", "/b"));
	/* Two entries for one service add up. */
	assert_true(sw_config_lists_program(l.config, "/opt/x/srv", "/c"));
	assert_true(sw_config_lists_program(l.config, "/opt/x/srv", "/d"));
	assert_false(sw_config_lists_program(l.config, "/opt/y/srv", "/d"));
	assert_false(sw_config_lists_program(l.config, "", "/b"));
	assert_false(sw_config_lists_program(l.config, "/usr/sbin/nrpe", ""));
	unload(&l);
}

static void what_is_shown_loads_back(void **state)
{
	static const char *const texts[] = {
		"",
		"networks: {internal: ['::ffff:10.0.0.0/104', '::/0', 0.0.0.0/0]}\nargv: none\n",
		"detectors: {session-pivot: off}\nsinks: {syslog: {enabled: off}}\n",
		"sinks: {json: {path: '/x: #y'}, terminal: {enabled: on, level: record}}\n",
		"allow: [{user: 'null', reason: '~'}, {port: 65535, reason: \"caf\xc3\xa9 \\\" "
		"'\"}]\n",
		"allow: [{peer: 'fd00::/8', destination: 10.0.0.0/8, user: 'true'}]\nring: {bytes: "
		"1073741824, burst: 1, rate: 1000000}\n",
	};

	(void)state;
	for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++) {
		struct loaded first = load_text(texts[i]), second;
		char *once, *twice;

		assert_int_equal(first.rc, 0);
		once = show(first.config);
		second = load_text(once);
		assert_string_equal(second.said, "");
		twice = show(second.config);
		assert_string_equal(once, twice);
		if (i == 4) {
			assert_string_equal(second.config->allow[0].user, "null");
			assert_string_equal(second.config->allow[0].reason, "~");
			assert_string_equal(second.config->allow[1].reason, "caf\xc3\xa9 \" '");
		}
		if (i == 0)
			assert_defaults(second.config);
		free(once);
		free(twice);
		unload(&first);
		unload(&second);
	}
}

static void every_setting_is_shown(void **state)
{
	struct loaded first = load_text(every_setting), second;
	sw_autofree char *shown = show(first.config);

	(void)state;
	second = load_text(shown);
	assert_string_equal(second.said, "");
	assert_every_setting(second.config);
	unload(&first);
	unload(&second);
}

static void a_failed_write_is_noticed(void **state)
{
	struct sw_config *config = NULL;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(sw_config_load(NULL, stderr, &config), 0);
	assert_true(sw_config_show(config, full) < 0);
	fclose(full);
	sw_config_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_file_means_defaults),
		cmocka_unit_test(files_that_say_nothing_mean_defaults),
		cmocka_unit_test(every_setting_is_taken),
		cmocka_unit_test(one_setting_leaves_its_neighbours_alone),
		cmocka_unit_test(switches_take_the_usual_words),
		cmocka_unit_test(aliases_stand_for_what_they_name),
		cmocka_unit_test(internal_and_login_ports_are_asked),
		cmocka_unit_test(programs_are_listed_by_service),
		cmocka_unit_test(what_is_shown_loads_back),
		cmocka_unit_test(every_setting_is_shown),
		cmocka_unit_test(a_failed_write_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
