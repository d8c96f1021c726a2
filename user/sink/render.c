/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/render.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/timestamp.h"
#include "sidewatch/detector.h"
#include "sink/origin.h"
#include "sink/page.h"

#define BODY_INDENT 2
#define LABEL_COLUMNS 8
#define PART_BAR " | " /* between the parts of an explanation */

static const struct {
	enum sw_style badge;
	enum sw_style margin;
} band_styles[] = {
	[SW_BAND_RECORD] = {SW_STYLE_BADGE_RECORD, SW_STYLE_BADGE_RECORD},
	[SW_BAND_NOTICE] = {SW_STYLE_BADGE_NOTICE, SW_STYLE_BADGE_NOTICE},
	[SW_BAND_ALERT] = {SW_STYLE_BADGE_ALERT, SW_STYLE_BADGE_ALERT},
	[SW_BAND_CRITICAL] = {SW_STYLE_BADGE_CRITICAL, SW_STYLE_BADGE_CRITICAL},
};
static_assert(SW_ARRAY_SIZE(band_styles) == SW_BAND_MAX, "every band has its looks");

#define DATE_COLUMNS 11 /* "2026-07-12 " */

/* "2026-07-12 14:03:22", "" if there is no such year. */
static void format_local_time(char out[32], const struct sw_host *host, uint64_t boottime_ns)
{
	time_t seconds = sw_timestamp_seconds(boottime_ns, host->realtime_offset_ns);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		memset(out, 0, 32);
}

/* "session-pivot, ssh-forward" */
static void put_detectors(FILE *out, const struct sw_incident *incident, const char *between)
{
	for (size_t i = 0; i < incident->detectors_count; i++)
		fprintf(out, "%s%s", i ? between : "", incident->detectors[i]->name);
}

static void block_head(struct sw_page *page, const struct sw_message *message)
{
	const struct sw_incident *incident = message->incident;
	sw_autofree char *names = NULL;
	size_t names_bytes;
	char text[64], band[16];
	FILE *list = open_memstream(&names, &names_bytes);

	snprintf(band, sizeof(band), "%s", sw_band_name(incident->band));
	for (char *c = band; *c; c++)
		*c = (char)toupper((unsigned char)*c);

	sw_page_line(page, 0);
	format_local_time(text, message->host, message->time_ns);
	sw_page_put(page, SW_STYLE_DIM, text);
	sw_page_put(page, SW_STYLE_PLAIN, "  ");
	snprintf(text, sizeof(text), " %s %d ", band, incident->score);
	sw_page_put(page, page->margin, text);
	sw_page_put(page, SW_STYLE_PLAIN, "  ");
	if (list) {
		put_detectors(list, incident, ", ");
		if (incident->update)
			fprintf(list, "  (update %u)", incident->update);
		fclose(list);
	}
	sw_page_put(page, SW_STYLE_BOLD, names ? names : "");
	sw_page_end(page);
}

/* The length of text up to the bar that ends the last part which still fits. */
static size_t parts_that_fit(const char *text, size_t space)
{
	const char *bar = strstr(text, PART_BAR);
	size_t len = bar ? (size_t)(bar - text) : strlen(text);

	while (bar) {
		size_t next;

		bar = strstr(text + len + strlen(PART_BAR), PART_BAR);
		next = bar ? (size_t)(bar - text) : strlen(text);
		if (next > space)
			break;
		len = next;
	}
	return len;
}

/* The path stands out in lines of its own; then the parts between bars, as many as fit a line. */
static void block_explain(struct sw_page *page, const char *explain)
{
	sw_autofree char *safe = sw_escape_dup(explain, SW_ESCAPE_AGAIN);
	size_t space = page->options->width - BODY_INDENT - 2;
	enum sw_style style = SW_STYLE_BOLD;
	const char *text = safe ? safe : "";

	while (*text) {
		size_t len = parts_that_fit(text, style == SW_STYLE_BOLD ? 0 : space);

		sw_page_wrap(page, BODY_INDENT, style, text, len);
		text += len;
		if (*text)
			text += strlen(PART_BAR);
		style = SW_STYLE_PLAIN;
	}
}

