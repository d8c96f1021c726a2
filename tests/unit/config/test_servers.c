/* SPDX-License-Identifier: Apache-2.0 */
/* Syslog servers: defaults, what does not go together, files that are not there. */
#include "config/load.h"

#include <errno.h>

#include "base/cleanup.h"
#include "config/show.h"

#define LIST "sinks:\n  syslog_servers:\n"

static void what_is_left_out_has_its_default(void **state)
{
	struct loaded l = load_text(LIST "    - {protocol: udp, host: 192.0.2.1}\n"
					 "    - {protocol: tcp, host: \"fd00::1\"}\n"
					 "    - {protocol: tls, host: siem.example.org}\n");
	static const struct {
		uint16_t port;
		const char *name, *spool;
	} expect[] = {
		{514, NULL, "/var/spool/sidewatch/udp-192.0.2.1-514"},
		{601, NULL, "/var/spool/sidewatch/tcp-fd00::1-601"},
		{6514, "siem.example.org", "/var/spool/sidewatch/tls-siem.example.org-6514"},
	};

	(void)state;
	assert_string_equal(l.said, "");
	assert_int_equal(l.config->servers_count, SW_ARRAY_SIZE(expect));
	for (size_t i = 0; i < SW_ARRAY_SIZE(expect); i++) {
		const struct sw_server *server = &l.config->servers[i];

		assert_int_equal(server->protocol, (enum sw_protocol)i);
		assert_int_equal(server->port, expect[i].port);
		assert_int_equal(server->level, SW_BAND_ALERT);
		assert_int_equal(server->enterprise_id, 0);
		assert_int_equal(server->spool_bytes, 64 << 20);
		assert_string_equal(server->spool_dir, expect[i].spool);
		assert_null(server->ca);
		assert_null(server->certificate);
		assert_null(server->key);
		if (expect[i].name)
			assert_string_equal(server->name, expect[i].name);
		else
			assert_null(server->name);
	}
	unload(&l);
}

static const char every_key[] = LIST "    - protocol: tls\n"
				     "      host: 192.0.2.9\n"
				     "      port: 1\n"
				     "      level: record\n"
				     "      enterprise_id: 4294967295\n"
				     "      ca: /x/ca.pem\n"
				     "      certificate: /x/cert.pem\n"
				     "      key: /x/key.pem\n"
				     "      name: siem.example.org\n"
				     "      spool: {dir: /x/spool, bytes: 0}\n";

static void assert_every_key(const struct sw_server *server)
{
	assert_int_equal(server->protocol, SW_PROTOCOL_TLS);
	assert_string_equal(server->host, "192.0.2.9");
	assert_int_equal(server->port, 1);
	assert_int_equal(server->level, SW_BAND_RECORD);
	assert_true(server->enterprise_id == UINT32_MAX);
	assert_string_equal(server->ca, "/x/ca.pem");
	assert_string_equal(server->certificate, "/x/cert.pem");
	assert_string_equal(server->key, "/x/key.pem");
	assert_string_equal(server->name, "siem.example.org");
	assert_string_equal(server->spool_dir, "/x/spool");
	assert_int_equal(server->spool_bytes, 0);
}

