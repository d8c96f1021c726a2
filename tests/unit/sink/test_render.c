/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "fixture.h"
#include "sink/render.h"

#define WIDTH 80

static const struct sw_render_options plain = {.width = WIDTH};
static const struct sw_render_options colored = {.width = WIDTH, .color = true};

static char *block(const struct sw_message *message, const struct sw_render_options *options)
{
	char *text = NULL;
	size_t len;

	assert_int_equal(sw_render_block(message, options, &text, &len), 0);
	assert_int_equal(strlen(text), len);
	return text;
}

/* Every line fits the page and is printable; the only escapes are our own colors. */
static void check_page(const char *text)
{
	unsigned int column = 0;

	for (const char *c = text; *c; c++) {
		if (*c == '\n') {
			column = 0;
			continue;
		}
		if (*c == '\x1b') {
			size_t n;

			assert_int_equal(c[1], '[');
			n = strspn(c + 2, "0123456789;");
			assert_int_equal(c[2 + n], 'm');
			c += 2 + n;
			continue;
		}
		assert_in_range((unsigned char)*c, 0x20, 0x7e);
		assert_true(++column <= WIDTH);
	}
}

/* The text without our colors. */
static char *strip(const char *text)
{
	char *out = calloc(1, strlen(text) + 1), *to = out;

	for (; *text; text++) {
		if (*text == '\x1b')
			text += strcspn(text, "m");
		else
			*to++ = *text;
	}
	return out;
}

static void test_a_block_for_people(void **unused)
{
	static const char body[] =
		"|   10.0.0.5:51234 -> sshd:22 alice pts/3 -> bash -> sudo root -> ssh\n"
		"|     -> 10.0.1.7:22\n"
		"|   75 = session-pivot 25 + new family 25 + port 10 + sudo 5 + ssh-forward 10\n"
		"|   exact | lost 0\n"
		"| \n"
		"|   to      10.0.1.7:22              established\n"
		"|           10.0.1.8:22              refused\n"
		"|           and 12 more\n";
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	sw_autofree char *text = block(&message, &plain);
	char *line = strchr(text, '\n');

	(void)unused;
	check_page(text);
	assert_memory_equal(text, "| 2023-11-", 10); /* the hour is the test machine's */
	assert_non_null(line);
	*line++ = '\0';
	assert_string_equal(text + strlen("| 2023-11-14 23:15:00"),
			    "   ALERT 75   session-pivot, ssh-forward");
	assert_memory_equal(line, body, strlen(body));
	line += strlen(body);
	assert_memory_equal(line, "|   became  uid 1000 -> 0  setuid-exec, pid 830, ", 49);
	assert_non_null(strstr(line, "|   from    10.0.0.5:51234\n"
				     "|   user    alice (uid 1000)\n"
				     "|   through /usr/sbin/sshd on port 22\n"
				     "|   ran     ssh root@10.0.1.7  (pid 840)\n\n"));
}

static void test_color_adds_nothing_but_color(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	sw_autofree char *with = block(&message, &colored);
	sw_autofree char *without = block(&message, &plain);
	sw_autofree char *stripped = strip(with);

	(void)unused;
	check_page(with);
	assert_non_null(strstr(with, "\x1b[1;97;41m ALERT 75 \x1b[0m"));
	assert_null(strchr(without, '\x1b'));
	for (char *c = without; *c; c++) { /* the margin is a bar or a colored space */
		if (*c == '|' && (c == without || c[-1] == '\n'))
			*c = ' ';
	}
	assert_string_equal(stripped, without);
}

static void test_several_candidates_are_never_one_peer(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	sw_autofree char *text = NULL;

	(void)unused;
	incident.origin.confidence = SW_CONFIDENCE_SERVICE;
	incident.origin.nflows = 2;
	incident.origin.seen = 9;
	incident.origin.in[1] = fixture_flow("10.0.0.9", 22, "10.0.0.6", 50000);
	text = block(&message, &plain);
	assert_non_null(strstr(text, "from    one of 10.0.0.5:51234, 10.0.0.6:50000 or others "
				     "(9 in all)\n"));
}

