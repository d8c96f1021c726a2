/* SPDX-License-Identifier: Apache-2.0 */
/* State, detectors and incidents together, as the loop has them, with what was told written down.
 */
#ifndef TEST_ALERT_RIG_H
#define TEST_ALERT_RIG_H

#include "state/build.h"

#include "alert/alert.h"
#include "alert/explain.h"
#include "base/cleanup.h"
#include "decode/conceal.h"
#include "detect/detect.h"
#include "keep.h"
#include "sink/ecs.h"
#include "state/state.h"

#define TOLD_MAX 64

struct told {
	char id[64];
	char json[16384]; /* as the JSON sink writes it */
	uint32_t update;
	int score;
	enum sw_band band;
	uint64_t lost;
	uint64_t hops_total;
	size_t detectors;
	uint16_t local_port; /* of the worst hop */
	uint32_t outcome;
	char explain[SW_EXPLAIN_BYTES];
};

struct rig {
	struct sw_config *config;
	struct sw_state *state;
	struct sw_detect *detect;
	struct sw_alert *alert;
	struct sw_finding finding;
	uint64_t lost;
	struct told told[TOLD_MAX];
	size_t count; /* of tellings, also beyond TOLD_MAX */
};

static inline const char *rig_user(void *ctx, uint32_t uid)
{
	static char name[32];

	(void)ctx;
	if (uid == 0)
		return "root";
	if (uid == 1000)
		return "alice";
	if (uid == 1001)
		return "bob";
	snprintf(name, sizeof(name), "uid %u", uid);
	return name;
}

static inline uint64_t rig_lost(void *ctx)
{
	return ((struct rig *)ctx)->lost;
}

/* What the JSON sink makes of it. */
static inline void rig_render(struct told *told, const struct sw_incident *incident)
{
	static const struct sw_host host = {.name = "rig",
					    .boot_id = "89abcdef-0000-4000-8000-000000000000"};
	struct sw_message message = {.msgid = SW_MSG_INCIDENT,
				     .band = incident->band,
				     .time_ns = incident->last_ns,
				     .incident = incident,
				     .host = &host};
	sw_autofree char *json = NULL;
	size_t len = 0;

	assert_int_equal(sw_ecs_format(&message, 0, &json, &len), 0);
	keep_json(json, len);
	snprintf(told->json, sizeof(told->json), "%s", json);
}

static inline void rig_emit(void *ctx, const struct sw_incident *incident)
{
	struct rig *rig = ctx;
	struct told *told = &rig->told[rig->count < TOLD_MAX ? rig->count : TOLD_MAX - 1];

	rig->count++;
	*told = (struct told){
		.update = incident->update,
		.score = incident->score,
		.band = incident->band,
		.lost = incident->lost,
		.hops_total = incident->hops_total,
		.detectors = incident->detectors_count,
		.local_port = incident->hop.out.local_port,
		.outcome = incident->hop.outcome,
	};
	snprintf(told->id, sizeof(told->id), "%s", incident->id);
	snprintf(told->explain, sizeof(told->explain), "%s", incident->explain);
	rig_render(told, incident);
}

/* incidents_max, images_per_session_max: 0 for the defaults. */
static inline struct rig *rig_new(size_t incidents_max)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	assert_int_equal(sw_config_load(NULL, stderr, &rig->config), 0);
	assert_int_equal(sw_state_new(&(struct sw_state_options){.config = rig->config,
								 .lost = rig_lost,
								 .lost_ctx = rig},
				      &rig->state),
			 0);
	assert_int_equal(sw_detect_new(&(struct sw_detect_options){.config = rig->config,
								   .user_name = rig_user},
				       &rig->detect),
			 0);
	assert_int_equal(sw_alert_new(&(struct sw_alert_options){.machine_id = "0123abcd4567",
								 .boot_id = "89ab-cdef-0000",
								 .probes = "core",
								 .incidents_max = incidents_max,
								 .emit = rig_emit,
								 .emit_ctx = rig,
								 .user_name = rig_user,
								 .lost = rig_lost,
								 .lost_ctx = rig},
				      &rig->alert),
			 0);
	return rig;
}

static inline void rig_free(struct rig *rig)
{
	sw_alert_free(&rig->alert);
	sw_detect_free(&rig->detect);
	sw_state_free(&rig->state);
	sw_config_free(&rig->config);
	free(rig);
}

/* What the pipeline does with one record. */
static inline void play(struct rig *rig, union rec r)
{
	struct sw_rec_exec room;
	const struct sw_record *record = sw_conceal_args(&r.h, rig->config->argv, &room);
	struct sw_view view;

	assert_int_equal(sw_state_apply(rig->state, record, &view), 0);
	sw_detect_run(rig->detect, &view, &rig->finding);
	assert_int_equal(sw_alert_add(rig->alert, &view, &rig->finding), 0);
}

#endif
