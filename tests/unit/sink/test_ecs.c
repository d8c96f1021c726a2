/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#define SYSLOG_LIMIT 7500

static void test_incident_in_ecs_names(void **unused)
{
	static const struct {
		const char *path, *text;
	} texts[] = {
		{"@timestamp", "2023-11-14T22:15:00.000000000Z"},
		{"ecs.version", "8.11.0"},
		{"event.id", "01234567-11111111-2a-170cdc1e00-0"},
		{"event.kind", "alert"},
		{"event.module", "sidewatch"},
		{"event.dataset", "sidewatch.incident"},
		{"event.category.[0]", "intrusion_detection"},
		{"event.category.[1]", "network"},
		{"event.action", "incident-opened"},
		{"event.reason", "75 = session-pivot 25 + new family 25 + port 10 + sudo 5 + "
				 "ssh-forward 10"},
		{"event.start", "2023-11-14T22:14:59.000000000Z"},
		{"rule.name", "session-pivot"},
		{"rule.description", "a login session went on"},
		{"threat.framework", "MITRE ATT&CK"},
		{"threat.tactic.id.[0]", "TA0008"},
		{"threat.tactic.name.[0]", "Lateral Movement"},
		{"threat.tactic.id.[1]", "TA0011"},
		{"threat.tactic.name.[1]", "Command and Control"},
		{"threat.technique.id.[0]", "T1021"},
		{"threat.technique.name.[0]", "Remote Services"},
		{"threat.technique.id.[1]", "T1572"},
		{"threat.technique.name.[1]", "Protocol Tunneling"},
		{"threat.technique.subtechnique.id.[0]", "T1021.004"},
		{"threat.technique.subtechnique.name.[0]", "SSH"},
		{"source.ip", "10.0.0.9"},
		{"destination.ip", "10.0.1.7"},
		{"network.transport", "tcp"},
		{"network.type", "ipv4"},
		{"network.direction", "egress"},
		{"process.entity_id", "11111111-2222-3333-4444-555555555555-840-99000000000"},
		{"process.name", "ssh"},
		{"process.executable", "/usr/bin/ssh"},
		{"process.command_line", "ssh root@10.0.1.7"},
		{"process.start", "2023-11-14T22:14:59.000000000Z"},
		{"user.id", "1000"},
		{"user.name", "alice"},
		{"host.name", "web-03"},
		{"host.id", "0123456789abcdef0123456789abcdef"},
		{"host.boot.id", "11111111-2222-3333-4444-555555555555"},
		{"host.architecture", "x86_64"},
		{"host.os.type", "linux"},
		{"host.os.kernel", "6.1.0-18-amd64"},
		{"related.ip.[0]", "10.0.0.5"},
		{"related.user.[0]", "alice"},
		{"related.user.[1]", "root"},
	};
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	json_t *root = fixture_format(&message, 0);

	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++)
		assert_json_text(root, texts[i].path, texts[i].text);
	assert_json_text(root, "message", incident.explain);
	assert_json_number(root, "event.severity", 73);
	assert_json_number(root, "event.risk_score", 75);
	assert_json_number(root, "source.port", 40000);
	assert_json_number(root, "destination.port", 22);
	assert_json_number(root, "process.pid", 840);
	assert_int_equal(json_array_size(json_at(root, "threat.technique.id")), 2);
	assert_int_equal(json_array_size(json_at(root, "threat.technique.name")), 2);
	assert_int_equal(json_array_size(json_at(root, "threat.technique.subtechnique.id")), 1);
	json_decref(root);
}

