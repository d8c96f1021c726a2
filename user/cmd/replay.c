// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cmd/cmd.h"
#include "pipeline.h"
#include "ring/reader.h"

#define PROGRESS_FROM_BYTES (16u << 20) /* smaller ones are done before anybody looks */
#define PROGRESS_NS 200000000

struct options {
	const char *config; /* NULL: as it was recorded */
	const char *capture;
	bool json;
	bool help;
};

struct replay {
	const char *path;
	struct sw_capture_reader *reader;
	struct sw_config *config;
	struct sw_sinks *sinks;
	struct sw_pipeline *pipeline;
	char why[SW_CAPTURE_WHY_BYTES];
	uint64_t records;
	uint64_t last_ns; /* of the latest step */
	bool shows_progress;
	bool progress_shown;
	struct timespec progress_at;
	char unnamed[16]; /* "uid 4294967295" */
};

static const char usage[] = "usage: sidewatch replay [--json] [--config FILE] FILE\n";

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	optind = 0; /* glibc: begin anew, as the caller has parsed its own options */
	opterr = 0; /* its messages print the words raw */
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (c == 'c') {
			o->config = optarg;
		} else if (c == 'j') {
			o->json = true;
		} else if (c == 'h') {
			o->help = true;
		} else {
			sw_complain_option(c, argv);
			return -EINVAL;
		}
	}
	if (!o->help && argc - optind != 1) {
		sw_complain(optind < argc ? "unexpected argument" : "the capture is missing",
			    optind < argc ? argv[optind + 1] : "");
		return -EINVAL;
	}
	o->capture = argv[optind];
	return 0;
}

/* ---- the world as it was ------------------------------------------------------------------ */

static uint64_t lost(void *ctx)
{
	return sw_capture_lost_so_far(((const struct replay *)ctx)->reader);
}

static const char *user_name(void *ctx, uint32_t uid, uint64_t now_ns)
{
	struct replay *replay = ctx;
	const char *name = sw_capture_user_name(replay->reader, uid);

	(void)now_ns;
	if (name)
		return name;
	snprintf(replay->unnamed, sizeof(replay->unnamed), "uid %u", uid);
	return replay->unnamed;
}

/* ---- steps -------------------------------------------------------------------------------- */

/* "FILE: byte N: what is wrong" */
static void complain_capture(const struct replay *replay)
{
	sw_autofree char *clean = sw_escape_dup(replay->path, SW_ESCAPE_LINE);

	fprintf(stderr, "sidewatch: %s: %s\n", clean ? clean : "?", replay->why);
}

static void show_progress(struct replay *replay)
{
	uint64_t at, of;
	struct timespec now;

	if (!replay->shows_progress)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (replay->progress_shown && (now.tv_sec - replay->progress_at.tv_sec) * 1000000000LL +
						      now.tv_nsec - replay->progress_at.tv_nsec <
					      PROGRESS_NS)
		return;
	sw_capture_progress(replay->reader, &at, &of);
	fprintf(stderr, "\rsidewatch: replaying, %3" PRIu64 " %%", at * 100 / of);
	replay->progress_at = now;
	replay->progress_shown = true;
}

/* Whether all that was told has found its reader. */
static bool output_ok(const struct replay *replay)
{
	struct sw_sink_stats stats;
	const char *name;

	for (size_t i = 0; !sw_sinks_stats(replay->sinks, i, &name, &stats); i++)
		if (stats.dropped || stats.queued)
			return false;
	return true;
}

static int take_step(struct replay *replay, const struct sw_capture_step *step)
{
	switch (step->kind) {
	case SW_CAPTURE_RECORD:
		sw_pipeline_record(replay->pipeline, step->data, step->bytes);
		if (sw_pipeline_bad(replay->pipeline)) {
			snprintf(replay->why, sizeof(replay->why),
				 "byte %" PRIu64 ": damaged: this is no record", step->offset);
			return -EBADMSG;
		}
		replay->records++;
		replay->last_ns = ((const struct sw_record *)step->data)->time_ns;
		break;
	case SW_CAPTURE_TICK:
		sw_pipeline_tick(replay->pipeline, step->now_ns);
		replay->last_ns = step->now_ns;
		break;
	default:
		sw_pipeline_flush(replay->pipeline, step->now_ns);
		break;
	}
	return output_ok(replay) ? 1 : -EPIPE;
}

