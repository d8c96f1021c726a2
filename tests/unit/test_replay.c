/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline that is recorded, and one that gets the recording, tell the same bytes. */
#include "ring/bench.h"

#include <pthread.h>

#include "pipeline.h"
#include "sidewatch/detector.h"
#include "sink/terminal.h"

#define TOLD_MAX ((size_t)256 * 1024)

/* One end: a pipeline that prints JSON to a file. */
struct end {
	struct sw_config *config; /* borrowed */
	struct sw_host host;
	struct sw_sinks *sinks;
	struct sw_pipeline *pipeline;
	FILE *out;
	char told[TOLD_MAX];
	size_t bytes;
	/* The world, where it is alive. */
	uint64_t lost;
	const char *alice; /* what user 1000 is called */
	struct sw_capture_reader *reader; /* where it is not */
};

static uint64_t live_lost(void *ctx)
{
	return ++((struct end *)ctx)->lost; /* something is lost all the time */
}

static const char *live_name(void *ctx, uint32_t uid, uint64_t now_ns)
{
	static char text[32];

	(void)now_ns;
	if (uid == 1000 && ((struct end *)ctx)->alice)
		return ((struct end *)ctx)->alice;
	snprintf(text, sizeof(text), uid < 2000 ? "uid %u" : "user%u", uid);
	return text;
}

static uint64_t recorded_lost(void *ctx)
{
	return sw_capture_lost_so_far(((struct end *)ctx)->reader);
}

static const char *recorded_name(void *ctx, uint32_t uid, uint64_t now_ns)
{
	const char *name = sw_capture_user_name(((struct end *)ctx)->reader, uid);

	(void)now_ns;
	return name ? name : live_name(&(struct end){0}, uid, 0);
}

static struct end *end_new(struct sw_config *config, const struct sw_host *host,
			   struct sw_pipeline_options options)
{
	struct end *end = calloc(1, sizeof(*end));
	struct sw_sinks_options sinks = {.stdout_json = true, .replay = true};

	assert_non_null(end);
	end->config = config;
	end->host = *host;
	end->out = tmpfile();
	sinks.stdout_fd = fileno(end->out);
	assert_int_equal(sw_sinks_open(config, &sinks, &end->sinks), 0);
	options.config = config;
	options.host = &end->host;
	options.sinks = end->sinks;
	options.probes = "core";
	options.lost_ctx = options.user_ctx = end;
	assert_int_equal(sw_pipeline_new(&options, &end->pipeline), 0);
	return end;
}

static void end_close(struct end *end)
{
	sw_pipeline_free(&end->pipeline);
	sw_sinks_free(&end->sinks);
	sw_capture_reader_free(&end->reader);
	rewind(end->out);
	end->bytes = fread(end->told, 1, sizeof(end->told) - 1, end->out);
	fclose(end->out);
}

static struct end *live_new(struct bench *bench, struct sw_capture_writer *writer)
{
	return end_new(bench->config, &bench->host,
		       (struct sw_pipeline_options){
			       .lost = live_lost, .user_name = live_name, .capture = writer});
}

/* Plays all that was recorded. config: NULL for the recorded one's. */
static struct end *play_again(struct bench *bench, struct sw_config *config)
{
	struct sw_capture_reader *reader = bench_reader(bench);
	const struct sw_capture_about *about = sw_capture_about(reader);
	struct sw_config *recorded = NULL;
	char why[SW_CAPTURE_WHY_BYTES];
	struct sw_capture_step step;
	struct end *end;
	size_t bytes;
	const char *text = sw_capture_config(reader, &bytes);
	int rc;

	if (!config) {
		assert_int_equal(sw_config_parse("c", text, bytes, stderr, &recorded), 0);
		config = recorded;
	}
	end = end_new(config, &about->host,
		      (struct sw_pipeline_options){.lost = recorded_lost,
						   .user_name = recorded_name,
						   .redacted = about->argv != SW_ARGV_FULL});
	end->reader = reader;
	while ((rc = sw_capture_next(reader, &step, why)) == 1) {
		if (step.kind == SW_CAPTURE_RECORD)
			sw_pipeline_record(end->pipeline, step.data, step.bytes);
		else if (step.kind == SW_CAPTURE_TICK)
			sw_pipeline_tick(end->pipeline, step.now_ns);
		else
			sw_pipeline_flush(end->pipeline, step.now_ns);
	}
	assert_int_equal(rc, 0);
	end_close(end);
	sw_config_free(&recorded);
	return end;
}

/* ---- a story ------------------------------------------------------------------------------ */

static const char args[] = "ssh\0--password=hunter2\0b";

enum { STORY = 6 };

