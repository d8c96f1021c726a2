/* SPDX-License-Identifier: Apache-2.0 */
/* How many peers an origin leaves open: one, or several of which none may be singled out. */
#ifndef SW_BASE_ORIGIN_H
#define SW_BASE_ORIGIN_H

#include <stdbool.h>

#include "sidewatch/event.h"

/*
 * Whether only in[0] is the session's cause: exact, the thread's own, or the only one that the
 * reader ever read. What was read before and is no longer shown counts.
 */
bool sw_origin_is_certain(const struct sw_origin *origin);

/* The same of a nested session's root, of which rootflow is all that is known. */
bool sw_origin_has_one_root(const struct sw_origin *origin);

#endif