static void tell_what_it_was(const struct replay *replay)
{
	const struct sw_capture_about *about = sw_capture_about(replay->reader);
	sw_autofree char *host = sw_escape_dup(about->host.name, SW_ESCAPE_LINE);
	sw_autofree char *kernel = sw_escape_dup(about->host.kernel, SW_ESCAPE_LINE);
	sw_autofree char *arch = sw_escape_dup(about->host.architecture, SW_ESCAPE_LINE);
	sw_autofree char *probes = sw_escape_dup(about->probes, SW_ESCAPE_LINE);
	sw_autofree char *version = sw_escape_dup(about->version, SW_ESCAPE_LINE);

	if (!host || !kernel || !arch || !probes || !version)
		return;
	fprintf(stderr,
		"sidewatch: %" PRIu64
		" records of %s (Linux %s, %s, probes %s), recorded by sidewatch %s\n",
		replay->records, host, kernel, arch, probes, version);
}

static int play(struct replay *replay)
{
	struct sw_capture_step step;
	int rc;

	do {
		show_progress(replay);
		rc = sw_capture_next(replay->reader, &step, replay->why);
		if (rc > 0)
			rc = take_step(replay, &step);
	} while (rc > 0);
	if (replay->progress_shown)
		fputc('\n', stderr);
	if (rc == -EPIPE) {
		sw_complain("cannot write to standard output", "");
		return SW_EXIT_FAILED;
	}
	/* What waits to be told is good: it rests on what came before. */
	if (rc)
		sw_pipeline_flush(replay->pipeline, replay->last_ns);
	tell_what_it_was(replay);
	if (rc)
		complain_capture(replay);
	return rc ? SW_EXIT_FAILED : SW_EXIT_OK;
}

/* ---- parts -------------------------------------------------------------------------------- */

static int load_config(struct replay *replay, const struct options *o)
{
	sw_autofree char *name = NULL;
	const char *text;
	size_t bytes;

	if (o->config)
		return sw_config_load(o->config, stderr, &replay->config) ? SW_EXIT_USAGE
									  : SW_EXIT_OK;
	text = sw_capture_config(replay->reader, &bytes);
	if (asprintf(&name, "%s: settings", o->capture) < 0)
		name = NULL;
	return name && !sw_config_parse(name, text, bytes, stderr, &replay->config)
		       ? SW_EXIT_OK
		       : SW_EXIT_FAILED;
}

static int open_rest(struct replay *replay, const struct options *o)
{
	const struct sw_capture_about *about = sw_capture_about(replay->reader);
	struct sw_sinks_options sinks = {
		.stdout_fd = STDOUT_FILENO, .stdout_json = o->json, .replay = true};
	int err = sw_sinks_open(replay->config, &sinks, &replay->sinks);

	if (err) {
		sw_complain("cannot write to standard output", strerror(-err));
		return SW_EXIT_FAILED;
	}
	err = sw_pipeline_new(
		&(struct sw_pipeline_options){.config = replay->config,
					      .host = &about->host,
					      .sinks = replay->sinks,
					      .probes = about->probes,
					      .lost = lost,
					      .lost_ctx = replay,
					      .user_name = user_name,
					      .user_ctx = replay,
					      .redacted = about->argv != SW_ARGV_FULL},
		&replay->pipeline);
	if (err)
		sw_complain("cannot start", strerror(-err));
	return err ? SW_EXIT_FAILED : SW_EXIT_OK;
}

static int replay_capture(struct replay *replay, const struct options *o)
{
	uint64_t at, of;
	int rc;

	replay->path = o->capture;
	if (sw_capture_open(o->capture, replay->why, &replay->reader)) {
		complain_capture(replay);
		return SW_EXIT_FAILED;
	}
	sw_capture_progress(replay->reader, &at, &of);
	replay->shows_progress = of >= PROGRESS_FROM_BYTES && isatty(STDERR_FILENO);
	rc = load_config(replay, o);
	if (!rc)
		rc = open_rest(replay, o);
	return rc ? rc : play(replay);
}

int sw_cmd_replay(int argc, char **argv)
{
	struct options options = {0};
	struct replay replay = {0};
	int rc;

	rc = parse(argc, argv, &options);
	if (sw_usage_said(rc, options.help, usage, &rc))
		return rc;
	rc = replay_capture(&replay, &options);
	sw_pipeline_free(&replay.pipeline);
	sw_sinks_free(&replay.sinks);
	sw_config_free(&replay.config);
	sw_capture_reader_free(&replay.reader);
	return rc;
}