static void label(struct sw_page *page, const char *name)
{
	char text[LABEL_COLUMNS + 1];

	snprintf(text, sizeof(text), "%-*s", LABEL_COLUMNS, name);
	sw_page_line(page, BODY_INDENT);
	sw_page_put(page, SW_STYLE_DIM, text);
}

static void block_hop(struct sw_page *page, const char *name, const struct sw_hop_view *hop)
{
	enum sw_style style = SW_STYLE_PLAIN;
	char text[SW_ENDPOINT_BYTES + 16], endpoint[SW_ENDPOINT_BYTES];

	if (hop->outcome == SW_OUTCOME_ESTABLISHED)
		style = SW_STYLE_RED;
	else if (hop->outcome != SW_OUTCOME_PENDING)
		style = SW_STYLE_YELLOW;
	label(page, name);
	snprintf(text, sizeof(text), "%-24s ", sw_flow_endpoint(endpoint, &hop->out, SW_REMOTE));
	sw_page_put(page, SW_STYLE_PLAIN, text);
	sw_page_put(page, style, sw_outcome_name(hop->outcome));
	if (hop->outcome == SW_OUTCOME_FAILED && hop->error) {
		const char *why = strerrorname_np((int)hop->error);

		snprintf(text, sizeof(text), " (%s)", why ? why : "unknown error");
		sw_page_put(page, SW_STYLE_PLAIN, text);
	}
	sw_page_end(page);
}

static void block_hops(struct sw_page *page, const struct sw_incident *incident)
{
	size_t shown = incident->hops_count;
	char text[48];

	if (shown == 0) {
		block_hop(page, "to", &incident->hop);
		shown = 1;
	}
	for (size_t i = 0; i < incident->hops_count; i++)
		block_hop(page, i == 0 ? "to" : "", &incident->hops[i]);
	if (incident->hops_total <= shown)
		return;
	snprintf(text, sizeof(text), "and %" PRIu64 " more", incident->hops_total - shown);
	label(page, "");
	sw_page_put(page, SW_STYLE_DIM, text);
	sw_page_end(page);
}

static void block_privilege(struct sw_page *page, const struct sw_message *message)
{
	const struct sw_incident *incident = message->incident;

	for (size_t i = 0; i < incident->privileges_count; i++) {
		const struct sw_privilege *change = &incident->privileges[i];
		char text[96], when[32];

		format_local_time(when, message->host, change->time_ns);
		snprintf(text, sizeof(text), "uid %u -> %u  %s, pid %u, %s", change->from.euid,
			 change->to.euid, sw_how_name(change->how), change->pid,
			 when + DATE_COLUMNS);
		label(page, i == 0 ? "became" : "");
		sw_page_put(page, SW_STYLE_PLAIN, text);
		sw_page_end(page);
	}
}

/* Of numbers and our own words only. */
__attribute__((format(printf, 2, 3))) static void put_format(struct sw_page *page,
							     const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sw_page_put(page, SW_STYLE_PLAIN, text);
}

static void block_from(struct sw_page *page, const struct sw_incident *incident)
{
	const struct sw_flow *candidates[SW_ORIGIN_FLOWS_MAX];
	const struct sw_flow *root = sw_origin_root_flow(&incident->origin);
	size_t n = sw_origin_candidates(&incident->origin, candidates);
	char text[SW_ENDPOINT_BYTES];

	label(page, "from");
	if (root) {
		sw_page_put(page, SW_STYLE_PLAIN, sw_flow_endpoint(text, root, SW_REMOTE));
	} else if (n == 0) {
		sw_page_put(page, SW_STYLE_PLAIN, "not known");
	} else {
		sw_page_put(page, SW_STYLE_PLAIN, "one of");
		for (size_t i = 0; i < n; i++) {
			sw_page_put(page, SW_STYLE_PLAIN, i ? ", " : " ");
			sw_page_put(page, SW_STYLE_PLAIN,
				    sw_flow_endpoint(text, candidates[i], SW_REMOTE));
		}
		if (incident->origin.seen > n)
			put_format(page, " or others (%u in all)", incident->origin.seen);
	}
	sw_page_end(page);
}

static const char *best_name(const struct sw_step *step)
{
	if (step->argv && step->argv[0])
		return step->argv;
	if (step->exe && step->exe[0])
		return step->exe;
	return step->comm ? step->comm : "";
}

