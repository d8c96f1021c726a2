/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What alert/ hands to the sinks: all findings of one root session, with their evidence.
 *
 * Strings of the watched system in here are raw (hostile): each sink escapes for its own medium.
 * `explain` is already made of printable ASCII.
 */
#ifndef SIDEWATCH_INCIDENT_H
#define SIDEWATCH_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sidewatch/event.h"

enum sw_band { SW_BAND_RECORD = 0, SW_BAND_NOTICE, SW_BAND_ALERT, SW_BAND_CRITICAL, SW_BAND_MAX };

#define SW_TERMS_MAX 16 /* score terms of one verdict */
#define SW_LINEAGE_MAX 24 /* images shown; the middle of longer chains is left out, and told */
#define SW_HOPS_SHOWN 16 /* hops shown in an incident; hops_total counts all */
#define SW_PRIVILEGES_MAX 8 /* identity changes shown */
#define SW_DETECTORS_MAX 32

/* One part of a score: "session-pivot" 25, "port" 10, … `name` is a static string. */
struct sw_term {
	const char *name;
	int points;
};

/* One program image of the path from the inbound to the outbound flow. Borrowed strings. */
struct sw_step {
	uint64_t image;
	const char *exe; /* resolved path, "" if its record was lost */
	const char *comm; /* short name of a task that ran it: all there is if exe is "" */
	const char *argv; /* redacted already, separated by spaces; NULL if not kept */
	const char *tty; /* "" if none */
	uint32_t pid; /* thread group id when it was exec'd */
	uint32_t uid; /* as it ran when last seen */
	uint32_t euid;
	uint64_t start_ns; /* process start, boottime */
	uint64_t exec_ns; /* when it was exec'd, boottime; 0: the reader's image */
};

struct sw_privilege {
	uint64_t time_ns; /* boottime */
	uint32_t pid;
	uint32_t how; /* enum sw_how */
	struct sw_cred from;
	struct sw_cred to;
};

struct sw_hop_view {
	struct sw_flow out;
	uint32_t outcome; /* enum sw_outcome */
	uint32_t error;
	uint32_t pid;
	uint64_t image;
};

/* Valid only during the call that gets it. */
struct sw_incident {
	const char *id; /* "<host id>-<boot id>-<session id>", hex digits and dashes */
	uint32_t update; /* 0: opened; then counts the times it was told again */
	enum sw_band band;
	int score;

	const struct sw_detector *detectors[SW_DETECTORS_MAX]; /* that fired, highest base first */
	size_t detectors_count;
	struct sw_term terms[SW_TERMS_MAX];
	size_t terms_count;

	struct sw_origin origin; /* of the worst hop */
	const char *user; /* local name or "uid N"; "" if not known */
	uint32_t uid; /* (uint32_t)-1 if not known */
	const char *effective_user; /* of task.cred.euid, as `user` */
	const char *listener_exe; /* "" if not known */
	const char *reader_exe;

	struct sw_step lineage[SW_LINEAGE_MAX]; /* outermost (the reader's) first */
	size_t lineage_count;
	size_t lineage_omitted;
	struct sw_privilege privileges[SW_PRIVILEGES_MAX];
	size_t privileges_count;
	struct sw_hop_view hop; /* the worst hop: flow_out */
	struct sw_task task; /* that opened it, as it was then */
	struct sw_hop_view hops[SW_HOPS_SHOWN];
	size_t hops_count;
	uint64_t hops_total;

	uint64_t first_ns; /* boottime of the first finding */
	uint64_t last_ns; /* boottime of the latest */
	uint64_t lost; /* facts lost while this session was watched */
	const char *probes; /* probe set in force: "core" */
	const char *explain; /* the one line that a tired person understands */
};

/* "record", "notice", "alert", "critical". */
const char *sw_band_name(enum sw_band band);

/* Band of a score: record < 40 <= notice < 60 <= alert < 85 <= critical. */
enum sw_band sw_band_of(int score);

/* "service", "exact", …; "none" for values out of range. */
const char *sw_confidence_name(unsigned int confidence);

/* "established", "refused", "timed-out", "failed", "pending". */
const char *sw_outcome_name(unsigned int outcome);

/* "set-id", "setuid-exec", "file-caps", "unexplained". */
const char *sw_how_name(unsigned int how);

#endif
