/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "sink/terminal.h"

static struct sw_sink *open_sink(int fd, enum sw_terminal_form form)
{
	const struct sw_terminal_options options = {.fd = fd, .form = form, .width = 80};
	struct sw_sink *sink = NULL;

	assert_int_equal(sw_terminal_open(&options, SW_BAND_NOTICE, &sink), 0);
	return sink;
}

static struct sw_sink_stats stats_of(const struct sw_sink *sink)
{
	struct sw_sink_stats stats;

	sink->ops->stats(sink, &stats);
	return stats;
}

static int send_incident(struct sw_sink *sink)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message = fixture_message(&incident);

	return sink->ops->send(sink, &message);
}

static size_t read_all(int fd, char *out, size_t size)
{
	size_t used = 0;
	ssize_t n;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while (used + 1 < size && (n = read(fd, out + used, size - 1 - used)) > 0)
		used += (size_t)n;
	out[used] = '\0';
	return used;
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void test_each_form(void **unused)
{
	int fds[2];
	char text[16384];
	struct sw_sink *sink;
	size_t len;
	json_t *root;

	(void)unused;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	sink = open_sink(fds[1], SW_TERMINAL_LINE);
	assert_int_equal(send_incident(sink), 0);
	sink->ops->free(sink);
	read_all(fds[0], text, sizeof(text));
	assert_int_equal(count_lines(text), 1);
	assert_non_null(strstr(text, " alert 75 session-pivot,ssh-forward opened: 10.0.0.5"));

	sink = open_sink(fds[1], SW_TERMINAL_JSON);
	assert_int_equal(send_incident(sink), 0);
	sink->ops->free(sink);
	len = read_all(fds[0], text, sizeof(text));
	assert_int_equal(text[len - 1], '\n');
	assert_printable(text, len - 1);
	root = parse_json(text, len - 1);
	assert_json_text(root, "sidewatch.origin.ip", "10.0.0.5");
	json_decref(root);

	sink = open_sink(fds[1], SW_TERMINAL_BLOCK);
	assert_int_equal(send_incident(sink), 0);
	sink->ops->free(sink);
	read_all(fds[0], text, sizeof(text));
	assert_true(count_lines(text) > 10);
	close(fds[0]);
	close(fds[1]);
}

static void test_hostile_json_is_one_line_each(void **unused)
{
	int fds[2];
	char text[32768];

	(void)unused;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	for (size_t i = 0; i < SW_ARRAY_SIZE(hostile_texts); i++) {
		struct sw_sink *sink =
			open_sink(fds[1], i % 2 ? SW_TERMINAL_JSON : SW_TERMINAL_LINE);
		struct sw_incident incident = fixture_incident();
		struct sw_message message = fixture_message(&incident);
		size_t len;

		fixture_poison(&incident, hostile_texts[i]);
		assert_int_equal(sink->ops->send(sink, &message), 0);
		sink->ops->free(sink);
		len = read_all(fds[0], text, sizeof(text));
		assert_int_equal(text[len - 1], '\n');
		assert_printable(text, len - 1);
		if (i % 2)
			json_decref(parse_json(text, len - 1));
	}
	close(fds[0]);
	close(fds[1]);
}

/* Nobody reads: nothing blocks, everything is counted, and no line is cut when he reads again. */
static void check_slow_reader(int reader, int writer)
{
	const size_t total = 2000;
	struct sw_sink *sink = open_sink(writer, SW_TERMINAL_JSON);
	sw_autofree char *all = calloc(1, 16 << 20);
	size_t used = 0, lines = 0;
	bool told = false;

	for (size_t i = 0; i < total; i++)
		assert_int_equal(send_incident(sink), 0);
	assert_true(stats_of(sink).queued > 0);
	assert_true(stats_of(sink).dropped > 0);
	assert_int_equal(stats_of(sink).queued + stats_of(sink).dropped + stats_of(sink).sent,
			 total);
	for (int i = 0; i < 1000 && (i < 3 || stats_of(sink).queued > 0); i++) {
		used += read_all(reader, all + used, (16 << 20) - used);
		sink->ops->tick(sink);
	}
	used += read_all(reader, all + used, (16 << 20) - used);
	for (char *line = all, *end; (end = strchr(line, '\n')); line = end + 1) {
		json_t *root = parse_json(line, (size_t)(end - line));

		told = told || strstr(json_string_value(json_at(root, "event.dataset")), "loss");
		json_decref(root);
		lines++;
	}
	assert_int_equal(all[used - 1], '\n');
	assert_int_equal(lines, stats_of(sink).sent);
	assert_int_equal(lines + stats_of(sink).dropped, total + 1); /* one is the LOSS */
	assert_true(told);
	sink->ops->free(sink);
}

static void test_pipe_that_nobody_reads(void **unused)
{
	int fds[2];

	(void)unused;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	check_slow_reader(fds[0], fds[1]);
	/* the descriptor that we were lent is as blocking as before */
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	close(fds[0]);
	close(fds[1]);
}

/* A socket cannot be opened anew: the way without O_NONBLOCK. */
static void test_socket_that_nobody_reads(void **unused)
{
	int fds[2];

	(void)unused;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	check_slow_reader(fds[0], fds[1]);
	close(fds[0]);
	close(fds[1]);
}

static int open_pty(int *master)
{
	*master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(*master >= 0);
	assert_int_equal(grantpt(*master), 0);
	assert_int_equal(unlockpt(*master), 0);
	return open(ptsname(*master), O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void test_held_terminal_does_not_block(void **unused)
{
	int master, slave = open_pty(&master);
	struct sw_sink *sink;

	(void)unused;
	assert_true(slave >= 0);
	sink = open_sink(slave, SW_TERMINAL_BLOCK);
	for (int i = 0; i < 600; i++)
		assert_int_equal(send_incident(sink), 0);
	assert_true(stats_of(sink).queued > 0);
	assert_true(stats_of(sink).sent > 0);
	sink->ops->free(sink);
	close(slave);
	close(master);
}

static void test_reader_that_has_gone(void **unused)
{
	int fds[2];
	struct sw_sink *sink;

	(void)unused;
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	sink = open_sink(fds[1], SW_TERMINAL_LINE);
	close(fds[0]);
	assert_int_equal(send_incident(sink), -EPIPE);
	assert_int_equal(send_incident(sink), -EPIPE);
	sink->ops->tick(sink);
	assert_int_equal(stats_of(sink).sent, 0);
	assert_int_equal(stats_of(sink).dropped, 2);
	assert_int_equal(stats_of(sink).queued, 0);
	sink->ops->free(sink);
	close(fds[1]);
}

static void test_terminal_that_has_hung_up(void **unused)
{
	int master, slave = open_pty(&master);
	struct sw_sink *sink = open_sink(slave, SW_TERMINAL_BLOCK);

	(void)unused;
	close(master);
	assert_int_equal(send_incident(sink), -EIO);
	assert_int_equal(stats_of(sink).dropped, 1);
	sink->ops->free(sink);
	close(slave);
}

static void test_bad_descriptor(void **unused)
{
	struct sw_terminal_options options = {.fd = -1, .width = 80};
	struct sw_sink *sink = NULL;

	(void)unused;
	assert_int_equal(sw_terminal_open(&options, SW_BAND_NOTICE, &sink), -EBADF);
	assert_null(sink);
	options.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(sw_terminal_open(&options, SW_BAND_NOTICE, &sink), -EBADF);
	assert_null(sink);
	close(options.fd);
}

static void test_full_disk_behind_standard_output(void **unused)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct sw_sink *sink = open_sink(fd, SW_TERMINAL_LINE);

	(void)unused;
	assert_int_equal(send_incident(sink), 0);
	assert_int_equal(stats_of(sink).queued, 1);
	sink->ops->free(sink);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_form),
		cmocka_unit_test(test_hostile_json_is_one_line_each),
		cmocka_unit_test(test_pipe_that_nobody_reads),
		cmocka_unit_test(test_socket_that_nobody_reads),
		cmocka_unit_test(test_held_terminal_does_not_block),
		cmocka_unit_test(test_reader_that_has_gone),
		cmocka_unit_test(test_terminal_that_has_hung_up),
		cmocka_unit_test(test_bad_descriptor),
		cmocka_unit_test(test_full_disk_behind_standard_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
