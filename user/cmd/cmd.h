/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the command line. Each gets its own name as argv[0] and returns an exit code. */
#ifndef SW_CMD_CMD_H
#define SW_CMD_CMD_H

#include <stdbool.h>

#include "probe/choice.h"

enum sw_exit {
	SW_EXIT_OK = 0,
	SW_EXIT_FAILED = 1,
	SW_EXIT_USAGE = 2, /* usage or configuration */
	SW_EXIT_SYSTEM = 3, /* this system cannot carry it */
};

int sw_cmd_run(int argc, char **argv);
int sw_cmd_record(int argc, char **argv);
int sw_cmd_replay(int argc, char **argv);
int sw_cmd_doctor(int argc, char **argv);

/* "sidewatch: WHAT: DETAIL" on standard error; detail may be hostile, or "". */
void sw_complain(const char *what, const char *detail);

/*
 * Says what getopt_long() did not like, when it has returned c: ':' or '?'. For an option string
 * that begins with ':' and opterr 0: getopt's own messages print the words raw.
 */
void sw_complain_option(int c, char *const *argv);

/*
 * Whether all has been said once a command's options are parsed: the usage, because they are wrong
 * (err, told) or it was asked for. The exit code then is *rc.
 */
bool sw_usage_said(int err, bool help, const char *usage, int *rc);

/* The value of --probes. 0, or -EINVAL (told). */
int sw_parse_probes(const char *text, enum sw_wanted *out);

/* For an error of sw_probe_set_open(). */
enum sw_exit sw_exit_of_probes(int err);

#endif
