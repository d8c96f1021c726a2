// SPDX-License-Identifier: Apache-2.0
/* From the bytes of the ring to what a sink gets. */
#include "state/build.h"

#include <stdlib.h>

#include "pipeline.h"

#define NOBODY_KNOWN 54321 /* no passwd file names it */
#define TOLD_MAX 8

struct told {
	char id[64];
	char explain[1024];
	char user[64];
	const struct sw_host *host;
	enum sw_msgid msgid;
	enum sw_band band;
	int score;
	uint32_t update;
	uint64_t time_ns;
	uint64_t lost;
	uint16_t local_port;
};

struct rig {
	struct sw_sink sink; /* first: it is what the set knows */
	struct sw_config *config;
	struct sw_sinks *sinks;
	struct sw_pipeline *pipeline;
	struct sw_host host;
	struct told told[TOLD_MAX];
	size_t count;
	uint64_t lost;
	uint64_t lost_grows; /* with each question */
	int answer; /* of the sink's send() */
};

/* ---- a sink that writes down -------------------------------------------------------------- */

static int sink_send(struct sw_sink *sink, const struct sw_message *m)
{
	struct rig *rig = (struct rig *)sink;
	struct told *told = &rig->told[rig->count];

	assert_true(rig->count++ < TOLD_MAX);
	if (m->msgid == SW_MSG_LOSS) {
		*told = (struct told){.msgid = m->msgid, .band = m->band, .time_ns = m->time_ns};
		snprintf(told->explain, sizeof(told->explain), "%s", m->text);
		return rig->answer;
	}
	assert_non_null(m->incident);
	*told = (struct told){
		.host = m->host,
		.msgid = m->msgid,
		.band = m->band,
		.score = m->incident->score,
		.update = m->incident->update,
		.time_ns = m->time_ns,
		.lost = m->incident->lost,
		.local_port = m->incident->hop.out.local_port,
	};
	snprintf(told->id, sizeof(told->id), "%s", m->incident->id);
	snprintf(told->explain, sizeof(told->explain), "%s", m->incident->explain);
	snprintf(told->user, sizeof(told->user), "%s", m->incident->user);
	return rig->answer;
}

static void sink_tick(struct sw_sink *sink)
{
	(void)sink;
}

static void sink_stats(const struct sw_sink *sink, struct sw_sink_stats *out)
{
	(void)sink;
	*out = (struct sw_sink_stats){0};
}

static void sink_free(struct sw_sink *sink)
{
	(void)sink; /* part of the rig */
}

static const struct sw_sink_ops sink_ops = {
	.name = "test",
	.send = sink_send,
	.tick = sink_tick,
	.stats = sink_stats,
	.free = sink_free,
};

static uint64_t lost(void *ctx)
{
	struct rig *rig = ctx;

	rig->lost += rig->lost_grows;
	return rig->lost;
}

static const char *namer(void *ctx, uint32_t uid, uint64_t now_ns)
{
	static char name[64];

	(void)ctx;
	snprintf(name, sizeof(name), "u%u-at-%llu", uid, (unsigned long long)now_ns / S);
	return name;
}

static void start(struct rig *rig, bool with_namer)
{
	struct sw_pipeline_options options = {
		.config = rig->config,
		.host = &rig->host,
		.sinks = rig->sinks,
		.probes = "core",
		.lost = lost,
		.lost_ctx = rig,
		.user_name = with_namer ? namer : NULL,
	};

	assert_int_equal(sw_pipeline_new(&options, &rig->pipeline), 0);
}

static int build(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->sink = (struct sw_sink){.ops = &sink_ops, .level = SW_BAND_RECORD};
	rig->host = (struct sw_host){
		.name = "H", .machine_id = "0123456789abcdef", .boot_id = "fedcba98-7654"};
	assert_int_equal(sw_config_load(NULL, stderr, &rig->config), 0);
	assert_int_equal(sw_sinks_new(&rig->sinks), 0);
	assert_int_equal(sw_sinks_add(rig->sinks, &rig->sink), 0);
	start(rig, false);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	sw_pipeline_free(&rig->pipeline);
	assert_null(rig->pipeline);
	sw_pipeline_free(&rig->pipeline); /* NULL-safe */
	sw_sinks_free(&rig->sinks);
	sw_config_free(&rig->config);
	free(rig);
	return 0;
}

