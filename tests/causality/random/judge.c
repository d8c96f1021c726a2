// SPDX-License-Identifier: Apache-2.0
#include "judge.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sidewatch/incident.h"

#define SHOWN_MAX 20 /* failures that are told in full */

/* What was told of each connection of a batch. */
struct answers {
	const struct sw_origin *of[BATCH_MOST][CONNECTS_MAX];
	uint8_t known[BATCH_MOST][CONNECTS_MAX];
};

/* ---- telling ----------------------------------------------------------------------------- */

static void print_peer(const struct sw_flow *in)
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, in->remote, address, sizeof(address));
	fprintf(stderr, " %s:%u->%u", address, in->remote_port, in->local_port);
}

static void print_tree(const struct judge *j, const struct batch *b, const struct tree *t)
{
	struct server_plan server = plan_server(j->seed, b->number, t->slot);

	fprintf(stderr, "  tree %" PRIu64 " of batch %" PRIu64 ", %s with %u workers: %s\n",
		t->number, b->number, shape_names[server.shape], server.workers, t->program.text);
	fprintf(stderr,
		"  again: SEED=%" PRIu64 " TREE=%" PRIu64 ", with its batch: BATCH=%" PRIu64 "\n",
		j->seed, t->number, b->number);
}

void judge_broken(struct judge *j, const struct batch *b, const struct tree *t, const char *why)
{
	if (j->broken++ >= SHOWN_MAX)
		return;
	fprintf(stderr, "BROKEN: %s\n", why);
	print_tree(j, b, t);
}

static void tell_wrong(struct judge *j, const struct batch *b, const struct tree *t,
		       const struct sw_origin *o, const char *what)
{
	char truth[INET_ADDRSTRLEN];
	uint32_t client = htonl(t->client);

	if (j->wrong++ >= SHOWN_MAX)
		return;
	inet_ntop(AF_INET, &client, truth, sizeof(truth));
	fprintf(stderr, "WRONG: %s: %s of %u read:", what, sw_confidence_name(o->confidence),
		o->seen);
	for (unsigned int i = 0; i < o->nflows && i < SW_CANDIDATES; i++)
		print_peer(&o->in[i]);
	fprintf(stderr, "; depth %u; the truth is %s:%u->%u\n", o->depth, truth, t->client_port,
		slot_port(t->slot));
	print_tree(j, b, t);
}

/* ---- comparing --------------------------------------------------------------------------- */

static bool is_of(const struct sw_flow *in, const struct tree *t)
{
	uint32_t client = htonl(t->client);

	return in->family == 4 && !memcmp(in->remote, &client, sizeof(client)) &&
	       in->remote_port == t->client_port && in->local_port == slot_port(t->slot);
}

/* More peers came to its server at the time than candidates are kept. */
static bool may_overflow(const struct batch *b, const struct tree *t, const struct sw_origin *o)
{
	unsigned int peers = 0;

	for (unsigned int i = 0; i < b->count; i++)
		peers += b->trees[i].slot == t->slot;
	return o->seen > SW_CANDIDATES && peers > SW_CANDIDATES;
}

static enum verdict compare(const struct batch *b, const struct tree *t, const struct sw_origin *o)
{
	if (!o || o->confidence == SW_CONFIDENCE_NONE)
		return VERDICT_NONE;
	if (o->confidence == SW_CONFIDENCE_EXACT)
		return is_of(&o->in[0], t) ? VERDICT_EXACT : VERDICT_WRONG;
	if (o->confidence > SW_CONFIDENCE_SERVICE)
		return is_of(&o->in[0], t) ? VERDICT_THREAD : VERDICT_WRONG;
	for (unsigned int i = 0; i < o->nflows; i++)
		if (is_of(&o->in[i], t))
			return VERDICT_SERVICE;
	return may_overflow(b, t, o) ? VERDICT_OVERFLOWED : VERDICT_WRONG;
}

static int index_of(const struct batch *b, unsigned int id)
{
	for (unsigned int i = 0; i < b->count; i++)
		if (b->trees[i].id == id)
			return (int)i;
	return -1;
}

/* Which connection of the batch goes there. False: none. */
static bool find_connect(const struct batch *b, const uint8_t remote[16], uint16_t port,
			 unsigned int *tree, unsigned int *number)
{
	int i = index_of(b, (unsigned int)remote[1] << 8 | remote[2]);

	if (i < 0 || remote[0] != 127 || port < TARGET_PORT || port >= TARGET_PORT + KNOWN_MAX)
		return false;
	*tree = (unsigned int)i;
	*number = remote[3] - 1U;
	return *number < b->trees[i].program.connects;
}

static void take_connect(struct judge *j, const struct batch *b, struct answers *a,
			 const struct sw_origin *origin, const uint8_t remote[16], uint16_t port)
{
	unsigned int t, n;

	if (!find_connect(b, remote, port, &t, &n))
		return;
	if (a->of[t][n])
		judge_broken(j, b, &b->trees[t], "a connection was told twice");
	a->of[t][n] = origin;
	a->known[t][n] = (uint8_t)(port - TARGET_PORT);
}

