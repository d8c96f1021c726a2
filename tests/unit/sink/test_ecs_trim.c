/* SPDX-License-Identifier: Apache-2.0 */
/* The largest and most hostile incidents against the syslog limit. */
#include <errno.h>
#include <stdio.h>

#include "fixture.h"

#define SYSLOG_LIMIT 7500

static void fill(char *text, size_t bytes, const char *with)
{
	size_t n = strlen(with);

	for (size_t i = 0; i + 1 < bytes; i++)
		text[i] = with[i % n];
	text[bytes - 1] = '\0';
}

static size_t written_bytes(json_t *root, const char *path)
{
	sw_autofree char *text =
		json_dumps(json_at(root, path), JSON_ENSURE_ASCII | JSON_ENCODE_ANY);

	assert_non_null(text);
	return strlen(text) - 2; /* without its quotes */
}

static struct sw_flow huge_flow(const char *remote)
{
	static uint64_t cookie = 1000;
	struct sw_flow flow =
		fixture_flow("fd00:1111:2222:3333:4444:5555:6666:7777", 65535, remote, 65534);

	flow.cookie = cookie++;
	flow.start_ns = 9000000000ULL * SECOND;
	return flow;
}

/* Deep inside sessions with several peers each: none can be named alone. */
static void make_origin_huge(struct sw_origin *origin)
{
	*origin = (struct sw_origin){.session = UINT64_MAX - 2,
				     .parent = UINT64_MAX - 1,
				     .root = UINT64_MAX,
				     .confidence = SW_CONFIDENCE_SERVICE,
				     .depth = UINT8_MAX,
				     .nflows = SW_CANDIDATES,
				     .seen = UINT32_MAX};
	origin->rootflow = huge_flow("fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:a000");
	for (size_t i = 0; i < SW_CANDIDATES; i++) {
		char remote[] = "fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:a001";

		remote[sizeof(remote) - 2] = (char)('1' + i);
		origin->in[i] = huge_flow(remote);
	}
}

/* The largest incident that the contract allows. */
static struct sw_incident huge_incident(const char *text)
{
	struct sw_incident incident = fixture_incident();
	const struct sw_cred cred = {.uid = UINT32_MAX - 1, .euid = UINT32_MAX - 1};
	const struct sw_step step = {.pid = UINT32_MAX,
				     .uid = UINT32_MAX - 1,
				     .euid = UINT32_MAX - 1,
				     .start_ns = 8000000000ULL * SECOND,
				     .exec_ns = 8000000000ULL * SECOND};

	incident.id = "01234567-11111111-ffffffffffffffff";
	incident.update = UINT32_MAX;
	incident.uid = UINT32_MAX - 1;
	make_origin_huge(&incident.origin);
	for (size_t i = 0; i < SW_LINEAGE_MAX; i++) {
		incident.lineage[i] = step;
		incident.lineage[i].image = 100 + i;
	}
	incident.lineage_count = SW_LINEAGE_MAX;
	incident.lineage_omitted = SIZE_MAX;
	incident.hop = (struct sw_hop_view){.out = huge_flow("fd00::1:2222:3333:4444:5555:6666"),
					    .outcome = SW_OUTCOME_FAILED,
					    .error = ENETUNREACH,
					    .pid = UINT32_MAX,
					    .image = 100 + SW_LINEAGE_MAX - 1};
	incident.task = (struct sw_task){.tgid = UINT32_MAX,
					 .ppid = UINT32_MAX,
					 .start_ns = 9000000000ULL * SECOND,
					 .cred = cred};
	for (size_t i = 0; i < SW_HOPS_SHOWN; i++)
		incident.hops[i] = incident.hop;
	incident.hops_count = SW_HOPS_SHOWN;
	incident.hops_total = UINT64_MAX;
	for (size_t i = 0; i < SW_PRIVILEGES_MAX; i++)
		incident.privileges[i] = (struct sw_privilege){9000000000ULL * SECOND, UINT32_MAX,
							       SW_HOW_UNEXPLAINED, cred, cred};
	incident.privileges_count = SW_PRIVILEGES_MAX;
	for (size_t i = 0; i < SW_TERMS_MAX; i++)
		incident.terms[i] = (struct sw_term){"a rather long name of a term", -100};
	incident.terms_count = SW_TERMS_MAX;
	incident.first_ns = incident.last_ns = 9000000000ULL * SECOND;
	incident.lost = UINT64_MAX;
	fixture_poison(&incident, text);
	return incident;
}

