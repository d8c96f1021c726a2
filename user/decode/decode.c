// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	const char *name;
	size_t size;
} kinds[] = {
	[SW_KIND_SESSION] = {"SESSION", sizeof(struct sw_rec_session)},
	[SW_KIND_EXEC] = {"EXEC", sizeof(struct sw_rec_exec)},
	[SW_KIND_IDENTITY] = {"IDENTITY", sizeof(struct sw_rec_identity)},
	[SW_KIND_CONNECT] = {"CONNECT", sizeof(struct sw_rec_connect)},
	[SW_KIND_OUTCOME] = {"OUTCOME", sizeof(struct sw_rec_outcome)},
	[SW_KIND_EXIT] = {"EXIT", sizeof(struct sw_rec_exit)},
	[SW_KIND_SESSION_END] = {"SESSION_END", sizeof(struct sw_rec_session_end)},
	[SW_KIND_EDGE] = {"EDGE", sizeof(struct sw_rec_edge)},
	[SW_KIND_EDGE_COUNT] = {"EDGE_COUNT", sizeof(struct sw_rec_edge_count)},
};
static_assert(SW_ARRAY_SIZE(kinds) == SW_KIND_MAX, "every kind of record has a row");

const char *sw_kind_name(unsigned int kind)
{
	return kind < SW_KIND_MAX && kinds[kind].name ? kinds[kind].name : "?";
}

bool sw_kind_is_of_edge(unsigned int kind)
{
	return kind == SW_KIND_EDGE || kind == SW_KIND_EDGE_COUNT;
}

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

#define TERMINATED(array) terminated(array, sizeof(array))

static bool flow_ok(const struct sw_flow *flow)
{
	return (flow->family == 4 || flow->family == 6) && flow->cookie != 0;
}

/* The inbound flows, and how sure it is that the first of them is the cause. */
static bool causes_ok(const struct sw_origin *o)
{
	if (o->confidence >= SW_CONFIDENCE_MAX || o->nflows > SW_CANDIDATES)
		return false;
	if ((o->confidence == SW_CONFIDENCE_NONE) != (o->nflows == 0))
		return false;
	if (o->confidence == SW_CONFIDENCE_THREAD && o->nflows != 1)
		return false;
	for (size_t i = 0; i < o->nflows; i++)
		if (!flow_ok(&o->in[i]))
			return false;
	return true;
}

static bool origin_ok(const struct sw_origin *o)
{
	if (!o->session || !o->root || !o->depth || !o->nflows)
		return false;
	return (o->depth > 1) == (o->parent != 0) && flow_ok(&o->rootflow);
}

static bool no_session(const struct sw_origin *o)
{
	return !o->session && !o->root && !o->parent && !o->depth;
}

static bool edge_ok(const struct sw_edge *edge)
{
	return edge->family == 4 || edge->family == 6;
}

static bool exec_ok(const struct sw_rec_exec *r)
{
	if (!TERMINATED(r->exe) || !TERMINATED(r->filename))
		return false;
	if (r->args_bytes > sizeof(r->args) || r->args_bytes > r->args_total)
		return false;
	return r->image != 0 && (!r->args_bytes || r->args[r->args_bytes - 1] == '\0');
}

static bool body_ok(const struct sw_record *h)
{
	const struct sw_rec_session *session;
	const struct sw_rec_outcome *outcome;
	const struct sw_rec_identity *identity;
	const struct sw_rec_edge *edge;
	const struct sw_rec_edge_count *counted;

	switch (h->kind) {
	case SW_KIND_SESSION:
		session = (const struct sw_rec_session *)h;
		return TERMINATED(session->reader_exe) && TERMINATED(session->listener_exe);
	case SW_KIND_EXEC:
		return exec_ok((const struct sw_rec_exec *)h);
	case SW_KIND_IDENTITY:
		identity = (const struct sw_rec_identity *)h;
		return identity->how > 0 && identity->how < SW_HOW_MAX;
	case SW_KIND_EDGE:
		edge = (const struct sw_rec_edge *)h;
		return edge_ok(&edge->edge) && TERMINATED(edge->exe);
	case SW_KIND_EDGE_COUNT:
		counted = (const struct sw_rec_edge_count *)h;
		return edge_ok(&counted->edge) && counted->flows != 0;
	case SW_KIND_CONNECT:
		return flow_ok(&((const struct sw_rec_connect *)h)->out);
	case SW_KIND_OUTCOME:
		outcome = (const struct sw_rec_outcome *)h;
		return flow_ok(&outcome->out) && outcome->outcome != SW_OUTCOME_PENDING &&
		       outcome->outcome < SW_OUTCOME_MAX;
	default:
		return true;
	}
}

int sw_decode(const void *data, size_t size, const struct sw_record **out)
{
	const struct sw_record *h = data;

	if ((uintptr_t)data % _Alignof(struct sw_record) || size < sizeof(*h))
		return -EBADMSG;
	if (h->version != SW_ABI_VERSION)
		return -EPROTO;
	if (h->kind >= SW_KIND_MAX || !kinds[h->kind].size)
		return -EBADMSG;
	/* The ring rounds sizes up to eight bytes; records are multiples of eight already. */
	if (h->size != kinds[h->kind].size || size != h->size)
		return -EBADMSG;
	if (!TERMINATED(h->task.comm) || !TERMINATED(h->task.tty) || !causes_ok(&h->origin))
		return -EBADMSG;
	if (!(sw_kind_is_of_edge(h->kind) ? no_session(&h->origin) : origin_ok(&h->origin)))
		return -EBADMSG;
	if (!body_ok(h))
		return -EBADMSG;
	*out = h;
	return 0;
}
