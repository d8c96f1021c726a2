/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/rfc5424.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "sink/ecs.h"
#include "sink/priority.h"

#define HEADER_BYTES 1024
#define HOSTNAME_BYTES 256 /* RFC 5424 6.2.4: at most 255 characters */
#define FRACTION_DIGITS 6 /* RFC 5424 6.2.3: at most */
#define SEQUENCE_MAX 2147483647u /* RFC 5424 7.3.1 */

static const char *const msgids[] = {
	[SW_MSG_INCIDENT] = "INCIDENT",
	[SW_MSG_HEALTH] = "HEALTH",
	[SW_MSG_LOSS] = "LOSS",
};
static_assert(SW_ARRAY_SIZE(msgids) == SW_MSG_MAX, "every message has a MSGID");

/* "2026-07-12T14:03:22.000000Z", or "-" if there is no such time. */
static const char *format_time(char out[SW_TIMESTAMP_BYTES], const struct sw_message *message)
{
	char *dot;

	sw_timestamp_format(out, message->time_ns, message->host->realtime_offset_ns);
	dot = strchr(out, '.');
	if (!dot || strlen(dot) <= FRACTION_DIGITS + 1)
		return "-";
	strcpy(dot + 1 + FRACTION_DIGITS, "Z");
	return out;
}

/* PRINTUSASCII only: anything else in a host's name could begin a field of its own. */
static const char *format_hostname(char out[HOSTNAME_BYTES], const char *name)
{
	snprintf(out, HOSTNAME_BYTES, "%s", name);
	for (char *c = out; *c; c++)
		if (*c < 33 || *c > 126)
			*c = '?';
	return out[0] ? out : "-";
}

/* RFC 5424 7.1. syncAccuracy is in microseconds, as is maxerror. */
static void format_time_quality(char *out, size_t size)
{
	struct timex clock = {.modes = 0};
	int state = adjtimex(&clock);

	if (state < 0 || state == TIME_ERROR || clock.status & STA_UNSYNC)
		snprintf(out, size, "[timeQuality tzKnown=\"1\" isSynced=\"0\"]");
	else
		snprintf(out, size,
			 "[timeQuality tzKnown=\"1\" isSynced=\"1\" syncAccuracy=\"%ld\"]",
			 clock.maxerror);
}

/* RFC 5424 7.2, and an element of our own if there is a number to name it by. */
static void format_origin(char *out, size_t size, const struct sw_rfc5424 *stream,
			  const struct sw_message *message)
{
	const struct sw_incident *incident = message->incident;
	int used;

	if (!stream->enterprise_id) {
		snprintf(out, size, "[origin software=\"sidewatch\" swVersion=\"%s\"]", SW_VERSION);
		return;
	}
	used = snprintf(out, size,
			"[origin enterpriseId=\"%" PRIu32 "\" software=\"sidewatch\" "
			"swVersion=\"%s\"]",
			stream->enterprise_id, SW_VERSION);
	if (incident)
		snprintf(out + used, size - (size_t)used,
			 "[sidewatch@%" PRIu32 " incident=\"%s\" update=\"%" PRIu32
			 "\" band=\"%s\" score=\"%d\"]",
			 stream->enterprise_id, incident->id, incident->update,
			 sw_band_name(message->band), incident->score);
}

static size_t format_header(char out[HEADER_BYTES], const struct sw_rfc5424 *stream,
			    const struct sw_message *message)
{
	char time[SW_TIMESTAMP_BYTES], hostname[HOSTNAME_BYTES], quality[96], origin[384];

	format_time_quality(quality, sizeof(quality));
	format_origin(origin, sizeof(origin), stream, message);
	return (size_t)snprintf(out, HEADER_BYTES,
				"<%d>1 %s %s sidewatch %d %s %s%s[meta sequenceId=\"%" PRIu32
				"\"] ",
				sw_priority(message), format_time(time, message),
				format_hostname(hostname, message->host->name), getpid(),
				msgids[message->msgid], quality, origin, stream->sequence);
}

int sw_rfc5424_format(struct sw_rfc5424 *stream, const struct sw_message *message, char **out,
		      size_t *out_bytes)
{
	sw_autofree char *json = NULL;
	char header[HEADER_BYTES], *text;
	size_t header_bytes, json_bytes;
	int rc;

	stream->sequence = stream->sequence < SEQUENCE_MAX ? stream->sequence + 1 : 1;
	header_bytes = format_header(header, stream, message);
	rc = sw_ecs_format(message, SW_RFC5424_BYTES - header_bytes, &json, &json_bytes);
	if (rc)
		return rc;
	text = malloc(header_bytes + json_bytes + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, header, header_bytes);
	memcpy(text + header_bytes, json, json_bytes + 1);
	*out = text;
	*out_bytes = header_bytes + json_bytes;
	return 0;
}
