/* SPDX-License-Identifier: Apache-2.0 */
/* The largest and most hostile incidents against the syslog limit. */
#include <errno.h>
#include <stdio.h>

#include "fixture.h"
#include "sink/ecs.h"

#define SYSLOG_LIMIT 7500

static json_t *format(const struct sw_message *message, size_t max_bytes)
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

/* The largest incident that the contract allows. */
static struct sw_incident huge_incident(const char *text)
{
	struct sw_incident incident = fixture_incident();

	for (size_t i = 0; i < SW_LINEAGE_MAX; i++) {
		incident.lineage[i] = incident.lineage[2];
		incident.lineage[i].image = 100 + i;
	}
	incident.lineage_count = SW_LINEAGE_MAX;
	incident.hop.image = 100 + SW_LINEAGE_MAX - 1;
	for (size_t i = 0; i < SW_HOPS_SHOWN; i++)
		incident.hops[i] = incident.hops[1];
	incident.hops_count = SW_HOPS_SHOWN;
	for (size_t i = 0; i < SW_PRIVILEGES_MAX; i++)
		incident.privileges[i] = incident.privileges[0];
	incident.privileges_count = SW_PRIVILEGES_MAX;
	for (size_t i = 0; i < SW_TERMS_MAX; i++)
		incident.terms[i] = (struct sw_term){"a rather long name of a term", -100};
	incident.terms_count = SW_TERMS_MAX;
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

		root = format(&message, SYSLOG_LIMIT - 64);
		assert_true(json_array_size(json_at(root, "sidewatch.truncated")) > 0);
		assert_json_text(root, "sidewatch.truncated.[0]", "sidewatch.lineage.argv");
		assert_json_text(root, "sidewatch.origin.ip", "10.0.0.5");
		assert_json_number(root, "sidewatch.origin.port", 51234);
		assert_json_text(root, "destination.ip", "10.0.1.7");
		assert_json_number(root, "destination.port", 22);
		assert_json_text(root, "sidewatch.flow_in.source.ip", "10.0.0.5");
		assert_json_text(root, "sidewatch.incident.id", incident.id);
		assert_json_text(root, "sidewatch.session.confidence", "exact");
		assert_json_number(root, "sidewatch.hops_total", 14);
		assert_in_range(written_bytes(root, "process.executable"), 40, 256);
		assert_in_range(written_bytes(root, "host.name"), 40, 256);
		json_decref(root);

		/* without a limit nothing is missing */
		whole = format(&message, 0);
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
		for (size_t j = 0; j < 2; j++) {
			snprintf(ids[i][j], sizeof(ids[i][j]), "T%zu.%03zu", 1000 + i, j);
			techniques[i][j] = (struct sw_technique){ids[i][j], "Name", names[i]};
		}
		detectors[i] = (struct sw_detector){
			.name = names[i], .techniques = techniques[i], .techniques_count = 2};
		incident.detectors[i] = &detectors[i];
	}
	incident.detectors_count = SW_DETECTORS_MAX;
	root = format(&message, SYSLOG_LIMIT - 64);
	assert_json_text(root, "sidewatch.origin.ip", "10.0.0.5");
	assert_json_text(root, "destination.ip", "10.0.1.7");
	assert_json_text(root, "rule.name.[0]", names[0]);
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
	incident.lineage[1].argv = argv;
	root = format(&message, SYSLOG_LIMIT);
	assert_int_equal(json_array_size(json_at(root, "sidewatch.truncated")), 1);
	assert_json_text(root, "process.command_line", "ssh root@10.0.1.7");
	assert_int_equal(json_array_size(json_at(root, "sidewatch.lineage")), 3);
	json_decref(root);
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
		cmocka_unit_test(test_too_small_a_limit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
