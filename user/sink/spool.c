/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sink/segment.h"

#define SEGMENTS_PER_SPOOL 16 /* so a sixteenth goes at once when there is no more room */
#define FIRST_ID (1ULL << 32) /* room for what is put before */

struct sw_spool {
	int dir;
	int lock;
	uint64_t max_bytes;
	uint64_t bytes; /* of all segments */
	uint64_t next_id;
	bool writing; /* the last segment is ours to go on with */
	struct sw_segment *segments; /* by rising id */
	size_t count, room;
	uint64_t dropped;
};

/* ---- the directory ----------------------------------------------------------------------- */

static int make_parents(const char *dir)
{
	sw_autofree char *path = strdup(dir);

	if (!path)
		return -ENOMEM;
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(dir, 0700) && errno != EEXIST ? -errno : 0;
}

static int open_dir(const char *path, int *out)
{
	int rc = make_parents(path);
	sw_autoclose int dir =
		rc ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (rc)
		return rc;
	if (dir < 0 || fstat(dir, &st))
		return -errno;
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return -EPERM;
	*out = SW_TAKE_FD(dir);
	return 0;
}

static int take_lock(int dir, int *out)
{
	sw_autoclose int lock =
		openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (lock < 0)
		return -errno;
	if (flock(lock, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	*out = SW_TAKE_FD(lock);
	return 0;
}

/* ---- segments ---------------------------------------------------------------------------- */

static int insert(struct sw_spool *spool, size_t at, const struct sw_segment *segment)
{
	if (spool->count == spool->room) {
		size_t room = spool->room ? 2 * spool->room : SEGMENTS_PER_SPOOL;
		struct sw_segment *grown =
			reallocarray(spool->segments, room, sizeof(*spool->segments));

		if (!grown)
			return -ENOMEM;
		spool->segments = grown;
		spool->room = room;
	}
	memmove(&spool->segments[at + 1], &spool->segments[at],
		(spool->count - at) * sizeof(*spool->segments));
	spool->segments[at] = *segment;
	spool->count++;
	spool->bytes += segment->size;
	return 0;
}

static void take_out(struct sw_spool *spool, size_t at)
{
	if (at + 1 == spool->count)
		spool->writing = false;
	spool->bytes -= spool->segments[at].size;
	sw_segment_remove(spool->dir, &spool->segments[at]);
	spool->count--;
	memmove(&spool->segments[at], &spool->segments[at + 1],
		(spool->count - at) * sizeof(*spool->segments));
}

static void load_one(struct sw_spool *spool, uint64_t id)
{
	struct sw_segment segment = {.id = id, .fd = -1};
	bool damaged = false;
	size_t at = spool->count;
	int rc = sw_segment_load(spool->dir, id, &segment, &damaged);

	spool->dropped += rc == -EINVAL || damaged;
	if (rc || segment.records == 0) {
		sw_segment_remove(spool->dir, &segment);
		return;
	}
	while (at > 0 && spool->segments[at - 1].id > id)
		at--;
	if (insert(spool, at, &segment))
		spool->dropped += segment.records;
	if (id >= spool->next_id)
		spool->next_id = id + 1;
}

static int load_all(struct sw_spool *spool)
{
	int fd = fcntl(spool->dir, F_DUPFD_CLOEXEC, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	uint64_t id;

	if (!dir) {
		int rc = -errno;

		if (fd >= 0)
			close(fd);
		return rc;
	}
	while ((entry = readdir(dir)))
		if (sw_segment_parse_name(entry->d_name, &id))
			load_one(spool, id);
	closedir(dir);
	return 0;
}

static uint64_t remaining(const struct sw_segment *segment)
{
	return segment->records - segment->done_records;
}

/* Drops the oldest segment of which nothing is on its way. */
static bool drop_oldest(struct sw_spool *spool)
{
	for (size_t i = 0; i < spool->count; i++) {
		struct sw_segment *segment = &spool->segments[i];

		if (segment->read_records != segment->done_records)
			continue;
		spool->dropped += remaining(segment);
		take_out(spool, i);
		return true;
	}
	return false;
}

static bool make_room(struct sw_spool *spool, uint64_t bytes)
{
	while (spool->bytes + bytes > spool->max_bytes)
		if (!drop_oldest(spool))
			return false;
	return true;
}

/* Whether the messages can be stored at all; *bytes: what they take, with a new segment. */
static int measure(const struct sw_spool *spool, const struct iovec *messages, size_t count,
		   uint64_t *bytes)
{
	for (size_t i = 0; i < count; i++)
		if (messages[i].iov_len == 0 || messages[i].iov_len > SW_SPOOL_MESSAGE_BYTES)
			return -EMSGSIZE;
	*bytes = sw_segment_bytes(messages, count) + SW_SEGMENT_HEADER_BYTES;
	return *bytes > spool->max_bytes ? -ENOBUFS : 0;
}

static int add_segment(struct sw_spool *spool, size_t at, uint64_t id)
{
	struct sw_segment segment = {.fd = -1};
	int rc = sw_segment_create(spool->dir, id, &segment);

	if (!rc)
		rc = insert(spool, at, &segment);
	if (rc && segment.fd >= 0)
		sw_segment_remove(spool->dir, &segment);
	return rc;
}

/* Adds to a segment; one that would stay empty goes. */
static int fill(struct sw_spool *spool, size_t at, const struct iovec *messages, size_t count)
{
	struct sw_segment *segment = &spool->segments[at];
	uint64_t before = segment->size;
	int rc = sw_segment_append(spool->dir, segment, messages, count);

	spool->bytes += segment->size - before;
	if (segment->records == 0)
		take_out(spool, at);
	return rc;
}

/* Only the segments that are read from or written to stay open. */
static void close_idle(struct sw_spool *spool)
{
	for (size_t i = 0; i < spool->count; i++) {
		struct sw_segment *segment = &spool->segments[i];
		bool reads = segment->read_records > 0 && remaining(segment) > 0;

		if (!reads && i + 1 < spool->count)
			sw_segment_close(segment);
	}
}

int sw_spool_append(struct sw_spool *spool, const struct iovec *messages, size_t count)
{
	uint64_t bytes, limit = spool->max_bytes / SEGMENTS_PER_SPOOL;
	int rc = measure(spool, messages, count, &bytes);

	if (rc)
		return rc;
	if (!make_room(spool, bytes))
		return -ENOBUFS;
	if (!spool->writing || spool->segments[spool->count - 1].size >= limit) {
		rc = add_segment(spool, spool->count, spool->next_id);
		if (rc)
			return rc;
		spool->next_id++;
		spool->writing = true;
		close_idle(spool);
	}
	return fill(spool, spool->count - 1, messages, count);
}

int sw_spool_prepend(struct sw_spool *spool, const struct iovec *messages, size_t count)
{
	uint64_t bytes;
	int rc = measure(spool, messages, count, &bytes);

	if (rc)
		return rc;
	if (spool->count == 0)
		return sw_spool_append(spool, messages, count);
	/* here the oldest are those that come: they go before others do */
	if (spool->bytes + bytes > spool->max_bytes)
		return -ENOBUFS;
	rc = add_segment(spool, 0, spool->segments[0].id - 1);
	return rc ? rc : fill(spool, 0, messages, count);
}

/* ---- reading ----------------------------------------------------------------------------- */

size_t sw_spool_read(struct sw_spool *spool, char text[SW_SPOOL_MESSAGE_BYTES],
		     struct sw_spool_mark *mark)
{
	while (spool->count > 0 && remaining(&spool->segments[0]) == 0)
		take_out(spool, 0); /* its rest turned out to be damaged */
	for (size_t i = 0; i < spool->count; i++) {
		struct sw_segment *segment = &spool->segments[i];
		uint64_t size = segment->size;
		size_t n = sw_segment_read(spool->dir, segment, text, &spool->dropped);

		spool->bytes -= size - segment->size;
		if (n == 0)
			continue;
		*mark = (struct sw_spool_mark){segment->id, segment->read, segment->read_records};
		return n;
	}
	return 0;
}

void sw_spool_done(struct sw_spool *spool, const struct sw_spool_mark *mark)
{
	while (spool->count > 0 && spool->segments[0].id < mark->segment)
		take_out(spool, 0);
	if (spool->count == 0 || spool->segments[0].id != mark->segment)
		return;
	if (spool->segments[0].records == mark->records)
		take_out(spool, 0);
	else
		sw_segment_done(spool->dir, &spool->segments[0], mark->end, mark->records);
}

void sw_spool_rewind(struct sw_spool *spool)
{
	for (size_t i = 0; i < spool->count; i++) {
		spool->segments[i].read = spool->segments[i].done;
		spool->segments[i].read_records = spool->segments[i].done_records;
	}
}

uint64_t sw_spool_count(const struct sw_spool *spool)
{
	uint64_t n = 0;

	for (size_t i = 0; i < spool->count; i++)
		n += remaining(&spool->segments[i]);
	return n;
}

uint64_t sw_spool_unread(const struct sw_spool *spool)
{
	uint64_t n = 0;

	for (size_t i = 0; i < spool->count; i++)
		n += spool->segments[i].records - spool->segments[i].read_records;
	return n;
}

uint64_t sw_spool_dropped(const struct sw_spool *spool)
{
	return spool->dropped;
}

/* ---- life -------------------------------------------------------------------------------- */

int sw_spool_open(const char *dir, uint64_t max_bytes, struct sw_spool **out)
{
	struct sw_spool *spool = calloc(1, sizeof(*spool));
	int rc;

	if (!spool)
		return -ENOMEM;
	*spool = (struct sw_spool){
		.dir = -1, .lock = -1, .max_bytes = max_bytes, .next_id = FIRST_ID};
	rc = open_dir(dir, &spool->dir);
	if (!rc)
		rc = take_lock(spool->dir, &spool->lock);
	if (!rc)
		rc = load_all(spool);
	if (rc) {
		sw_spool_free(&spool);
		return rc;
	}
	make_room(spool, 0); /* the bound may be a lower one than before */
	*out = spool;
	return 0;
}

void sw_spool_free(struct sw_spool **spool)
{
	struct sw_spool *s = *spool;

	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		sw_segment_close(&s->segments[i]);
	free(s->segments);
	if (s->dir >= 0)
		close(s->dir);
	if (s->lock >= 0)
		close(s->lock);
	free(s);
	*spool = NULL;
}
