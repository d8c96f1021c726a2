// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 4

/* Whose part of the program it is, as far as that decides what may stand in it. */
struct place {
	bool own; /* a process of this tree's alone */
	bool conn; /* it has the connection */
	bool thread; /* it must leave its process as it is */
	bool handed; /* the companion cannot wait for itself */
	unsigned int depth;
};

struct draw {
	struct program *p;
	struct rng *r;
	unsigned int steps; /* that are still allowed */
	unsigned int spawns;
	unsigned int execs;
};

static void put(struct draw *d, const char *text)
{
	size_t length = strlen(text);

	memcpy(d->p->text + d->p->length, text, length + 1);
	d->p->length += (unsigned int)length;
}

static void put_connect(struct draw *d)
{
	char text[] = {'c', (char)('0' + d->p->connects++), 0};

	put(d, text);
}

static void level(struct draw *d, struct place here);

static void block(struct draw *d, const char *open, struct place inside)
{
	d->spawns--;
	d->p->strands++;
	inside.depth++;
	put(d, open);
	level(d, inside);
	put(d, ")");
}

/* Returns false if it may not be done here. */
static bool put_block(struct draw *d, struct place here)
{
	struct place own = {.own = true, .conn = here.conn, .depth = here.depth};
	struct place inside = here;

	if (!d->spawns || here.depth >= DEPTH_MAX)
		return false;
	own.handed = here.handed;
	switch (rng_below(d->r, 8)) {
	case 0:
	case 1:
		block(d, "f(", own);
		return true;
	case 2:
		block(d, "d(", own);
		return true;
	case 3:
		block(d, "v(", own);
		return true;
	case 4:
	case 5:
		inside.thread = true;
		block(d, "t(", inside);
		return true;
	default:
		if (!here.conn)
			return false;
		d->p->reads++;
		if (here.handed || rng_chance(d->r, 50))
			block(d, "H(", own);
		else
			block(d, "h(", (struct place){.conn = true, .handed = true});
		return true;
	}
}

static bool put_exec(struct draw *d, struct place *here)
{
	if (!d->execs || !here->own || here->thread)
		return false;
	d->execs--;
	switch (rng_below(d->r, 6)) {
	case 0:
	case 1:
		if (!here->conn)
			return false;
		put(d, "X");
		return true;
	case 2:
	case 3:
		put(d, "T");
		return true;
	case 4:
		put(d, "y");
		here->conn = false;
		return true;
	default:
		put(d, "x");
		return true;
	}
}

static bool put_small(struct draw *d, struct place *here)
{
	switch (rng_below(d->r, 10)) {
	case 0:
	case 1:
		if (!here->conn)
			return false;
		d->p->reads++;
		put(d, "r");
		return true;
	case 2:
		if (!here->conn)
			return false;
		here->conn = false;
		put(d, "k");
		return true;
	case 3:
	case 4:
		put(d, "w");
		return true;
	case 5:
		if (!here->own)
			return false;
		put(d, "s");
		return true;
	default:
		put(d, "p");
		return true;
	}
}

static void level(struct draw *d, struct place here)
{
	unsigned int steps = rng_between(d->r, 1, 5);

	while (steps-- && d->steps) {
		unsigned int kind = rng_below(d->r, 10);

		d->steps--;
		if (kind < 3 && d->p->connects < CONNECTS_MAX)
			put_connect(d);
		else if (kind < 6)
			put_block(d, here);
		else if (kind < 8)
			put_exec(d, &here);
		else
			put_small(d, &here);
	}
}

static bool begins_own(enum shape shape)
{
	return shape == SHAPE_fork || shape == SHAPE_inetd || shape == SHAPE_activated ||
	       shape == SHAPE_spawn;
}

void program_draw(struct program *p, struct rng *r, enum shape shape)
{
	struct draw d = {.p = p, .r = r, .steps = 24, .spawns = 5, .execs = 3};

	memset(p, 0, sizeof(*p));
	p->strands = 1;
	level(&d, (struct place){.own = begins_own(shape), .conn = true});
	if (!p->connects)
		put_connect(&d);
}

bool program_parse(struct program *p, const char *text)
{
	unsigned int open = 0;

	memset(p, 0, sizeof(*p));
	p->strands = 1;
	p->length = (unsigned int)strnlen(text, TEXT_BYTES);
	if (p->length == TEXT_BYTES)
		return false;
	memcpy(p->text, text, p->length);
	for (const char *at = p->text; *at; at++) {
		if (isdigit((unsigned char)*at)) {
			continue;
		} else if (strchr("fdtvHh", *at)) {
			if (at[1] != '(')
				return false;
			p->strands++;
		} else if (*at == '(') {
			open++;
		} else if (*at == ')') {
			if (!open--)
				return false;
		} else if (*at == 'c') {
			if (at[1] != (char)('0' + p->connects++))
				return false;
		} else if (!strchr("prskwxXyT", *at)) {
			return false;
		}
		p->reads += !!strchr("rHh", *at);
	}
	return !open && p->connects && p->connects <= CONNECTS_MAX && p->strands <= STRANDS_MAX;
}
