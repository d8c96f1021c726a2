/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a capture, plain or compressed by gzip(1). Everything in it is hostile: lengths are bounded
 * before anything is allocated, and a payload is shown only after its checksum was right.
 */
#ifndef SW_RING_READER_H
#define SW_RING_READER_H

#include <stddef.h>
#include <stdint.h>

#include "ring/capture.h"

struct sw_capture_reader;

struct sw_capture_step {
	enum sw_capture_kind kind; /* RECORD, TICK or END */
	const void *data; /* of a RECORD: aligned as malloc(3) does; valid until the next call */
	size_t bytes;
	uint64_t now_ns; /* of a TICK or END */
	uint64_t offset; /* of its frame in the (uncompressed) capture */
};

/*
 * Opens a capture and reads up to its first step. On failure tells why (printable) and returns an
 * errno of open(2) or read(2), -EBADMSG for what is damaged or no capture, -EPROTO for another
 * format, byte order or ABI, -ENODATA for one that was cut off, or -ENOMEM.
 */
int sw_capture_open(const char *path, char why[SW_CAPTURE_WHY_BYTES],
		    struct sw_capture_reader **out);

/* NULL-safe. Sets *reader to NULL. */
void sw_capture_reader_free(struct sw_capture_reader **reader);

/* Valid as long as the reader. */
const struct sw_capture_about *sw_capture_about(const struct sw_capture_reader *reader);
const char *sw_capture_config(const struct sw_capture_reader *reader, size_t *bytes);

/*
 * The next step; the answers that belong to it can be asked for then. 1, 0 after the END, or what
 * sw_capture_open() returns: then what came before is good, and nothing comes any more.
 */
int sw_capture_next(struct sw_capture_reader *reader, struct sw_capture_step *step,
		    char why[SW_CAPTURE_WHY_BYTES]);

/* Facts lost so far, and the name of a user: NULL if it has none, or none was told. */
uint64_t sw_capture_lost_so_far(const struct sw_capture_reader *reader);
const char *sw_capture_user_name(const struct sw_capture_reader *reader, uint32_t uid);

/* How much of the file has been read, and its size; 0 if that is not known. */
void sw_capture_progress(const struct sw_capture_reader *reader, uint64_t *bytes, uint64_t *of);

#endif
