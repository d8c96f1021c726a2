// SPDX-License-Identifier: Apache-2.0
#include "ring/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/users.h"
#include "ring/known.h"
#include "sidewatch/event.h"

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

__attribute__((format(printf, 4, 5))) static int trouble(char why[SW_CAPTURE_WHY_BYTES], int error,
							 uint64_t offset, const char *format, ...)
{
	int n = snprintf(why, SW_CAPTURE_WHY_BYTES, "byte %" PRIu64 ": ", offset);
	va_list args;

	va_start(args, format);
	vsnprintf(why + n, SW_CAPTURE_WHY_BYTES - (size_t)n, format, args);
	va_end(args);
	return error;
}

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
				return trouble(why, -errno, r->offset, "%s", strerror(errno));
			return trouble(why, -EBADMSG, r->offset, "the compressed data is damaged");
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

/* ---- header ------------------------------------------------------------------------------- */

#define HEADER_AT(member) offsetof(struct sw_capture_header, member)

static int check_version(const struct sw_capture_header *h, char why[SW_CAPTURE_WHY_BYTES])
{
	if (h->byte_order != SW_CAPTURE_BYTE_ORDER)
		return trouble(why, -EPROTO, HEADER_AT(byte_order),
			       "recorded on a machine of another byte order");
	if (h->format != SW_CAPTURE_FORMAT)
		return trouble(why, -EPROTO, HEADER_AT(format),
			       "a capture of format %u; this version of sidewatch reads %u",
			       h->format, SW_CAPTURE_FORMAT);
	return 0;
}

/* An id as the host has them. */
static bool is_id(const char *text, size_t room)
{
	return strlen(text) < room && strspn(text, "0123456789abcdef-") == strlen(text);
}

#define IS_TEXT(array) (memchr(array, '\0', sizeof(array)) != NULL)

static bool header_ok(const struct sw_capture_header *h)
{
	const struct sw_host *host = NULL;

	return (!CHECKS_SUMS || h->checksum == sw_capture_header_checksum(h)) &&
	       h->argv < SW_ARGV_MAX && IS_TEXT(h->version) && IS_TEXT(h->arch) &&
	       IS_TEXT(h->kernel) && IS_TEXT(h->probes) && IS_TEXT(h->host) &&
	       IS_TEXT(h->machine_id) && is_id(h->machine_id, sizeof(host->machine_id)) &&
	       IS_TEXT(h->boot_id) && is_id(h->boot_id, sizeof(host->boot_id));
}

static void fill_about(struct sw_capture_about *about, const struct sw_capture_header *h)
{
	memcpy(about->version, h->version, sizeof(about->version));
	memcpy(about->arch, h->arch, sizeof(about->arch));
	memcpy(about->kernel, h->kernel, sizeof(about->kernel));
	memcpy(about->probes, h->probes, sizeof(about->probes));
	about->argv = (enum sw_argv_mode)h->argv;
	memcpy(about->host.name, h->host, sizeof(about->host.name));
	memcpy(about->host.machine_id, h->machine_id, sizeof(about->host.machine_id));
	memcpy(about->host.boot_id, h->boot_id, sizeof(about->host.boot_id));
	about->host.realtime_offset_ns = h->realtime_offset_ns;
}

static int read_header(struct sw_capture_reader *r, char why[SW_CAPTURE_WHY_BYTES])
{
	struct sw_capture_header h = {0};
	size_t got;
	int err = take(r, &h, sizeof(h), &got, why);

	if (err)
		return err;
	if (got < sizeof(h.magic) || memcmp(h.magic, SW_CAPTURE_MAGIC, sizeof(h.magic)) != 0)
		return trouble(why, -EBADMSG, 0, "not a capture of sidewatch");
	if (got < HEADER_AT(checksum))
		return trouble(why, -ENODATA, got, "cut off within the header");
	err = check_version(&h, why);
	if (err)
		return err;
	if (got < sizeof(h))
		return trouble(why, -ENODATA, got, "cut off within the header");
	if (!header_ok(&h))
		return trouble(why, -EBADMSG, 0, "the header is damaged");
	if (h.abi != SW_ABI_VERSION)
		return trouble(
			why, -EPROTO, HEADER_AT(abi),
			"records of ABI %u; this version of sidewatch reads %u; it was recorded "
			"by another version",
			h.abi, SW_ABI_VERSION);
	r->checksum = h.checksum;
	fill_about(&r->about, &h);
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
		return trouble(why, -ENODATA, r->offset, "cut off: the recording has no end");
	if (got < sizeof(*f))
		return trouble(why, -ENODATA, r->offset, "cut off within a frame");
	limits = sw_capture_limits(f->kind);
	if (!limits)
		return trouble(why, -EBADMSG, r->frame_offset,
			       "damaged: there is no frame of kind %u", f->kind);
	if (f->ring >= (f->kind == SW_CAPTURE_RECORD ? SW_CAPTURE_RINGS_MAX : 1))
		return trouble(why, -EBADMSG, r->frame_offset, "damaged: there is no ring %u",
			       f->ring);
	if (f->bytes < limits->least || f->bytes > limits->most)
		return trouble(why, -EBADMSG, r->frame_offset,
			       "damaged: a frame %s has no %u bytes", limits->name, f->bytes);
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
		return trouble(why, -ENOMEM, r->frame_offset, "%s", strerror(ENOMEM));
	err = take(r, r->payload, r->frame.bytes, &got, why);
	if (err)
		return err;
	if (got < r->frame.bytes)
		return trouble(why, -ENODATA, r->offset, "cut off within a frame");
	r->checksum = sw_capture_frame_checksum(r->checksum, &r->frame, r->payload);
	if (CHECKS_SUMS && r->checksum != r->frame.checksum)
		return trouble(why, -EBADMSG, r->frame_offset, "damaged: wrong checksum");
	return 0;
}

static int read_config(struct sw_capture_reader *r, char why[SW_CAPTURE_WHY_BYTES])
{
	int err = read_frame(r, why);

	if (err)
		return err;
	if (r->frame.kind != SW_CAPTURE_CONFIG)
		return trouble(why, -EBADMSG, r->frame_offset, "damaged: no settings");
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
		return trouble(why, -EBADMSG, r->frame_offset, "damaged: no name of a user");
	if (sw_known_put(r->known, uid, name, bytes) < 0)
		return trouble(why, -ENOMEM, r->frame_offset, "%s", strerror(ENOMEM));
	return 0;
}

static int read_end(struct sw_capture_reader *r, char why[SW_CAPTURE_WHY_BYTES])
{
	size_t got;
	char more;
	int err = take(r, &more, 1, &got, why);

	if (!err && got)
		err = trouble(why, -EBADMSG, r->offset - 1, "damaged: something follows the end");
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
		step->ring = (enum sw_capture_ring)r->frame.ring;
		step->data = r->payload;
		step->bytes = r->frame.bytes;
		return 1;
	case SW_CAPTURE_TICK:
	case SW_CAPTURE_END:
		memcpy(&step->now_ns, r->payload, sizeof(step->now_ns));
		r->ended = r->frame.kind == SW_CAPTURE_END;
		return 1;
	default:
		return trouble(why, -EBADMSG, r->frame_offset, "damaged: settings once more");
	}
}

int sw_capture_next(struct sw_capture_reader *r, struct sw_capture_step *step,
		    char why[SW_CAPTURE_WHY_BYTES])
{
	int rc = r->error;

	if (rc)
		return trouble(why, rc, r->offset, "reading has ended already");
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
