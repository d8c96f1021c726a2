/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Incidents: one per root session. An incident is told at once when it opens, and again when it
 * gets worse, not more often than the interval; news in between are told together when it is over.
 */
#ifndef SW_ALERT_ALERT_H
#define SW_ALERT_ALERT_H

#include <stddef.h>
#include <stdint.h>

#include "detect/detect.h"
#include "sidewatch/incident.h"

struct sw_alert;

/* 0 or NULL: the default. Strings are borrowed. */
struct sw_alert_options {
	const char *machine_id; /* hex digits: the first 8 go into the incidents' ids */
	const char *boot_id; /* as in /proc/sys/kernel/random/boot_id: likewise */
	const char *probes; /* set in force: "core" */
	size_t incidents_max; /* 1,024 */
	uint64_t interval_ns; /* least time between two tellings of one incident: 1 s */
	uint64_t quiet_ns; /* closed after so long without news: 7 days */
	/* Called from add, tick and flush. The incident is valid during the call only. Needed. */
	void (*emit)(void *ctx, const struct sw_incident *incident);
	void *emit_ctx;
	/* As in sw_detect_options and sw_state_options. */
	const char *(*user_name)(void *ctx, uint32_t uid);
	void *user_ctx;
	uint64_t (*lost)(void *ctx);
	void *lost_ctx;
};

struct sw_alert_stats {
	size_t open;
	size_t closed; /* remembered, in case that their session goes on */
	uint64_t opened;
	uint64_t told;
	uint64_t evicted; /* open ones that had to make room */
};

/* 0, -EINVAL or -ENOMEM. */
int sw_alert_new(const struct sw_alert_options *options, struct sw_alert **out);

/* NULL-safe. Tells nothing more: see sw_alert_flush(). Sets *alert to NULL. */
void sw_alert_free(struct sw_alert **alert);

/*
 * To be called for every record, with what sw_detect_run() made of it (finding may be NULL):
 * outcomes and ends of sessions are news as well. 0 or -ENOMEM.
 */
int sw_alert_add(struct sw_alert *alert, const struct sw_view *view,
		 const struct sw_finding *finding);

/* Tells what is due and closes what has been quiet. now_ns: boottime. */
void sw_alert_tick(struct sw_alert *alert, uint64_t now_ns);

/* When the next tick has something to tell, boottime; UINT64_MAX: nothing waits. */
uint64_t sw_alert_due_ns(const struct sw_alert *alert);

/* Tells all that waits, due or not: before the program ends. */
void sw_alert_flush(struct sw_alert *alert, uint64_t now_ns);

void sw_alert_stats(const struct sw_alert *alert, struct sw_alert_stats *out);

#endif
