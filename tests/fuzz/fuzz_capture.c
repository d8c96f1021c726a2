// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer target: a file -> capture -> settings -> the whole pipeline -> a sink that writes to
 * nowhere. The input is the file, plain or compressed. Checksums are not looked at in this build
 * (FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION): the lengths and contents behind them are.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pipeline.h"
#include "ring/reader.h"

#define STEPS_MAX 2000

struct run {
	struct sw_capture_reader *reader;
	struct sw_config *config;
	struct sw_sinks *sinks;
	struct sw_pipeline *pipeline;
};

static uint64_t lost(void *ctx)
{
	return sw_capture_lost_so_far(((struct run *)ctx)->reader);
}

static const char *user_name(void *ctx, uint32_t uid, uint64_t now_ns)
{
	const char *name = sw_capture_user_name(((struct run *)ctx)->reader, uid);

	(void)now_ns;
	return name ? name : "uid";
}

/* /dev/null, or the file that SIDEWATCH_FUZZ_OUT names */
static int output(void)
{
	static int fd = -1;
	const char *path = getenv("SIDEWATCH_FUZZ_OUT");

	if (fd < 0)
		fd = open(path ? path : "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			  0600);
	if (fd < 0)
		abort();
	return fd;
}

static bool open_rest(struct run *run)
{
	const struct sw_capture_about *about = sw_capture_about(run->reader);
	struct sw_sinks_options sinks = {
		.stdout_fd = output(), .stdout_json = true, .replay = true};
	size_t bytes;
	const char *text = sw_capture_config(run->reader, &bytes);

	if (sw_config_parse("settings", text, bytes, NULL, &run->config))
		return false;
	if (sw_sinks_open(run->config, &sinks, &run->sinks) ||
	    sw_pipeline_new(&(struct sw_pipeline_options){.config = run->config,
							  .host = &about->host,
							  .sinks = run->sinks,
							  .probes = about->probes,
							  .lost = lost,
							  .lost_ctx = run,
							  .user_name = user_name,
							  .user_ctx = run,
							  .redacted = about->argv != SW_ARGV_FULL},
			    &run->pipeline))
		abort();
	return true;
}

static void play(struct run *run)
{
	char why[SW_CAPTURE_WHY_BYTES];
	struct sw_capture_step step;
	int rc = 1;

	for (int i = 0; i < STEPS_MAX && rc == 1; i++) {
		rc = sw_capture_next(run->reader, &step, why);
		if (rc < 0 && strncmp(why, "byte ", 5) != 0)
			abort();
		if (rc < 1)
			break;
		if (step.kind == SW_CAPTURE_RECORD)
			sw_pipeline_record(run->pipeline, step.data, step.bytes);
		else if (step.kind == SW_CAPTURE_TICK)
			sw_pipeline_tick(run->pipeline, step.now_ns);
		else
			sw_pipeline_flush(run->pipeline, step.now_ns);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = {0};
	char path[32], why[SW_CAPTURE_WHY_BYTES];
	int fd = memfd_create("capture", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!sw_capture_open(path, why, &run.reader) && open_rest(&run))
		play(&run);
	sw_pipeline_free(&run.pipeline);
	sw_sinks_free(&run.sinks);
	sw_config_free(&run.config);
	sw_capture_reader_free(&run.reader);
	close(fd);
	return 0;
}
