/* SPDX-License-Identifier: Apache-2.0 */
/* What `run` and `record` share: their options, and the detector from the probes to the sinks. */
#ifndef SW_CMD_WATCH_H
#define SW_CMD_WATCH_H

#include <stdbool.h>

#include "probe/set.h"

struct sw_watch_options {
	const char *config; /* NULL: the usual file, if it exists */
	const char *scope; /* NULL: everything */
	enum sw_wanted probes;
	bool json;
	bool without[SW_PROBES_MAX];
	bool help;

	bool records; /* to be set before parsing: then FILE and --force are taken */
	const char *capture; /* FILE */
	bool force; /* replaces an existing one */
};

/* Parses a command line. 0, or -EINVAL (told). */
int sw_watch_parse(int argc, char **argv, struct sw_watch_options *options);

/* Watches until SIGTERM or SIGINT. What goes wrong is told. Returns an exit code. */
int sw_watch(const struct sw_watch_options *options);

#endif
