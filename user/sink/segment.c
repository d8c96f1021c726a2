/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "sink/spool.h"

#define MAGIC 0x31303053575350ULL /* "PSWS001" */
#define NAME_DIGITS 16
#define SUFFIX ".seg"

/* On disk in the machine's own byte order: a spool does not travel. */
struct header {
	uint64_t magic;
	uint64_t done;
};
_Static_assert(sizeof(struct header) == SW_SEGMENT_HEADER_BYTES, "as it lies on disk");

struct record {
	uint32_t len;
	uint32_t crc;
};
_Static_assert(sizeof(struct record) == SW_SEGMENT_RECORD_BYTES, "as it lies on disk");

void sw_segment_name(char out[SW_SEGMENT_NAME_BYTES], uint64_t id)
{
	snprintf(out, SW_SEGMENT_NAME_BYTES, "%0*" PRIx64 SUFFIX, NAME_DIGITS, id);
}

bool sw_segment_parse_name(const char *name, uint64_t *id)
{
	if (strspn(name, "0123456789abcdef") != NAME_DIGITS ||
	    strcmp(name + NAME_DIGITS, SUFFIX) != 0)
		return false;
	*id = strtoull(name, NULL, 16);
	return true;
}

static int open_file(int dir, uint64_t id, int flags)
{
	char name[SW_SEGMENT_NAME_BYTES];
	int fd;

	sw_segment_name(name, id);
	fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | flags,
		    0600);
	return fd < 0 ? -errno : fd;
}

/* Files are closed while nobody needs them, and opened again. */
static int reopen(int dir, struct sw_segment *segment)
{
	if (segment->fd < 0) {
		int fd = open_file(dir, segment->id, 0);

		if (fd < 0)
			return fd;
		segment->fd = fd;
	}
	return 0;
}

int sw_segment_create(int dir, uint64_t id, struct sw_segment *out)
{
	const struct header header = {.magic = MAGIC, .done = sizeof(header)};
	int fd = open_file(dir, id, O_CREAT | O_EXCL);
	struct sw_segment segment = {.id = id, .fd = fd, .size = sizeof(header)};

	if (fd < 0)
		return fd;
	segment.done = segment.read = sizeof(header);
	if (pwrite(fd, &header, sizeof(header), 0) != sizeof(header)) {
		sw_segment_remove(dir, &segment);
		return -ENOSPC;
	}
	*out = segment;
	return 0;
}

/* The length of the whole record at that place, read into text; 0 if there is none. */
static uint32_t read_record(int fd, uint64_t at, uint64_t end, char text[SW_SPOOL_MESSAGE_BYTES])
{
	struct record record;

	if (pread(fd, &record, sizeof(record), (off_t)at) != sizeof(record) || record.len == 0 ||
	    record.len > SW_SPOOL_MESSAGE_BYTES || at + sizeof(record) + record.len > end)
		return 0;
	if (pread(fd, text, record.len, (off_t)(at + sizeof(record))) != record.len ||
	    crc32(0, (const Bytef *)text, record.len) != record.crc)
		return 0;
	return record.len;
}

int sw_segment_load(int dir, uint64_t id, struct sw_segment *out, bool *damaged)
{
	sw_autoclose int fd = open_file(dir, id, 0);
	struct sw_segment segment = {.id = id, .fd = -1};
	struct header header;
	char text[SW_SPOOL_MESSAGE_BYTES];
	struct stat st;
	uint32_t len;

	if (fd < 0 || fstat(fd, &st))
		return fd < 0 ? fd : -errno;
	if (!S_ISREG(st.st_mode) || pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    header.magic != MAGIC || header.done < sizeof(header) ||
	    header.done > (uint64_t)st.st_size)
		return -EINVAL;
	segment.size = segment.done = segment.read = header.done;
	while ((len = read_record(fd, segment.size, (uint64_t)st.st_size, text))) {
		segment.size += sizeof(struct record) + len;
		segment.records++;
	}
	*damaged = segment.size != (uint64_t)st.st_size;
	*out = segment;
	return 0;
}

uint64_t sw_segment_bytes(const struct iovec *messages, size_t count)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += sizeof(struct record) + messages[i].iov_len;
	return bytes;
}

static int append_one(int fd, uint64_t at, const struct iovec *message)
{
	struct record record = {
		.len = (uint32_t)message->iov_len,
		.crc = (uint32_t)crc32(0, message->iov_base, (uInt)message->iov_len),
	};
	const struct iovec parts[] = {{&record, sizeof(record)}, *message};
	ssize_t n = pwritev(fd, parts, SW_ARRAY_SIZE(parts), (off_t)at);

	if (n < 0)
		return -errno;
	return n == (ssize_t)(sizeof(record) + message->iov_len) ? 0 : -ENOSPC;
}

int sw_segment_append(int dir, struct sw_segment *segment, const struct iovec *messages,
		      size_t count)
{
	uint64_t at = segment->size;
	int rc = reopen(dir, segment);

	for (size_t i = 0; i < count && !rc; i++) {
		rc = append_one(segment->fd, at, &messages[i]);
		at += sizeof(struct record) + messages[i].iov_len;
	}
	if (rc) { /* what is left of it lies behind the size, and is written over */
		if (segment->fd >= 0)
			(void)!ftruncate(segment->fd, (off_t)segment->size);
		return rc;
	}
	segment->size = at;
	segment->records += count;
	return 0;
}

size_t sw_segment_read(int dir, struct sw_segment *segment, char text[SW_SPOOL_MESSAGE_BYTES],
		       uint64_t *lost)
{
	uint32_t len = 0;

	if (segment->read >= segment->size)
		return 0;
	if (reopen(dir, segment) == 0)
		len = read_record(segment->fd, segment->read, segment->size, text);
	if (len == 0) { /* it was whole when it was counted: nothing behind it can be trusted */
		*lost += segment->records - segment->read_records;
		segment->size = segment->read;
		segment->records = segment->read_records;
		return 0;
	}
	segment->read += sizeof(struct record) + len;
	segment->read_records++;
	return len;
}

void sw_segment_done(int dir, struct sw_segment *segment, uint64_t end, uint64_t records)
{
	segment->done = end;
	segment->done_records = records;
	if (reopen(dir, segment) == 0)
		(void)!pwrite(segment->fd, &end, sizeof(end), offsetof(struct header, done));
}

void sw_segment_close(struct sw_segment *segment)
{
	if (segment->fd >= 0)
		close(segment->fd);
	segment->fd = -1;
}

void sw_segment_remove(int dir, struct sw_segment *segment)
{
	char name[SW_SEGMENT_NAME_BYTES];

	sw_segment_close(segment);
	sw_segment_name(name, segment->id);
	unlinkat(dir, name, 0);
}
