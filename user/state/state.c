/* SPDX-License-Identifier: Apache-2.0 */
#include "state/state.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "decode/decode.h"
#include "state/argv.h"

#define SESSIONS_MAX 4096
#define IMAGES_MAX 16384
#define IMAGES_PER_SESSION_MAX 1024
#define HOPS_MAX 8192
#define EDGES_MAX 65536
#define GRACE_NS (60ull * 1000 * 1000 * 1000)
#define FORGET_AT_ONCE 4 /* ended sessions forgotten per record: bounds its cost */

struct sw_state {
	struct sw_state_options options;
	struct sw_sessions sessions;
	struct sw_images images;
	struct sw_hops hops;
	struct sw_edges edges;
	struct sw_state_stats stats;
	struct sw_lineage walk; /* scratch: too big for the stack of a loop */
};

static void set_default(size_t *value, size_t fallback)
{
	if (*value == 0)
		*value = fallback;
}

int sw_state_new(const struct sw_state_options *options, struct sw_state **out)
{
	struct sw_state *state;

	if (!options->config)
		return -EINVAL;
	state = calloc(1, sizeof(*state));
	if (!state)
		return -ENOMEM;
	state->options = *options;
	set_default(&state->options.sessions_max, SESSIONS_MAX);
	set_default(&state->options.images_max, IMAGES_MAX);
	set_default(&state->options.images_per_session_max, IMAGES_PER_SESSION_MAX);
	set_default(&state->options.hops_max, HOPS_MAX);
	set_default(&state->options.edges_max, EDGES_MAX);
	if (state->options.grace_ns == 0)
		state->options.grace_ns = GRACE_NS;
	*out = state;
	return 0;
}

static void forget_session(struct sw_state *state, struct sw_session *session)
{
	while (session->images)
		sw_images_remove(&state->images, session->images);
	sw_sessions_remove(&state->sessions, session);
}

void sw_state_free(struct sw_state **state)
{
	struct sw_state *s = *state;

	if (!s)
		return;
	while (s->sessions.oldest)
		forget_session(s, s->sessions.oldest);
	while (s->hops.oldest)
		sw_hops_remove(&s->hops, s->hops.oldest);
	while (s->edges.oldest)
		sw_edges_remove(&s->edges, s->edges.oldest);
	free(s);
	*state = NULL;
}

/* Finds or makes the record's session and takes in what every record says. */
static struct sw_session *enter_session(struct sw_state *state, const struct sw_record *rec)
{
	struct sw_session *session = sw_sessions_find(&state->sessions, rec->origin.session);

	if (!session) {
		if (state->sessions.count >= state->options.sessions_max) {
			forget_session(state, state->sessions.oldest);
			state->stats.sessions_evicted++;
		}
		session = sw_sessions_add(&state->sessions, rec->origin.session);
		if (!session)
			return NULL;
		session->first_ns = rec->time_ns;
		if (state->options.lost)
			session->lost_before = state->options.lost(state->options.lost_ctx);
	}
	session->origin = rec->origin;
	if ((rec->task.flags & SW_TASK_READER_IMAGE) && session->reader_comm[0] == '\0')
		memcpy(session->reader_comm, rec->task.comm, sizeof(session->reader_comm));
	sw_sessions_touch(&state->sessions, session);
	return session;
}

static struct sw_image *enter_image(struct sw_state *state, struct sw_session *session,
				    const struct sw_task *task)
{
	struct sw_image *image = sw_images_find(&state->images, task->image);

	if (!image) {
		struct sw_image *old = NULL;

		if (session->images_count >= state->options.images_per_session_max)
			old = session->images;
		else if (state->images.count >= state->options.images_max)
			old = state->images.oldest;
		if (old) {
			sw_images_remove(&state->images, old);
			state->stats.images_evicted++;
		}
		image = sw_images_add(&state->images, task->image, session);
		if (!image)
			return NULL;
	}
	sw_image_see(image, task);
	return image;
}

/* Keeps the whole path of a living task from being evicted, however old its beginning is. */
static void touch_path(struct sw_state *state, const struct sw_session *session, uint64_t id)
{
	sw_lineage_walk(state, session, id, &state->walk);
	for (size_t i = state->walk.count; i-- > 0;) {
		struct sw_image *image = sw_images_find(&state->images, state->walk.at[i].id);

		if (image)
			sw_images_touch(&state->images, image);
	}
}

static int apply_exec(struct sw_state *state, struct sw_session *session, struct sw_image *image,
		      const struct sw_rec_exec *rec)
{
	char argv[SW_ARGV_BYTES];
	int rc;

	rc = sw_image_tell(image, session, rec, sw_argv_format(argv, rec));
	touch_path(state, session, image->id);
	return rc;
}

static int apply_identity(struct sw_state *state, struct sw_session *session,
			  const struct sw_rec_identity *rec)
{
	const struct sw_change change = {
		.time_ns = rec->h.time_ns,
		.image = rec->h.task.image,
		.start_ns = rec->h.task.start_ns,
		.tgid = rec->h.task.tgid,
		.how = rec->how,
		.from = rec->old,
		.to = rec->h.task.cred,
	};
	int rc = sw_session_change(session, &change);

	if (rc > 0)
		state->stats.changes_evicted++;
	return rc < 0 ? rc : 0;
}