static void test_evidence_under_sidewatch(void **unused)
{
	static const struct {
		const char *path, *text;
	} texts[] = {
		{"incident.state", "open"},
		{"incident.band", "alert"},
		{"detectors.[1]", "ssh-forward"},
		{"session.id", "2a"},
		{"session.root", "2a"},
		{"session.confidence", "exact"},
		{"session.listener.executable", "/usr/sbin/sshd"},
		{"session.reader.executable", "/usr/sbin/sshd"},
		{"origin.ip", "10.0.0.5"},
		{"origin.user", "alice"},
		{"flow_in.source.ip", "10.0.0.5"},
		{"flow_in.destination.ip", "10.0.0.9"},
		{"flow_in.start", "2023-11-14T22:14:50.000000000Z"},
		{"flow_out.source.ip", "10.0.0.9"},
		{"flow_out.destination.ip", "10.0.1.7"},
		{"flow_out.outcome", "established"},
		{"hops.[1].ip", "10.0.1.8"},
		{"hops.[1].outcome", "refused"},
		{"hops.[1].error", "ECONNREFUSED"},
		{"lineage.[1].executable", "/usr/bin/bash"},
		{"lineage.[1].argv", "-bash"},
		{"lineage.[1].tty", "pts/3"},
		{"lineage.[1].exec", "2023-11-14T22:14:52.000000000Z"},
		{"privilege.[0].how", "setuid-exec"},
		{"privilege.[0].from.capabilities", "0000000000000000"},
		{"privilege.[0].to.capabilities", "000001ffffffffff"},
		{"privilege.[0].time", "2023-11-14T22:14:55.000000000Z"},
		{"score.[1].term", "new family"},
		{"probes", "core"},
	};
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	json_t *root = fixture_format(&message, 0), *base = json_at(root, "sidewatch");

	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++)
		assert_json_text(base, texts[i].path, texts[i].text);
	assert_json_text(base, "incident.id", incident.id);
	assert_json_number(base, "incident.score", 75);
	assert_json_number(base, "incident.update", 0);
	assert_json_number(base, "session.depth", 1);
	assert_json_number(base, "session.listener.port", 22);
	assert_json_number(base, "origin.port", 51234);
	assert_json_number(base, "flow_in.source.port", 51234);
	assert_json_number(base, "hops.[1].pid", 840);
	assert_json_number(base, "hops_total", 14);
	assert_json_number(base, "lineage.[2].uid", 0);
	assert_json_number(base, "privilege.[0].from.uid", 1000);
	assert_json_number(base, "privilege.[0].to.euid", 0);
	assert_json_number(base, "score.[0].points", 25);
	assert_json_number(base, "lost", 0);
	assert_json_number(base, "schema", 2);
	assert_null(json_at(base, "session.parent"));
	assert_null(json_at(base, "truncated"));
	assert_null(json_at(base, "lineage.[0].argv"));
	assert_null(json_at(base, "hops.[0].error"));
	/* the flows are told by the same names as everywhere else */
	assert_json_text(base, "flow_out.community_id",
			 json_string_value(json_at(root, "network.community_id")));
	assert_json_text(base, "flow_out.community_id",
			 json_string_value(json_at(base, "hops.[0].community_id")));
	json_decref(root);
}

static void test_updates_and_caps(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	json_t *root;

	(void)unused;
	incident.update = 3;
	incident.score = 140;
	incident.band = SW_BAND_CRITICAL;
	incident.lost = UINT64_MAX;
	incident.lineage_omitted = 7;
	incident.uid = (uint32_t)-1;
	incident.user = "";
	root = fixture_format(&message, 0);
	assert_json_text(root, "event.action", "incident-updated");
	assert_json_number(root, "event.risk_score", 100);
	assert_json_number(root, "event.severity", 99);
	assert_json_number(root, "sidewatch.incident.score", 140);
	assert_json_number(root, "sidewatch.lost", INT64_MAX);
	assert_json_number(root, "sidewatch.lineage_omitted", 7);
	assert_null(json_at(root, "user.id"));
	assert_null(json_at(root, "user.name"));
	json_decref(root);

	incident.user = "uid 1000";
	incident.uid = 1000;
	root = fixture_format(&message, 0);
	assert_json_text(root, "user.id", "1000");
	assert_null(json_at(root, "user.name"));
	assert_json_text(root, "sidewatch.origin.user", "uid 1000");
	json_decref(root);
}

static void test_attempt_without_its_port_has_no_community_id(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	json_t *root;

	(void)unused;
	incident.hop.out.local_port = 0;
	incident.hop.outcome = SW_OUTCOME_PENDING;
	root = fixture_format(&message, 0);
	assert_null(json_at(root, "network.community_id"));
	assert_null(json_at(root, "source.port"));
	assert_null(json_at(root, "sidewatch.flow_out.source.port"));
	assert_json_text(root, "sidewatch.flow_out.outcome", "pending");
	json_decref(root);
}

