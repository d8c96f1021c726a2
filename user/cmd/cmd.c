// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/escape.h"

void sw_complain(const char *what, const char *detail)
{
	sw_autofree char *clean = sw_escape_dup(detail, SW_ESCAPE_LINE);

	fprintf(stderr, "sidewatch: %s%s%s\n", what, detail[0] ? ": " : "", clean ? clean : "");
}

void sw_complain_option(int c, char *const *argv)
{
	const char letter[] = {'-', (char)optopt, '\0'};

	sw_complain(c == ':' ? "this option lacks its value" : "unknown or misused option",
		    c == '?' && optopt ? letter : argv[optind - 1]);
}

bool sw_usage_said(int err, bool help, const char *usage, int *rc)
{
	if (err || help)
		fputs(usage, err ? stderr : stdout);
	*rc = err ? SW_EXIT_USAGE : SW_EXIT_OK;
	return err || help;
}

int sw_parse_probes(const char *text, enum sw_wanted *out)
{
	int err = sw_wanted_parse(text, out);

	if (err)
		sw_complain("the probe sets are core, precision and auto, not", text);
	return err;
}

enum sw_exit sw_exit_of_probes(int err)
{
	return err == -ENOTSUP ? SW_EXIT_SYSTEM : SW_EXIT_FAILED;
}
