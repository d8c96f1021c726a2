/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Against sockets of our own: frames, what is sent again, what is kept. TLS and real daemons:
 * tests/syslog.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/host.h"
#include "fixture.h"
#include "sink/resolve.h"
#include "sink/server.h"

struct place {
	char dir[64];
	char spool[96];
	char host[16];
	struct sw_server server;
	struct sw_sink *sink;
	int listener;
	int conn;
	char text[4 << 20]; /* what came, and is not taken apart yet */
	size_t len;
	char told[512];
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->dir, sizeof(place->dir), "/tmp/sw-server-XXXXXX");
	if (!mkdtemp(place->dir))
		return -1;
	snprintf(place->spool, sizeof(place->spool), "%s/spool", place->dir);
	snprintf(place->host, sizeof(place->host), "127.0.0.1");
	place->server = (struct sw_server){.protocol = SW_PROTOCOL_TCP,
					   .host = place->host,
					   .level = SW_BAND_RECORD,
					   .spool_dir = place->spool,
					   .spool_bytes = 1 << 20};
	place->listener = place->conn = -1;
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	char command[96];

	if (place->listener >= 0)
		close(place->listener);
	if (place->conn >= 0)
		close(place->conn);
	snprintf(command, sizeof(command), "rm -rf %s", place->dir);
	free(place);
	return system(command);
}

