/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON lines in a file: one message a line, created with mode 0600, never through a symbolic link.
 *
 * A line is whole or not there: what could be written only in part (disk full) is taken back, and
 * waits in a bounded queue until there is room. reopen() is for logrotate.
 */
#ifndef SW_SINK_JSONL_H
#define SW_SINK_JSONL_H

#include "sidewatch/sink.h"

#define SW_JSONL_QUEUE_MESSAGES 1024
#define SW_JSONL_QUEUE_BYTES (4 << 20)

/* A negative errno of open(2); -ELOOP for a symbolic link, -EINVAL if it is no file to append to.
 */
int sw_jsonl_open(const char *path, enum sw_band level, struct sw_sink **out);

#endif
