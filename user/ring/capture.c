// SPDX-License-Identifier: Apache-2.0
#include "ring/capture.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/users.h"
#include "config/text.h"
#include "sidewatch/event.h"

#define CONFIG_BYTES_MAX                                                                           \
	(4 * SW_CONFIG_BYTES_MAX) /* settings in effect are longer than a file's                   \
				   */
#define RECORD_BYTES_MAX 32768

static const struct sw_capture_limits limits[] = {
	[SW_CAPTURE_CONFIG] = {"CONFIG", 1, CONFIG_BYTES_MAX},
	[SW_CAPTURE_LOST] = {"LOST", 8, 8},
	[SW_CAPTURE_USER] = {"USER", 4, 4 + SW_USERS_NAME_BYTES - 1},
	[SW_CAPTURE_RECORD] = {"RECORD", sizeof(struct sw_record), RECORD_BYTES_MAX},
	[SW_CAPTURE_TICK] = {"TICK", 8, 8},
	[SW_CAPTURE_END] = {"END", 8, 8},
};
static_assert(SW_ARRAY_SIZE(limits) == SW_CAPTURE_MAX, "every kind of frame has its limits");

const struct sw_capture_limits *sw_capture_limits(unsigned int kind)
{
	return kind < SW_CAPTURE_MAX && limits[kind].name ? &limits[kind] : NULL;
}

uint32_t sw_capture_frame_checksum(uint32_t before, const struct sw_capture_frame *frame,
				   const void *payload)
{
	uLong sum =
		crc32(before, (const Bytef *)frame, offsetof(struct sw_capture_frame, checksum));

	return (uint32_t)crc32(sum, payload, frame->bytes);
}

int sw_capture_trouble(char why[SW_CAPTURE_WHY_BYTES], int error, uint64_t offset,
		       const char *format, ...)
{
	int n = snprintf(why, SW_CAPTURE_WHY_BYTES, "byte %" PRIu64 ": ", offset);
	va_list args;

	va_start(args, format);
	vsnprintf(why + n, SW_CAPTURE_WHY_BYTES - (size_t)n, format, args);
	va_end(args);
	return error;
}
