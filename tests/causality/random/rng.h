/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers drawn from a seed (splitmix64): the same seed draws the same. */
#ifndef RANDOM_RNG_H
#define RANDOM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* A stream of its own for each use, so that one can be drawn without the others. */
static inline struct rng rng_of(uint64_t seed, uint64_t use, uint64_t number)
{
	struct rng r = {.state = seed ^ (use << 56)};

	r.state = rng_next(&r) + number;
	rng_next(&r);
	return r;
}

static inline unsigned int rng_below(struct rng *r, unsigned int n)
{
	return (unsigned int)(rng_next(r) % n);
}

static inline unsigned int rng_between(struct rng *r, unsigned int least, unsigned int most)
{
	return least + rng_below(r, most - least + 1);
}

/* In `percent` of all cases. */
static inline bool rng_chance(struct rng *r, unsigned int percent)
{
	return rng_below(r, 100) < percent;
}

#endif
