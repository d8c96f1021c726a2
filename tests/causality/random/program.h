/* SPDX-License-Identifier: Apache-2.0 */
/* Programs, drawn. */
#ifndef RANDOM_PROGRAM_H
#define RANDOM_PROGRAM_H

#include "rng.h"
#include "wire.h"

struct program {
	char text[TEXT_BYTES];
	unsigned int length;
	unsigned int connects;
	unsigned int strands; /* that report their end */
	unsigned int reads; /* bytes that the client sends after the request */
};

/* For a server of this shape. At least one connect. */
void program_draw(struct program *p, struct rng *r, enum shape shape);

/* Counts what a text does, which may be another's. False: it is none. */
bool program_parse(struct program *p, const char *text);

#endif
