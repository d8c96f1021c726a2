/* SPDX-License-Identifier: Apache-2.0 */
/* One file of a spool: a header, then records of length, CRC-32 and text. */
#ifndef SW_SINK_SEGMENT_H
#define SW_SINK_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "sink/spool.h"

#define SW_SEGMENT_NAME_BYTES 24 /* "0000000100000000.seg" and its NUL */
#define SW_SEGMENT_HEADER_BYTES 16
#define SW_SEGMENT_RECORD_BYTES 8 /* of each record besides its text */

struct sw_segment {
	uint64_t id;
	int fd; /* -1: closed for now */
	uint64_t size; /* bytes that are understood */
	uint64_t done, read; /* offsets of the first record not dealt with, and not read */
	uint64_t records, done_records, read_records;
};

/* All names are relative to the directory dir. */
void sw_segment_name(char out[SW_SEGMENT_NAME_BYTES], uint64_t id);
/* Whether it is one; *id is set then. */
bool sw_segment_parse_name(const char *name, uint64_t *id);

/* Makes an empty file, which must not exist. 0 or a negative errno. */
int sw_segment_create(int dir, uint64_t id, struct sw_segment *out);

/*
 * Opens an old file and counts its records, up to the first that is not whole; *damaged: there was
 * such a one.
 * -EINVAL: it is no segment at all.
 */
int sw_segment_load(int dir, uint64_t id, struct sw_segment *out, bool *damaged);

/* Adds all the messages or, on failure, none. */
int sw_segment_append(int dir, struct sw_segment *segment, const struct iovec *messages,
		      size_t count);

/*
 * The next unread record's length; 0: there is none. If the file was damaged since it was loaded,
 * all that was left of it goes, and *lost grows by the number of its records.
 */
size_t sw_segment_read(int dir, struct sw_segment *segment, char text[SW_SPOOL_MESSAGE_BYTES],
		       uint64_t *lost);

/* Remembers on disk up to where all is dealt with. */
void sw_segment_done(int dir, struct sw_segment *segment, uint64_t end, uint64_t records);

void sw_segment_close(struct sw_segment *segment);
void sw_segment_remove(int dir, struct sw_segment *segment);

/* Bytes that messages take in a file. */
uint64_t sw_segment_bytes(const struct iovec *messages, size_t count);

#endif