static void test_truncation_keeps_what_matters(void **unused)
{
	static const char *const fills[] = {"a",	"\n", "\xff", "\"", "\xf0\x9f\x98\x80",
					    "\xc3\xa9", "\\"};

	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(fills); i++) {
		char text[4096];
		struct sw_incident incident;
		struct sw_message message;
		struct sw_host host;
		json_t *root, *whole;

		fill(text, sizeof(text), fills[i]);
		host = fixture_hostile_host(text);
		incident = huge_incident(text);
		message = fixture_message(&incident);
		message.host = &host;

		root = fixture_format(&message, SYSLOG_LIMIT - 64);
		assert_true(json_array_size(json_at(root, "sidewatch.truncated")) > 0);
		assert_json_text(root, "sidewatch.truncated.[0]", "sidewatch.lineage.argv");
		assert_int_equal(json_array_size(json_at(root, "sidewatch.origin.candidates")),
				 SW_CANDIDATES + 1);
		assert_json_text(root, "sidewatch.origin.candidates.[0].ip",
				 "fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:a000");
		assert_json_text(root, "destination.ip", "fd00:0:1:2222:3333:4444:5555:6666");
		assert_json_number(root, "destination.port", 65534);
		assert_json_text(root, "sidewatch.incident.id", incident.id);
		assert_json_text(root, "sidewatch.session.confidence", "service");
		assert_json_number(root, "sidewatch.hops_total", INT64_MAX);
		assert_json_number(root, "process.pid", UINT32_MAX);
		assert_json_number(root, "process.entry_leader.pid", UINT32_MAX);
		assert_non_null(json_at(root, "user.effective.id"));
		assert_in_range(written_bytes(root, "process.executable"), 40, 256);
		assert_in_range(written_bytes(root, "host.name"), 40, 256);
		json_decref(root);

		/* without a limit nothing is missing */
		whole = fixture_format(&message, 0);
		assert_int_equal(json_array_size(json_at(whole, "sidewatch.lineage")),
				 SW_LINEAGE_MAX);
		assert_null(json_at(whole, "sidewatch.truncated"));
		json_decref(whole);
	}
}

/* All detectors that fit the contract, each with techniques of its own. */
static void test_truncation_of_many_detectors(void **unused)
{
	static char names[SW_DETECTORS_MAX][40], ids[SW_DETECTORS_MAX][2][16];
	static char tactics[SW_DETECTORS_MAX][16];
	static struct sw_technique techniques[SW_DETECTORS_MAX][2];
	static struct sw_detector detectors[SW_DETECTORS_MAX];
	char text[300];
	struct sw_incident incident;
	struct sw_message message;
	json_t *root;

	(void)unused;
	fill(text, sizeof(text), "\n");
	incident = huge_incident(text);
	message = fixture_message(&incident);
	for (size_t i = 0; i < SW_DETECTORS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "a-detector-with-a-very-long-name-%zu", i);
		snprintf(tactics[i], sizeof(tactics[i]), "TA%04zu", i);
		for (size_t j = 0; j < 2; j++) {
			snprintf(ids[i][j], sizeof(ids[i][j]), "T%zu.%03zu", 1000 + i, j);
			techniques[i][j] =
				(struct sw_technique){ids[i][j], "A Name: Another", tactics[i]};
		}
		detectors[i] = (struct sw_detector){
			.name = names[i],
			.summary = "a rather long line that says what it is that was seen",
			.techniques = techniques[i],
			.techniques_count = 2};
		incident.detectors[i] = &detectors[i];
	}
	incident.detectors_count = SW_DETECTORS_MAX;
	root = fixture_format(&message, SYSLOG_LIMIT - 64);
	assert_json_number(root, "sidewatch.origin.candidates_total", UINT32_MAX);
	assert_json_number(root, "destination.port", 65534);
	assert_json_text(root, "rule.name", names[0]);
	json_decref(root);
}

static void test_truncation_stops_when_it_fits(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	char argv[6000];
	json_t *root;

	(void)unused;
	fill(argv, sizeof(argv), "a");
	incident.lineage[1].argv = argv; /* the shell's, which is the parent, too */
	root = fixture_format(&message, SYSLOG_LIMIT);
	assert_int_equal(json_array_size(json_at(root, "sidewatch.truncated")), 2);
	assert_json_text(root, "sidewatch.truncated.[1]", "process.parent.command_line");
	assert_json_text(root, "process.command_line", "ssh root@10.0.1.7");
	assert_int_equal(json_array_size(json_at(root, "sidewatch.lineage")), 3);
	json_decref(root);
}

/* Whatever is cut, what is left is a message: tests/schema/run looks at each of them. */
static void test_every_limit_gives_a_message(void **unused)
{
	char text[4096];
	struct sw_incident incident;
	struct sw_message message;
	size_t limit, rendered = 0;

	(void)unused;
	fill(text, sizeof(text), "\n");
	incident = huge_incident(text);
	message = fixture_message(&incident);
	for (limit = 100000; limit > 0; limit -= limit > 12000 ? 2000 : 100) {
		sw_autofree char *json = NULL;
		size_t len;
		int rc = sw_ecs_format(&message, limit, &json, &len);

		if (rc == -EMSGSIZE)
			break;
		assert_int_equal(rc, 0);
		assert_true(len <= limit);
		json_decref(parse_json(json, len));
		rendered++;
	}
	assert_true(limit < SYSLOG_LIMIT - 1000);
	assert_true(rendered > 50);
}

static void test_too_small_a_limit_is_an_error(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	char *text = NULL;
	size_t len = 0;

	(void)unused;
	assert_int_equal(sw_ecs_format(&message, 200, &text, &len), -EMSGSIZE);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truncation_keeps_what_matters),
		cmocka_unit_test(test_truncation_of_many_detectors),
		cmocka_unit_test(test_truncation_stops_when_it_fits),
		cmocka_unit_test(test_every_limit_gives_a_message),
		cmocka_unit_test(test_too_small_a_limit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
