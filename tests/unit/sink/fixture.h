/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the sinks share: an incident like a real one, and the same full of malice. */
#ifndef SW_TEST_SINK_FIXTURE_H
#define SW_TEST_SINK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/cleanup.h"
#include "keep.h"
#include "sidewatch/detector.h"
#include "sidewatch/sink.h"
#include "sink/ecs.h"

#define SECOND 1000000000ULL

static const struct sw_technique pivot_techniques[] = {
	{"T1021.004", "Remote Services: SSH", "TA0008"},
};
static const struct sw_technique forward_techniques[] = {
	{"T1572", "Protocol Tunneling", "TA0011"},
	{"T1021.004", "Remote Services: SSH", "TA0008"},
};
static const struct sw_detector pivot = {.name = "session-pivot",
					 .summary = "a login session went on",
					 .base = 25,
					 .techniques = pivot_techniques,
					 .techniques_count = 1};
static const struct sw_detector forward = {.name = "ssh-forward",
					   .summary = "the login service was a relay",
					   .base = 20,
					   .techniques = forward_techniques,
					   .techniques_count = 2};

static const struct sw_host fixture_host = {
	.name = "web-03",
	.machine_id = "0123456789abcdef0123456789abcdef",
	.boot_id = "11111111-2222-3333-4444-555555555555",
	.architecture = "x86_64",
	.kernel = "6.1.0-18-amd64",
	.realtime_offset_ns = 1700000000LL * 1000000000LL,
};

/* What a hostile system may put into a name. */
static const char *const hostile_texts[] = {
	"\n<34>Jan  1 00:00:00 sidewatch[1]: @cee: {\"event\":{}}",
	"\"},\"sidewatch\":{\"lost\":9}}{\"x\":\"",
	"\x1b[2J\x1b]0;owned\x07\x1b[31m",
	"\r\n\r\n",
	"\x9b"
	"31m\x90q\x9c", /* C1 controls */
	"\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80",
	"caf\xc3\xa9 \xe2\x80\xae"
	"gpj.exe \xf0\x9f\x98\x80",
	"\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x7f",
	"\\x1b[31m \\n \\\" \\\\",
	"%s%n%d%%",
	"x -> 10.9.9.9:22 | 99 = forged",
	"' OR 1=1; $(reboot) `id`",
	"\t\v\f",
};

static inline struct sw_flow fixture_flow(const char *local, uint16_t local_port,
					  const char *remote, uint16_t remote_port)
{
	struct sw_flow flow = {.netns = 1,
			       .cookie = 77,
			       .start_ns = 90 * SECOND,
			       .local_port = local_port,
			       .remote_port = remote_port,
			       .family = strchr(local, ':') ? 6 : 4,
			       .protocol = IPPROTO_TCP};
	int af = flow.family == 6 ? AF_INET6 : AF_INET;

	assert_int_equal(inet_pton(af, local, flow.local), 1);
	assert_int_equal(inet_pton(af, remote, flow.remote), 1);
	return flow;
}

/* 10.0.0.5 came in by ssh as alice, became root and went on to 10.0.1.7:22. */
static inline struct sw_incident fixture_incident(void)
{
	struct sw_incident incident = {
		.id = "01234567-11111111-2a",
		.band = SW_BAND_ALERT,
		.score = 75,
		.detectors = {&pivot, &forward},
		.detectors_count = 2,
		.terms = {{"session-pivot", 25},
			  {"new family", 25},
			  {"port", 10},
			  {"sudo", 5},
			  {"ssh-forward", 10}},
		.terms_count = 5,
		.origin = {.session = 42,
			   .root = 42,
			   .confidence = SW_CONFIDENCE_EXACT,
			   .depth = 1,
			   .nflows = 1,
			   .seen = 1},
		.user = "alice",
		.uid = 1000,
		.effective_user = "root",
		.listener_exe = "/usr/sbin/sshd",
		.reader_exe = "/usr/sbin/sshd",
		.lineage = {{.image = 1,
			     .exe = "/usr/sbin/sshd",
			     .comm = "sshd",
			     .tty = "",
			     .pid = 800,
			     .start_ns = 80 * SECOND},
			    {.image = 2,
			     .exe = "/usr/bin/bash",
			     .comm = "bash",
			     .argv = "-bash",
			     .tty = "pts/3",
			     .pid = 812,
			     .uid = 1000,
			     .euid = 1000,
			     .start_ns = 91 * SECOND,
			     .exec_ns = 92 * SECOND},
			    {.image = 3,
			     .exe = "/usr/bin/ssh",
			     .comm = "ssh",
			     .argv = "ssh root@10.0.1.7",
			     .tty = "pts/3",
			     .pid = 840,
			     .start_ns = 99 * SECOND,
			     .exec_ns = 99 * SECOND}},
		.lineage_count = 3,
		.privileges = {{95 * SECOND,
				830,
				SW_HOW_SETUID_EXEC,
				{.uid = 1000, .euid = 1000},
				{.uid = 0, .euid = 0, .cap_effective = 0x1ffffffffff}}},
		.privileges_count = 1,
		.hop = {.outcome = SW_OUTCOME_ESTABLISHED, .pid = 840, .image = 3},
		.task = {.tid = 840,
			 .tgid = 840,
			 .ppid = 812,
			 .start_ns = 99 * SECOND,
			 .image = 3,
			 .comm = "ssh",
			 .tty = "pts/3"},
		.hops_count = 2,
		.hops_total = 14,
		.first_ns = 99 * SECOND,
		.last_ns = 100 * SECOND,
		.probes = "core",
		.explain = "10.0.0.5:51234 -> sshd:22 alice pts/3 -> bash -> sudo root -> ssh -> "
			   "10.0.1.7:22 | 75 = session-pivot 25 + new family 25 + port 10 + sudo 5 "
			   "+ ssh-forward 10 | exact | lost 0",
	};

	incident.origin.in[0] = fixture_flow("10.0.0.9", 22, "10.0.0.5", 51234);
	incident.origin.rootflow = incident.origin.in[0];
	incident.hop.out = fixture_flow("10.0.0.9", 40000, "10.0.1.7", 22);
	incident.hops[0] = incident.hop;
	incident.hops[1] = incident.hop;
	incident.hops[1].out = fixture_flow("10.0.0.9", 40002, "10.0.1.8", 22);
	incident.hops[1].outcome = SW_OUTCOME_REFUSED;
	incident.hops[1].error = 111; /* ECONNREFUSED */
	return incident;
}

