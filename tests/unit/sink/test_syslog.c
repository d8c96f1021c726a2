/* SPDX-License-Identifier: Apache-2.0 */
/* Against a real datagram socket: there, stalled, gone, and back. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "sink/syslog.h"

struct daemon {
	char dir[64];
	char path[96];
	int fd;
	char text[16384]; /* the last datagram */
	size_t len;
};

static void daemon_start(struct daemon *daemon)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	memcpy(addr.sun_path, daemon->path, strlen(daemon->path) + 1);
	daemon->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(daemon->fd >= 0);
	assert_int_equal(bind(daemon->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
}

/* As when a daemon is killed: the name stays, nobody is behind it. */
static void daemon_kill(struct daemon *daemon)
{
	close(daemon->fd);
	daemon->fd = -1;
}

static void daemon_stop(struct daemon *daemon)
{
	daemon_kill(daemon);
	unlink(daemon->path);
}

static bool daemon_receive(struct daemon *daemon)
{
	ssize_t n = recv(daemon->fd, daemon->text, sizeof(daemon->text) - 1, MSG_TRUNC);

	if (n < 0)
		return false;
	assert_true((size_t)n < sizeof(daemon->text));
	daemon->text[n] = '\0';
	daemon->len = (size_t)n;
	return true;
}

static json_t *daemon_json(struct daemon *daemon)
{
	static const char cookie[] = "@cee: ";
	char *json = strstr(daemon->text, cookie);

	assert_printable(daemon->text, daemon->len);
	assert_true(daemon->len <= SW_SYSLOG_MESSAGE_BYTES);
	assert_non_null(json);
	json += strlen(cookie);
	return parse_json(json, strlen(json));
}

static size_t daemon_drain(struct daemon *daemon)
{
	size_t n = 0;

	while (daemon_receive(daemon))
		n++;
	return n;
}

static int setup(void **state)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));

	snprintf(daemon->dir, sizeof(daemon->dir), "/tmp/sw-syslog-XXXXXX");
	if (!mkdtemp(daemon->dir))
		return -1;
	snprintf(daemon->path, sizeof(daemon->path), "%s/log", daemon->dir);
	daemon->fd = -1;
	*state = daemon;
	return 0;
}

static int teardown(void **state)
{
	struct daemon *daemon = *state;

	if (daemon->fd >= 0)
		daemon_kill(daemon);
	unlink(daemon->path);
	rmdir(daemon->dir);
	free(daemon);
	return 0;
}

static struct sw_sink *open_sink(const struct daemon *daemon)
{
	struct sw_sink *sink = NULL;

	assert_int_equal(sw_syslog_open(daemon->path, SW_BAND_ALERT, &sink), 0);
	assert_int_equal(sink->level, SW_BAND_ALERT);
	return sink;
}

static struct sw_sink_stats stats_of(const struct sw_sink *sink)
{
	struct sw_sink_stats stats;

	sink->ops->stats(sink, &stats);
	return stats;
}

static int send_score(struct sw_sink *sink, int score)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message;

	incident.score = score;
	incident.band = sw_band_of(score);
	message = fixture_message(&incident);
	return sink->ops->send(sink, &message);
}

static void test_header_is_rfc_3164(void **state)
{
	struct daemon *daemon = *state;
	struct sw_sink *sink;
	char expect[96];
	time_t seconds = 1700000100;
	struct tm tm;
	json_t *root;

	daemon_start(daemon);
	sink = open_sink(daemon);
	assert_int_equal(sw_syslog_state(sink), 0);
	assert_int_equal(send_score(sink, 75), 0);
	assert_true(daemon_receive(daemon));
	localtime_r(&seconds, &tm);
	snprintf(expect, sizeof(expect), "<83>Nov %2d %02d:%02d:%02d sidewatch[%d]: @cee: {",
		 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, getpid());
	assert_memory_equal(daemon->text, expect, strlen(expect));
	root = daemon_json(daemon);
	assert_json_text(root, "sidewatch.origin.ip", "10.0.0.5");
	json_decref(root);
	assert_int_equal(stats_of(sink).sent, 1);
	sink->ops->free(sink);
}

static void test_severities(void **state)
{
	/* authpriv is facility 10 */
	static const struct {
		int score;
		const char *priority;
	} cases[] = {{85, "<82>"}, {60, "<83>"}, {40, "<84>"}, {10, "<86>"}};
	struct daemon *daemon = *state;
	struct sw_message message = fixture_note(SW_MSG_HEALTH, "fine");
	struct sw_sink *sink;

	daemon_start(daemon);
	sink = open_sink(daemon);
	for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
		assert_int_equal(send_score(sink, cases[i].score), 0);
		assert_true(daemon_receive(daemon));
		assert_memory_equal(daemon->text, cases[i].priority, 4);
	}
	assert_int_equal(sink->ops->send(sink, &message), 0);
	assert_true(daemon_receive(daemon));
	assert_memory_equal(daemon->text, "<85>", 4);
	message = fixture_note(SW_MSG_LOSS, "gone");
	assert_int_equal(sink->ops->send(sink, &message), 0);
	assert_true(daemon_receive(daemon));
	assert_memory_equal(daemon->text, "<84>", 4);
	sink->ops->free(sink);
}

static void test_hostile_text_is_one_record(void **state)
{
	struct daemon *daemon = *state;
	struct sw_sink *sink;

	daemon_start(daemon);
	sink = open_sink(daemon);
	for (size_t i = 0; i < SW_ARRAY_SIZE(hostile_texts); i++) {
		struct sw_incident incident = fixture_incident();
		struct sw_host host = fixture_hostile_host(hostile_texts[i]);
		struct sw_message message = fixture_message(&incident);

		fixture_poison(&incident, hostile_texts[i]);
		message.host = &host;
		assert_int_equal(sink->ops->send(sink, &message), 0);
		assert_true(daemon_receive(daemon));
		json_decref(daemon_json(daemon));
		assert_false(daemon_receive(daemon));
	}
	sink->ops->free(sink);
}

