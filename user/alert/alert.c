/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/alert.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "alert/explain.h"
#include "alert/incident.h"

#define INCIDENTS_MAX 1024
#define INTERVAL_NS (1000ull * 1000 * 1000)
#define QUIET_NS (7ull * 24 * 3600 * INTERVAL_NS)
#define ID_DIGITS ((size_t)8)

struct sw_alert {
	struct sw_alert_options options;
	char prefix[2 * (ID_DIGITS + 1) + 1]; /* of all ids: "<host>-<boot>-" */
	struct sw_case *by_root;
	struct sw_case *open; /* least recently used first */
	struct sw_case *closed; /* first closed first */
	struct sw_case *pending;
	struct sw_alert_stats stats;
	char explain[SW_EXPLAIN_BYTES];
};

/* The first hex digits of an id, '0' for those that it lacks. */
static void put_digits(char out[ID_DIGITS], const char *id)
{
	size_t used = 0;

	for (; id && *id && used < ID_DIGITS; id++) {
		if (isxdigit((unsigned char)*id))
			out[used++] = (char)tolower((unsigned char)*id);
	}
	memset(out + used, '0', ID_DIGITS - used);
}

int sw_alert_new(const struct sw_alert_options *options, struct sw_alert **out)
{
	struct sw_alert *alert;

	if (!options->emit)
		return -EINVAL;
	alert = calloc(1, sizeof(*alert));
	if (!alert)
		return -ENOMEM;
	alert->options = *options;
	if (alert->options.incidents_max == 0)
		alert->options.incidents_max = INCIDENTS_MAX;
	if (alert->options.interval_ns == 0)
		alert->options.interval_ns = INTERVAL_NS;
	if (alert->options.quiet_ns == 0)
		alert->options.quiet_ns = QUIET_NS;
	if (!alert->options.probes)
		alert->options.probes = "";
	put_digits(alert->prefix, options->machine_id);
	alert->prefix[ID_DIGITS] = '-';
	put_digits(alert->prefix + ID_DIGITS + 1, options->boot_id);
	alert->prefix[2 * ID_DIGITS + 1] = '-';
	*out = alert;
	return 0;
}

static void drop(struct sw_alert *alert, struct sw_case *c)
{
	if (c->pending)
		DL_DELETE2(alert->pending, c, pending_prev, pending_next);
	if (c->closed) {
		DL_DELETE(alert->closed, c);
		alert->stats.closed--;
	} else {
		DL_DELETE(alert->open, c);
		alert->stats.open--;
	}
	/* c is in the table, so that is not empty, which the analyzer cannot see. */
	HASH_DEL(alert->by_root, c); /* NOLINT(clang-analyzer-core.NullDereference) */
	sw_case_free(&c);
}

void sw_alert_free(struct sw_alert **alert)
{
	struct sw_alert *a = *alert;

	if (!a)
		return;
	while (a->open)
		drop(a, a->open);
	while (a->closed)
		drop(a, a->closed);
	free(a);
	*alert = NULL;
}

static uint64_t lost_now(const struct sw_alert *alert)
{
	return alert->options.lost ? alert->options.lost(alert->options.lost_ctx) : 0;
}

static const char *name_of(const struct sw_alert *alert, uint32_t uid)
{
	return alert->options.user_name ? alert->options.user_name(alert->options.user_ctx, uid)
					: "";
}

static void tell(struct sw_alert *alert, struct sw_case *c, uint64_t now_ns)
{
	uint64_t lost = lost_now(alert);
	struct sw_incident *incident = &c->incident;

	if (c->pending)
		DL_DELETE2(alert->pending, c, pending_prev, pending_next);
	c->pending = false;
	if (c->told)
		incident->update++;
	c->told = true;
	c->told_ns = now_ns;
	incident->lost = (lost > c->lost_before ? lost - c->lost_before : 0) + c->capped;
	incident->probes = alert->options.probes;
	incident->explain = sw_explain(alert->explain, incident, alert->options.user_name,
				       alert->options.user_ctx);
	/* the last name asked for: it is valid until the next */
	incident->effective_user = name_of(alert, incident->task.cred.euid);
	alert->stats.told++;
	alert->options.emit(alert->options.emit_ctx, incident);
	incident->explain = incident->effective_user = NULL;
}

static uint64_t due_ns(const struct sw_alert *alert, const struct sw_case *c)
{
	return c->told ? c->told_ns + alert->options.interval_ns : 0;
}