static void story(union rec r[STORY])
{
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, "10.0.1.7", 22);
	struct sw_task bash = with_tty(task(120, 1, 1000, "bash"), "pts/3");
	struct sw_task ssh = with_tty(task(121, 2, 1000, "ssh"), "pts/3");

	r[0] = rec_session(10 * S, &o, task(120, 0, 1000, "sshd"), 0, "/usr/sbin/sshd");
	r[1] = rec_exec(10 * S, &o, bash, 0, "/usr/bin/bash");
	r[2] = rec_exec(11 * S, &o, ssh, 1, "/usr/bin/ssh");
	set_args(&r[2], args, sizeof(args));
	r[3] = rec_connect(12 * S, &o, ssh, &out);
	r[4] = rec_outcome(12 * S + 5 * MS, &o, ssh, &out, SW_OUTCOME_ESTABLISHED);
	o.session = o.root = 99;
	out.cookie++;
	r[5] = rec_connect(14 * S, &o, ssh, &out);
}

/* Tells an incident, its update, losses, and another incident by another name. */
static void play(struct end *end)
{
	union rec r[STORY];

	story(r);
	end->alice = "alice";
	for (size_t i = 0; i < STORY - 1; i++)
		sw_pipeline_record(end->pipeline, &r[i], r[i].h.size);
	sw_pipeline_record(end->pipeline, "junk", 4);
	end->lost += 5;
	sw_pipeline_tick(end->pipeline, 13 * S + 6 * MS);
	end->alice = "mallory";
	sw_pipeline_record(end->pipeline, &r[STORY - 1], r[STORY - 1].h.size);
	end->alice = NULL;
	sw_pipeline_flush(end->pipeline, 14 * S + 1);
}

static struct end *recorded(struct bench *bench)
{
	struct sw_capture_writer *writer = bench_writer(bench);
	struct end *live = live_new(bench, writer);

	play(live);
	end_close(live);
	assert_int_equal(sw_capture_close(&writer), 0);
	assert_int_equal(bench->failures, 0);
	return live;
}

