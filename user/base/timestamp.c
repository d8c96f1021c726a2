/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timestamp.h"

#include <stdio.h>

#define NS_PER_S 1000000000LL

static __int128 realtime_ns(uint64_t boottime_ns, int64_t offset_ns)
{
	return (__int128)boottime_ns + offset_ns;
}

time_t sw_timestamp_seconds(uint64_t boottime_ns, int64_t offset_ns)
{
	__int128 ns = realtime_ns(boottime_ns, offset_ns);

	return (time_t)((ns >= 0 ? ns : ns - NS_PER_S + 1) / NS_PER_S);
}

const char *sw_timestamp_format(char out[SW_TIMESTAMP_BYTES], uint64_t boottime_ns,
				int64_t offset_ns)
{
	time_t seconds = sw_timestamp_seconds(boottime_ns, offset_ns);
	__int128 rest = realtime_ns(boottime_ns, offset_ns) - (__int128)seconds * NS_PER_S;
	struct tm tm;
	size_t used = 0;

	if (gmtime_r(&seconds, &tm))
		used = strftime(out, SW_TIMESTAMP_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
	if (used == 0)
		out[0] = '\0';
	else
		snprintf(out + used, SW_TIMESTAMP_BYTES - used, ".%09uZ", (unsigned int)rest);
	return out;
}