/* Tells news at once if the interval has passed, else when it has. */
static void tell_news(struct sw_alert *alert, struct sw_case *c, uint64_t now_ns)
{
	if (now_ns >= due_ns(alert, c)) {
		tell(alert, c, now_ns);
	} else if (!c->pending) {
		c->pending = true;
		DL_APPEND2(alert->pending, c, pending_prev, pending_next);
	}
}

static void make_room(struct sw_alert *alert, uint64_t now_ns)
{
	struct sw_case *old = alert->closed ? alert->closed : alert->open;

	if (alert->stats.open + alert->stats.closed < alert->options.incidents_max)
		return;
	if (old->pending)
		tell(alert, old, now_ns);
	if (!old->closed)
		alert->stats.evicted++;
	drop(alert, old);
}

static struct sw_case *open_case(struct sw_alert *alert, uint64_t root, const struct sw_view *view)
{
	const struct sw_session *first = sw_state_session(view->state, root);
	struct sw_case *c;

	make_room(alert, view->now_ns);
	c = sw_case_new(root);
	if (!c)
		return NULL;
	HASH_ADD(hh, alert->by_root, root, sizeof(c->root), c);
	if (!c->hh.tbl) {
		sw_case_free(&c);
		return NULL;
	}
	snprintf(c->id, sizeof(c->id), "%s%llx", alert->prefix, (unsigned long long)root);
	if (!first)
		first = view->session;
	c->lost_before = first ? first->lost_before : lost_now(alert);
	DL_APPEND(alert->open, c);
	alert->stats.open++;
	alert->stats.opened++;
	return c;
}

/* Most recently used; a closed one is open again. */
static void touch(struct sw_alert *alert, struct sw_case *c)
{
	if (c->closed) {
		DL_DELETE(alert->closed, c);
		alert->stats.closed--;
		alert->stats.open++;
	} else {
		DL_DELETE(alert->open, c);
	}
	c->closed = false;
	DL_APPEND(alert->open, c);
}

/* Facts that are no findings can still be news to an incident. */
static bool take_fact(struct sw_case *c, const struct sw_view *view)
{
	uint64_t capped;

	switch (view->event->kind) {
	case SW_KIND_OUTCOME:
		return view->hop && sw_case_outcome(c, view);
	case SW_KIND_SESSION_END:
		capped = view->session ? view->session->capped : 0;
		c->capped += capped;
		return capped != 0;
	default:
		return false;
	}
}

int sw_alert_add(struct sw_alert *alert, const struct sw_view *view,
		 const struct sw_finding *finding)
{
	const struct sw_origin *origin = &view->event->origin;
	uint64_t root = origin->root ? origin->root : origin->session;
	struct sw_case *c = NULL;
	bool news = false;
	int rc = 0;

	HASH_FIND(hh, alert->by_root, &root, sizeof(root), c);
	if (finding && finding->detectors_count) {
		if (!c)
			c = open_case(alert, root, view);
		if (!c)
			return -ENOMEM;
		rc = sw_case_merge(c, view, finding, &news);
	} else if (c) {
		news = take_fact(c, view);
	}
	if (!c)
		return 0;
	if (news || (finding && finding->detectors_count))
		touch(alert, c);
	if (news)
		tell_news(alert, c, view->now_ns);
	return rc;
}

void sw_alert_tick(struct sw_alert *alert, uint64_t now_ns)
{
	struct sw_case *c, *next;

	DL_FOREACH_SAFE2(alert->pending, c, next, pending_next)
	{
		if (now_ns >= due_ns(alert, c))
			tell(alert, c, now_ns);
	}
	while (alert->open && !alert->open->pending &&
	       now_ns >= alert->open->incident.last_ns + alert->options.quiet_ns) {
		c = alert->open;
		DL_DELETE(alert->open, c);
		c->closed = true;
		DL_APPEND(alert->closed, c);
		alert->stats.open--;
		alert->stats.closed++;
	}
}

uint64_t sw_alert_due_ns(const struct sw_alert *alert)
{
	uint64_t least = UINT64_MAX;
	struct sw_case *c;

	DL_FOREACH2(alert->pending, c, pending_next)
	{
		if (due_ns(alert, c) < least)
			least = due_ns(alert, c);
	}
	return least;
}

void sw_alert_flush(struct sw_alert *alert, uint64_t now_ns)
{
	while (alert->pending)
		tell(alert, alert->pending, now_ns);
}

void sw_alert_stats(const struct sw_alert *alert, struct sw_alert_stats *out)
{
	*out = alert->stats;
}
