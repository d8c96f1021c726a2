/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "sink/jsonl.h"

struct place {
	char dir[64];
	char path[96];
	char other[96];
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->dir, sizeof(place->dir), "/tmp/sw-jsonl-XXXXXX");
	if (!mkdtemp(place->dir))
		return -1;
	snprintf(place->path, sizeof(place->path), "%s/log", place->dir);
	snprintf(place->other, sizeof(place->other), "%s/log.1", place->dir);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	unlink(place->path);
	unlink(place->other);
	rmdir(place->dir);
	free(place);
	return 0;
}

static struct sw_sink *open_sink(const char *path)
{
	struct sw_sink *sink = NULL;

	assert_int_equal(sw_jsonl_open(path, SW_BAND_NOTICE, &sink), 0);
	return sink;
}

static int send_text(struct sw_sink *sink, const char *text)
{
	struct sw_message message = fixture_note(SW_MSG_HEALTH, text);

	return sink->ops->send(sink, &message);
}

static struct sw_sink_stats stats_of(const struct sw_sink *sink)
{
	struct sw_sink_stats stats;

	sink->ops->stats(sink, &stats);
	return stats;
}

/* The lines of a file, each parsed; the last ends with its newline. */
static size_t read_lines(const char *path, json_t *lines[], size_t max)
{
	sw_autofclose FILE *file = fopen(path, "re");
	sw_autofree char *line = NULL;
	size_t size = 0, n = 0;
	ssize_t len;

	assert_non_null(file);
	while ((len = getline(&line, &size, file)) > 0) {
		assert_true(n < max);
		assert_int_equal(line[len - 1], '\n');
		assert_printable(line, (size_t)len - 1);
		lines[n++] = parse_json(line, (size_t)len - 1);
	}
	return n;
}

/* Checks and frees. */
static void assert_messages(const char *path, const char *const *messages, size_t n)
{
	json_t *lines[64];

	assert_int_equal(read_lines(path, lines, SW_ARRAY_SIZE(lines)), n);
	for (size_t i = 0; i < n; i++) {
		assert_json_text(lines[i], "message", messages[i]);
		json_decref(lines[i]);
	}
}

static void test_appends_lines_with_mode_0600(void **state)
{
	static const char *const expect[] = {"one", "two", "three"};
	struct place *place = *state;
	struct sw_sink *sink;
	struct stat st;

	umask(0);
	sink = open_sink(place->path);
	assert_int_equal(send_text(sink, "one"), 0);
	assert_int_equal(send_text(sink, "two"), 0);
	assert_int_equal(stats_of(sink).sent, 2);
	sink->ops->free(sink);
	sink = open_sink(place->path); /* what is there stays */
	assert_int_equal(send_text(sink, "three"), 0);
	sink->ops->free(sink);
	assert_messages(place->path, expect, 3);
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_hostile_text_is_one_line(void **state)
{
	struct place *place = *state;
	struct sw_sink *sink = open_sink(place->path);
	json_t *lines[64];
	size_t n = SW_ARRAY_SIZE(hostile_texts);

	for (size_t i = 0; i < n; i++) {
		struct sw_incident incident = fixture_incident();
		struct sw_host host = fixture_hostile_host(hostile_texts[i]);
		struct sw_message message = fixture_message(&incident);

		fixture_poison(&incident, hostile_texts[i]);
		message.host = &host;
		assert_int_equal(sink->ops->send(sink, &message), 0);
	}
	sink->ops->free(sink);
	assert_int_equal(read_lines(place->path, lines, SW_ARRAY_SIZE(lines)), n);
	for (size_t i = 0; i < n; i++) {
		assert_json_text(lines[i], "sidewatch.origin.ip", "10.0.0.5");
		json_decref(lines[i]);
	}
}

static void test_reopen_after_rotation(void **state)
{
	static const char *const old[] = {"before", "still the old file"}, *const new[] = {"after"};
	struct place *place = *state;
	struct sw_sink *sink = open_sink(place->path);

	assert_int_equal(send_text(sink, "before"), 0);
	assert_int_equal(rename(place->path, place->other), 0);
	assert_int_equal(send_text(sink, "still the old file"), 0);
	assert_int_equal(sink->ops->reopen(sink), 0);
	assert_int_equal(send_text(sink, "after"), 0);
	sink->ops->free(sink);
	assert_messages(place->other, old, 2);
	assert_messages(place->path, new, 1);
}

static void test_failed_reopen_keeps_the_old_file(void **state)
{
	static const char *const expect[] = {"one", "two"};
	struct place *place = *state;
	struct sw_sink *sink = open_sink(place->path);

	assert_int_equal(send_text(sink, "one"), 0);
	assert_int_equal(rename(place->path, place->other), 0);
	assert_int_equal(symlink("/dev/null", place->path), 0);
	assert_int_equal(sink->ops->reopen(sink), -ELOOP);
	assert_int_equal(send_text(sink, "two"), 0);
	sink->ops->free(sink);
	assert_messages(place->other, expect, 2);
}

static void test_what_is_not_a_file_is_refused(void **state)
{
	struct place *place = *state;
	struct sw_sink *sink = NULL;

	assert_int_equal(symlink("/dev/null", place->path), 0);
	assert_int_equal(sw_jsonl_open(place->path, SW_BAND_NOTICE, &sink), -ELOOP);
	unlink(place->path);
	assert_int_equal(mkfifo(place->path, 0600), 0);
	assert_int_equal(sw_jsonl_open(place->path, SW_BAND_NOTICE, &sink), -EINVAL);
	assert_int_equal(sw_jsonl_open(place->dir, SW_BAND_NOTICE, &sink), -EISDIR);
	assert_int_equal(sw_jsonl_open("/nonexistent/log", SW_BAND_NOTICE, &sink), -ENOENT);
	assert_null(sink);
}

static void test_half_a_line_of_a_former_life_is_closed(void **state)
{
	struct place *place = *state;
	struct sw_sink *sink;
	FILE *file = fopen(place->path, "we");
	char line[64];

	fputs("{\"half", file);
	fclose(file);
	sink = open_sink(place->path);
	assert_int_equal(send_text(sink, "whole"), 0);
	sink->ops->free(sink);

	file = fopen(place->path, "re");
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "{\"half\n");
	assert_non_null(fgets(line, sizeof(line), file));
	assert_memory_equal(line, "{\"@timestamp\"", 13);
	fclose(file);
}

