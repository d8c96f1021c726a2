// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/watch.h"

static void print_usage(FILE *to)
{
	fputs("usage: sidewatch run [--config FILE] [--scope cgroup:PATH|netns:PATH]\n"
	      "                     [--probes core|precision|auto] [--json]\n"
	      "                     [--without-probe NAME]\n",
	      to);
}

int sw_cmd_run(int argc, char **argv)
{
	struct sw_watch_options options = {0};

	if (sw_watch_parse(argc, argv, &options)) {
		print_usage(stderr);
		return SW_EXIT_USAGE;
	}
	if (options.help) {
		print_usage(stdout);
		return SW_EXIT_OK;
	}
	return sw_watch(&options);
}
