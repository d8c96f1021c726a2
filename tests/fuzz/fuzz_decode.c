// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer target: bytes -> records -> the whole pipeline -> a sink that writes to nowhere.
 *
 * The input is a program that plays a story and spoils it, because a fuzzer would need years to
 * find a valid record of 1,500 bytes by itself. First byte: the sink's form. Then steps; the low
 * three bits of a step's first byte choose
 *   1..7  a record of the story (build()), spoiled at as many places as the next three bits say:
 *         two bytes where (see spoil()), one byte what
 *   0     raw bytes: two bytes how many, then they
 * and bit 6 lets half a second pass before, bit 7 two seconds and a tick.
 */
#include "state/build.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "pipeline.h"

#define STEPS_MAX 512
#define STORY 8

struct input {
	const uint8_t *at;
	const uint8_t *end;
};

static uint8_t take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static uint16_t take16(struct input *in)
{
	uint16_t low = take(in);

	return (uint16_t)(low | take(in) << 8);
}

/* Somebody logs in, becomes a user, runs a shell, goes on to the next host, and leaves. */
static void build(union rec story[STORY])
{
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, "10.0.1.7", 22);
	struct sw_task sshd = task(120, 0, 1000, "sshd");
	struct sw_task bash = with_tty(task(120, 1, 1000, "bash"), "pts/3");
	struct sw_task ssh = with_tty(task(121, 2, 1000, "ssh"), "pts/3");
	static const char args[] = "ssh\0-p\0002222\0b";

	story[1] = rec_session(0, &o, sshd, 0, "/usr/sbin/sshd");
	story[2] = rec_identity(0, &o, sshd, cred(0), SW_HOW_SETID);
	story[3] = rec_exec(0, &o, bash, 0, "/usr/bin/bash");
	story[4] = rec_exec(0, &o, ssh, 1, "/usr/bin/ssh");
	set_args(&story[4], args, sizeof(args));
	story[5] = rec_connect(0, &o, ssh, &out);
	story[6] = rec_outcome(0, &o, ssh, &out, SW_OUTCOME_ESTABLISHED);
	/* One that could have had several causes. */
	o.confidence = SW_CONFIDENCE_SERVICE;
	o.nflows = SW_CANDIDATES;
	for (uint16_t i = 1; i < SW_CANDIDATES; i++)
		o.in[i] = flow(7u + i, "10.0.0.1", 22, "10.0.0.6", (uint16_t)(51000 + i));
	story[7] = rec_end(0, &o, sshd, 1);
}

struct world {
	struct sw_config *config;
	struct sw_host host;
	union rec story[STORY];
	int out; /* /dev/null, or the file that SIDEWATCH_FUZZ_OUT names */
};

/* Lists for the story's service, so that what it runs is compared with patterns. */
static struct sw_service services[] = {
	{"/usr/*/sshd", (char *[]){"/*in/*a*h", "/usr/bin/?*", "/tmp/*x*x*x*"}, 3},
	{"/*/*", (char *[]){"/*/*/*"}, 1},
};

static const struct world *world(void)
{
	static struct world w;
	const char *path = getenv("SIDEWATCH_FUZZ_OUT") ?: "/dev/null";

	if (w.config)
		return &w;
	w.out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	w.host = (struct sw_host){.name = "H", .machine_id = "0123", .boot_id = "4567"};
	if (w.out < 0 || sw_config_load(NULL, stderr, &w.config))
		abort();
	w.config->terminal.enabled = w.config->terminal.enabled_set = true;
	w.config->terminal.level = SW_BAND_RECORD;
	w.config->services = services; /* the configuration is never freed */
	w.config->services_count = sizeof(services) / sizeof(services[0]);
	w.config->syslog.enabled = false;
	w.config->syslog.enabled_set = true;
	build(w.story);
	return &w;
}

static uint64_t lost(void *ctx)
{
	(void)ctx;
	return 0;
}

/* A copy of its own size, so that ASan sees each byte read beyond; counted if it is bad. */
static uint64_t play(struct sw_pipeline *pipeline, const void *bytes, size_t size)
{
	const struct sw_record *decoded;
	void *copy = malloc(size ?: 1);
	uint64_t bad;

	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	bad = sw_decode(copy, size, &decoded) != 0;
	sw_pipeline_record(pipeline, copy, size);
	free(copy);
	return bad;
}

