// SPDX-License-Identifier: Apache-2.0
#include "cmd/watch.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/host.h"
#include "cmd/cmd.h"
#include "loop.h"

struct watch {
	struct sw_config *config;
	struct sw_probe_set *probes;
	struct sw_ring *ring;
	struct sw_ring *edges;
	struct sw_window *window;
	struct sw_sinks *sinks;
	struct sw_pipeline *pipeline;
	struct sw_capture_writer *capture; /* NULL: nothing is recorded */
	const char *capture_path;
	struct sw_host host;
};

/* ---- options ----------------------------------------------------------------------------- */

static int leave_out(struct sw_watch_options *o, const char *name)
{
	const struct sw_probe *probe = sw_probe_find(name);

	if (!probe) {
		sw_complain("there is no probe of this name", name);
		return -EINVAL;
	}
	o->without[probe - sw_probe_table] = true;
	return 0;
}

static int take_option(struct sw_watch_options *o, int c)
{
	switch (c) {
	case 'c':
		o->config = optarg;
		return 0;
	case 's':
		o->scope = optarg;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case 'f':
		o->force = true;
		return 0;
	case 'w':
		return leave_out(o, optarg);
	case 'p':
		return sw_parse_probes(optarg, &o->probes);
	default:
		return -EINVAL;
	}
}

