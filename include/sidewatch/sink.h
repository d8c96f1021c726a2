/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sink contract: where incidents and notes about the sensor itself go.
 *
 * A sink never blocks: what it cannot send at once it keeps in a bounded queue of its own and
 * sends when tick() or ready() is called; what does not fit is dropped and counted. One bad sink
 * never stalls another, nor detection.
 */
#ifndef SIDEWATCH_SINK_H
#define SIDEWATCH_SINK_H

#include <stdint.h>

#include "sidewatch/config.h"
#include "sidewatch/incident.h"

/* Where and when we are; filled once at start. Strings are owned by the host struct's maker. */
struct sw_host {
	char name[256]; /* host name, may be hostile */
	char machine_id[33]; /* 32 hex digits, "" if none */
	char boot_id[37]; /* as in /proc/sys/kernel/random/boot_id */
	char architecture[65]; /* as uname(2) says: "x86_64" */
	char kernel[65]; /* its release: "6.1.0-18-amd64" */
	int64_t realtime_offset_ns; /* CLOCK_REALTIME = boottime + this */
};

enum sw_msgid { SW_MSG_INCIDENT = 0, SW_MSG_HEALTH, SW_MSG_LOSS, SW_MSG_MAX };

/* One message for all sinks. `incident` is NULL unless msgid is SW_MSG_INCIDENT. */
struct sw_message {
	enum sw_msgid msgid;
	enum sw_band band;
	uint64_t time_ns; /* boottime */
	const struct sw_incident *incident;
	const char *text; /* HEALTH, LOSS: one line, printable ASCII */
	const struct sw_host *host;
};

struct sw_sink;

struct sw_sink_stats {
	uint64_t sent;
	uint64_t dropped; /* queue full, or refused for ever */
	uint64_t queued; /* waiting now */
};

struct sw_sink_ops {
	const char *name; /* "syslog", "json", "terminal", "syslog-tls" */
	/* 0, or a negative errno if the message could neither be sent nor queued (counted too). */
	int (*send)(struct sw_sink *sink, const struct sw_message *message);
	/* Tries again what is queued. Called about once a second and before closing. */
	void (*tick)(struct sw_sink *sink);
	/*
	 * A descriptor that polls readable when ready() has something to do, the same for the
	 * sink's life; ready() does what can be done without waiting. Both or neither.
	 */
	int (*fd)(const struct sw_sink *sink);
	void (*ready)(struct sw_sink *sink);
	/* SIGHUP: opens its file anew (logrotate). May be NULL. 0 or a negative errno. */
	int (*reopen)(struct sw_sink *sink);
	void (*stats)(const struct sw_sink *sink, struct sw_sink_stats *out);
	void (*free)(struct sw_sink *sink);
};

/* Every sink's own struct begins with this. */
struct sw_sink {
	const struct sw_sink_ops *ops;
	enum sw_band level; /* least band of an INCIDENT that it gets */
};

#endif
