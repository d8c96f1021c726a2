/* SPDX-License-Identifier: Apache-2.0 */
/* Which sinks there are, what each is given, and that none suffers from another. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "sink/sinks.h"

struct fake {
	struct sw_sink sink;
	int answer;
	int sends, ticks, reopens;
	bool *freed;
};

static int fake_send(struct sw_sink *sink, const struct sw_message *message)
{
	struct fake *fake = (struct fake *)sink;

	(void)message;
	fake->sends++;
	return fake->answer;
}

static void fake_tick(struct sw_sink *sink)
{
	((struct fake *)sink)->ticks++;
}

static int fake_reopen(struct sw_sink *sink)
{
	struct fake *fake = (struct fake *)sink;

	fake->reopens++;
	return fake->answer;
}

static void fake_stats(const struct sw_sink *sink, struct sw_sink_stats *out)
{
	*out = (struct sw_sink_stats){.dropped = (uint64_t)((const struct fake *)sink)->sends};
}

static void fake_free(struct sw_sink *sink)
{
	*((struct fake *)sink)->freed = true;
	free(sink);
}

static const struct sw_sink_ops fake_ops = {
	.name = "fake",
	.send = fake_send,
	.tick = fake_tick,
	.reopen = fake_reopen,
	.stats = fake_stats,
	.free = fake_free,
};
static const struct sw_sink_ops rigid_ops = {
	.name = "rigid",
	.send = fake_send,
	.tick = fake_tick,
	.stats = fake_stats,
	.free = fake_free,
};

static struct fake *new_fake(const struct sw_sink_ops *ops, int answer, enum sw_band level,
			     bool *freed)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	fake->sink = (struct sw_sink){.ops = ops, .level = level};
	fake->answer = answer;
	fake->freed = freed;
	return fake;
}

static int send_band(struct sw_sinks *sinks, enum sw_band band)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message;

	incident.band = band;
	message = fixture_message(&incident);
	return sw_sinks_send(sinks, &message);
}

static void test_one_failing_sink_does_not_touch_the_others(void **unused)
{
	bool freed[3] = {false};
	struct fake *bad = new_fake(&fake_ops, -EIO, SW_BAND_RECORD, &freed[0]);
	struct fake *good = new_fake(&fake_ops, 0, SW_BAND_RECORD, &freed[1]);
	struct fake *rigid = new_fake(&rigid_ops, -ENOSPC, SW_BAND_RECORD, &freed[2]);
	struct sw_sinks *sinks = NULL;
	struct sw_sink_stats stats;
	const char *name;

	(void)unused;
	assert_int_equal(sw_sinks_new(&sinks), 0);
	assert_int_equal(sw_sinks_add(sinks, &bad->sink), 0);
	assert_int_equal(sw_sinks_add(sinks, &rigid->sink), 0);
	assert_int_equal(sw_sinks_add(sinks, &good->sink), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_band(sinks, SW_BAND_ALERT), -EIO);
	assert_int_equal(bad->sends, 5);
	assert_int_equal(good->sends, 5);
	assert_int_equal(rigid->sends, 5);
	sw_sinks_tick(sinks);
	assert_int_equal(good->ticks, 1);
	assert_int_equal(sw_sinks_reopen(sinks), -EIO);
	assert_int_equal(good->reopens, 1);
	assert_int_equal(rigid->reopens, 0);

	assert_int_equal(sw_sinks_count(sinks), 3);
	assert_int_equal(sw_sinks_stats(sinks, 1, &name, &stats), 0);
	assert_string_equal(name, "rigid");
	assert_int_equal(stats.dropped, 5);
	assert_int_equal(sw_sinks_stats(sinks, 3, &name, &stats), -ENOENT);
	sw_sinks_free(&sinks);
	assert_null(sinks);
	assert_true(freed[0] && freed[1] && freed[2]);
	sw_sinks_free(&sinks);
}

static void test_each_sink_has_its_level(void **unused)
{
	bool freed = false;
	struct fake *sink = new_fake(&fake_ops, 0, SW_BAND_ALERT, &freed);
	struct sw_message note = fixture_note(SW_MSG_HEALTH, "fine");
	struct sw_sinks *sinks = NULL;

	(void)unused;
	assert_int_equal(sw_sinks_new(&sinks), 0);
	assert_int_equal(sw_sinks_add(sinks, &sink->sink), 0);
	send_band(sinks, SW_BAND_RECORD);
	send_band(sinks, SW_BAND_NOTICE);
	assert_int_equal(sink->sends, 0);
	send_band(sinks, SW_BAND_ALERT);
	send_band(sinks, SW_BAND_CRITICAL);
	assert_int_equal(sink->sends, 2);
	sw_sinks_send(sinks, &note); /* has no band */
	assert_int_equal(sink->sends, 3);
	sw_sinks_free(&sinks);
}

