// SPDX-License-Identifier: Apache-2.0
#include "plan.h"

#include <string.h>

#define BATCHES_OF_A_SERVER 8
#define IDS 60000

/* Streams of the seed. */
enum { USE_SIZE = 1, USE_SHAPES, USE_SERVER, USE_TREE, USE_EVENTS };

/* The nth server's: all shapes in a drawn order, then all again in another. */
static enum shape draw_shape(uint64_t seed, uint64_t n)
{
	struct rng r = rng_of(seed, USE_SHAPES, n / SHAPE_MAX);
	enum shape order[SHAPE_MAX];

	for (unsigned int i = 0; i < SHAPE_MAX; i++) {
		unsigned int at = rng_below(&r, i + 1);

		order[i] = order[at];
		order[at] = (enum shape)i;
	}
	return order[n % SHAPE_MAX];
}

struct server_plan plan_server(uint64_t seed, uint64_t batch, unsigned int slot)
{
	/* Not all are exchanged at once. */
	uint64_t age = (batch + slot) / BATCHES_OF_A_SERVER;
	struct rng r = rng_of(seed, USE_SERVER, age * SLOTS + slot);
	struct server_plan s = {
		.shape = draw_shape(seed, age * SLOTS + slot),
		.workers = rng_between(&r, 1, 4),
		.age = (unsigned int)age,
	};

	return s;
}

unsigned int plan_size(uint64_t seed, uint64_t batch)
{
	struct rng r = rng_of(seed, USE_SIZE, batch);

	return rng_between(&r, BATCH_LEAST, BATCH_MOST);
}

void plan_move(struct tree *t, unsigned int times)
{
	t->client = 127U << 24 | (200 + times % 50) << 16 | (t->client & 0xffff);
}

static void plan_tree(struct tree *t, uint64_t seed, uint64_t batch, uint64_t number)
{
	struct rng r = rng_of(seed, USE_TREE, number);

	t->number = number;
	t->id = (uint16_t)(1 + number % IDS);
	t->slot = rng_below(&r, SLOTS);
	program_draw(&t->program, &r, plan_server(seed, batch, t->slot).shape);
	/* Some come from behind one address. */
	t->client = rng_chance(&r, 80) ? t->id : 1;
	plan_move(t, 0);
	t->client_port = (uint16_t)(CLIENT_PORT + number % IDS);
	t->ending = rng_chance(&r, 50) ? ENDS_LATE : (enum ending)rng_below(&r, ENDINGS);
	t->in_parts = rng_chance(&r, 25);
}

/* The client's nth action. */
static enum action action_of(const struct tree *t, unsigned int n)
{
	if (n == 0)
		return ACT_OPEN;
	if (n == 1 && t->in_parts)
		return ACT_HEAD;
	if (n == 1U + t->in_parts)
		return ACT_REST;
	return n < 2U + t->in_parts + t->program.reads ? ACT_BYTE : ACT_CLOSE;
}

static unsigned int actions_of(const struct tree *t)
{
	return 2U + t->in_parts + t->program.reads + (t->ending != ENDS_LATE);
}

static void add_event(struct batch *b, enum action action, unsigned int tree)
{
	b->events[b->nevents++] = (struct event){.action = action, .tree = tree};
}

static void plan_events(struct batch *b, struct rng *r)
{
	unsigned int done[BATCH_MOST] = {0}, left = 0, tree = 0;

	for (unsigned int i = 0; i < b->count; i++)
		left += actions_of(&b->trees[i]);
	while (left) {
		/* Mostly one goes on with what it does, now and then another comes in between. */
		if (rng_chance(r, 40) || done[tree] == actions_of(&b->trees[tree]))
			tree = rng_below(r, b->count);
		if (done[tree] == actions_of(&b->trees[tree]))
			continue;
		add_event(b, action_of(&b->trees[tree], done[tree]++), tree);
		left--;
		if (rng_chance(r, 5))
			add_event(b, ACT_PAUSE, tree);
	}
}

void plan_batch(struct batch *b, uint64_t seed, uint64_t batch, uint64_t first)
{
	struct rng r = rng_of(seed, USE_EVENTS, batch);

	memset(b, 0, sizeof(*b));
	b->number = batch;
	b->count = plan_size(seed, batch);
	for (unsigned int i = 0; i < b->count; i++)
		plan_tree(&b->trees[i], seed, batch, first + i);
	plan_events(b, &r);
}

void plan_keep(struct batch *b, uint64_t tree)
{
	unsigned int index = (unsigned int)(tree - b->trees[0].number), kept = 0;

	for (unsigned int i = 0; i < b->nevents; i++)
		if (b->events[i].tree == index)
			b->events[kept++] = (struct event){.action = b->events[i].action};
	b->nevents = kept;
	b->trees[0] = b->trees[index];
	b->count = 1;
}
