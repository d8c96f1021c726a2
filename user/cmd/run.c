// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"
#include "cmd/watch.h"

static const char usage[] =
	"usage: sidewatch run [--config FILE] [--scope cgroup:PATH|netns:PATH]\n"
	"                     [--probes core|precision|auto] [--json]\n"
	"                     [--without-probe NAME]\n";

int sw_cmd_run(int argc, char **argv)
{
	struct sw_watch_options options = {0};
	int err, rc;

	err = sw_watch_parse(argc, argv, &options);
	if (sw_usage_said(err, options.help, usage, &rc))
		return rc;
	return sw_watch(&options);
}