static void test_lost_step_is_nobody(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	json_t *root;

	(void)unused;
	incident.lineage[1] = (struct sw_step){.image = 2, .exe = "", .comm = "", .tty = ""};
	root = fixture_format(&message, 0);
	assert_int_equal(json_object_size(json_at(root, "sidewatch.lineage.[1]")), 0);
	assert_json_number(root, "sidewatch.lineage.[2].uid", 0);
	json_decref(root);
}

static void test_several_candidates_are_never_one_peer(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	json_t *root;

	(void)unused;
	incident.origin.confidence = SW_CONFIDENCE_SERVICE;
	incident.origin.nflows = 2;
	incident.origin.seen = 9;
	incident.origin.in[1] = fixture_flow("10.0.0.9", 22, "10.0.0.6", 50000);
	incident.origin.in[1].cookie = 78;
	root = fixture_format(&message, 0);
	assert_null(json_at(root, "sidewatch.origin.ip"));
	assert_null(json_at(root, "sidewatch.origin.port"));
	assert_null(json_at(root, "sidewatch.flow_in"));
	assert_json_text(root, "sidewatch.origin.candidates.[0].ip", "10.0.0.5");
	assert_json_number(root, "sidewatch.origin.candidates.[0].port", 51234);
	assert_json_text(root, "sidewatch.origin.candidates.[1].ip", "10.0.0.6");
	assert_json_number(root, "sidewatch.origin.candidates_total", 9);
	json_decref(root);

	/* only one is left to show, but others had been read */
	incident.origin.nflows = 1;
	root = fixture_format(&message, 0);
	assert_null(json_at(root, "sidewatch.origin.ip"));
	json_decref(root);

	/* there was never another */
	incident.origin.seen = 1;
	root = fixture_format(&message, 0);
	assert_json_text(root, "sidewatch.origin.ip", "10.0.0.5");
	assert_json_text(root, "sidewatch.session.confidence", "service");
	assert_null(json_at(root, "sidewatch.origin.candidates"));
	json_decref(root);

	/* others had been read, but not by this thread */
	incident.origin.confidence = SW_CONFIDENCE_THREAD;
	incident.origin.seen = 9;
	root = fixture_format(&message, 0);
	assert_json_text(root, "sidewatch.origin.ip", "10.0.0.5");
	assert_json_text(root, "sidewatch.session.confidence", "thread");
	assert_null(json_at(root, "sidewatch.origin.candidates"));
	json_decref(root);

	/* a broken count must not be read past */
	incident.origin.confidence = SW_CONFIDENCE_EXACT;
	incident.origin.nflows = 0;
	root = fixture_format(&message, 0);
	assert_null(json_at(root, "sidewatch.origin.ip"));
	json_decref(root);
}

static void test_nested_session_tells_the_root_peer(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	json_t *root;

	(void)unused;
	incident.origin.depth = 2;
	incident.origin.parent = 41;
	incident.origin.root = 41;
	incident.origin.rootflow = fixture_flow("fd00::9", 2222, "fd00::5", 50001);
	incident.origin.rootflow.cookie = 41;
	root = fixture_format(&message, 0);
	assert_json_text(root, "sidewatch.origin.ip", "fd00::5");
	assert_json_number(root, "sidewatch.origin.port", 50001);
	assert_json_number(root, "sidewatch.session.listener.port", 2222);
	assert_json_text(root, "sidewatch.flow_in.source.ip", "10.0.0.5");
	assert_json_text(root, "sidewatch.session.parent", "29");
	json_decref(root);

	/* the root is a service: its id is not its flow's cookie, and this flow one of several */
	incident.origin.rootflow.cookie = 40;
	root = fixture_format(&message, 0);
	assert_null(json_at(root, "sidewatch.origin.ip"));
	assert_json_text(root, "sidewatch.origin.candidates.[0].ip", "fd00::5");
	assert_json_text(root, "sidewatch.flow_in.source.ip", "10.0.0.5");
	json_decref(root);

	/* the root's record was gone: what stands in its place is not told twice */
	incident.origin.rootflow = incident.origin.in[0];
	root = fixture_format(&message, 0);
	assert_null(json_at(root, "sidewatch.origin.ip"));
	assert_int_equal(json_array_size(json_at(root, "sidewatch.origin.candidates")), 1);
	json_decref(root);
}