static void every_key_is_taken_and_shown(void **state)
{
	struct loaded l = load_text(every_key), again;
	char *shown = NULL;
	size_t bytes;
	FILE *out = open_memstream(&shown, &bytes);

	(void)state;
	assert_string_equal(l.said, "");
	assert_every_key(&l.config->servers[0]);
	assert_int_equal(sw_config_show(l.config, out), 0);
	fclose(out);
	again = load_text(shown);
	assert_string_equal(again.said, "");
	assert_int_equal(again.config->servers_count, 1);
	assert_every_key(&again.config->servers[0]);
	free(shown);
	unload(&again);
	unload(&l);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{LIST "  - {host: a}\n", "3:5: this server lacks protocol or host\n"},
		{LIST "  - {protocol: udp}\n", "3:5: this server lacks protocol or host\n"},
		{LIST "  - {protocol: relp, host: a}\n",
		 "3:16: sinks.syslog_servers[].protocol: found 'relp'; expected one of udp, tcp, "
		 "tls\n"},
		{LIST "  - {protocol: udp, host: a, port: 0}\n",
		 "3:36: sinks.syslog_servers[].port: found '0'; expected a whole number from 1 to "
		 "65535\n"},
		{LIST "  - {protocol: udp, host: ../etc}\n",
		 "3:27: sinks.syslog_servers[].host: found '../etc'; expected a host name or an "
		 "address\n"},
		{LIST "  - {protocol: udp, host: a/b}\n",
		 "3:27: sinks.syslog_servers[].host: found 'a/b'; expected a host name or an "
		 "address\n"},
		{LIST "  - {protocol: tcp, host: a, ca: /x}\n",
		 "3:30: ca is only used with protocol tls\n"},
		{LIST "  - {protocol: tcp, host: a, name: x}\n",
		 "3:30: name is only used with protocol tls\n"},
		{LIST "  - {protocol: tls, host: a, certificate: /x}\n",
		 "3:30: certificate without key\n"},
		{LIST "  - {protocol: tls, host: a, key: /x}\n", "3:30: key without certificate\n"},
		{LIST "  - {protocol: tls, host: a, ca: x.pem}\n",
		 "3:34: sinks.syslog_servers[].ca: found 'x.pem'; expected an absolute path of a "
		 "file, shorter than 4096 bytes\n"},
		{LIST "  - {protocol: udp, host: a, spool: {dir: x}}\n",
		 "3:43: sinks.syslog_servers[].spool.dir: found 'x'; expected an absolute path of "
		 "a directory, shorter than 3840 bytes\n"},
		{LIST "  - {protocol: udp, host: a, spool: {bytes: 4294967296}}\n",
		 "3:45: sinks.syslog_servers[].spool.bytes: found '4294967296'; expected a whole "
		 "number from 0 to 4294967295\n"},
		{LIST "  - {protocol: udp, host: a, enterprise_id: 0}\n",
		 "3:45: sinks.syslog_servers[].enterprise_id: found '0'; expected a whole number "
		 "from 1 to 4294967295\n"},
		{LIST "  - {protocol: udp, host: a}\n  - {protocol: udp, host: a, port: 514}\n",
		 "4:5: this server has the same spool directory as an earlier one\n"},
		{LIST "  - {protocol: udp, host: a, spool: {dir: /x}}\n"
		      "  - {protocol: tcp, host: b, spool: {dir: /x}}\n",
		 "4:5: this server has the same spool directory as an earlier one\n"},
		{LIST "  - udp\n", "3:5: sinks.syslog_servers[]: found 'udp'; expected a mapping "
				   "(key: value)\n"},
	};

	(void)state;
	for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
		struct loaded l = load_text(rows[i].text);

		assert_int_equal(l.rc, -EINVAL);
		assert_string_equal(l.said, rows[i].said);
		unload(&l);
	}
}

static void servers_without_spool_share_none(void **state)
{
	struct loaded l = load_text(LIST "  - {protocol: udp, host: a, spool: {bytes: 0}}\n"
					 "  - {protocol: udp, host: a, spool: {bytes: 0}}\n");

	(void)state;
	assert_string_equal(l.said, "");
	unload(&l);
}

/* The text's first problem as check tells it, without the file's name; NULL: none. */
static char *check_text(const char *text)
{
	char name[] = "/tmp/sidewatch-config-XXXXXX";
	struct sw_config *config = NULL;
	char *said = NULL, *out;
	size_t bytes;
	FILE *err = open_memstream(&said, &bytes);
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	(void)sw_config_check(name, err, &config);
	fclose(err);
	unlink(name);
	sw_config_free(&config);
	out = without_name(said, name);
	free(said);
	return out;
}

static void files_are_looked_at_by_check_alone(void **state)
{
	static const struct {
		const char *file, *why;
	} rows[] = {
		{"/nonexistent/ca.pem", "No such file or directory"},
		{"/dev/null", "expected a regular file"},
		{"/tmp", "expected a regular file"},
	};
	struct loaded l = load_text(every_key);
	char *said;

	(void)state;
	assert_string_equal(l.said, ""); /* a replay runs where they are not */
	unload(&l);
	for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
		char text[160], expect[200];

		snprintf(text, sizeof(text), LIST "  - {protocol: tls, host: a, ca: %s}\n",
			 rows[i].file);
		snprintf(expect, sizeof(expect),
			 "3:34: sinks.syslog_servers[].ca: found '%s'; %s\n", rows[i].file,
			 rows[i].why);
		said = check_text(text);
		assert_string_equal(said, expect);
		free(said);
	}
	said = check_text(LIST "  - {protocol: tls, host: a, ca: /etc/passwd}\n");
	assert_string_equal(said, "");
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(every_key_is_taken_and_shown),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(servers_without_spool_share_none),
		cmocka_unit_test(files_are_looked_at_by_check_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