/* Programs carry their tree's number as their third argument. */
static int tree_of_exec(const struct batch *b, const struct sw_rec_exec *e)
{
	const char *at = e->args, *end = e->args + e->args_bytes;

	if (e->args_bytes < sizeof("serve\0strand") || memcmp(at, "serve\0strand", 13))
		return -1;
	at += 13;
	return at < end ? index_of(b, (unsigned int)atoi(at)) : -1;
}

/* Besides connections: whatever tells of a tree must name its peer. */
static void compare_other(struct judge *j, const struct batch *b, int tree,
			  const struct sw_origin *o, const char *what)
{
	if (tree < 0)
		return;
	j->others++;
	if (compare(b, &b->trees[tree], o) == VERDICT_WRONG)
		tell_wrong(j, b, &b->trees[tree], o, what);
}

static void take(struct judge *j, const struct batch *b, struct answers *a,
		 const struct sw_record *h)
{
	const struct sw_rec_connect *connect = (const void *)h;
	const struct sw_rec_outcome *outcome = (const void *)h;
	const struct sw_rec_edge *edge = (const void *)h;
	unsigned int t, n;

	if (h->kind == SW_KIND_CONNECT)
		take_connect(j, b, a, &h->origin, connect->out.remote, connect->out.remote_port);
	else if (h->kind == SW_KIND_EDGE)
		take_connect(j, b, a, &h->origin, edge->edge.remote, edge->edge.remote_port);
	else if (h->kind == SW_KIND_EXEC)
		compare_other(j, b, tree_of_exec(b, (const void *)h), &h->origin, "exec");
	else if (h->kind == SW_KIND_OUTCOME &&
		 find_connect(b, outcome->out.remote, outcome->out.remote_port, &t, &n))
		compare_other(j, b, (int)t, &h->origin, "outcome");
}

static void judge_connect(struct judge *j, const struct batch *b, const struct answers *a,
			  unsigned int t, unsigned int n)
{
	const struct tree *tree = &b->trees[t];
	enum verdict verdict = compare(b, tree, a->of[t][n]);
	unsigned int row = plan_server(j->seed, b->number, tree->slot).shape;
	char what[16];

	if (a->known[t][n] != KNOWN_ONE)
		row = SHAPE_MAX + a->known[t][n] - 1U;
	j->rows[row][verdict]++;
	if (verdict != VERDICT_WRONG)
		return;
	snprintf(what, sizeof(what), "connect %u", n);
	tell_wrong(j, b, tree, a->of[t][n], what);
}

void judge_batch(struct judge *j, const struct batch *b, struct sw_record *const *records,
		 size_t count)
{
	static struct answers a;

	memset(&a, 0, sizeof(a));
	for (size_t i = 0; i < count; i++)
		take(j, b, &a, records[i]);
	for (unsigned int t = 0; t < b->count; t++)
		for (unsigned int n = 0; n < b->trees[t].program.connects; n++)
			judge_connect(j, b, &a, t, n);
	j->trees += b->count;
}

/* ---- the table --------------------------------------------------------------------------- */

uint64_t judge_answered(const struct judge *j, unsigned int row)
{
	return j->rows[row][VERDICT_EXACT] + j->rows[row][VERDICT_THREAD];
}

uint64_t judge_all(const struct judge *j, unsigned int row)
{
	uint64_t all = 0;

	for (int v = 0; v < VERDICT_MAX; v++)
		all += j->rows[row][v];
	return all;
}

static const char *row_name(unsigned int row)
{
	static const char *const others[] = {"exec with socket", "companion", "several",
					     "closed before", "crossed"};

	return row < SHAPE_MAX ? shape_names[row] : others[row - SHAPE_MAX];
}

void judge_print(const struct judge *j, FILE *to)
{
	uint64_t answered = 0, all = 0;

	fprintf(to, "%-17s %9s %7s %7s %7s %7s %10s %6s %9s\n", "", "connects", "exact", "thread",
		"service", "none", "overflowed", "wrong", "one peer");
	for (unsigned int row = 0; row < ROWS; row++) {
		const uint64_t *v = j->rows[row];
		uint64_t n = judge_all(j, row);
		bool has_one = row <= SHAPE_MAX + KNOWN_HANDED - 1U;

		if (!n)
			continue;
		fprintf(to, "%-17s %9" PRIu64, row_name(row), n);
		for (int i = 0; i < VERDICT_MAX; i++)
			fprintf(to, " %*" PRIu64, (const int[]){7, 7, 7, 7, 10, 6}[i], v[i]);
		fprintf(to, " %8.2f%%%s\n", 100.0 * (double)judge_answered(j, row) / (double)n,
			has_one ? "" : " (no one cause)");
		answered += has_one ? judge_answered(j, row) : 0;
		all += has_one ? n : 0;
	}
	fprintf(to,
		"%" PRIu64 " trees; where one cause exists %" PRIu64 " of %" PRIu64
		" connections answered with one peer: %.2f%%; %" PRIu64 " other records compared\n",
		j->trees, answered, all, all ? 100.0 * (double)answered / (double)all : 0.0,
		j->others);
}
