/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SW_DECODE_DECODE_H
#define SW_DECODE_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "sidewatch/event.h"

/*
 * Checks that the bytes are one whole record of this ABI: version, kind, exact size, enums and
 * counts in range, strings terminated. On success *out borrows data (which must be 8-byte aligned
 * and live as long as the result is used); cast it by kind to struct sw_rec_*.
 * Returns -EPROTO for another ABI version, -EBADMSG for anything else that is wrong.
 */
int sw_decode(const void *data, size_t size, const struct sw_record **out);

/* Whether its records are of an edge, not of a session. */
bool sw_kind_is_of_edge(unsigned int kind);

/* "SESSION", "EXEC", …; "?" for values out of range. */
const char *sw_kind_name(unsigned int kind);

#endif
