// SPDX-License-Identifier: Apache-2.0
#include "ring/header.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "sidewatch/event.h"

static_assert(sizeof(struct sw_host) == 256 + 33 + 37 + 65 + 65 + sizeof(int64_t),
	      "all that is known of the host is in the header");

static uint32_t checksum(const struct sw_capture_header *header)
{
	struct sw_capture_header copy = *header;

	copy.checksum = 0;
	return (uint32_t)crc32(0, (const Bytef *)&copy, sizeof(copy));
}

/* ---- writing ------------------------------------------------------------------------------ */

#define COPY_TEXT(to, from) snprintf(to, sizeof(to), "%.*s", (int)sizeof(to) - 1, from)

void sw_capture_header_fill(struct sw_capture_header *h, enum sw_argv_mode argv,
			    const struct sw_host *host, const char *probes)
{
	*h = (struct sw_capture_header){
		.byte_order = SW_CAPTURE_BYTE_ORDER,
		.format = SW_CAPTURE_FORMAT,
		.abi = SW_ABI_VERSION,
		.argv = argv,
		.realtime_offset_ns = host->realtime_offset_ns,
	};
	memcpy(h->magic, SW_CAPTURE_MAGIC, sizeof(h->magic));
	COPY_TEXT(h->version, SW_VERSION);
	COPY_TEXT(h->probes, probes);
	COPY_TEXT(h->architecture, host->architecture);
	COPY_TEXT(h->kernel, host->kernel);
	COPY_TEXT(h->machine_id, host->machine_id);
	COPY_TEXT(h->boot_id, host->boot_id);
	COPY_TEXT(h->host, host->name);
	sw_capture_header_seal(h);
}

void sw_capture_header_seal(struct sw_capture_header *h)
{
	h->checksum = checksum(h);
}

/* ---- reading ------------------------------------------------------------------------------ */

#define HEADER_AT(member) offsetof(struct sw_capture_header, member)

static int check_version(const struct sw_capture_header *h, char why[SW_CAPTURE_WHY_BYTES])
{
	if (h->byte_order != SW_CAPTURE_BYTE_ORDER)
		return sw_capture_trouble(why, -EPROTO, HEADER_AT(byte_order),
					  "recorded on a machine of another byte order");
	if (h->format != SW_CAPTURE_FORMAT)
		return sw_capture_trouble(
			why, -EPROTO, HEADER_AT(format),
			"a capture of format %u; this version of sidewatch reads %u", h->format,
			SW_CAPTURE_FORMAT);
	return 0;
}

/* An id as the host has them. */
static bool is_id(const char *text)
{
	return text[strspn(text, "0123456789abcdef-")] == '\0';
}

/* What may be printed as it is. */
static bool is_version(const char *text)
{
	return text[strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz.-+~")] == '\0';
}

/* A text that ends, and has room where it goes. */
#define FITS(from, to) (strnlen(from, sizeof(from)) < sizeof(to))

static bool content_ok(const struct sw_capture_header *h)
{
	const struct sw_capture_about *about = NULL; /* these two for their sizes alone */
	const struct sw_host *host = NULL;

	return h->argv < SW_ARGV_MAX && FITS(h->version, about->version) &&
	       FITS(h->probes, about->probes) && FITS(h->host, host->name) &&
	       FITS(h->architecture, host->architecture) && FITS(h->kernel, host->kernel) &&
	       FITS(h->machine_id, host->machine_id) && is_id(h->machine_id) &&
	       FITS(h->boot_id, host->boot_id) && is_id(h->boot_id);
}

static void fill_about(struct sw_capture_about *about, const struct sw_capture_header *h)
{
	struct sw_host *host = &about->host;

	strcpy(about->version, h->version);
	strcpy(about->probes, h->probes);
	about->argv = (enum sw_argv_mode)h->argv;
	strcpy(host->name, h->host);
	strcpy(host->architecture, h->architecture);
	strcpy(host->kernel, h->kernel);
	strcpy(host->machine_id, h->machine_id);
	strcpy(host->boot_id, h->boot_id);
	host->realtime_offset_ns = h->realtime_offset_ns;
}

int sw_capture_header_check(const struct sw_capture_header *h, size_t got, bool checks_sum,
			    struct sw_capture_about *about, char why[SW_CAPTURE_WHY_BYTES])
{
	int err;

	if (got < sizeof(h->magic) || memcmp(h->magic, SW_CAPTURE_MAGIC, sizeof(h->magic)) != 0)
		return sw_capture_trouble(why, -EBADMSG, 0, "not a capture of sidewatch");
	if (got < HEADER_AT(checksum))
		return sw_capture_trouble(why, -ENODATA, got, "cut off within the header");
	err = check_version(h, why);
	if (err)
		return err;
	if (got < sizeof(*h))
		return sw_capture_trouble(why, -ENODATA, got, "cut off within the header");
	if ((checks_sum && h->checksum != checksum(h)) || !content_ok(h))
		return sw_capture_trouble(why, -EBADMSG, 0, "the header is damaged");
	if (h->abi != SW_ABI_VERSION)
		return sw_capture_trouble(
			why, -EPROTO, HEADER_AT(abi),
			"records of ABI %u, by sidewatch %s; this version of sidewatch reads %u",
			h->abi, is_version(h->version) ? h->version : "?", SW_ABI_VERSION);
	fill_about(about, h);
	return 0;
}
