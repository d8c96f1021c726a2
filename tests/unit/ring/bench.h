/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads captures in a folder of their own. */
#ifndef TEST_RING_BENCH_H
#define TEST_RING_BENCH_H

#include "state/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ring/reader.h"
#include "ring/writer.h"

struct bench {
	char folder[64];
	char path[80];
	struct sw_config *config;
	struct sw_host host;
	int failed; /* positive errno that the writer told */
	unsigned int failures;
	uint64_t failed_bytes;
};

static inline void bench_failed(void *ctx, int error, uint64_t bytes)
{
	struct bench *bench = ctx;

	bench->failed = error;
	bench->failed_bytes = bytes;
	bench->failures++;
}

static inline int bench_set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	strcpy(bench->folder, "/tmp/sidewatch-capture-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	snprintf(bench->path, sizeof(bench->path), "%s/c", bench->folder);
	assert_int_equal(sw_config_load(NULL, stderr, &bench->config), 0);
	bench->host = (struct sw_host){.name = "h\x1b[31m",
				       .machine_id = "0123456789abcdef0123456789abcdef",
				       .boot_id = "01234567-89ab-cdef-0123-456789abcdef",
				       .architecture = "pdp11",
				       .kernel = "6.1.0-18-amd64",
				       .realtime_offset_ns = -42};
	*state = bench;
	return 0;
}

static inline int bench_tear_down(void **state)
{
	struct bench *bench = *state;

	unlink(bench->path);
	assert_int_equal(rmdir(bench->folder), 0);
	sw_config_free(&bench->config);
	free(bench);
	return 0;
}

static inline int bench_create(struct bench *bench, bool force, struct sw_capture_writer **out)
{
	const struct sw_capture_writer_options options = {
		.path = bench->path,
		.force = force,
		.config = bench->config,
		.host = &bench->host,
		.probes = "core",
		.failed = bench_failed,
		.ctx = bench,
	};

	return sw_capture_create(&options, out);
}

static inline struct sw_capture_writer *bench_writer(struct bench *bench)
{
	struct sw_capture_writer *writer = NULL;

	assert_int_equal(bench_create(bench, true, &writer), 0);
	return writer;
}

static inline struct sw_capture_reader *bench_reader(struct bench *bench)
{
	struct sw_capture_reader *reader = NULL;
	char why[SW_CAPTURE_WHY_BYTES] = "";
	int rc = sw_capture_open(bench->path, why, &reader);

	if (rc)
		print_error("%s\n", why);
	assert_int_equal(rc, 0);
	return reader;
}

static inline size_t bench_size(const struct bench *bench)
{
	struct stat st;

	assert_int_equal(stat(bench->path, &st), 0);
	return (size_t)st.st_size;
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_set_up, bench_tear_down)

#endif
