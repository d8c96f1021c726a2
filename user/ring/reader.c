// SPDX-License-Identifier: Apache-2.0
#include "ring/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/users.h"
#include "ring/header.h"
#include "ring/known.h"

/* A fuzzer would have to guess checksums. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define CHECKS_SUMS false
#else
#define CHECKS_SUMS true
#endif

struct sw_capture_reader {
	gzFile file;
	uint64_t file_bytes;
	uint64_t offset; /* of what is read next, uncompressed */
	uint32_t checksum; /* of the last frame */
	bool ended;
	int error; /* what ended it before its time */
	uint64_t lost;
	struct sw_known *known;
	struct sw_capture_about about;
	char *config;
	size_t config_bytes;
	struct sw_capture_frame frame; /* the last one */
	uint64_t frame_offset;
	void *payload;
	size_t room; /* of payload */
};

/* ---- bytes -------------------------------------------------------------------------------- */

/* Reads as many bytes as there are, up to so many. */
static int take(struct sw_capture_reader *r, void *to, size_t bytes, size_t *got,
		char why[SW_CAPTURE_WHY_BYTES])
{
	*got = 0;
	while (*got < bytes) {
		int code, n = gzread(r->file, (char *)to + *got, (unsigned int)(bytes - *got));

		if (n == 0)
			return 0;
		if (n < 0) {
			(void)gzerror(r->file, &code);
			/* Cut within the compressed data: what was there has been read. */
			if (code == Z_BUF_ERROR)
				return 0;
			if (code == Z_ERRNO)
				return sw_capture_trouble(why, -errno, r->offset, "%s",
							  strerror(errno));
			return sw_capture_trouble(why, -EBADMSG, r->offset,
						  "the compressed data is damaged");
		}
		*got += (size_t)n;
		r->offset += (size_t)n;
	}
	return 0;
}

static int reserve(struct sw_capture_reader *r, size_t bytes)
{
	void *grown;

	if (bytes <= r->room)
		return 0;
	grown = realloc(r->payload, bytes);
	if (!grown)
		return -ENOMEM;
	r->payload = grown;
	r->room = bytes;
	return 0;
}

/* ---- frames ------------------------------------------------------------------------------- */

static int read_frame_head(struct sw_capture_reader *r, char why[SW_CAPTURE_WHY_BYTES])
{
	const struct sw_capture_limits *limits;
	struct sw_capture_frame *f = &r->frame;
	size_t got;
	int err = take(r, f, sizeof(*f), &got, why);

	if (err)
		return err;
	if (got == 0)
		return sw_capture_trouble(why, -ENODATA, r->offset,
					  "cut off: the recording has no end");
	if (got < sizeof(*f))
		return sw_capture_trouble(why, -ENODATA, r->offset, "cut off within a frame");
	limits = sw_capture_limits(f->kind);
	if (!limits)
		return sw_capture_trouble(why, -EBADMSG, r->frame_offset,
					  "damaged: there is no frame of kind %u", f->kind);
	if (f->bytes < limits->least || f->bytes > limits->most)
		return sw_capture_trouble(why, -EBADMSG, r->frame_offset,
					  "damaged: a frame %s has no %u bytes", limits->name,
					  f->bytes);
	return 0;
}

static int read_frame(struct sw_capture_reader *r, char why[SW_CAPTURE_WHY_BYTES])
{
	size_t got;
	int err;

	r->frame_offset = r->offset;
	err = read_frame_head(r, why);
	if (err)
		return err;
	if (reserve(r, r->frame.bytes))
		return sw_capture_trouble(why, -ENOMEM, r->frame_offset, "%s", strerror(ENOMEM));
	err = take(r, r->payload, r->frame.bytes, &got, why);
	if (err)
		return err;
	if (got < r->frame.bytes)
		return sw_capture_trouble(why, -ENODATA, r->offset, "cut off within a frame");
	r->checksum = sw_capture_frame_checksum(r->checksum, &r->frame, r->payload);
	if (CHECKS_SUMS && r->checksum != r->frame.checksum)
		return sw_capture_trouble(why, -EBADMSG, r->frame_offset,
					  "damaged: wrong checksum");
	return 0;
}

static int read_header(struct sw_capture_reader *r, char why[SW_CAPTURE_WHY_BYTES])
{
	struct sw_capture_header header = {0};
	size_t got;
	int err = take(r, &header, sizeof(header), &got, why);

	if (!err)
		err = sw_capture_header_check(&header, got, CHECKS_SUMS, &r->about, why);
	r->checksum = header.checksum;
	return err;
}

static int read_config(struct sw_capture_reader *r, char why[SW_CAPTURE_WHY_BYTES])
{
	int err = read_frame(r, why);

	if (err)
		return err;
	if (r->frame.kind != SW_CAPTURE_CONFIG)
		return sw_capture_trouble(why, -EBADMSG, r->frame_offset, "damaged: no settings");
	/* The next frame gets a payload of its own. */
	r->config = SW_TAKE_PTR(r->payload);
	r->config_bytes = r->frame.bytes;
	r->room = 0;
	return 0;
}

