/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The capture file: all that decisions saw, to be decided upon again anywhere.
 *
 *     header | CONFIG | (LOST | USER)* step | (LOST | USER)* step | ... | END
 *
 * A step is what moves the pipeline: a RECORD, a TICK, or the END. The answers that the pipeline
 * got from the world in a step stand before it, if they are not the same as before. Each frame has
 * a checksum that goes on from the one before it, so that none can be changed, left out or moved
 * unnoticed. Numbers are in the byte order of the machine that wrote them.
 */
#ifndef SW_RING_CAPTURE_H
#define SW_RING_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "sidewatch/config.h"
#include "sidewatch/sink.h"

#define SW_CAPTURE_FORMAT 1
#define SW_CAPTURE_BYTE_ORDER 0x01020304u /* as the writer's machine stores it */
#define SW_CAPTURE_MAGIC "\x93SWCAP\r\n" /* not text, and spoiled by whoever takes it for text */

/* Any change raises SW_CAPTURE_FORMAT. The first four members stay as they are for ever. */
struct sw_capture_header {
	char magic[8];
	uint32_t byte_order;
	uint16_t format;
	uint16_t abi; /* SW_ABI_VERSION of the records */
	uint32_t checksum; /* of the header, this member being 0 */
	uint32_t argv; /* enum sw_argv_mode: what became of the records' arguments */
	int64_t realtime_offset_ns; /* as in struct sw_host */
	/* Texts, all with a NUL. */
	char version[32]; /* of Sidewatch */
	char probes[16]; /* set in force */
	/* As in struct sw_host, all of it. */
	char architecture[72];
	char kernel[72];
	char machine_id[40];
	char boot_id[40];
	char host[256];
};
static_assert(sizeof(struct sw_capture_header) == 560, "the header is part of the format");

/* What the header tells, for people and for the replay. */
struct sw_capture_about {
	char version[32];
	char probes[16];
	enum sw_argv_mode argv;
	struct sw_host host;
};

enum sw_capture_kind {
	SW_CAPTURE_CONFIG = 1, /* settings in effect, as sw_config_show() writes them */
	SW_CAPTURE_LOST, /* uint64_t: facts lost so far */
	SW_CAPTURE_USER, /* uint32_t uid, then the name without a NUL; none: it has no name */
	SW_CAPTURE_RECORD, /* a record; its own kind tells which ring it came through */
	SW_CAPTURE_TICK, /* uint64_t: boottime, ns */
	SW_CAPTURE_END, /* uint64_t: boottime, ns; nothing follows */
	SW_CAPTURE_MAX,
};

struct sw_capture_frame {
	uint32_t kind; /* enum sw_capture_kind */
	uint32_t bytes; /* of the payload, which follows */
	uint32_t checksum; /* of the above and the payload, going on from the one before */
};
static_assert(sizeof(struct sw_capture_frame) == 12, "a frame is part of the format");

/* Least and most bytes of a payload. */
struct sw_capture_limits {
	const char *name; /* of the kind */
	uint32_t least, most;
};

/* NULL for what is no kind of frame. */
const struct sw_capture_limits *sw_capture_limits(unsigned int kind);

/* CRC-32 (zlib's). before: that of the frame before, or of the header. */
uint32_t sw_capture_frame_checksum(uint32_t before, const struct sw_capture_frame *frame,
				   const void *payload);

#define SW_CAPTURE_WHY_BYTES 160 /* room for any "byte N: what is wrong there" */

/* Writes that, cut to fit, and returns error. */
int sw_capture_trouble(char why[SW_CAPTURE_WHY_BYTES], int error, uint64_t offset,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