static int apply_hop(struct sw_state *state, const struct sw_record *rec, const struct sw_flow *out,
		     uint32_t outcome, uint32_t error, struct sw_view *view)
{
	struct sw_hop *hop = sw_hops_find(&state->hops, out->cookie);

	if (hop && sw_hop_is_other(hop, out, outcome)) {
		sw_hops_remove(&state->hops, hop);
		hop = NULL;
	}
	if (!hop) {
		if (state->hops.count >= state->options.hops_max) {
			sw_hops_remove(&state->hops, state->hops.oldest);
			state->stats.hops_evicted++;
		}
		hop = sw_hops_add(&state->hops, out->cookie);
		if (!hop)
			return -ENOMEM;
	}
	sw_hop_tell(hop, rec, out, outcome, error);
	view->hop = hop;
	touch_path(state, view->session, rec->task.image);
	return 0;
}

static int apply_edge(struct sw_state *state, const struct sw_record *rec, struct sw_view *view)
{
	const struct sw_rec_edge_count *counted = (const struct sw_rec_edge_count *)rec;
	const struct sw_rec_edge *first = (const struct sw_rec_edge *)rec;
	const struct sw_edge *edge = rec->kind == SW_KIND_EDGE ? &first->edge : &counted->edge;
	struct sw_edge_seen *seen = sw_edges_find(&state->edges, edge);

	if (rec->kind == SW_KIND_EDGE_COUNT)
		state->stats.edge_flows += counted->flows;
	if (!seen) {
		if (state->edges.count >= state->options.edges_max) {
			sw_edges_remove(&state->edges, state->edges.oldest);
			state->stats.edges_evicted++;
		}
		seen = sw_edges_add(&state->edges, edge);
		if (!seen)
			return -ENOMEM;
	}
	view->edge = seen;
	if (rec->kind == SW_KIND_EDGE)
		return sw_edge_tell(&state->edges, seen, first);
	sw_edge_tell_count(&state->edges, seen, counted);
	return 0;
}

static int apply_kind(struct sw_state *state, const struct sw_record *rec,
		      struct sw_session *session, struct sw_image *image, struct sw_view *view)
{
	switch (rec->kind) {
	case SW_KIND_SESSION:
		sw_sessions_go_on(&state->sessions, session);
		return sw_session_tell(session, (const struct sw_rec_session *)rec);
	case SW_KIND_EXEC:
		if (!image)
			return 0;
		return apply_exec(state, session, image, (const struct sw_rec_exec *)rec);
	case SW_KIND_IDENTITY:
		return apply_identity(state, session, (const struct sw_rec_identity *)rec);
	case SW_KIND_CONNECT: {
		const struct sw_rec_connect *c = (const struct sw_rec_connect *)rec;

		return apply_hop(state, rec, &c->out, SW_OUTCOME_PENDING, 0, view);
	}
	case SW_KIND_OUTCOME: {
		const struct sw_rec_outcome *o = (const struct sw_rec_outcome *)rec;

		return apply_hop(state, rec, &o->out, o->outcome, o->error, view);
	}
	case SW_KIND_EXIT:
		if (image && image->pid == rec->task.tgid && image->start_ns == rec->task.start_ns)
			image->exit_ns = rec->time_ns;
		return 0;
	case SW_KIND_SESSION_END:
		session->end_ns = rec->time_ns;
		session->capped = ((const struct sw_rec_session_end *)rec)->capped;
		sw_sessions_end(&state->sessions, session, rec->time_ns + state->options.grace_ns);
		return 0;
	default:
		return 0;
	}
}

int sw_state_apply(struct sw_state *state, const struct sw_record *record, struct sw_view *view)
{
	struct sw_session *session;
	struct sw_image *image = NULL;
	int rc = 0, err;

	*view = (struct sw_view){
		.event = record,
		.state = state,
		.config = state->options.config,
		.now_ns = record->time_ns,
	};
	for (int i = 0; i < FORGET_AT_ONCE; i++) {
		session =
			sw_sessions_due(&state->sessions, record->time_ns, state->options.grace_ns);
		if (!session)
			break;
		if (session->id != record->origin.session)
			forget_session(state, session);
	}
	if (sw_kind_is_of_edge(record->kind))
		return apply_edge(state, record, view);
	if (record->origin.session == 0)
		return 0;
	session = enter_session(state, record);
	if (!session)
		return -ENOMEM;
	view->session = session;
	if (record->task.image) {
		image = enter_image(state, session, &record->task);
		if (!image)
			rc = -ENOMEM;
	}
	err = apply_kind(state, record, session, image, view);
	return rc ? rc : err;
}

void sw_state_stats(const struct sw_state *state, struct sw_state_stats *out)
{
	*out = state->stats;
	out->sessions = state->sessions.count;
	out->images = state->images.count;
	out->hops = state->hops.count;
	out->edges = state->edges.count;
}

const struct sw_session *sw_state_session(const struct sw_state *state, uint64_t id)
{
	return sw_sessions_find(&state->sessions, id);
}

const struct sw_image *sw_state_image(const struct sw_state *state, uint64_t id)
{
	return sw_images_find(&state->images, id);
}

const struct sw_hop *sw_state_hop(const struct sw_state *state, uint64_t cookie)
{
	return sw_hops_find(&state->hops, cookie);
}

const struct sw_edge_seen *sw_state_edge(const struct sw_state *state, const struct sw_edge *edge)
{
	return sw_edges_find(&state->edges, edge);
}
