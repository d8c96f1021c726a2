/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SW_BASE_HOST_H
#define SW_BASE_HOST_H

#include <stdint.h>

#include "sidewatch/sink.h"

/*
 * Reads who and where we are from /etc/machine-id, /proc, uname(2) and the clocks. What is missing
 * stays "".
 */
void sw_host_read(struct sw_host *host);

/* CLOCK_BOOTTIME, nanoseconds. */
uint64_t sw_boottime_ns(void);

#endif