static int take_user(struct sw_capture_reader *r, char why[SW_CAPTURE_WHY_BYTES])
{
	const char *name = (const char *)r->payload + sizeof(uint32_t);
	size_t bytes = r->frame.bytes - sizeof(uint32_t);
	uint32_t uid;

	memcpy(&uid, r->payload, sizeof(uid));
	if (bytes && !sw_users_is_name(name, bytes))
		return sw_capture_trouble(why, -EBADMSG, r->frame_offset,
					  "damaged: no name of a user");
	if (sw_known_put(r->known, uid, name, bytes) < 0)
		return sw_capture_trouble(why, -ENOMEM, r->frame_offset, "%s", strerror(ENOMEM));
	return 0;
}

static int read_end(struct sw_capture_reader *r, char why[SW_CAPTURE_WHY_BYTES])
{
	size_t got;
	char more;
	int err = take(r, &more, 1, &got, why);

	if (!err && got)
		err = sw_capture_trouble(why, -EBADMSG, r->offset - 1,
					 "damaged: something follows the end");
	return err;
}

/* 1 if the frame is a step, 0 if another has to be read, or a negative errno. */
static int take_frame(struct sw_capture_reader *r, struct sw_capture_step *step,
		      char why[SW_CAPTURE_WHY_BYTES])
{
	*step = (struct sw_capture_step){
		.kind = (enum sw_capture_kind)r->frame.kind,
		.offset = r->frame_offset,
	};
	switch (r->frame.kind) {
	case SW_CAPTURE_LOST:
		memcpy(&r->lost, r->payload, sizeof(r->lost));
		return 0;
	case SW_CAPTURE_USER:
		return take_user(r, why);
	case SW_CAPTURE_RECORD:
		step->data = r->payload;
		step->bytes = r->frame.bytes;
		return 1;
	case SW_CAPTURE_TICK:
	case SW_CAPTURE_END:
		memcpy(&step->now_ns, r->payload, sizeof(step->now_ns));
		r->ended = r->frame.kind == SW_CAPTURE_END;
		return 1;
	default:
		return sw_capture_trouble(why, -EBADMSG, r->frame_offset,
					  "damaged: settings once more");
	}
}

int sw_capture_next(struct sw_capture_reader *r, struct sw_capture_step *step,
		    char why[SW_CAPTURE_WHY_BYTES])
{
	int rc = r->error;

	if (rc)
		return sw_capture_trouble(why, rc, r->offset, "reading has ended already");
	if (r->ended) {
		r->error = read_end(r, why);
		return r->error;
	}
	while (rc == 0) {
		rc = read_frame(r, why);
		if (!rc)
			rc = take_frame(r, step, why);
	}
	if (rc < 0)
		r->error = rc;
	return rc;
}

/* ---- beginning and end -------------------------------------------------------------------- */

static int open_file(struct sw_capture_reader *r, const char *path)
{
	sw_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode))
		r->file_bytes = (uint64_t)st.st_size;
	r->file = gzdopen(fd, "rb");
	if (!r->file)
		return -ENOMEM;
	(void)SW_TAKE_FD(fd); /* the stream's from now on */
	return 0;
}

int sw_capture_open(const char *path, char why[SW_CAPTURE_WHY_BYTES],
		    struct sw_capture_reader **out)
{
	struct sw_capture_reader *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	if (r)
		r->known = sw_known_new();
	if (r && r->known)
		err = open_file(r, path);
	if (err) {
		snprintf(why, SW_CAPTURE_WHY_BYTES, "%s", strerror(-err));
	} else {
		err = read_header(r, why);
		if (!err)
			err = read_config(r, why);
	}
	if (err) {
		sw_capture_reader_free(&r);
		return err;
	}
	*out = r;
	return 0;
}

void sw_capture_reader_free(struct sw_capture_reader **reader)
{
	struct sw_capture_reader *r = *reader;

	if (!r)
		return;
	if (r->file)
		(void)gzclose_r(r->file);
	sw_known_free(&r->known);
	free(r->config);
	free(r->payload);
	free(r);
	*reader = NULL;
}

const struct sw_capture_about *sw_capture_about(const struct sw_capture_reader *r)
{
	return &r->about;
}

const char *sw_capture_config(const struct sw_capture_reader *r, size_t *bytes)
{
	*bytes = r->config_bytes;
	return r->config;
}

uint64_t sw_capture_lost_so_far(const struct sw_capture_reader *r)
{
	return r->lost;
}

const char *sw_capture_user_name(const struct sw_capture_reader *r, uint32_t uid)
{
	const char *name = sw_known_name(r->known, uid);

	return name && name[0] ? name : NULL;
}

void sw_capture_progress(const struct sw_capture_reader *r, uint64_t *bytes, uint64_t *of)
{
	z_off_t at = gzoffset(r->file);

	*bytes = at > 0 ? (uint64_t)at : 0;
	*of = r->file_bytes;
}
