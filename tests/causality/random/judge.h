/* SPDX-License-Identifier: Apache-2.0 */
/* Compares what the probes tell of a batch with what is true of it. */
#ifndef RANDOM_JUDGE_H
#define RANDOM_JUDGE_H

#include <stddef.h>
#include <stdio.h>

#include "plan.h"
#include "sidewatch/event.h"

enum verdict {
	VERDICT_EXACT, /* the right peer alone */
	VERDICT_THREAD,
	VERDICT_SERVICE, /* the right peer among the candidates */
	VERDICT_NONE, /* no origin */
	VERDICT_OVERFLOWED, /* not among them: there were more peers than are kept */
	VERDICT_WRONG,
	VERDICT_MAX,
};

/* One of each shape where one cause exists, then one of each other kind of knowledge. */
#define ROWS (SHAPE_MAX + KNOWN_MAX - 1)

struct judge {
	uint64_t seed;
	uint64_t rows[ROWS][VERDICT_MAX];
	uint64_t trees;
	uint64_t others; /* records besides connections, of which the peer was compared too */
	uint64_t wrong;
	uint64_t broken; /* trees that were not played to the end, or told twice */
};

/* The records may be of other things, too. */
void judge_batch(struct judge *j, const struct batch *b, struct sw_record *const *records,
		 size_t count);

/* A tree that was not judged, and why. */
void judge_broken(struct judge *j, const struct batch *b, const struct tree *t, const char *why);

void judge_print(const struct judge *j, FILE *to);

/* Connections of the row that were answered with one peer, and all of it. */
uint64_t judge_answered(const struct judge *j, unsigned int row);
uint64_t judge_all(const struct judge *j, unsigned int row);

#endif
