// SPDX-License-Identifier: Apache-2.0
#include "alive.h"

#include <sys/mman.h>
#include <unistd.h>

static struct alive *alive; /* by tree */

/* The last trees that were read from: by this thread, and by any of its process. */
struct trees {
	uint16_t last[TREES_KEPT];
	unsigned int count;
};

static __thread struct trees heard;
static struct trees served;

void alive_share(void)
{
	alive = mmap(NULL, ALIVE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ALIVE_FD, 0);
	if (alive == MAP_FAILED)
		_exit(69);
}

/* Before a strand begins, and after it has closed the connection. */
void alive_count(uint16_t tree, int16_t change)
{
	__atomic_fetch_add(&alive[tree].strands, change, __ATOMIC_SEQ_CST);
}

static bool is_alive(uint16_t tree)
{
	return __atomic_load_n(&alive[tree].strands, __ATOMIC_SEQ_CST) > 0;
}

/* A fork takes along all that its process has open. */
static bool may_be_open(uint16_t tree)
{
	if (is_alive(tree))
		return true;
	for (unsigned int i = 0; i < TREES_KEPT; i++)
		if (served.last[i] && alive[served.last[i]].forked && is_alive(served.last[i]))
			return true;
	return false;
}

struct strand strand_heard(uint16_t tree, int conn, enum knowledge known)
{
	struct strand s = {.tree = tree, .conn = conn, .known = (uint8_t)known};

	for (unsigned int i = 0; i < TREES_KEPT; i++)
		if (known != KNOWN_CROSSED && heard.last[i] && heard.last[i] != tree &&
		    may_be_open(heard.last[i]))
			s.known = KNOWN_SEVERAL;
	heard.last[heard.count++ % TREES_KEPT] = tree;
	served.last[__atomic_fetch_add(&served.count, 1, __ATOMIC_SEQ_CST) % TREES_KEPT] = tree;
	if (known != KNOWN_HANDED) /* that one was counted by who handed it over */
		alive_count(tree, 1);
	return s;
}

void alive_forks(uint16_t tree)
{
	alive[tree].forked = 1;
}