static void test_waits_for_a_daemon_that_is_not_there_yet(void **state)
{
	struct daemon *daemon = *state;
	struct sw_sink *sink = open_sink(daemon);

	assert_int_equal(sw_syslog_state(sink), -ENOENT);
	assert_int_equal(send_score(sink, 61), 0);
	assert_int_equal(send_score(sink, 62), 0);
	assert_int_equal(stats_of(sink).queued, 2);
	sink->ops->tick(sink);
	assert_int_equal(stats_of(sink).queued, 2);

	daemon_start(daemon);
	sink->ops->tick(sink);
	for (int score = 61; score <= 62; score++) { /* in their order */
		json_t *root;

		assert_true(daemon_receive(daemon));
		root = daemon_json(daemon);
		assert_json_number(root, "sidewatch.incident.score", score);
		json_decref(root);
	}
	assert_false(daemon_receive(daemon)); /* nothing was lost: nothing to tell */
	assert_int_equal(stats_of(sink).queued, 0);
	assert_int_equal(stats_of(sink).sent, 2);
	assert_int_equal(stats_of(sink).dropped, 0);
	sink->ops->free(sink);
}

static void test_daemon_dies_and_comes_back(void **state)
{
	struct daemon *daemon = *state;
	struct sw_sink *sink;

	daemon_start(daemon);
	sink = open_sink(daemon);
	assert_int_equal(send_score(sink, 60), 0);
	assert_int_equal(daemon_drain(daemon), 1);

	daemon_kill(daemon); /* ECONNREFUSED */
	assert_int_equal(send_score(sink, 61), 0);
	assert_int_equal(sw_syslog_state(sink), -ECONNREFUSED);
	daemon_stop(daemon); /* ENOENT */
	assert_int_equal(send_score(sink, 62), 0);
	assert_int_equal(stats_of(sink).queued, 2);

	daemon_start(daemon);
	assert_int_equal(send_score(sink, 63), 0); /* takes the others along */
	assert_int_equal(daemon_drain(daemon), 3);
	assert_int_equal(stats_of(sink).sent, 4);

	/* restarted between two messages: not even one tick late */
	daemon_stop(daemon);
	daemon_start(daemon);
	assert_int_equal(send_score(sink, 64), 0);
	assert_int_equal(daemon_drain(daemon), 1);
	sink->ops->free(sink);
}

static void test_overflow_is_counted_and_told(void **state)
{
	const unsigned int extra = 10;
	struct daemon *daemon = *state;
	struct sw_sink *sink = open_sink(daemon);
	size_t received = 0;
	bool told = false;

	for (size_t i = 0; i < SW_SYSLOG_QUEUE_MESSAGES + extra; i++)
		assert_int_equal(send_score(sink, 60), 0);
	assert_int_equal(stats_of(sink).queued, SW_SYSLOG_QUEUE_MESSAGES);
	assert_int_equal(stats_of(sink).dropped, extra);

	daemon_start(daemon);
	for (int i = 0; i < 4096 && !told; i++) {
		sink->ops->tick(sink); /* stalls (EAGAIN) whenever the socket's queue is full */
		while (daemon_receive(daemon)) {
			json_t *root = daemon_json(daemon);

			if (strstr(daemon->text, "sidewatch.loss")) {
				assert_json_text(root, "event.dataset", "sidewatch.loss");
				assert_non_null(
					strstr(daemon->text, "syslog sink dropped 10 messages"));
				assert_memory_equal(daemon->text, "<84>", 4);
				told = true;
			}
			received++;
			json_decref(root);
		}
	}
	assert_true(told);
	assert_int_equal(received, SW_SYSLOG_QUEUE_MESSAGES + 1);
	assert_int_equal(stats_of(sink).sent, SW_SYSLOG_QUEUE_MESSAGES + 1);
	sink->ops->tick(sink); /* told once */
	assert_false(daemon_receive(daemon));
	sink->ops->free(sink);
}

static void test_stalled_daemon_does_not_block(void **state)
{
	struct daemon *daemon = *state;
	struct timespec start, end;
	struct sw_sink *sink;

	daemon_start(daemon);
	sink = open_sink(daemon);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 600; i++)
		assert_int_equal(send_score(sink, 60), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - start.tv_sec < 10);
	assert_int_equal(sw_syslog_state(sink), -EAGAIN);
	assert_true(stats_of(sink).queued > 0);
	assert_int_equal(stats_of(sink).queued + stats_of(sink).sent, 600);
	sink->ops->free(sink);
}

static void test_reopen_connects_anew(void **state)
{
	struct daemon *daemon = *state;
	struct sw_sink *sink = open_sink(daemon);

	daemon_start(daemon);
	assert_int_equal(sink->ops->reopen(sink), 0);
	assert_int_equal(sw_syslog_state(sink), 0);
	assert_int_equal(send_score(sink, 60), 0);
	assert_int_equal(daemon_drain(daemon), 1);
	sink->ops->free(sink);
}

static void test_path_must_fit(void **state)
{
	char path[200];
	struct sw_sink *sink = NULL;

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(sw_syslog_open(path, SW_BAND_ALERT, &sink), -ENAMETOOLONG);
	assert_null(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_header_is_rfc_3164, setup, teardown),
		cmocka_unit_test_setup_teardown(test_severities, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_text_is_one_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waits_for_a_daemon_that_is_not_there_yet,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_daemon_dies_and_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overflow_is_counted_and_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stalled_daemon_does_not_block, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_reopen_connects_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(test_path_must_fit, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