/* ---- a story ------------------------------------------------------------------------------ */

/* Exactly as long as the record, so that ASan sees what is read beyond. */
static void feed_bytes(struct rig *rig, const void *bytes, size_t size)
{
	uint8_t *copy = malloc(size ?: 1);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	sw_pipeline_record(rig->pipeline, copy, size);
	free(copy);
}

static void feed(struct rig *rig, const union rec *r)
{
	feed_bytes(rig, r, r->h.size);
}

enum { PIVOT = 6, CONNECT = 4 };

/* Attack 1: sshd reads, its child becomes a user and runs bash on a terminal; bash runs ssh. */
static void pivot(union rec r[PIVOT])
{
	struct sw_origin o = login_origin();
	struct sw_flow out = flow(50, "10.0.0.1", 40000, "10.0.1.7", 22);
	struct sw_task sshd = task(120, 0, NOBODY_KNOWN, "sshd");
	struct sw_task bash = with_tty(task(120, 1, NOBODY_KNOWN, "bash"), "pts/3");
	struct sw_task ssh = with_tty(task(121, 2, NOBODY_KNOWN, "ssh"), "pts/3");

	r[0] = rec_session(10 * S, &o, sshd, 0, "/usr/sbin/sshd");
	r[1] = rec_identity(10 * S, &o, sshd, cred(0), SW_HOW_SETID);
	r[2] = rec_exec(10 * S, &o, bash, 0, "/usr/bin/bash");
	r[3] = rec_exec(11 * S, &o, ssh, 1, "/usr/bin/ssh");
	r[CONNECT] = rec_connect(12 * S, &o, ssh, &out);
	r[5] = rec_outcome(12 * S + 5 * MS, &o, ssh, &out, SW_OUTCOME_ESTABLISHED);
}

static const char pivot_line[] =
	"10.0.0.5:51234 -> sshd:22 uid 54321 pts/3 -> bash -> ssh -> 10.0.1.7:22 | 70 = "
	"session-pivot 25 + new family 25 + port 10 + inbound new 10 | exact | lost 0";

static void a_pivot_becomes_one_incident(void **state)
{
	struct rig *rig = *state;
	union rec r[PIVOT];

	pivot(r);
	assert_true(sw_pipeline_due_ns(rig->pipeline) == UINT64_MAX);
	for (size_t i = 0; i < CONNECT; i++)
		feed(rig, &r[i]);
	assert_int_equal(rig->count, 0);
	feed(rig, &r[CONNECT]);
	assert_int_equal(rig->count, 1);
	assert_string_equal(rig->told[0].explain, pivot_line);
	assert_string_equal(rig->told[0].id, "01234567-fedcba98-7");
	assert_string_equal(rig->told[0].user, "uid 54321");
	assert_int_equal(rig->told[0].msgid, SW_MSG_INCIDENT);
	assert_int_equal(rig->told[0].band, SW_BAND_ALERT);
	assert_int_equal(rig->told[0].score, 70);
	assert_int_equal(rig->told[0].update, 0);
	assert_int_equal(rig->told[0].time_ns, 12 * S);
	assert_ptr_equal(rig->told[0].host, &rig->host);
	assert_int_equal(sw_pipeline_bad(rig->pipeline), 0);
}

