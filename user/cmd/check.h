/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SW_CMD_CHECK_H
#define SW_CMD_CHECK_H

/*
 * sidewatch check [--show] [FILE]: says whether a configuration file is right. argv[0] is "check".
 * Without FILE the usual one is checked, or the built-in defaults if there is none. Returns the
 * exit status: 0, 1 (no memory, output not written), 2 (bad or missing file, usage).
 */
int sw_cmd_check(int argc, char **argv);

#endif
