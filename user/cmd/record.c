// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"
#include "cmd/watch.h"

static const char usage[] =
	"usage: sidewatch record [--config FILE] [--scope cgroup:PATH|netns:PATH]\n"
	"                        [--probes core|precision|auto] [--json]\n"
	"                        [--without-probe NAME] [--force] FILE\n";

int sw_cmd_record(int argc, char **argv)
{
	struct sw_watch_options options = {.records = true};
	int err, rc;

	err = sw_watch_parse(argc, argv, &options);
	if (sw_usage_said(err, options.help, usage, &rc))
		return rc;
	return sw_watch(&options);
}