/* Binds, the second time to the same port; a datagram socket for UDP. */
static void listen_now(struct place *place)
{
	bool stream = place->server.protocol == SW_PROTOCOL_TCP;
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_port = htons(place->server.port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int on = 1;

	place->listener = socket(
		AF_INET, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(place->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(place->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_true(!stream || listen(place->listener, 8) == 0);
	assert_int_equal(getsockname(place->listener, (struct sockaddr *)&addr, &len), 0);
	place->server.port = ntohs(addr.sin_port);
}

static void unlisten(struct place *place)
{
	close(place->listener);
	place->listener = -1;
}

static void reset(struct place *place)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(place->conn, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(place->conn);
	place->conn = -1;
	place->len = 0;
}

static void keep_told(void *arg, const char *sink, const char *target, const char *what)
{
	struct place *place = arg;
	size_t used = strlen(place->told);

	(void)target;
	snprintf(place->told + used, sizeof(place->told) - used, "%s: %s;", sink, what);
}

static void open_sink(struct place *place)
{
	const struct sw_server_options options = {.tell = keep_told, .arg = place};

	place->sink = NULL;
	assert_int_equal(sw_server_open(&place->server, &options, &place->sink), 0);
}

static void send_score(struct place *place, int score)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message;

	incident.score = score;
	message = fixture_message(&incident);
	assert_int_equal(place->sink->ops->send(place->sink, &message), 0);
}

/* Short: of these memory holds a number, of others so many bytes. */
static void send_text(struct place *place)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);

	message.msgid = SW_MSG_HEALTH;
	message.incident = NULL;
	message.text = "all is well";
	assert_int_equal(place->sink->ops->send(place->sink, &message), 0);
}

static void take_in(struct place *place)
{
	bool stream = place->server.protocol == SW_PROTOCOL_TCP;
	ssize_t n;

	if (stream && place->conn < 0)
		place->conn = accept4(place->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	n = recv(stream ? place->conn : place->listener, place->text + place->len,
		 sizeof(place->text) - 1 - place->len, 0);
	if (n > 0)
		place->len += (size_t)n;
	place->text[place->len] = '\0';
}

/* What the loop does, for that long. */
static void pump(struct place *place, unsigned int ms)
{
	struct pollfd fd = {.fd = place->sink->ops->fd(place->sink), .events = POLLIN};
	uint64_t end = sw_boottime_ns() + ms * 1000000ULL;

	do {
		if (poll(&fd, 1, 5) > 0)
			place->sink->ops->ready(place->sink);
		if (place->listener >= 0)
			take_in(place);
	} while (sw_boottime_ns() < end);
	place->sink->ops->tick(place->sink);
}

/* The score of the next message that came, by its frame; -1: none is whole. */
static int next_score(struct place *place)
{
	char *at = place->text;
	json_t *root;
	size_t len;
	int score;

	if (place->server.protocol == SW_PROTOCOL_TCP) {
		len = strtoul(at, &at, 10);
		if (len == 0 || *at != ' ' || strlen(++at) < len)
			return -1;
	} else {
		len = strlen(at); /* one at a time in these tests */
	}
	if (len == 0)
		return -1;
	assert_memory_equal(at, "<83>1 ", 6);
	root = parse_json(strchr(at, '{'), (size_t)(at + len - strchr(at, '{')));
	score = (int)json_integer_value(json_at(root, "sidewatch.incident.score"));
	json_decref(root);
	place->len -= (size_t)(at - place->text) + len;
	memmove(place->text, at + len, place->len + 1);
	return score;
}

static struct sw_sink_stats stats_of(const struct place *place)
{
	struct sw_sink_stats stats;

	place->sink->ops->stats(place->sink, &stats);
	return stats;
}

static void test_leaves_at_once(void **state)
{
	struct place *place = *state;

	listen_now(place);
	open_sink(place);
	pump(place, 50);
	for (int score = 60; score < 63; score++) {
		send_score(place, score); /* no tick, no ready */
		take_in(place);
		assert_int_equal(next_score(place), score);
	}
	assert_int_equal(stats_of(place).sent, 0);
	pump(place, 400);
	assert_int_equal(stats_of(place).sent, 3);
	assert_int_equal(stats_of(place).queued, 0);
	assert_string_equal(place->told, "");
	place->sink->ops->free(place->sink);
}

static void test_what_was_on_its_way_is_sent_again(void **state)
{
	struct place *place = *state;

	listen_now(place);
	open_sink(place);
	pump(place, 50);
	send_score(place, 60);
	pump(place, 400); /* delivered */
	assert_int_equal(next_score(place), 60);
	send_score(place, 61);
	send_score(place, 62);
	take_in(place);
	reset(place); /* the peer had these and lost them */
	pump(place, 20);
	send_score(place, 63);
	pump(place, 1000);
	for (int score = 61; score <= 63; score++)
		assert_int_equal(next_score(place), score);
	assert_int_equal(next_score(place), -1);
	assert_int_equal(stats_of(place).sent, 4);
	assert_string_equal(place->told,
			    "syslog-tcp: Connection reset by peer;syslog-tcp: takes messages "
			    "again;");
	place->sink->ops->free(place->sink);
}

static void test_waits_on_disk_over_a_restart(void **state)
{
	struct place *place = *state;

	listen_now(place);
	unlisten(place);
	open_sink(place);
	for (int score = 60; score < 70; score++)
		send_score(place, score);
	pump(place, 20);
	assert_int_equal(stats_of(place).queued, 10);
	assert_string_equal(place->told, "syslog-tcp: Connection refused;");
	place->sink->ops->free(place->sink);

	open_sink(place);
	send_score(place, 70);
	assert_int_equal(stats_of(place).queued, 11);
	listen_now(place);
	pump(place, 1200);
	for (int score = 60; score <= 70; score++)
		assert_int_equal(next_score(place), score);
	assert_int_equal(stats_of(place).queued, 0);
	place->sink->ops->free(place->sink);
}

/* What waits is sent as fast as the socket takes it, not so much for each look at the clock. */
static void test_what_waits_on_disk_does_not_wait_for_time(void **state)
{
	struct place *place = *state;
	struct pollfd fd = {.events = POLLIN};

	listen_now(place);
	unlisten(place);
	open_sink(place);
	for (int i = 0; i < 300; i++)
		send_text(place);
	pump(place, 20);
	listen_now(place);
	fd.fd = place->sink->ops->fd(place->sink);
	for (int i = 0; i < 1000 && place->len == 0; i++) {
		if (poll(&fd, 1, 5) > 0)
			place->sink->ops->ready(place->sink);
		take_in(place);
	}
	assert_true(place->len > 0);
	assert_int_equal(stats_of(place).queued, 300);
	assert_int_equal(poll(&fd, 1, 0), 1);
	place->sink->ops->free(place->sink);
}

static void test_a_refused_datagram_is_kept(void **state)
{
	struct place *place = *state;

	place->server.protocol = SW_PROTOCOL_UDP;
	listen_now(place);
	unlisten(place);
	open_sink(place);
	send_score(place, 61);
	pump(place, 100);
	assert_string_equal(place->told, "syslog-udp: Connection refused;");
	assert_int_equal(stats_of(place).queued, 1);
	listen_now(place);
	pump(place, 1500);
	assert_int_equal(next_score(place), 61);
	assert_int_equal(stats_of(place).sent, 1);
	place->sink->ops->free(place->sink);
}

static void test_what_memory_cannot_hold_is_counted_and_told(void **state)
{
	struct place *place = *state;
	uint64_t dropped;
	char *loss;

	place->server.spool_bytes = 0;
	listen_now(place);
	unlisten(place);
	open_sink(place);
	for (int i = 0; i < 1100; i++)
		send_text(place);
	assert_int_equal(stats_of(place).dropped + stats_of(place).queued, 1100);
	dropped = stats_of(place).dropped;
	assert_true(dropped > 0);
	listen_now(place);
	for (int i = 0; i < 200 && stats_of(place).queued > 0; i++)
		pump(place, 20); /* a tick while memory is full and the server is there */
	assert_int_equal(stats_of(place).dropped, dropped);
	pump(place, 50);
	pump(place, 50);
	loss = strstr(place->text, "\"message\":\"syslog-tcp sink dropped ");
	assert_non_null(loss);
	assert_int_equal(strtoul(strstr(loss, "dropped ") + 8, NULL, 10), dropped);
	place->sink->ops->free(place->sink);
}

static void test_a_spool_that_cannot_be_had_is_told(void **state)
{
	struct place *place = *state;
	char nowhere[] = "/dev/null/spool";

	place->server.spool_dir = nowhere;
	listen_now(place);
	open_sink(place);
	assert_string_equal(place->told, "syslog-tcp: no spool, messages wait in memory only: "
					 "Not a directory;");
	pump(place, 50);
	send_score(place, 60);
	take_in(place);
	assert_int_equal(next_score(place), 60);
	place->sink->ops->free(place->sink);
}

/* ---- names ------------------------------------------------------------------------------- */

static int resolve(const char *host, struct addrinfo **list, int ms, const char **why)
{
	struct sw_resolve *resolve = NULL;
	struct pollfd fd = {.events = POLLIN};
	int rc;

	assert_int_equal(sw_resolve_start(host, 514, SOCK_STREAM, &resolve), 0);
	fd.fd = sw_resolve_fd(resolve);
	(void)poll(&fd, 1, ms);
	rc = sw_resolve_result(resolve, list, why);
	sw_resolve_free(&resolve);
	assert_null(resolve);
	return rc;
}

static void test_names_and_addresses(void **unused)
{
	struct addrinfo *list = NULL;
	const char *why = NULL;

	(void)unused;
	assert_int_equal(resolve("192.0.2.1", &list, 0, &why), 0);
	assert_int_equal(((struct sockaddr_in *)list->ai_addr)->sin_port, htons(514));
	freeaddrinfo(list);
	assert_int_equal(resolve("fd00::1", &list, 0, &why), 0);
	assert_int_equal(list->ai_family, AF_INET6);
	freeaddrinfo(list);
	assert_int_equal(resolve("localhost", &list, 5000, &why), 0); /* of /etc/hosts */
	freeaddrinfo(list);
	assert_int_equal(resolve("a..b", &list, 5000, &why), -ENOENT); /* no name at all */
	assert_non_null(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_leaves_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_was_on_its_way_is_sent_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_waits_on_disk_over_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_waits_on_disk_does_not_wait_for_time,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_refused_datagram_is_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_memory_cannot_hold_is_counted_and_told,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_spool_that_cannot_be_had_is_told, setup,
						teardown),
		cmocka_unit_test(test_names_and_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