/* Puts text wherever the watched system's words are. explain is ours, yet a sink trusts nobody. */
static inline void fixture_poison(struct sw_incident *incident, const char *text)
{
	incident->user = text;
	incident->effective_user = text;
	incident->listener_exe = text;
	incident->reader_exe = text;
	incident->explain = text;
	strncpy(incident->task.comm, text, sizeof(incident->task.comm) - 1);
	for (size_t i = 0; i < incident->lineage_count; i++) {
		incident->lineage[i].exe = text;
		incident->lineage[i].comm = text;
		incident->lineage[i].argv = text;
		incident->lineage[i].tty = text;
	}
}

static inline struct sw_host fixture_hostile_host(const char *text)
{
	struct sw_host host = fixture_host;

	strncpy(host.name, text, sizeof(host.name) - 1);
	return host;
}

static inline struct sw_message fixture_message(const struct sw_incident *incident)
{
	return (struct sw_message){.msgid = SW_MSG_INCIDENT,
				   .band = incident->band,
				   .time_ns = 100 * SECOND,
				   .incident = incident,
				   .host = &fixture_host};
}

static inline struct sw_message fixture_note(enum sw_msgid msgid, const char *text)
{
	return (struct sw_message){
		.msgid = msgid, .time_ns = 100 * SECOND, .text = text, .host = &fixture_host};
}

static inline void assert_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert_in_range((unsigned char)text[i], 0x20, 0x7e);
}

/* Exactly one JSON object and nothing else. */
static inline json_t *parse_json(const char *text, size_t len)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("%s in %.*s", error.text, (int)len, text);
	assert_true(json_is_object(root));
	keep_json(text, len);
	return root;
}

/* max_bytes as in sw_ecs_format(). */
static inline json_t *fixture_format(const struct sw_message *message, size_t max_bytes)
{
	sw_autofree char *text = NULL;
	size_t len;

	assert_int_equal(sw_ecs_format(message, max_bytes, &text, &len), 0);
	assert_int_equal(strlen(text), len);
	assert_printable(text, len);
	if (max_bytes)
		assert_true(len <= max_bytes);
	return parse_json(text, len);
}

/* The value at a dotted path with [n] as a part of its own: "sidewatch.hops.[1].ip". */
static inline json_t *json_at(json_t *value, const char *path)
{
	while (value && *path) {
		size_t len = strcspn(path, ".");
		char key[64];

		assert_true(len < sizeof(key));
		memcpy(key, path, len);
		key[len] = '\0';
		value = key[0] == '[' ? json_array_get(value, (size_t)atoi(key + 1))
				      : json_object_get(value, key);
		path += len + (path[len] == '.');
	}
	return value;
}

static inline void assert_json_text(json_t *root, const char *path, const char *text)
{
	const char *value = json_string_value(json_at(root, path));

	if (!value)
		fail_msg("no text at %s", path);
	assert_string_equal(value, text);
}

static inline void assert_json_number(json_t *root, const char *path, json_int_t number)
{
	json_t *value = json_at(root, path);

	if (!json_is_integer(value))
		fail_msg("no number at %s", path);
	assert_int_equal(json_integer_value(value), number);
}

#endif