/* Every word that a message can have for something. */
static void test_words(void **unused)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP,
					    IPPROTO_ICMPV6};
	static const int scores[] = {39, 40, 60, 85};
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	json_t *root;

	(void)unused;
	for (size_t i = 0; i < SW_BAND_MAX; i++) {
		incident.score = scores[i];
		incident.band = sw_band_of(scores[i]);
		root = fixture_format(&message, 0);
		assert_json_text(root, "sidewatch.incident.band", sw_band_name((enum sw_band)i));
		json_decref(root);
	}
	for (uint32_t i = 0; i < SW_OUTCOME_MAX; i++) {
		incident.hop.outcome = incident.hops[0].outcome = i;
		root = fixture_format(&message, 0);
		assert_json_text(root, "sidewatch.hops.[0].outcome", sw_outcome_name(i));
		json_decref(root);
	}
	for (uint32_t i = 1; i < SW_HOW_MAX; i++) {
		incident.privileges[0].how = i;
		root = fixture_format(&message, 0);
		assert_json_text(root, "sidewatch.privilege.[0].how", sw_how_name(i));
		json_decref(root);
	}
	for (size_t i = 0; i < SW_ARRAY_SIZE(protocols); i++) {
		incident.hop.out.protocol = protocols[i];
		root = fixture_format(&message, 0);
		assert_non_null(json_at(root, "network.transport"));
		json_decref(root);
	}
}

static void test_notes_about_the_sensor(void **unused)
{
	struct sw_message message = fixture_note(SW_MSG_LOSS, "ring full: 3 records dropped");
	json_t *root = fixture_format(&message, 0);

	(void)unused;
	assert_json_text(root, "event.kind", "event");
	assert_json_text(root, "event.dataset", "sidewatch.loss");
	assert_json_number(root, "event.severity", 47);
	assert_json_text(root, "message", "ring full: 3 records dropped");
	assert_json_text(root, "host.name", "web-03");
	json_decref(root);

	message = fixture_note(SW_MSG_HEALTH, "produced 10 consumed 10");
	root = fixture_format(&message, 0);
	assert_json_text(root, "event.kind", "metric");
	assert_json_text(root, "event.dataset", "sidewatch.health");
	assert_json_number(root, "event.severity", 21);
	assert_json_number(root, "sidewatch.schema", 2);
	json_decref(root);
}

static void test_hostile_text_stays_text(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(hostile_texts); i++) {
		struct sw_incident incident = fixture_incident();
		struct sw_host host = fixture_hostile_host(hostile_texts[i]);
		struct sw_message message = fixture_message(&incident);
		json_t *root;

		fixture_poison(&incident, hostile_texts[i]);
		message.host = &host;
		root = fixture_format(&message, SYSLOG_LIMIT);
		assert_json_number(root, "sidewatch.lost", 0);
		assert_json_text(root, "sidewatch.origin.ip", "10.0.0.5");
		assert_non_null(json_at(root, "process.executable"));
		json_decref(root);
	}
}

/* Every byte, also those that some writers leave alone. */
static void test_every_byte_is_written_as_ascii(void **unused)
{
	char all[256] = {0};
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	json_t *root;

	(void)unused;
	for (size_t i = 0; i + 1 < sizeof(all); i++)
		all[i] = (char)(i + 1);
	fixture_poison(&incident, all);
	root = fixture_format(&message, 0);
	assert_non_null(strstr(json_string_value(json_at(root, "process.executable")), "\\x7f"));
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_incident_in_ecs_names),
		cmocka_unit_test(test_evidence_under_sidewatch),
		cmocka_unit_test(test_updates_and_caps),
		cmocka_unit_test(test_attempt_without_its_port_has_no_community_id),
		cmocka_unit_test(test_lost_step_is_nobody),
		cmocka_unit_test(test_several_candidates_are_never_one_peer),
		cmocka_unit_test(test_nested_session_tells_the_root_peer),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_notes_about_the_sensor),
		cmocka_unit_test(test_hostile_text_stays_text),
		cmocka_unit_test(test_every_byte_is_written_as_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
