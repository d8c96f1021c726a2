/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User names that a capture has told. Writer and reader each keep one, and as both put in the same
 * in the same order, both forget the same when it is full.
 */
#ifndef SW_RING_KNOWN_H
#define SW_RING_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#define SW_KNOWN_MAX 4096 /* names; one more, and all are forgotten */

struct sw_known;

/* NULL if there is no memory. */
struct sw_known *sw_known_new(void);

/* NULL-safe. Sets *known to NULL. */
void sw_known_free(struct sw_known **known);

/* name: fewer than SW_USERS_NAME_BYTES. 1 if that is news, 0 if it was known, or -ENOMEM. */
int sw_known_put(struct sw_known *known, uint32_t uid, const char *name, size_t bytes);

/* NULL if nothing is known, "" if it has no name. Valid until the next put. */
const char *sw_known_name(const struct sw_known *known, uint32_t uid);

#endif
