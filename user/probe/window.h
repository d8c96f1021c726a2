/* SPDX-License-Identifier: Apache-2.0 */
/* Windows of time in which the kernel counts edges: two tables of which one is in use. */
#ifndef SW_PROBE_WINDOW_H
#define SW_PROBE_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "probe/set.h"

struct sw_window;

/* Gets one SW_KIND_EDGE_COUNT record, valid during the call; the signature is sw_ring_handler's. */
typedef void (*sw_window_handler)(void *ctx, const void *record, size_t size);

/* now_ns: boottime. The set is borrowed and must outlive the window. 0 or a negative errno. */
int sw_window_open(const struct sw_probe_set *set, uint64_t now_ns, sw_window_handler handler,
		   void *ctx, struct sw_window **out);

/* NULL-safe. Sets *window to NULL. */
void sw_window_free(struct sw_window **window);

/*
 * Ends the window, begins the next, and hands over a record for each edge that had flows. It waits
 * until no program uses the old table any more (an RCU grace period, some ms), so the counts are
 * exact. Returns 0 or a negative errno; what could not be read is handed over with the window after
 * the next.
 */
int sw_window_end(struct sw_window *window, uint64_t now_ns);

/* Flows in all windows that have ended. */
uint64_t sw_window_flows(const struct sw_window *window);

#endif
