/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as text. */
#ifndef SW_BASE_TIMESTAMP_H
#define SW_BASE_TIMESTAMP_H

#include <stdint.h>
#include <time.h>

#define SW_TIMESTAMP_BYTES 40

/*
 * "2026-07-12T14:03:22.000000001Z" (ISO 8601, UTC) of CLOCK_REALTIME = boottime + offset, both in
 * nanoseconds. Returns out; "" if the year does not fit.
 */
const char *sw_timestamp_format(char out[SW_TIMESTAMP_BYTES], uint64_t boottime_ns,
				int64_t offset_ns);

/* The same moment in whole seconds of CLOCK_REALTIME, rounded down. */
time_t sw_timestamp_seconds(uint64_t boottime_ns, int64_t offset_ns);

#endif
