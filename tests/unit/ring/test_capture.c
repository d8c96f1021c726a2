/* SPDX-License-Identifier: Apache-2.0 */
/* What is written comes back: steps in their order, each with the answers that belong to it. */
#include "ring/bench.h"

#include <signal.h>
#include <sys/resource.h>
#include <zlib.h>

#include "ring/known.h"

static void next(struct sw_capture_reader *reader, struct sw_capture_step *step,
		 enum sw_capture_kind kind)
{
	char why[SW_CAPTURE_WHY_BYTES] = "";

	assert_int_equal(sw_capture_next(reader, step, why), 1);
	assert_int_equal(step->kind, kind);
}

static void no_more(struct sw_capture_reader *reader)
{
	struct sw_capture_step step;
	char why[SW_CAPTURE_WHY_BYTES];

	assert_int_equal(sw_capture_next(reader, &step, why), 0);
	assert_int_equal(sw_capture_next(reader, &step, why), 0);
	sw_capture_reader_free(&reader);
	assert_null(reader);
}

static union rec some_record(void)
{
	struct sw_origin o = login_origin();

	return rec_exec(7 * S, &o, task(20, 3, 1000, "ls"), 0, "/usr/bin/ls");
}

static void the_header_tells_where_and_how(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w;
	const struct sw_capture_about *about;
	struct sw_capture_reader *r;
	struct stat st;

	bench->config->argv = SW_ARGV_FULL;
	w = bench_writer(bench);
	sw_capture_end(w, 9);
	assert_int_equal(sw_capture_close(&w), 0);
	assert_null(w);
	assert_int_equal(stat(bench->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	r = bench_reader(bench);
	about = sw_capture_about(r);
	assert_string_equal(about->version, SW_VERSION);
	assert_string_equal(about->probes, "core");
	assert_int_equal(about->argv, SW_ARGV_FULL);
	assert_string_equal(about->host.name, bench->host.name);
	assert_string_equal(about->host.machine_id, bench->host.machine_id);
	assert_string_equal(about->host.boot_id, bench->host.boot_id);
	assert_string_equal(about->host.architecture, bench->host.architecture);
	assert_string_equal(about->host.kernel, bench->host.kernel);
	assert_int_equal(about->host.realtime_offset_ns, -42);
	sw_capture_reader_free(&r);
}

/* Loads back to the same settings. */
static void the_settings_come_back(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w;
	struct sw_config *config = NULL;
	struct sw_capture_reader *r;
	const char *text;
	size_t bytes;

	bench->config->login_ports[0] = 2222;
	bench->config->argv = SW_ARGV_NONE;
	w = bench_writer(bench);
	sw_capture_end(w, 9);
	sw_capture_close(&w);
	r = bench_reader(bench);
	text = sw_capture_config(r, &bytes);
	assert_int_equal(sw_config_parse("settings", text, bytes, stderr, &config), 0);
	assert_null(config->path);
	assert_int_equal(config->login_ports[0], 2222);
	assert_int_equal(config->argv, SW_ARGV_NONE);
	assert_int_equal(config->internal_count, bench->config->internal_count);
	sw_config_free(&config);
	sw_capture_reader_free(&r);
}

static void steps_come_back_with_their_answers(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w = bench_writer(bench);
	union rec r = some_record();
	struct sw_capture_reader *reader;
	struct sw_capture_step step;

	sw_capture_tick(w, 5);
	sw_capture_user(w, 1000, "alice");
	sw_capture_lost(w, 3);
	sw_capture_record(w, &r, r.h.size);
	sw_capture_user(w, 1000, "bob");
	sw_capture_user(w, 0, "root");
	sw_capture_tick(w, 6);
	sw_capture_user(w, 1000, "uid 1000");
	sw_capture_lost(w, UINT64_MAX);
	sw_capture_end(w, 7);
	assert_int_equal(sw_capture_close(&w), 0);

	reader = bench_reader(bench);
	next(reader, &step, SW_CAPTURE_TICK);
	assert_int_equal(step.now_ns, 5);
	assert_null(sw_capture_user_name(reader, 1000));
	assert_int_equal(sw_capture_lost_so_far(reader), 0);
	next(reader, &step, SW_CAPTURE_RECORD);
	assert_int_equal(step.bytes, r.h.size);
	assert_memory_equal(step.data, &r, r.h.size);
	assert_int_equal((uintptr_t)step.data % 8, 0);
	assert_string_equal(sw_capture_user_name(reader, 1000), "alice");
	assert_null(sw_capture_user_name(reader, 0));
	assert_int_equal(sw_capture_lost_so_far(reader), 3);
	next(reader, &step, SW_CAPTURE_TICK);
	assert_string_equal(sw_capture_user_name(reader, 1000), "bob");
	assert_string_equal(sw_capture_user_name(reader, 0), "root");
	assert_int_equal(sw_capture_lost_so_far(reader), 3);
	next(reader, &step, SW_CAPTURE_END);
	assert_int_equal(step.now_ns, 7);
	assert_null(sw_capture_user_name(reader, 1000));
	assert_true(sw_capture_lost_so_far(reader) == UINT64_MAX);
	no_more(reader);
}

/* The same answer again takes no room. */
static void answers_are_told_once(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w = bench_writer(bench);
	size_t before;

	sw_capture_user(w, 1000, "alice");
	sw_capture_user(w, 1001, "uid 1001");
	sw_capture_lost(w, 3);
	sw_capture_tick(w, 1);
	before = bench_size(bench);
	sw_capture_user(w, 1000, "alice");
	sw_capture_user(w, 1001, "uid 1001");
	sw_capture_lost(w, 3);
	sw_capture_tick(w, 2);
	assert_int_equal(bench_size(bench) - before,
			 sizeof(struct sw_capture_frame) + sizeof(uint64_t));
	sw_capture_close(&w);
}

/* More names than anybody remembers: both ends forget the same. */
static void names_without_end(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w = bench_writer(bench);
	struct sw_capture_reader *reader;
	struct sw_capture_step step;
	char name[SW_CAPTURE_WHY_BYTES];

	for (uint32_t i = 0; i < 3 * SW_KNOWN_MAX; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		sw_capture_user(w, i, name);
		sw_capture_user(w, 7, "seven"); /* asked again each time */
		sw_capture_tick(w, i);
	}
	sw_capture_close(&w);
	reader = bench_reader(bench);
	for (uint32_t i = 0; i < 3 * SW_KNOWN_MAX; i++) {
		next(reader, &step, SW_CAPTURE_TICK);
		snprintf(name, sizeof(name), "u%u", i);
		if (i != 7)
			assert_string_equal(sw_capture_user_name(reader, i), name);
		assert_string_equal(sw_capture_user_name(reader, 7), "seven");
	}
	sw_capture_reader_free(&reader);
}

/* More than the buffer holds, and all of it before the tick that hands it on. */
static void many_records(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w = bench_writer(bench);
	union rec r = some_record();
	struct sw_capture_reader *reader;
	struct sw_capture_step step;

	for (uint64_t i = 0; i < 500; i++) {
		r.h.seq = i;
		sw_capture_record(w, &r, r.h.size);
	}
	sw_capture_end(w, 1);
	sw_capture_close(&w);
	reader = bench_reader(bench);
	for (uint64_t i = 0; i < 500; i++) {
		next(reader, &step, SW_CAPTURE_RECORD);
		assert_int_equal(((const struct sw_record *)step.data)->seq, i);
	}
	next(reader, &step, SW_CAPTURE_END);
	no_more(reader);
}

/* A recorder that is killed leaves all up to its last tick. */
static void a_tick_hands_on(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w = bench_writer(bench);
	union rec r = some_record();
	size_t before = bench_size(bench);

	sw_capture_record(w, &r, r.h.size);
	assert_int_equal(bench_size(bench), before);
	sw_capture_tick(w, 1);
	assert_int_equal(bench_size(bench), before + 2 * sizeof(struct sw_capture_frame) +
						    r.h.size + sizeof(uint64_t));
	sw_capture_close(&w);
}

/* ---- files -------------------------------------------------------------------------------- */

static void an_existing_file_stays(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w = bench_writer(bench), *other = NULL;
	size_t bytes = bench_size(bench);

	assert_int_equal(bench_create(bench, false, &other), -EEXIST);
	assert_null(other);
	assert_int_equal(bench_size(bench), bytes);
	assert_int_equal(bench_create(bench, true, &other), 0);
	sw_capture_close(&other);
	sw_capture_close(&w);
}

static void only_regular_files_are_replaced(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w = NULL;
	char target[80];
	struct stat st;

	snprintf(target, sizeof(target), "%s/t", bench->folder);
	close(open(target, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink(target, bench->path), 0);
	assert_int_equal(bench_create(bench, false, &w), -EEXIST);
	assert_int_equal(bench_create(bench, true, &w), -EINVAL);
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 0);
	unlink(bench->path);
	unlink(target);
	assert_int_equal(mkfifo(bench->path, 0600), 0);
	assert_int_equal(bench_create(bench, true, &w), -EINVAL);
	unlink(bench->path);
	snprintf(bench->path, sizeof(bench->path), "%s/none/c", bench->folder);
	assert_int_equal(bench_create(bench, true, &w), -ENOENT);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* What is there can be replayed, it is told once, and nothing happens any more. */
static void a_full_disk_ends_the_recording(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w = bench_writer(bench);
	union rec r = some_record();
	struct sw_capture_reader *reader;
	struct sw_capture_step step;
	char why[SW_CAPTURE_WHY_BYTES];
	size_t whole;
	int rc;

	sw_capture_record(w, &r, r.h.size);
	sw_capture_tick(w, 1);
	whole = bench_size(bench);
	limit_files(whole + 100);
	sw_capture_record(w, &r, r.h.size);
	sw_capture_tick(w, 2);
	assert_int_equal(bench->failures, 1);
	assert_int_equal(bench->failed, EFBIG);
	assert_int_equal(bench->failed_bytes, whole);
	limit_files(RLIM_INFINITY);
	sw_capture_user(w, 5, "late");
	sw_capture_record(w, &r, r.h.size);
	sw_capture_end(w, 3);
	assert_int_equal(sw_capture_close(&w), -EFBIG);
	assert_int_equal(bench->failures, 1);
	assert_int_equal(bench_size(bench), whole);

	reader = bench_reader(bench);
	next(reader, &step, SW_CAPTURE_RECORD);
	next(reader, &step, SW_CAPTURE_TICK);
	rc = sw_capture_next(reader, &step, why);
	assert_int_equal(rc, -ENODATA);
	sw_capture_reader_free(&reader);
}

static void no_room_for_the_beginning(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w = NULL;

	signal(SIGXFSZ, SIG_IGN);
	limit_files(600);
	assert_int_equal(bench_create(bench, false, &w), -EFBIG);
	limit_files(RLIM_INFINITY);
	assert_null(w);
	assert_int_equal(access(bench->path, F_OK), -1);
	assert_int_equal(bench->failures, 0); /* the caller has the errno */
}

static void compressed_ones_are_read_too(void **state)
{
	struct bench *bench = *state;
	struct sw_capture_writer *w = bench_writer(bench);
	struct sw_capture_reader *reader;
	struct sw_capture_step step;
	char bytes[16384];
	uint64_t at, of;
	size_t n;
	FILE *file;
	gzFile gz;

	sw_capture_tick(w, 5);
	sw_capture_end(w, 6);
	sw_capture_close(&w);
	file = fopen(bench->path, "r");
	assert_non_null(file);
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	gz = gzopen(bench->path, "wb");
	assert_int_equal(gzwrite(gz, bytes, (unsigned int)n), n);
	assert_int_equal(gzclose(gz), Z_OK);
	assert_true(bench_size(bench) < n);
	reader = bench_reader(bench);
	next(reader, &step, SW_CAPTURE_TICK);
	next(reader, &step, SW_CAPTURE_END);
	sw_capture_progress(reader, &at, &of);
	assert_int_equal(of, bench_size(bench));
	assert_true(at > 0 && at <= of);
	no_more(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BENCH(the_header_tells_where_and_how),
		WITH_BENCH(the_settings_come_back),
		WITH_BENCH(steps_come_back_with_their_answers),
		WITH_BENCH(answers_are_told_once),
		WITH_BENCH(names_without_end),
		WITH_BENCH(many_records),
		WITH_BENCH(a_tick_hands_on),
		WITH_BENCH(an_existing_file_stays),
		WITH_BENCH(only_regular_files_are_replaced),
		WITH_BENCH(a_full_disk_ends_the_recording),
		WITH_BENCH(no_room_for_the_beginning),
		WITH_BENCH(compressed_ones_are_read_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
