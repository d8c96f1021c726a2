// SPDX-License-Identifier: Apache-2.0
#include "pipeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "alert/alert.h"
#include "base/users.h"
#include "decode/conceal.h"
#include "decode/decode.h"
#include "detect/detect.h"
#include "state/state.h"

#define LOSS_INTERVAL_NS 1000000000ULL

struct sw_pipeline {
	struct sw_pipeline_options options;
	enum sw_argv_mode argv; /* what is still to be done to arguments */
	struct sw_users *users; /* NULL: somebody else knows the names */
	struct sw_state *state;
	struct sw_detect *detect;
	struct sw_alert *alert;
	uint64_t now_ns; /* of the step */
	bool lost_asked; /* in this step */
	uint64_t lost; /* the answer */
	uint64_t lost_told;
	uint64_t loss_due_ns;
	uint64_t bad;
	struct sw_rec_exec concealed; /* room for a record's copy */
};

/* ---- what is asked of the world ----------------------------------------------------------- */

static void begin_step(struct sw_pipeline *p, uint64_t now_ns)
{
	p->now_ns = now_ns;
	p->lost_asked = false;
}

static const char *user_name(void *ctx, uint32_t uid)
{
	struct sw_pipeline *p = ctx;
	const char *name = p->users ? sw_users_name(p->users, uid, p->now_ns)
				    : p->options.user_name(p->options.user_ctx, uid, p->now_ns);

	if (p->options.capture)
		sw_capture_user(p->options.capture, uid, name);
	return name;
}

static uint64_t lost(void *ctx)
{
	struct sw_pipeline *p = ctx;

	if (!p->lost_asked) {
		p->lost = p->options.lost ? p->options.lost(p->options.lost_ctx) : 0;
		p->lost_asked = true;
		if (p->options.capture)
			sw_capture_lost(p->options.capture, p->lost);
	}
	return p->lost;
}

/* ---- what is told ------------------------------------------------------------------------- */

static void emit(void *ctx, const struct sw_incident *incident)
{
	struct sw_pipeline *p = ctx;
	struct sw_message message = {
		.msgid = SW_MSG_INCIDENT,
		.band = incident->band,
		.time_ns = incident->last_ns,
		.incident = incident,
		.host = p->options.host,
	};

	/* A sink that fails counts it and tells it by itself. */
	(void)sw_sinks_send(p->options.sinks, &message);
}

/* What was lost on the way is news of its own. */
static void tell_lost(struct sw_pipeline *p)
{
	char text[96];
	struct sw_message message = {
		.msgid = SW_MSG_LOSS,
		.band = SW_BAND_NOTICE,
		.time_ns = p->now_ns,
		.text = text,
		.host = p->options.host,
	};
	uint64_t more = lost(p) > p->lost_told ? lost(p) - p->lost_told : 0;

	p->loss_due_ns = p->now_ns + LOSS_INTERVAL_NS;
	if (!more)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " facts of sessions lost, %" PRIu64 " since start",
		 more, lost(p));
	p->lost_told = lost(p);
	(void)sw_sinks_send(p->options.sinks, &message);
}

/* ---- life --------------------------------------------------------------------------------- */

int sw_pipeline_new(const struct sw_pipeline_options *o, struct sw_pipeline **out)
{
	struct sw_pipeline *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->options = *o;
	p->argv = o->config->argv;
	if (o->redacted && p->argv == SW_ARGV_REDACTED)
		p->argv = SW_ARGV_FULL;
	err = o->user_name ? 0 : sw_users_new(NULL, &p->users);
	if (!err)
		err = sw_state_new(&(struct sw_state_options){.config = o->config,
							      .lost = lost,
							      .lost_ctx = p},
				   &p->state);
	if (!err)
		err = sw_detect_new(&(struct sw_detect_options){.config = o->config,
								.user_name = user_name,
								.user_ctx = p},
				    &p->detect);
	if (!err)
		err = sw_alert_new(&(struct sw_alert_options){.machine_id = o->host->machine_id,
							      .boot_id = o->host->boot_id,
							      .probes = o->probes,
							      .emit = emit,
							      .emit_ctx = p,
							      .user_name = user_name,
							      .user_ctx = p,
							      .lost = lost,
							      .lost_ctx = p},
				   &p->alert);
	if (err) {
		sw_pipeline_free(&p);
		return err;
	}
	*out = p;
	return 0;
}

void sw_pipeline_free(struct sw_pipeline **pipeline)
{
	struct sw_pipeline *p = *pipeline;

	if (!p)
		return;
	sw_alert_free(&p->alert);
	sw_detect_free(&p->detect);
	sw_state_free(&p->state);
	sw_users_free(&p->users);
	free(p);
	*pipeline = NULL;
}

/* ---- steps -------------------------------------------------------------------------------- */

/* What nobody asked here, a replay by other settings may ask. */
static void capture_record(struct sw_pipeline *p, const struct sw_record *record)
{
	(void)user_name(p, record->task.cred.uid);
	(void)user_name(p, record->task.cred.euid);
	(void)user_name(p, record->task.cred.loginuid);
	sw_capture_record(p->options.capture, record, record->size);
}

void sw_pipeline_record(void *pipeline, const void *data, size_t size)
{
	struct sw_pipeline *p = pipeline;
	const struct sw_record *record;
	struct sw_finding finding;
	struct sw_view view;

	if (sw_decode(data, size, &record)) {
		p->bad++;
		return;
	}
	record = sw_conceal_args(record, p->argv, &p->concealed);
	begin_step(p, record->time_ns);
	/* Out of memory: the view has what there is, and a verdict may still come of it. */
	(void)sw_state_apply(p->state, record, &view);
	sw_detect_run(p->detect, &view, &finding);
	(void)sw_alert_add(p->alert, &view, &finding);
	if (p->options.capture)
		capture_record(p, record);
}

void sw_pipeline_tick(struct sw_pipeline *p, uint64_t now_ns)
{
	begin_step(p, now_ns);
	sw_alert_tick(p->alert, now_ns);
	if (now_ns >= p->loss_due_ns)
		tell_lost(p);
	if (p->options.capture)
		sw_capture_tick(p->options.capture, now_ns);
}

uint64_t sw_pipeline_due_ns(const struct sw_pipeline *p)
{
	return sw_alert_due_ns(p->alert);
}

void sw_pipeline_flush(struct sw_pipeline *p, uint64_t now_ns)
{
	begin_step(p, now_ns);
	sw_alert_flush(p->alert, now_ns);
	tell_lost(p);
	if (p->options.capture)
		sw_capture_end(p->options.capture, now_ns);
}

uint64_t sw_pipeline_bad(const struct sw_pipeline *p)
{
	return p->bad;
}