/* What comes soon after the first telling waits for the tick. */
static void the_outcome_is_told_when_it_is_due(void **state)
{
	struct rig *rig = *state;
	uint64_t due_ns;
	union rec r[PIVOT];

	pivot(r);
	for (size_t i = 0; i < PIVOT; i++)
		feed(rig, &r[i]);
	assert_int_equal(rig->count, 1);
	due_ns = sw_pipeline_due_ns(rig->pipeline);
	assert_true(due_ns > 12 * S + 5 * MS && due_ns < 14 * S);
	sw_pipeline_tick(rig->pipeline, due_ns - 1);
	assert_int_equal(rig->count, 1);
	sw_pipeline_tick(rig->pipeline, due_ns);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->told[1].update, 1);
	assert_int_equal(rig->told[1].local_port, 40000);
	assert_string_equal(rig->told[1].id, rig->told[0].id);
	assert_true(sw_pipeline_due_ns(rig->pipeline) == UINT64_MAX);
}

static void the_end_tells_what_waits(void **state)
{
	struct rig *rig = *state;
	union rec r[PIVOT];

	pivot(r);
	for (size_t i = 0; i < PIVOT; i++)
		feed(rig, &r[i]);
	sw_pipeline_flush(rig->pipeline, 12 * S + 6 * MS);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->told[1].local_port, 40000);
	sw_pipeline_flush(rig->pipeline, 12 * S + 7 * MS);
	assert_int_equal(rig->count, 2);
}

static void an_outbound_flow_elsewhere_is_no_incident(void **state)
{
	struct rig *rig = *state;
	union rec r[PIVOT];

	pivot(r);
	/* 192.0.2.7 is not internal. */
	for (size_t i = CONNECT; i < PIVOT; i++) {
		struct sw_flow *out = i == CONNECT ? &r[i].connect.out : &r[i].outcome.out;

		put_addr("192.0.2.7", out->remote, &out->family);
	}
	for (size_t i = 0; i < PIVOT; i++)
		feed(rig, &r[i]);
	sw_pipeline_flush(rig->pipeline, 20 * S);
	assert_int_equal(rig->count, 0);
}

static void what_was_lost_meanwhile_is_told(void **state)
{
	struct rig *rig = *state;
	union rec r[PIVOT];

	pivot(r);
	rig->lost = 5; /* before this session */
	feed(rig, &r[0]);
	rig->lost = 8;
	for (size_t i = 2; i <= CONNECT; i++)
		feed(rig, &r[i]);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig->told[0].lost, 3);
}

/* LOSS: growth alone, with the sum, at most once a second, and at the end whatever the time. */
static void what_was_lost_is_told_by_itself(void **state)
{
	struct rig *rig = *state;

	sw_pipeline_tick(rig->pipeline, 10 * S);
	assert_int_equal(rig->count, 0);
	rig->lost = 3;
	sw_pipeline_tick(rig->pipeline, 11 * S - 1);
	assert_int_equal(rig->count, 0);
	sw_pipeline_tick(rig->pipeline, 11 * S);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig->told[0].msgid, SW_MSG_LOSS);
	assert_int_equal(rig->told[0].band, SW_BAND_NOTICE);
	assert_int_equal(rig->told[0].time_ns, 11 * S);
	assert_string_equal(rig->told[0].explain, "3 facts of sessions lost, 3 since start");
	sw_pipeline_tick(rig->pipeline, 12 * S);
	assert_int_equal(rig->count, 1);
	rig->lost = 10;
	sw_pipeline_flush(rig->pipeline, 12 * S + 1);
	assert_int_equal(rig->count, 2);
	assert_string_equal(rig->told[1].explain, "7 facts of sessions lost, 10 since start");
}

/* The session begins and is told in one step: what is lost between the two questions is not. */
static void an_answer_holds_for_its_step(void **state)
{
	struct rig *rig = *state;
	union rec r[PIVOT];

	pivot(r);
	rig->lost_grows = 1;
	feed(rig, &r[CONNECT]);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig->told[0].lost, 0);
	assert_int_equal(rig->lost, 1);
}

static void names_come_from_whom_it_is_told(void **state)
{
	struct rig *rig = *state;
	union rec r[PIVOT];

	sw_pipeline_free(&rig->pipeline);
	start(rig, true);
	pivot(r);
	for (size_t i = 0; i <= CONNECT; i++)
		feed(rig, &r[i]);
	assert_int_equal(rig->count, 1);
	assert_string_equal(rig->told[0].user, "u54321-at-12");
}

