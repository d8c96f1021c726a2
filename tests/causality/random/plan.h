/* SPDX-License-Identifier: Apache-2.0 */
/* What is played: servers, and batches of trees that share them. All of it drawn from the seed. */
#ifndef RANDOM_PLAN_H
#define RANDOM_PLAN_H

#include "program.h"

#define SLOTS 6 /* servers at a time */
#define BATCH_LEAST 8 /* trees at a time */
#define BATCH_MOST 32
#define EVENTS_MAX (BATCH_MOST * (STRANDS_MAX + 24))

struct server_plan {
	enum shape shape;
	unsigned int workers;
	unsigned int age; /* of the slot: another server when it changes */
};

/* When the client closes its connection. */
enum ending { ENDS_LATE, ENDS_EARLY, ENDS_BY_RESET, ENDINGS };

struct tree {
	uint64_t number;
	uint16_t id; /* unique among those at a time */
	unsigned int slot;
	struct program program;
	uint32_t client; /* its address, host byte order */
	uint16_t client_port;
	enum ending ending;
	bool in_parts; /* the request comes in two */
};

enum action { ACT_OPEN, ACT_HEAD, ACT_REST, ACT_BYTE, ACT_CLOSE, ACT_PAUSE };

/* What the clients do, one after the other. */
struct event {
	enum action action;
	unsigned int tree; /* index in the batch */
};

struct batch {
	uint64_t number;
	unsigned int count;
	struct tree trees[BATCH_MOST];
	unsigned int nevents;
	struct event events[EVENTS_MAX];
};

static inline uint16_t slot_port(unsigned int slot)
{
	return (uint16_t)(slot ? SERVER_PORT + slot : LOGIN_PORT);
}

struct server_plan plan_server(uint64_t seed, uint64_t batch, unsigned int slot);

/* first: number of its first tree, from 0. */
void plan_batch(struct batch *b, uint64_t seed, uint64_t batch, uint64_t first);

/* How many trees a batch has, without drawing them. */
unsigned int plan_size(uint64_t seed, uint64_t batch);

/* Its client gets another address: the old one's port cannot be used again at once. */
void plan_move(struct tree *t, unsigned int times);

/* Leaves only this tree in it, with its events. */
void plan_keep(struct batch *b, uint64_t tree);

#endif