static void test_a_set_is_bounded(void **unused)
{
	bool freed = false;
	struct sw_sinks *sinks = NULL;
	struct fake *one_more;
	int rc;

	(void)unused;
	assert_int_equal(sw_sinks_new(&sinks), 0);
	do {
		one_more = new_fake(&fake_ops, 0, SW_BAND_ALERT, &freed);
		rc = sw_sinks_add(sinks, &one_more->sink);
	} while (rc == 0);
	assert_int_equal(rc, -ENOSPC);
	free(one_more);
	sw_sinks_free(&sinks);
}

/* ---- which sinks are opened ------------------------------------------------------------- */

struct place {
	char dir[64];
	char log[96];
	char json[96];
	int pipe[2];
	int master, slave;
	struct sw_config config;
	char problems[512];
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->dir, sizeof(place->dir), "/tmp/sw-sinks-XXXXXX");
	if (!mkdtemp(place->dir) || pipe2(place->pipe, O_CLOEXEC | O_NONBLOCK))
		return -1;
	snprintf(place->log, sizeof(place->log), "%s/log", place->dir);
	snprintf(place->json, sizeof(place->json), "%s/json", place->dir);
	place->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (place->master < 0 || grantpt(place->master) || unlockpt(place->master))
		return -1;
	place->slave = open(ptsname(place->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	place->config.syslog.path = place->log;
	place->config.syslog.level = SW_BAND_ALERT;
	place->config.terminal.level = SW_BAND_NOTICE;
	place->config.json.level = SW_BAND_NOTICE;
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	close(place->pipe[0]);
	close(place->pipe[1]);
	close(place->slave);
	close(place->master);
	unlink(place->json);
	rmdir(place->dir);
	free(place);
	return 0;
}

static void note_problem(void *arg, const char *sink, const char *target, int error, bool waits)
{
	struct place *place = arg;
	size_t used = strlen(place->problems);

	snprintf(place->problems + used, sizeof(place->problems) - used, "%s %s %s %s;", sink,
		 strrchr(target, '/') ? strrchr(target, '/') + 1 : target, strerrorname_np(error),
		 waits ? "waits" : "fails");
}

/* "terminal,json" for what was opened, or the errno's name. */
static void assert_opened(struct place *place, bool tty, bool json, const char *expect)
{
	const struct sw_sinks_options options = {.stdout_fd = tty ? place->slave : place->pipe[1],
						 .stdout_json = json,
						 .problem = note_problem,
						 .arg = place};
	struct sw_sinks *sinks = NULL;
	char names[64] = "";
	int rc;

	place->problems[0] = '\0';
	rc = sw_sinks_open(&place->config, &options, &sinks);
	if (rc) {
		assert_null(sinks);
		assert_string_equal(strerrorname_np(-rc), expect);
		return;
	}
	for (size_t i = 0; i < sw_sinks_count(sinks); i++) {
		struct sw_sink_stats stats;
		const char *name;

		assert_int_equal(sw_sinks_stats(sinks, i, &name, &stats), 0);
		strcat(names, i ? "," : "");
		strcat(names, name);
	}
	sw_sinks_free(&sinks);
	assert_string_equal(names, expect);
}

static void test_defaults_follow_standard_output(void **state)
{
	struct place *place = *state;

	assert_opened(place, true, false, "terminal");
	assert_opened(place, false, false, "syslog");
	assert_string_equal(place->problems, "syslog log ENOENT waits;");
	assert_opened(place, true, true, "terminal");
	assert_opened(place, false, true, "terminal");
	place->config.json.path = place->json;
	assert_opened(place, true, false, "terminal,json");
	assert_opened(place, false, false, "syslog,json");
}

static void test_the_file_decides_what_it_names(void **state)
{
	struct place *place = *state;

	place->config.terminal.enabled_set = true;
	assert_opened(place, true, false, "syslog"); /* else nobody would hear */
	assert_opened(place, false, false, "syslog");
	assert_opened(place, true, true, "terminal"); /* asked for on the command line */
	place->config.terminal.enabled = true;
	assert_opened(place, true, false, "terminal");
	assert_opened(place, false, false, "terminal,syslog");
	place->config.syslog.enabled_set = true;
	assert_opened(place, false, false, "terminal");
	place->config.syslog.enabled = true;
	assert_opened(place, true, false, "terminal,syslog");
	assert_opened(place, true, true, "terminal,syslog");

	place->config.terminal.enabled = false;
	place->config.syslog.enabled = false;
	assert_opened(place, true, false, "ENODEV");
}

static void test_what_cannot_be_opened_is_reported_and_left_out(void **state)
{
	struct place *place = *state;
	char nowhere[] = "/nonexistent/sidewatch.json";
	char too_long[200];

	place->config.json.path = nowhere;
	assert_opened(place, true, false, "terminal");
	assert_string_equal(place->problems, "json sidewatch.json ENOENT fails;");

	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	place->config.syslog.path = too_long;
	assert_opened(place, false, false, "ENAMETOOLONG");
}

static size_t pipe_text(struct place *place, char *text, size_t size)
{
	ssize_t n = read(place->pipe[0], text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void test_notes_go_where_they_belong(void **state)
{
	struct place *place = *state;
	struct sw_sinks_options options = {.stdout_fd = place->pipe[1]};
	struct sw_message health = fixture_note(SW_MSG_HEALTH, "fine");
	struct sw_message loss = fixture_note(SW_MSG_LOSS, "gone");
	struct sw_sinks *sinks = NULL;
	struct sw_sink_stats stats;
	const char *name;
	char text[8192];

	place->config.terminal.enabled = place->config.terminal.enabled_set = true;
	place->config.json.path = place->json;
	assert_int_equal(sw_sinks_open(&place->config, &options, &sinks), 0);
	sw_sinks_send(sinks, &health);
	assert_int_equal(pipe_text(place, text, sizeof(text)), 0);
	sw_sinks_send(sinks, &loss);
	assert_true(pipe_text(place, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "loss: gone"));
	assert_int_equal(sw_sinks_stats(sinks, 1, &name, &stats), 0);
	assert_string_equal(name, "syslog");
	assert_int_equal(stats.queued, 2);
	assert_int_equal(sw_sinks_stats(sinks, 2, &name, &stats), 0);
	assert_string_equal(name, "json");
	assert_int_equal(stats.sent, 2);
	sw_sinks_free(&sinks);

	options.stdout_json = true; /* a stream for machines has everything */
	assert_int_equal(sw_sinks_open(&place->config, &options, &sinks), 0);
	sw_sinks_send(sinks, &health);
	assert_true(pipe_text(place, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"sidewatch.health\""));
	sw_sinks_free(&sinks);
}

static bool master_has_escape(struct place *place, enum sw_color color)
{
	const struct sw_sinks_options options = {.stdout_fd = place->slave, .color = color};
	struct sw_sinks *sinks = NULL;
	char text[8192];
	ssize_t n;

	assert_int_equal(sw_sinks_open(&place->config, &options, &sinks), 0);
	send_band(sinks, SW_BAND_ALERT);
	sw_sinks_free(&sinks);
	n = read(place->master, text, sizeof(text));
	assert_true(n > 0);
	return memchr(text, '\x1b', (size_t)n) != NULL;
}

static void test_color_is_for_terminals_that_want_it(void **state)
{
	struct place *place = *state;

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_true(master_has_escape(place, SW_COLOR_AUTO));
	assert_false(master_has_escape(place, SW_COLOR_NEVER));
	setenv("NO_COLOR", "", 1); /* only a value that is not empty counts */
	assert_true(master_has_escape(place, SW_COLOR_AUTO));
	setenv("NO_COLOR", "1", 1);
	assert_false(master_has_escape(place, SW_COLOR_AUTO));
	assert_true(master_has_escape(place, SW_COLOR_ALWAYS));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(master_has_escape(place, SW_COLOR_AUTO));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_failing_sink_does_not_touch_the_others),
		cmocka_unit_test(test_each_sink_has_its_level),
		cmocka_unit_test(test_a_set_is_bounded),
		cmocka_unit_test_setup_teardown(test_defaults_follow_standard_output, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_the_file_decides_what_it_names, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_opened_is_reported_and_left_out,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_notes_go_where_they_belong, setup, teardown),
		cmocka_unit_test_setup_teardown(test_color_is_for_terminals_that_want_it, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
