/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for servers, read back by the grammar of RFC 5424 section 6. */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "sink/rfc5424.h"

#define TIME "2023-11-14T22:15:00\\.000000Z"
#define QUALITY "\\[timeQuality tzKnown=\"1\" isSynced=\"[01]\"( syncAccuracy=\"[0-9]+\")?\\]"
#define ORIGIN "\\[origin software=\"sidewatch\" swVersion=\"[0-9.]+\"\\]"

static char *format(struct sw_rfc5424 *stream, const struct sw_message *message)
{
	char *text = NULL;
	size_t len = 0;

	assert_int_equal(sw_rfc5424_format(stream, message, &text, &len), 0);
	assert_int_equal(strlen(text), len);
	assert_true(len <= SW_RFC5424_BYTES);
	assert_printable(text, len);
	return text;
}

/* Whether the head, up to the body's first brace, is exactly that. Returns the body. */
static json_t *assert_head(const char *text, const char *pattern)
{
	const char *body = strstr(text, " {");
	sw_autofree char *head = NULL;
	sw_autofree char *whole = NULL;
	regex_t regex;

	assert_non_null(body);
	head = strndup(text, (size_t)(body - text));
	assert_true(asprintf(&whole, "^%s$", pattern) > 0);
	assert_int_equal(regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&regex, head, 0, NULL, 0))
		fail_msg("%s is not %s", head, whole);
	regfree(&regex);
	return parse_json(body + 1, strlen(body + 1));
}

static void test_an_incident(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	struct sw_rfc5424 stream = {.sequence = 0};
	sw_autofree char *text = format(&stream, &message);
	char pattern[512];
	json_t *root;

	(void)unused;
	snprintf(pattern, sizeof(pattern),
		 "<83>1 " TIME " web-03 sidewatch %d INCIDENT " QUALITY ORIGIN
		 "\\[meta sequenceId=\"1\"\\]",
		 getpid());
	root = assert_head(text, pattern);
	assert_json_text(root, "sidewatch.origin.ip", "10.0.0.5");
	json_decref(root);
}

static void test_an_enterprise_number_names_our_own_element(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	struct sw_message note = fixture_note(SW_MSG_HEALTH, "fine");
	struct sw_rfc5424 stream = {.enterprise_id = 32473, .sequence = 41};
	sw_autofree char *text = format(&stream, &message);
	sw_autofree char *health = format(&stream, &note);

	(void)unused;
	json_decref(assert_head(
		text, "<83>1 .* INCIDENT " QUALITY "\\[origin enterpriseId=\"32473\" "
		      "software=\"sidewatch\" swVersion=\"[0-9.]+\"\\]"
		      "\\[sidewatch@32473 incident=\"[-0-9a-f]+\" update=\"0\" band=\"alert\" "
		      "score=\"75\"\\]\\[meta sequenceId=\"42\"\\]"));
	json_decref(assert_head(health,
				"<85>1 .* HEALTH " QUALITY "\\[origin enterpriseId=\"32473\" "
				"software=\"sidewatch\" swVersion=\"[0-9.]+\"\\]"
				"\\[meta sequenceId=\"43\"\\]"));
}

static void test_severities_and_kinds(void **unused)
{
	static const struct {
		int score;
		const char *head;
	} bands[] = {{39, "<86>1 .* INCIDENT .*"},
		     {40, "<84>1 .* INCIDENT .*"},
		     {60, "<83>1 .* INCIDENT .*"},
		     {85, "<82>1 .* INCIDENT .*"}};
	struct sw_message loss = fixture_note(SW_MSG_LOSS, "gone");
	struct sw_incident incident = fixture_incident();
	struct sw_rfc5424 stream = {.sequence = 0};
	sw_autofree char *text = format(&stream, &loss);

	(void)unused;
	json_decref(assert_head(text, "<84>1 .* LOSS .*"));
	for (size_t i = 0; i < SW_ARRAY_SIZE(bands); i++) {
		struct sw_message message;
		sw_autofree char *line = NULL;

		incident.score = bands[i].score;
		incident.band = sw_band_of(incident.score);
		message = fixture_message(&incident);
		line = format(&stream, &message);
		json_decref(assert_head(line, bands[i].head));
	}
}

static void test_the_sequence_wraps_to_one(void **unused)
{
	struct sw_message note = fixture_note(SW_MSG_HEALTH, "fine");
	struct sw_rfc5424 stream = {.sequence = 2147483646};
	sw_autofree char *last = format(&stream, &note);
	sw_autofree char *first = format(&stream, &note);

	(void)unused;
	assert_non_null(strstr(last, "sequenceId=\"2147483647\""));
	assert_non_null(strstr(first, "sequenceId=\"1\""));
}

/* Six fields and four elements, whatever stands in names: none can begin one of its own. */
static void test_hostile_text_forges_nothing(void **unused)
{
	struct sw_rfc5424 stream = {.sequence = 0};

	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(hostile_texts); i++) {
		struct sw_incident incident = fixture_incident();
		struct sw_host host = fixture_hostile_host(hostile_texts[i]);
		struct sw_message message = fixture_message(&incident);
		sw_autofree char *text = NULL;

		fixture_poison(&incident, hostile_texts[i]);
		message.host = &host;
		text = format(&stream, &message);
		json_decref(assert_head(text, "<83>1 " TIME
					      " [!-~]+ sidewatch [0-9]+ INCIDENT " QUALITY ORIGIN
					      "\\[meta sequenceId=\"[0-9]+\"\\]"));
	}
}

static void test_what_is_not_known_is_a_dash(void **unused)
{
	struct sw_host host = fixture_host;
	struct sw_message note = fixture_note(SW_MSG_HEALTH, "fine");
	struct sw_rfc5424 stream = {.sequence = 0};
	sw_autofree char *text = NULL;

	(void)unused;
	host.name[0] = '\0';
	note.host = &host;
	text = format(&stream, &note);
	json_decref(assert_head(text, "<85>1 " TIME " - sidewatch .*"));
}

static void test_long_ones_are_cut_and_say_so(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	struct sw_rfc5424 stream = {.enterprise_id = UINT32_MAX};
	sw_autofree char *argv = malloc(60000);
	sw_autofree char *text = NULL;
	json_t *root;

	(void)unused;
	memset(argv, 'x', 59999);
	argv[59999] = '\0';
	incident.lineage[1].argv = argv;
	text = format(&stream, &message);
	root = assert_head(text, "<83>1 .*");
	assert_true(json_array_size(json_at(root, "sidewatch.truncated")) > 0);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_incident),
		cmocka_unit_test(test_an_enterprise_number_names_our_own_element),
		cmocka_unit_test(test_severities_and_kinds),
		cmocka_unit_test(test_the_sequence_wraps_to_one),
		cmocka_unit_test(test_hostile_text_forges_nothing),
		cmocka_unit_test(test_what_is_not_known_is_a_dash),
		cmocka_unit_test(test_long_ones_are_cut_and_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