static void block_who(struct sw_page *page, const struct sw_incident *incident)
{
	const struct sw_step *step = sw_incident_hop_step(incident);

	if (incident->user && incident->user[0]) {
		label(page, "user");
		sw_page_put_raw(page, SW_STYLE_PLAIN, incident->user);
		if (sw_user_is_named(incident->user, incident->uid) &&
		    incident->uid != (uint32_t)-1)
			put_format(page, " (uid %u)", incident->uid);
		sw_page_end(page);
	}
	if (incident->listener_exe && incident->listener_exe[0]) {
		label(page, "through");
		sw_page_put_raw(page, SW_STYLE_PLAIN, incident->listener_exe);
		if (sw_origin_listener_port(&incident->origin))
			put_format(page, " on port %u", sw_origin_listener_port(&incident->origin));
		sw_page_end(page);
	}
	if (step) {
		label(page, "ran");
		sw_page_put_raw(page, SW_STYLE_PLAIN, best_name(step));
		put_format(page, "  (pid %u)", step->pid);
		sw_page_end(page);
	}
}

static void block_note(struct sw_page *page, const struct sw_message *message)
{
	bool loss = message->msgid == SW_MSG_LOSS;
	sw_autofree char *safe = sw_escape_dup(message->text, SW_ESCAPE_AGAIN);
	char text[32];

	sw_page_line(page, 0);
	format_local_time(text, message->host, message->time_ns);
	sw_page_put(page, SW_STYLE_DIM, text);
	sw_page_put(page, SW_STYLE_PLAIN, "  ");
	sw_page_put(page, page->margin, loss ? " LOSS " : " HEALTH ");
	sw_page_end(page);
	if (safe)
		sw_page_wrap(page, BODY_INDENT, SW_STYLE_PLAIN, safe, strlen(safe));
}

static void put_block(struct sw_page *page, const struct sw_message *message)
{
	const struct sw_incident *incident = message->incident;

	if (message->msgid != SW_MSG_INCIDENT) {
		page->margin = message->msgid == SW_MSG_LOSS ? SW_STYLE_BADGE_NOTICE
							     : SW_STYLE_BADGE_RECORD;
		block_note(page, message);
	} else {
		page->margin = (unsigned int)incident->band < SW_BAND_MAX
				       ? band_styles[incident->band].margin
				       : SW_STYLE_BADGE_ALERT;
		block_head(page, message);
		block_explain(page, incident->explain);
		sw_page_line(page, 0);
		sw_page_end(page);
		block_hops(page, incident);
		block_privilege(page, message);
		block_from(page, incident);
		block_who(page, incident);
	}
	fputc('\n', page->out);
}

static int finish(FILE *out, char **text, char **result)
{
	bool bad = ferror(out);

	if (fclose(out) || bad)
		return -ENOMEM;
	*result = SW_TAKE_PTR(*text);
	return 0;
}

int sw_render_block(const struct sw_message *message, const struct sw_render_options *options,
		    char **out, size_t *out_bytes)
{
	sw_autofree char *text = NULL;
	struct sw_page page = {.out = open_memstream(&text, out_bytes), .options = options};

	if (!page.out)
		return -ENOMEM;
	put_block(&page, message);
	return finish(page.out, &text, out);
}

int sw_render_line(const struct sw_message *message, char **out, size_t *out_bytes)
{
	const struct sw_incident *incident = message->incident;
	sw_autofree char *text = NULL, *safe = NULL;
	char when[SW_TIMESTAMP_BYTES];
	FILE *line = open_memstream(&text, out_bytes);

	if (!line)
		return -ENOMEM;
	safe = sw_escape_dup(incident ? incident->explain : message->text, SW_ESCAPE_AGAIN);
	sw_timestamp_format(when, message->time_ns, message->host->realtime_offset_ns);
	if (incident) {
		fprintf(line, "%s %s %d ", when, sw_band_name(incident->band), incident->score);
		put_detectors(line, incident, ",");
		fprintf(line, " %s: %s\n", incident->update ? "updated" : "opened",
			safe ? safe : "?");
	} else {
		fprintf(line, "%s %s: %s\n", when,
			message->msgid == SW_MSG_LOSS ? "loss" : "health", safe ? safe : "?");
	}
	return finish(line, &text, out);
}