/* ---- what cannot be decoded ---------------------------------------------------------------- */

static void undecodable_bytes_are_counted(void **state)
{
	static const uint8_t junk[2048] = {1, 0, 4, 0, 0xff, 0xff};
	struct rig *rig = *state;
	union rec r[PIVOT];

	pivot(r);
	feed_bytes(rig, junk, 0);
	feed_bytes(rig, junk, 1);
	feed_bytes(rig, junk, sizeof(junk));
	assert_int_equal(sw_pipeline_bad(rig->pipeline), 3);
	feed_bytes(rig, &r[0], r[0].h.size - 1);
	r[1].h.version++;
	feed(rig, &r[1]);
	assert_int_equal(sw_pipeline_bad(rig->pipeline), 5);
	assert_int_equal(rig->count, 0);
}

static void bad_records_between_good_ones_change_nothing(void **state)
{
	struct rig *rig = *state;
	union rec r[PIVOT];

	pivot(r);
	for (size_t i = 0; i <= CONNECT; i++) {
		union rec bad = r[CONNECT];

		bad.connect.out.cookie = 0;
		feed(rig, &bad);
		feed(rig, &r[i]);
	}
	assert_int_equal(sw_pipeline_bad(rig->pipeline), CONNECT + 1);
	assert_int_equal(rig->count, 1);
	assert_string_equal(rig->told[0].explain, pivot_line);
}

/* Each record of the story cut at every length: all are counted, none is acted upon. */
static void cut_records_are_counted(void **state)
{
	struct rig *rig = *state;
	uint64_t bad = 0;
	union rec r[PIVOT];

	pivot(r);
	for (size_t i = 0; i < PIVOT; i++)
		for (size_t size = 0; size < r[i].h.size; size += 3, bad++)
			feed_bytes(rig, &r[i], size);
	assert_int_equal(sw_pipeline_bad(rig->pipeline), bad);
	sw_pipeline_flush(rig->pipeline, 20 * S);
	assert_int_equal(rig->count, 0);
}

/* ---- sinks --------------------------------------------------------------------------------- */

static void a_failing_sink_stops_nothing(void **state)
{
	struct rig *rig = *state;
	union rec r[PIVOT];

	rig->answer = -EIO;
	pivot(r);
	for (size_t i = 0; i < PIVOT; i++)
		feed(rig, &r[i]);
	sw_pipeline_flush(rig->pipeline, 13 * S);
	assert_int_equal(rig->count, 2);
	assert_int_equal(sw_pipeline_bad(rig->pipeline), 0);
}

static void a_sinks_level_is_heeded(void **state)
{
	struct rig *rig = *state;
	union rec r[PIVOT];

	rig->sink.level = SW_BAND_CRITICAL;
	pivot(r);
	for (size_t i = 0; i < PIVOT; i++)
		feed(rig, &r[i]);
	sw_pipeline_flush(rig->pipeline, 13 * S);
	assert_int_equal(rig->count, 0);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_pivot_becomes_one_incident),
		WITH_RIG(the_outcome_is_told_when_it_is_due),
		WITH_RIG(the_end_tells_what_waits),
		WITH_RIG(an_outbound_flow_elsewhere_is_no_incident),
		WITH_RIG(what_was_lost_meanwhile_is_told),
		WITH_RIG(what_was_lost_is_told_by_itself),
		WITH_RIG(an_answer_holds_for_its_step),
		WITH_RIG(names_come_from_whom_it_is_told),
		WITH_RIG(undecodable_bytes_are_counted),
		WITH_RIG(bad_records_between_good_ones_change_nothing),
		WITH_RIG(cut_records_are_counted),
		WITH_RIG(a_failing_sink_stops_nothing),
		WITH_RIG(a_sinks_level_is_heeded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