static bool in_file(const struct bench *bench, const char *text)
{
	char bytes[65536];
	FILE *file = fopen(bench->path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return memmem(bytes, n, text, strlen(text)) != NULL;
}

/* ---- tests -------------------------------------------------------------------------------- */

static void the_same_bytes(void **state)
{
	struct bench *bench = *state;
	struct end *live = recorded(bench), *again = play_again(bench, NULL);

	assert_non_null(strstr(live->told, "incident-opened"));
	assert_non_null(strstr(live->told, "incident-updated"));
	assert_non_null(strstr(live->told, "\"alice\""));
	assert_non_null(strstr(live->told, "\"mallory\""));
	assert_non_null(strstr(live->told, "sidewatch.loss"));
	assert_string_equal(again->told, live->told);
	free(live);
	free(again);
}

/* Being recorded changes no verdict. */
static void the_same_without_a_recording(void **state)
{
	struct bench *bench = *state;
	struct end *live = recorded(bench), *alone = live_new(bench, NULL);

	play(alone);
	end_close(alone);
	assert_string_equal(alone->told, live->told);
	free(live);
	free(alone);
}

static void arguments_are_stored_as_configured(void **state)
{
	static const struct {
		enum sw_argv_mode mode;
		bool secret, other; /* is in the file */
		const char *told;
	} rows[] = {
		{SW_ARGV_NONE, false, false, NULL},
		{SW_ARGV_REDACTED, false, true, "ssh --password=*** b"},
		{SW_ARGV_FULL, true, true, "ssh --password=hunter2 b"},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < 3; i++) {
		struct end *live, *again;

		bench->config->argv = rows[i].mode;
		live = recorded(bench);
		again = play_again(bench, NULL);
		assert_string_equal(again->told, live->told);
		assert_int_equal(in_file(bench, "hunter2"), rows[i].secret);
		assert_int_equal(in_file(bench, "--password"), rows[i].other);
		assert_int_equal(strstr(live->told, "--password") != NULL, rows[i].told != NULL);
		if (rows[i].told)
			assert_non_null(strstr(live->told, rows[i].told));
		free(live);
		free(again);
	}
}

/* By other settings: what is stricter counts, what is laxer cannot bring back what is gone. */
static void judged_by_other_settings(void **state)
{
	struct bench *bench = *state;
	struct sw_config *other = NULL;
	struct end *live = recorded(bench), *again;

	assert_int_equal(sw_config_load(NULL, stderr, &other), 0);
	other->argv = SW_ARGV_FULL;
	again = play_again(bench, other);
	assert_string_equal(again->told, live->told);
	free(again);
	other->argv = SW_ARGV_NONE;
	again = play_again(bench, other);
	assert_null(strstr(again->told, "--password"));
	assert_non_null(strstr(again->told, "incident-opened"));
	free(again);
	for (size_t i = 0; i < sw_detectors_count; i++)
		other->detector_on[i] = false;
	again = play_again(bench, other);
	assert_null(strstr(again->told, "incident-opened"));
	assert_non_null(strstr(again->told, "sidewatch.loss"));
	free(again);
	free(live);
	sw_config_free(&other);
}

/* Nobody asked for a name, as nothing was told; a replay by other settings may. */
static void names_that_nobody_asked_for(void **state)
{
	struct bench *bench = *state;
	struct sw_config *other = NULL;
	struct end *live, *again;

	assert_int_equal(sw_config_load(NULL, stderr, &other), 0);
	for (size_t i = 0; i < sw_detectors_count; i++)
		bench->config->detector_on[i] = false;
	live = recorded(bench);
	assert_null(strstr(live->told, "alice"));
	again = play_again(bench, other);
	assert_non_null(strstr(again->told, "\"alice\""));
	free(live);
	free(again);
	sw_config_free(&other);
}

/* All that a record names, whoever may be asked for later. */
static void names_of_every_user_in_a_record(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *writer = bench_writer(bench);
	struct end *live = live_new(bench, writer);
	struct sw_capture_reader *reader;
	struct sw_capture_step step;
	char why[SW_CAPTURE_WHY_BYTES];
	union rec r[STORY];

	story(r);
	r[0].h.task.cred.uid = 2001;
	r[0].h.task.cred.euid = 2002;
	r[0].h.task.cred.loginuid = 2003;
	sw_pipeline_record(live->pipeline, &r[0], r[0].h.size);
	end_close(live);
	sw_capture_close(&writer);
	reader = bench_reader(bench);
	assert_int_equal(sw_capture_next(reader, &step, why), 1);
	assert_string_equal(sw_capture_user_name(reader, 2001), "user2001");
	assert_string_equal(sw_capture_user_name(reader, 2002), "user2002");
	assert_string_equal(sw_capture_user_name(reader, 2003), "user2003");
	sw_capture_reader_free(&reader);
	free(live);
}

/* Not once more: that a second time changes nothing is no promise of redaction. */
static void what_was_redacted_is_taken_as_it_is(void **state)
{
	struct bench *bench = *state;
	struct end *end =
		end_new(bench->config, &bench->host,
			(struct sw_pipeline_options){
				.lost = live_lost, .user_name = live_name, .redacted = true});

	play(end);
	end_close(end);
	assert_non_null(strstr(end->told, "ssh --password=hunter2 b"));
	free(end);
}

/* ---- output ------------------------------------------------------------------------------- */

static void *read_slowly(void *arg)
{
	static char told[8 << 20];
	size_t used = 0;
	ssize_t n;

	do {
		n = read(*(int *)arg, told + used, 1000);
		used += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	return (void *)used;
}

/* A reader that is slower than the replay misses nothing, however much there is. */
static void a_slow_reader_gets_everything(void **state)
{
	struct bench *bench = *state;
	struct sw_sinks_options options = {.stdout_json = true, .replay = true};
	struct sw_message message = {.msgid = SW_MSG_LOSS, .text = "x", .host = &bench->host};
	struct sw_sink_stats stats;
	struct sw_sinks *sinks = NULL;
	const char *name;
	char path[80];
	pthread_t thread;
	void *got;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	options.stdout_fd = pipes[1];
	snprintf(path, sizeof(path), "%s/json", bench->folder);
	bench->config->json.path = strdup(path);
	assert_int_equal(sw_sinks_open(bench->config, &options, &sinks), 0);
	assert_int_equal(sw_sinks_count(sinks), 1); /* nothing goes where it went then */
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, &pipes[0]), 0);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(sw_sinks_send(sinks, &message), 0);
	assert_int_equal(sw_sinks_stats(sinks, 0, &name, &stats), 0);
	assert_int_equal(stats.sent, 2000);
	assert_int_equal(stats.dropped, 0);
	sw_sinks_free(&sinks);
	close(pipes[1]);
	pthread_join(thread, &got);
	assert_true((size_t)got > 2000 * 200);
	close(pipes[0]);
}

static void a_reader_that_is_gone_is_no_success(void **state)
{
	struct bench *bench = *state;
	struct sw_sinks_options options = {.stdout_json = true, .replay = true};
	struct sw_message message = {.msgid = SW_MSG_LOSS, .text = "x", .host = &bench->host};
	struct sw_sink_stats stats;
	struct sw_sinks *sinks = NULL;
	const char *name;

	options.stdout_fd = open("/dev/full", O_WRONLY);
	assert_int_equal(sw_sinks_open(bench->config, &options, &sinks), 0);
	assert_int_equal(sw_sinks_send(sinks, &message), -ENOSPC);
	assert_int_equal(sw_sinks_stats(sinks, 0, &name, &stats), 0);
	assert_int_equal(stats.dropped, 1);
	sw_sinks_free(&sinks);
	close(options.stdout_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BENCH(the_same_bytes),
		WITH_BENCH(the_same_without_a_recording),
		WITH_BENCH(arguments_are_stored_as_configured),
		WITH_BENCH(judged_by_other_settings),
		WITH_BENCH(names_that_nobody_asked_for),
		WITH_BENCH(names_of_every_user_in_a_record),
		WITH_BENCH(what_was_redacted_is_taken_as_it_is),
		WITH_BENCH(a_slow_reader_gets_everything),
		WITH_BENCH(a_reader_that_is_gone_is_no_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