static void test_full_disk_is_counted(void **state)
{
	struct sw_sink *sink = open_sink("/dev/full");

	(void)state;
	assert_int_equal(send_text(sink, "one"), 0);
	sink->ops->tick(sink);
	assert_int_equal(stats_of(sink).sent, 0);
	assert_int_equal(stats_of(sink).queued, 1);
	for (size_t i = 0; i < SW_JSONL_QUEUE_MESSAGES + 4; i++)
		assert_int_equal(send_text(sink, "more"), 0);
	assert_int_equal(stats_of(sink).queued, SW_JSONL_QUEUE_MESSAGES);
	assert_int_equal(stats_of(sink).dropped, 5);
	sink->ops->free(sink);
}

static void set_file_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit on the file's size cuts a write short just as a full disk does. */
static void test_partial_write_is_taken_back_and_recovers(void **state)
{
	static const char *const expect[] = {"one", "two", "three"};
	struct place *place = *state;
	struct sw_sink *sink = open_sink(place->path);
	struct stat before, after;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(send_text(sink, "one"), 0);
	assert_int_equal(stat(place->path, &before), 0);
	set_file_limit((rlim_t)before.st_size + 20);
	assert_int_equal(send_text(sink, "two"), 0);
	assert_int_equal(send_text(sink, "three"), 0);
	assert_int_equal(stat(place->path, &after), 0);
	assert_int_equal(after.st_size, before.st_size); /* not half of "two" */
	assert_int_equal(stats_of(sink).queued, 2);

	set_file_limit(RLIM_INFINITY);
	sink->ops->tick(sink);
	assert_int_equal(stats_of(sink).queued, 0);
	assert_int_equal(stats_of(sink).sent, 3);
	sink->ops->free(sink);
	assert_messages(place->path, expect, 3);
}

static void test_overflow_is_told_when_there_is_room_again(void **state)
{
	struct place *place = *state;
	struct sw_sink *sink = open_sink(place->path);
	json_t *lines[SW_JSONL_QUEUE_MESSAGES + 8];
	const size_t extra = 3;
	size_t n;

	signal(SIGXFSZ, SIG_IGN);
	set_file_limit(0);
	for (size_t i = 0; i < SW_JSONL_QUEUE_MESSAGES + extra; i++)
		assert_int_equal(send_text(sink, "kept or not"), 0);
	set_file_limit(RLIM_INFINITY);
	sink->ops->tick(sink);
	sink->ops->tick(sink);
	sink->ops->free(sink);
	n = read_lines(place->path, lines, SW_ARRAY_SIZE(lines));
	assert_int_equal(n, SW_JSONL_QUEUE_MESSAGES + 1);
	assert_json_text(lines[n - 1], "event.dataset", "sidewatch.loss");
	assert_non_null(strstr(json_string_value(json_at(lines[n - 1], "message")),
			       "json sink dropped 3 messages"));
	for (size_t i = 0; i < n; i++)
		json_decref(lines[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_appends_lines_with_mode_0600, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_text_is_one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reopen_after_rotation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_reopen_keeps_the_old_file, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_is_not_a_file_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_half_a_line_of_a_former_life_is_closed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_full_disk_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_partial_write_is_taken_back_and_recovers,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_overflow_is_told_when_there_is_room_again,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
