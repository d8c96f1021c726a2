/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAUSALITY_SHAPE_H
#define TESTS_CAUSALITY_SHAPE_H

/* What a server does with its connections. The last row has no name. */
struct shape {
	const char *name;
	void (*serve)(void);
};
extern const struct shape shapes[];

#endif