static void test_notes_and_failures(void **unused)
{
	struct sw_message message = fixture_note(SW_MSG_LOSS, "ring full: 3 records dropped");
	struct sw_incident incident = fixture_incident();
	sw_autofree char *text = block(&message, &plain), *failed = NULL;

	(void)unused;
	assert_non_null(strstr(text, " LOSS "));
	assert_non_null(strstr(text, "|   ring full: 3 records dropped\n"));

	incident.update = 2;
	incident.hops[0].outcome = SW_OUTCOME_FAILED;
	incident.hops[0].error = 113;
	message = fixture_message(&incident);
	failed = block(&message, &plain);
	assert_non_null(strstr(failed, "failed (EHOSTUNREACH)\n"));
	assert_non_null(strstr(failed, "ssh-forward  (update 2)\n"));
}

static void test_hostile_text_stays_on_the_page(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(hostile_texts); i++) {
		struct sw_incident incident = fixture_incident(), clean = fixture_incident();
		struct sw_host host = fixture_hostile_host(hostile_texts[i]);
		struct sw_message message = fixture_message(&incident);
		sw_autofree char *text = NULL, *line = NULL;
		size_t len;

		fixture_poison(&incident, hostile_texts[i]);
		message.host = &host;
		text = block(&message, &colored);
		check_page(text);

		assert_int_equal(sw_render_line(&message, &line, &len), 0);
		assert_printable(line, len - 1);
		assert_int_equal(line[len - 1], '\n');

		/* fields that are not escaped before, under an honest explanation */
		fixture_poison(&incident, hostile_texts[i]);
		incident.explain = clean.explain;
		free(text);
		text = block(&message, &plain);
		check_page(text);
		assert_null(strchr(text, '\x1b'));
	}
}

static void test_long_text_is_wrapped_and_cut(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	sw_autofree char *text = NULL;
	char word[400];
	size_t letters = 0;

	(void)unused;
	memset(word, 'w', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	fixture_poison(&incident, word);
	text = block(&message, &plain);
	check_page(text);
	assert_non_null(strstr(text, "user    www"));
	assert_non_null(strstr(text, "www...")); /* cut where the page ends */

	/* of the explanation nothing is lost */
	for (char *c = strchr(text, '\n'), *end = strstr(text, "|   to"); c < end; c++)
		letters += *c == 'w';
	assert_int_equal(letters, sizeof(word) - 1);
}

/* At every length around the page's edge. */
static void test_wrapping_at_the_edge(void **unused)
{
	(void)unused;
	for (int n = 60; n < 90; n++) {
		struct sw_incident incident = fixture_incident();
		struct sw_message message = fixture_message(&incident);
		sw_autofree char *text = NULL, *explain = NULL;

		assert_true(asprintf(&explain, "%0*d -> x + y z  two | %0*d | %0*d w", n, 0, n, 0,
				     n / 2, 0) > 0);
		incident.explain = explain;
		text = block(&message, &plain);
		check_page(text);
	}
}

static void test_one_line_for_pipes(void **unused)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);
	sw_autofree char *line = NULL, *note = NULL, *expect = NULL;
	size_t len;

	(void)unused;
	assert_int_equal(sw_render_line(&message, &line, &len), 0);
	assert_true(asprintf(&expect,
			     "2023-11-14T22:15:00.000000000Z alert 75 session-pivot,ssh-forward "
			     "opened: %s\n",
			     incident.explain) > 0);
	assert_string_equal(line, expect);

	message = fixture_note(SW_MSG_LOSS, "three\nlost");
	assert_int_equal(sw_render_line(&message, &note, &len), 0);
	assert_string_equal(note, "2023-11-14T22:15:00.000000000Z loss: three\\nlost\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_block_for_people),
		cmocka_unit_test(test_color_adds_nothing_but_color),
		cmocka_unit_test(test_several_candidates_are_never_one_peer),
		cmocka_unit_test(test_notes_and_failures),
		cmocka_unit_test(test_hostile_text_stays_on_the_page),
		cmocka_unit_test(test_long_text_is_wrapped_and_cut),
		cmocka_unit_test(test_wrapping_at_the_edge),
		cmocka_unit_test(test_one_line_for_pipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