/*
 * The upper two bits of where: at a field that somebody acts upon rather than anywhere; as many
 * bytes as a path has rather than one.
 */
static void spoil(union rec *r, size_t size, struct input *in)
{
	static const size_t spots[] = {
		offsetof(struct sw_record, kind),
		offsetof(struct sw_record, task.tgid),
		offsetof(struct sw_record, task.image),
		offsetof(struct sw_record, task.comm),
		offsetof(struct sw_record, task.tty),
		offsetof(struct sw_record, origin.session),
		offsetof(struct sw_record, origin.parent),
		offsetof(struct sw_record, origin.root),
		offsetof(struct sw_record, origin.confidence),
		offsetof(struct sw_record, origin.depth),
		offsetof(struct sw_record, origin.nflows),
		offsetof(struct sw_record, origin.flags),
		offsetof(struct sw_record, origin.rootflow.remote),
		offsetof(struct sw_record, origin.in[0].remote),
		offsetof(struct sw_record, origin.in[1].cookie),
		offsetof(struct sw_record, origin.in[1].family),
		offsetof(struct sw_rec_session, reader_exe),
		offsetof(struct sw_rec_session, listener_exe),
		offsetof(struct sw_rec_exec, image),
		offsetof(struct sw_rec_exec, parent_image),
		offsetof(struct sw_rec_exec, mode),
		offsetof(struct sw_rec_exec, args_bytes),
		offsetof(struct sw_rec_exec, args_bytes) + 1,
		offsetof(struct sw_rec_exec, args_total) + 1,
		offsetof(struct sw_rec_exec, exe),
		offsetof(struct sw_rec_exec, filename),
		offsetof(struct sw_rec_exec, args),
		offsetof(struct sw_rec_identity, old.uid),
		offsetof(struct sw_rec_identity, how),
		offsetof(struct sw_rec_connect, out.cookie),
		offsetof(struct sw_rec_connect, out.remote),
		offsetof(struct sw_rec_connect, out.remote_port),
		offsetof(struct sw_rec_outcome, outcome),
	};
	uint16_t where = take16(in);
	size_t at = where & 0x3fff, n = where & 0x4000 ? SW_PATH_BYTES : 1;
	uint8_t what = take(in);

	if (where & 0x8000)
		at = spots[at % (sizeof(spots) / sizeof(spots[0]))];
	else
		at %= size;
	for (; n && at < size; n--)
		((uint8_t *)r)[at++] = what;
}

static uint64_t step(struct sw_pipeline *pipeline, struct input *in, uint64_t *now_ns)
{
	const struct world *w = world();
	uint8_t op = take(in);
	union rec r;
	size_t size;

	if (op & 0x40)
		*now_ns += S / 2;
	if (op & 0x80) {
		*now_ns += 2 * S;
		sw_pipeline_tick(pipeline, *now_ns);
	}
	if (!(op & 7)) {
		size = take16(in);
		if (size > (size_t)(in->end - in->at))
			size = (size_t)(in->end - in->at);
		in->at += size;
		return play(pipeline, in->at - size, size);
	}
	r = w->story[op & 7];
	size = r.h.size;
	r.h.time_ns = *now_ns;
	for (int n = op >> 3 & 7; n; n--)
		spoil(&r, size, in);
	return play(pipeline, &r, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct world *w = world();
	struct input in = {data, data + size};
	struct sw_sinks_options options = {.stdout_fd = w->out, .stdout_json = take(&in) & 1};
	struct sw_pipeline *pipeline = NULL;
	struct sw_sinks *sinks = NULL;
	uint64_t now_ns = 10 * S, bad = 0;

	if (sw_sinks_open(w->config, &options, &sinks) ||
	    sw_pipeline_new(&(struct sw_pipeline_options){.config = w->config,
							  .host = &w->host,
							  .sinks = sinks,
							  .probes = "core",
							  .lost = lost},
			    &pipeline))
		abort();
	for (int i = 0; i < STEPS_MAX && in.at < in.end; i++)
		bad += step(pipeline, &in, &now_ns);
	if (sw_pipeline_bad(pipeline) != bad)
		abort();
	sw_pipeline_flush(pipeline, now_ns);
	sw_pipeline_free(&pipeline);
	sw_sinks_free(&sinks);
	return 0;
}
