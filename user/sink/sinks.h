/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All sinks that are in use. Which ones, from the configuration and from what standard output is:
 *
 *   terminal  what the file says; else if standard output is a terminal. --json always has it.
 *   syslog    what the file says; else if standard output is no terminal (a service), or if the
 *             terminal sink is switched off; not with --json.
 *   json      if the file names a path for it.
 *   servers   those that the file names, always.
 *
 * Every sink gets the incidents of its level and above. HEALTH goes to syslog and to JSON, LOSS to
 * the terminal as well.
 */
#ifndef SW_SINK_SINKS_H
#define SW_SINK_SINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "sidewatch/sink.h"

enum sw_color { SW_COLOR_AUTO = 0, SW_COLOR_ALWAYS, SW_COLOR_NEVER };

struct sw_sinks_options {
	int stdout_fd; /* STDOUT_FILENO unless a test says otherwise */
	bool stdout_json; /* --json */
	/* Standard output alone, whatever the configuration says, and nothing dropped: it waits. */
	bool replay;
	/* auto: on a terminal, unless NO_COLOR is set (https://no-color.org) or TERM is "dumb" */
	enum sw_color color;
	/*
	 * Told about each sink that could not be opened (waits false: it is left out) and about a
	 * syslog daemon that is away for now (waits true: messages are kept until it comes). error
	 * is a positive errno, target a path or "standard output", from the configuration. May be
	 * NULL.
	 */
	void (*problem)(void *arg, const char *sink, const char *target, int error, bool waits);
	/* Told when a syslog server cannot be reached, and when it can again. May be NULL. */
	void (*tell)(void *arg, const char *sink, const char *target, const char *what);
	void *arg; /* of both */
};

struct sw_sinks;

/*
 * Opens what is enabled; one that fails does not keep the others from working. -ENODEV if nothing
 * is enabled, the first failure if none could be opened, -ENOMEM. options may be NULL.
 */
int sw_sinks_open(const struct sw_config *config, const struct sw_sinks_options *options,
		  struct sw_sinks **out);

/* An empty set. */
int sw_sinks_new(struct sw_sinks **out);

/* Adds a sink, which is the set's from then on. On failure, -ENOSPC, it stays the caller's. */
int sw_sinks_add(struct sw_sinks *sinks, struct sw_sink *sink);

/*
 * Gives the message to every sink that wants it, whatever the others say. Returns the first
 * negative errno of any, else 0: each failure is in that sink's stats already.
 */
int sw_sinks_send(struct sw_sinks *sinks, const struct sw_message *message);

/* A descriptor that polls readable when sw_sinks_ready() has something to do. */
int sw_sinks_fd(const struct sw_sinks *sinks);
void sw_sinks_ready(struct sw_sinks *sinks);

/* About once a second, and before the end. */
void sw_sinks_tick(struct sw_sinks *sinks);

/* SIGHUP. All are tried; the first negative errno, else 0. */
int sw_sinks_reopen(struct sw_sinks *sinks);

size_t sw_sinks_count(const struct sw_sinks *sinks);

/* Of sink i; name is static. -ENOENT if there is no such sink. */
int sw_sinks_stats(const struct sw_sinks *sinks, size_t i, const char **name,
		   struct sw_sink_stats *out);

/* NULL-safe. Tries a last time to send what waits. Sets *sinks to NULL. */
void sw_sinks_free(struct sw_sinks **sinks);

#endif
