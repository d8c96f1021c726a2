/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which connections may still be open, as far as the servers' processes know together: it decides
 * what can be known of whom a thread works for.
 */
#ifndef RANDOM_ALIVE_H
#define RANDOM_ALIVE_H

#include "strand.h"

/* Maps what all share. */
void alive_share(void);

/* Before a strand begins, and after it has closed the connection. */
void alive_count(uint16_t tree, int16_t change);

/* A process that serves others too forks for the tree. */
void alive_forks(uint16_t tree);

/*
 * The thread has read the tree's request, or on from its connection. Its strand: what can be known
 * of whom it works for is `known`, if nothing of all that the thread has read before is open.
 */
struct strand strand_heard(uint16_t tree, int conn, enum knowledge known);

#endif
