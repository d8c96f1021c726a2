/* SPDX-License-Identifier: Apache-2.0 */
/* Plays batches: starts the servers, is all the clients, and the target of all connections. */
#ifndef RANDOM_PLAY_H
#define RANDOM_PLAY_H

#include <sys/types.h>

#include "plan.h"

struct play {
	const char *program; /* the servers' */
	unsigned int patience_s;
	int reports;
	int targets[KNOWN_MAX];
	pid_t servers[SLOTS];
	unsigned int ages[SLOTS];
};

/* What became of a tree, as its own strands say. */
struct outcome {
	int fd;
	unsigned int ended;
	unsigned int connected;
	int error; /* errno of what failed */
};

void play_open(struct play *p, const char *program, unsigned int patience_s);
void play_close(struct play *p);

/* Starts the servers that the batch needs and ends those whose time is over. */
void play_servers(struct play *p, uint64_t seed, const struct batch *b);

/* False: not all of it was done in time. */
bool play_batch(struct play *p, const struct batch *b, struct outcome outcomes[BATCH_MOST]);

#endif
