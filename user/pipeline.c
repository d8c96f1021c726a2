// SPDX-License-Identifier: Apache-2.0
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>

#include "alert/alert.h"
#include "base/users.h"
#include "decode/decode.h"
#include "detect/detect.h"
#include "state/state.h"

struct sw_pipeline {
	const struct sw_host *host;
	struct sw_sinks *sinks;
	struct sw_users *users;
	struct sw_state *state;
	struct sw_detect *detect;
	struct sw_alert *alert;
	uint64_t now_ns;
	uint64_t bad;
};

static const char *user_name(void *ctx, uint32_t uid)
{
	struct sw_pipeline *p = ctx;

	return sw_users_name(p->users, uid, p->now_ns);
}

static void emit(void *ctx, const struct sw_incident *incident)
{
	struct sw_pipeline *p = ctx;
	struct sw_message message = {
		.msgid = SW_MSG_INCIDENT,
		.band = incident->band,
		.time_ns = incident->last_ns,
		.incident = incident,
		.host = p->host,
	};

	/* A sink that fails counts it and tells it by itself. */
	(void)sw_sinks_send(p->sinks, &message);
}

int sw_pipeline_new(const struct sw_pipeline_options *o, struct sw_pipeline **out)
{
	struct sw_pipeline *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->host = o->host;
	p->sinks = o->sinks;
	err = sw_users_new(NULL, &p->users);
	if (!err)
		err = sw_state_new(&(struct sw_state_options){.config = o->config,
							      .lost = o->lost,
							      .lost_ctx = o->lost_ctx},
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
							      .lost = o->lost,
							      .lost_ctx = o->lost_ctx},
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
	p->now_ns = record->time_ns;
	/* Out of memory: the view has what there is, and a verdict may still come of it. */
	(void)sw_state_apply(p->state, record, &view);
	sw_detect_run(p->detect, &view, &finding);
	(void)sw_alert_add(p->alert, &view, &finding);
}

void sw_pipeline_tick(struct sw_pipeline *p, uint64_t now_ns)
{
	p->now_ns = now_ns;
	sw_alert_tick(p->alert, now_ns);
}

uint64_t sw_pipeline_due_ns(const struct sw_pipeline *p)
{
	return sw_alert_due_ns(p->alert);
}

void sw_pipeline_flush(struct sw_pipeline *p, uint64_t now_ns)
{
	p->now_ns = now_ns;
	sw_alert_flush(p->alert, now_ns);
}

uint64_t sw_pipeline_bad(const struct sw_pipeline *p)
{
	return p->bad;
}