int sw_watch_parse(int argc, char **argv, struct sw_watch_options *o)
{
	static const struct option longs[] = {
		{"force", no_argument, NULL, 'f'}, /* first: of a recording alone */
		{"config", required_argument, NULL, 'c'},
		{"scope", required_argument, NULL, 's'},
		{"probes", required_argument, NULL, 'p'},
		{"json", no_argument, NULL, 'j'},
		{"without-probe", required_argument, NULL, 'w'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	optind = 0; /* glibc: begin anew, as the caller has parsed its own options */
	opterr = 0; /* its messages print the words raw */
	while ((c = getopt_long(argc, argv, ":h", longs + !o->records, NULL)) != -1) {
		if (c == ':' || c == '?')
			sw_complain_option(c, argv);
		if (c == 'h')
			o->help = true;
		else if (take_option(o, c))
			return -EINVAL;
	}
	if (o->records && optind < argc)
		o->capture = argv[optind++];
	if (o->records && !o->capture && !o->help) {
		sw_complain("the file to record to is missing", "");
		return -EINVAL;
	}
	if (optind < argc) {
		sw_complain("unexpected argument", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

/* ---- parts ------------------------------------------------------------------------------- */

static uint64_t lost(void *ctx)
{
	const struct watch *watch = ctx;
	uint64_t n[SW_COUNT_MAX];

	sw_probe_set_counters(watch->probes, n);
	return n[SW_COUNT_DROPPED] + n[SW_COUNT_REFUSED_MARK] + n[SW_COUNT_EDGES_FULL] +
	       sw_probe_set_missed(watch->probes) + sw_pipeline_bad(watch->pipeline);
}

static void account(void *ctx)
{
	const struct watch *watch = ctx;
	uint64_t n[SW_COUNT_MAX];

	sw_probe_set_counters(watch->probes, n);
	fprintf(stderr,
		"sidewatch: accounting produced=%" PRIu64 " consumed=%" PRIu64 " dropped=%" PRIu64
		" capped=%" PRIu64 " refused=%" PRIu64 " missed=%" PRIu64 " repaired=%" PRIu64
		" inbound=%" PRIu64 " service-flows=%" PRIu64 " edge-flows=%" PRIu64
		" edges-produced=%" PRIu64 " edges-consumed=%" PRIu64 " edges-dropped=%" PRIu64
		" edges-capped=%" PRIu64 " edges-full=%" PRIu64 "\n",
		n[SW_COUNT_PRODUCED], sw_ring_consumed(watch->ring), n[SW_COUNT_DROPPED],
		n[SW_COUNT_CAPPED], n[SW_COUNT_REFUSED_MARK], sw_probe_set_missed(watch->probes),
		n[SW_COUNT_REPAIRED], n[SW_COUNT_INBOUND], n[SW_COUNT_SERVICE_FLOWS],
		sw_window_flows(watch->window), n[SW_COUNT_EDGES_PRODUCED],
		sw_ring_consumed(watch->edges), n[SW_COUNT_EDGES_DROPPED], n[SW_COUNT_EDGES_CAPPED],
		n[SW_COUNT_EDGES_FULL]);
}

static void armed(void *ctx)
{
	(void)ctx;
	fputs("sidewatch: armed\n", stderr);
	sd_notify(0, "READY=1");
}

static void detach(void *ctx)
{
	sw_probe_set_detach(((struct watch *)ctx)->probes);
}

static void sink_problem(void *arg, const char *sink, const char *target, int error, bool waits)
{
	sw_autofree char *clean = sw_escape_dup(target, SW_ESCAPE_LINE);

	(void)arg;
	fprintf(stderr, "sidewatch: sink %s: %s: %s%s\n", sink, clean ? clean : "?",
		strerror(error), waits ? "; messages wait until it comes" : "");
}

static void sink_news(void *arg, const char *sink, const char *target, const char *what)
{
	sw_autofree char *clean = sw_escape_dup(target, SW_ESCAPE_LINE);

	(void)arg;
	fprintf(stderr, "sidewatch: sink %s: %s: %s\n", sink, clean ? clean : "?", what);
}

static int load_config(const struct sw_watch_options *o, struct sw_config **out)
{
	const char *path = o->config;

	if (!path && !(access(SW_CONFIG_PATH, F_OK) && errno == ENOENT))
		path = SW_CONFIG_PATH;
	return sw_config_load(path, stderr, out);
}

/* Nobody asked for a set: which one it is, and what of it there is not. */
static void tell_missing(const struct sw_probe_set *probes)
{
	struct sw_probe_state state;
	bool first = true;

	fprintf(stderr, "sidewatch: probe set %s", sw_probe_set_name(probes));
	for (size_t i = 0; i < sw_probe_count; i++) {
		if (sw_probe_set_state(probes, i, &state) || state.hook)
			continue;
		fprintf(stderr, "%s%s", first ? ", without " : " ", sw_probe_table[i].name);
		first = false;
	}
	fputs(first ? "\n" : " (see sidewatch doctor)\n", stderr);
}

static int open_probes(struct watch *watch, const struct sw_watch_options *o)
{
	struct sw_probe_set_options set = {.config = watch->config, .wanted = o->probes};
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	char why[512] = "";
	int err;

	memcpy(set.without, o->without, sizeof(set.without));
	err = o->scope ? sw_scope_parse(o->scope, &set.scope, why, sizeof(why)) : 0;
	if (err) {
		sw_complain(why, o->scope);
		return err == -EPERM || err == -EACCES ? SW_EXIT_FAILED : SW_EXIT_USAGE;
	}
	/* Kernels before 5.11 count maps against this limit; later ones do not care. */
	(void)setrlimit(RLIMIT_MEMLOCK, &all);
	err = sw_probe_set_open(&set, why, sizeof(why), &watch->probes);
	if (err) {
		sw_complain("cannot watch", why);
		return sw_exit_of_probes(err);
	}
	if (o->probes == SW_WANTED_AUTO)
		tell_missing(watch->probes);
	return SW_EXIT_OK;
}

static int open_sinks(struct watch *watch, const struct sw_watch_options *o)
{
	struct sw_sinks_options sinks = {
		.stdout_fd = STDOUT_FILENO,
		.stdout_json = o->json,
		.problem = sink_problem,
		.tell = sink_news,
	};
	int err = sw_sinks_open(watch->config, &sinks, &watch->sinks);

	if (!err)
		return SW_EXIT_OK;
	sw_complain("no sink could be opened", strerror(-err));
	return err == -ENODEV ? SW_EXIT_USAGE : SW_EXIT_FAILED;
}

static int open_edges(struct watch *watch)
{
	int err = sw_ring_open(sw_probe_set_map_fd(watch->probes, "sw_edges"), NULL,
			       sw_pipeline_record, watch->pipeline, &watch->edges);

	return err ? err
		   : sw_window_open(watch->probes, sw_boottime_ns(), sw_pipeline_record,
				    watch->pipeline, &watch->window);
}

static void tell_recording_failed(void *ctx, int error, uint64_t bytes)
{
	const struct watch *watch = ctx;
	sw_autofree char *clean = sw_escape_dup(watch->capture_path, SW_ESCAPE_LINE);

	fprintf(stderr,
		"sidewatch: %s: %s: recording stopped at byte %" PRIu64 ", detection goes on\n",
		clean ? clean : "?", strerror(error), bytes);
}

static int open_capture(struct watch *watch, const struct sw_watch_options *o)
{
	struct sw_capture_writer_options writer = {
		.path = o->capture,
		.force = o->force,
		.config = watch->config,
		.host = &watch->host,
		.probes = sw_probe_set_name(watch->probes),
		.failed = tell_recording_failed,
		.ctx = watch,
	};
	char what[96];
	int err;

	if (!o->records)
		return SW_EXIT_OK;
	watch->capture_path = o->capture;
	err = sw_capture_create(&writer, &watch->capture);
	if (!err)
		return SW_EXIT_OK;
	snprintf(what, sizeof(what), "cannot record (%s%s)",
		 err == -EINVAL ? "Not a regular file" : strerror(-err),
		 err == -EEXIST ? "; --force replaces it" : "");
	sw_complain(what, o->capture);
	return SW_EXIT_FAILED;
}

static int open_all(struct watch *watch, const struct sw_watch_options *o)
{
	int err, rc = load_config(o, &watch->config) ? SW_EXIT_USAGE : SW_EXIT_OK;

	if (!rc)
		rc = open_probes(watch, o);
	if (!rc)
		rc = open_sinks(watch, o);
	sw_host_read(&watch->host);
	if (!rc)
		rc = open_capture(watch, o);
	if (rc)
		return rc;
	err = sw_pipeline_new(
		&(struct sw_pipeline_options){.config = watch->config,
					      .host = &watch->host,
					      .sinks = watch->sinks,
					      .probes = sw_probe_set_name(watch->probes),
					      .lost = lost,
					      .lost_ctx = watch,
					      .capture = watch->capture},
		&watch->pipeline);
	if (!err)
		err = sw_ring_open(sw_probe_set_ring_fd(watch->probes),
				   sw_probe_set_idle(watch->probes), sw_pipeline_record,
				   watch->pipeline, &watch->ring);
	if (!err)
		err = open_edges(watch);
	if (!err)
		err = sw_probe_set_scan_listeners(watch->probes);
	if (err)
		sw_complain("cannot start", strerror(-err));
	return err ? SW_EXIT_FAILED : SW_EXIT_OK;
}

/* 0, or the negative errno that ended a recording. */
static int close_all(struct watch *watch)
{
	int err;

	sw_ring_free(&watch->ring);
	sw_ring_free(&watch->edges);
	sw_window_free(&watch->window);
	sw_pipeline_free(&watch->pipeline);
	err = sw_capture_close(&watch->capture);
	sw_sinks_free(&watch->sinks);
	sw_probe_set_free(&watch->probes);
	sw_config_free(&watch->config);
	return err;
}

int sw_watch(const struct sw_watch_options *options)
{
	struct watch watch = {0};
	int rc = open_all(&watch, options);

	if (!rc) {
		struct sw_loop loop = {
			.ring = watch.ring,
			.edges = watch.edges,
			.window = watch.window,
			.window_ns = watch.config->edge_window_s * 1000000000ULL,
			.pipeline = watch.pipeline,
			.sinks = watch.sinks,
			.armed = armed,
			.detach = detach,
			.account = account,
			.ctx = &watch,
		};
		int err = sw_loop_run(&loop);

		if (err) {
			sw_complain("the loop failed", strerror(-err));
			rc = SW_EXIT_FAILED;
		}
	}
	if (close_all(&watch) && !rc)
		rc = SW_EXIT_FAILED;
	return rc;
}
